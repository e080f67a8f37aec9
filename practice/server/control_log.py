"""The control port: reading what was asked, answered and streamed."""

from collections.abc import Mapping

from aiohttp import web
from multidict import MultiMapping

from practice.faults.order import Nonsense, bad_aims
from practice.server.answers import json_answer
from practice.server.frame_log import FrameLog
from practice.server.request_log import RequestLog, Wanted
from practice.server.sockets import StreamName, Traffic

_MOST = 20_000


class LogRoutes:
    """The routes about the past."""

    def __init__(self, requests: RequestLog, frames: FrameLog, traffic: Mapping[StreamName, Traffic]) -> None:
        self._requests, self._frames, self._traffic = requests, frames, traffic

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_get("/log", self.log)
        app.router.add_get("/log/requests", self.log)
        app.router.add_get("/log/unfinished", self.unfinished)
        app.router.add_get("/log/frames", self.frames)

    async def log(self, request: web.Request) -> web.Response:
        """GET /log?since=N&route=R&status=S&fault=K&contains=T&limit=L: requests, oldest first."""
        query = request.query
        _check_aims(query)
        wanted = Wanted(
            since=_whole(query, "since", 0),
            route=query.get("route", "* *"),
            status=_whole(query, "status", 0) if "status" in query else None,
            fault=query.get("fault"),
            contains=query.get("contains", ""),
            limit=_whole(query, "limit", _MOST),
        )
        counts = {name: {"sent": t.sent, "received": t.received} for name, t in self._traffic.items()}
        return json_answer({"requests": self._requests.found(wanted), "frames": counts})

    async def unfinished(self, _: web.Request) -> web.Response:
        """GET /log/unfinished: requests that are held, and streams that are open."""
        return json_answer({"requests": self._requests.unfinished()})

    async def frames(self, request: web.Request) -> web.Response:
        """GET /log/frames?since=N&stream=S&direction=D&kind=K&contains=T&limit=L: frames, oldest first."""
        query = request.query
        _check_aims(query)
        frames = self._frames.found(
            since=_whole(query, "since", 0),
            stream=query.get("stream", "all"),
            direction=_word(query, "direction", ("sent", "received")),
            kind=_word(query, "kind", ("text", "binary")),
            contains=query.get("contains", ""),
            limit=_whole(query, "limit", _MOST),
        )
        return json_answer({"frames": frames})


def _check_aims(query: MultiMapping[str]) -> None:
    for key, reason in bad_aims(query.get("route"), query.get("stream")):
        raise Nonsense(key, reason)


def _word(query: MultiMapping[str], name: str, words: tuple[str, ...]) -> str | None:
    text = query.get(name)
    if text is not None and text not in words:
        raise Nonsense(name, "is " + " or ".join(words))
    return text


def _whole(query: MultiMapping[str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Nonsense(name, "is a whole number")
    return int(text)
