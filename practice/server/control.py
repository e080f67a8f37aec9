"""The control port: causing faults and reading the log, for tests and QA. Loopback only, no credentials."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Literal

import msgspec
from aiohttp import web

from practice.server.answers import json_answer
from practice.server.faults import Faults
from practice.server.front import is_from_loopback
from practice.server.grants import Grants
from practice.server.request_log import RequestLog
from practice.server.sockets import STREAM_NAMES, Sockets, StreamName, Traffic

StreamChoice = Literal["orders", "data", "all"]


class DropOrder(msgspec.Struct, frozen=True):
    """Cut the connections of a stream."""

    stream: StreamChoice = "all"


class MuteOrder(msgspec.Struct, frozen=True):
    """Let a stream say nothing for a while, as if connected to nobody."""

    seconds: float
    stream: StreamChoice = "all"


class FaultOrder(msgspec.Struct, frozen=True):
    """Let requests to a route fail."""

    route: str
    kind: Literal["hang", "reset", "lost_answer", "status"]
    status: int = 500
    body: str = ""
    nth: int = 1
    count: int = 1


class ControlRoutes:
    """The routes of the control port."""

    def __init__(
        self,
        faults: Faults,
        log: RequestLog,
        sockets: Sockets,
        traffic: dict[StreamName, Traffic],
        grants: Grants,
        clock: Callable[[], float],
    ) -> None:
        self._faults, self._log, self._sockets = faults, log, sockets
        self._traffic, self._grants, self._clock = traffic, grants, clock

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_post("/drop-streams", self.drop_streams)
        app.router.add_post("/mute", self.mute)
        app.router.add_post("/fault", self.fault)
        app.router.add_get("/faults", self.faults)
        app.router.add_delete("/faults", self.clear)
        app.router.add_post("/revoke", self.revoke)
        app.router.add_get("/log", self.log)

    async def drop_streams(self, request: web.Request) -> web.Response:
        """POST /drop-streams {"stream"}: cut connections without a goodbye."""
        order = msgspec.json.decode(await request.read() or b"{}", type=DropOrder)
        return json_answer({"dropped": {name: self._sockets.drop(name) for name in _chosen(order.stream)}})

    async def mute(self, request: web.Request) -> web.Response:
        """POST /mute {"stream", "seconds"}: stay connected, send nothing; 0 ends it."""
        order = msgspec.json.decode(await request.read(), type=MuteOrder)
        for name in _chosen(order.stream):
            self._traffic[name].muted_until = self._clock() + order.seconds
        return json_answer({"muted": _chosen(order.stream)})

    async def fault(self, request: web.Request) -> web.Response:
        """POST /fault: see `FaultOrder`."""
        order = msgspec.json.decode(await request.read(), type=FaultOrder)
        if order.nth < 1 or order.count < 1 or not 200 <= order.status <= 599:
            raise msgspec.ValidationError("nth and count start at 1, status lies between 200 and 599")
        fault = self._faults.set(
            order.route,
            order.kind,
            status=order.status,
            body=order.body,
            nth=order.nth,
            count=order.count,
        )
        return json_answer(asdict(fault))

    async def faults(self, _: web.Request) -> web.Response:
        """GET /faults: what is set and not spent."""
        return json_answer([asdict(fault) for fault in self._faults.all()])

    async def clear(self, _: web.Request) -> web.Response:
        """DELETE /faults: everything works again."""
        self._faults.clear()
        return json_answer([])

    async def revoke(self, _: web.Request) -> web.Response:
        """POST /revoke: end every token; later calls are refused, streams are cut."""
        count = self._grants.revoke_all()
        for name in STREAM_NAMES:
            self._sockets.drop(name)
        return json_answer({"revoked": count})

    async def log(self, request: web.Request) -> web.Response:
        """GET /log?since=N: requests after entry N, and the frames of the streams."""
        since = request.query.get("since", "0")
        number = int(since) if since.isascii() and since.isdigit() else 0
        frames = {name: {"sent": t.sent, "received": t.received} for name, t in self._traffic.items()}
        return json_answer({"requests": [asdict(e) for e in self._log.since(number)], "frames": frames})


@web.middleware
async def control_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turn what cannot be read into a 400 that says why."""
    if not is_from_loopback(request) or "Origin" in request.headers:
        return json_answer({"error": "forbidden"}, 403)
    try:
        return await handler(request)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return json_answer({"error": str(error)}, 400)


def _chosen(stream: StreamChoice) -> list[StreamName]:
    return list(STREAM_NAMES) if stream == "all" else [stream]
