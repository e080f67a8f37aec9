"""The control port: causing and lifting faults, limits, revocation. Loopback only, no credentials."""

from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec
from aiohttp import web

from practice.faults.kinds import KINDS
from practice.faults.order import FaultOrder, Nonsense
from practice.server.answers import json_answer
from practice.server.fault_desk import FaultDesk
from practice.server.front import is_from_loopback
from practice.server.grants import Grants
from practice.server.rate_limit import RateLimit
from practice.server.sockets import STREAM_NAMES, Sockets, StreamName

StreamChoice = Literal["orders", "data", "events", "all"]
_LONGEST_MUTE_S = 86_400.0


class DropOrder(msgspec.Struct, frozen=True):
    """Cut the connections of a stream."""

    stream: StreamChoice = "all"


class MuteOrder(msgspec.Struct, frozen=True):
    """Let a stream say nothing for a while, as if connected to nobody."""

    seconds: float
    stream: StreamChoice = "all"


class RevokeOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """End the token with this id, or every token."""

    id: str | None = None


class LimitOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many requests a minute each of paper, live and data takes; 0: any number."""

    requests_a_minute: int


class ControlRoutes:
    """The routes about faults."""

    def __init__(self, desk: FaultDesk, sockets: Sockets, grants: Grants, limit: RateLimit) -> None:
        self._desk, self._sockets, self._grants, self._limit = desk, sockets, grants, limit

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        router = app.router
        router.add_get("/", self.calls)
        router.add_post("/faults", self.fault)
        router.add_post("/fault", self.fault)
        router.add_get("/faults", self.faults)
        router.add_delete("/faults", self.clear)
        router.add_delete("/faults/{number:[0-9]{1,9}}", self.stop)
        router.add_get("/kinds", self.kinds)
        router.add_post("/drop-streams", self.drop_streams)
        router.add_post("/mute", self.mute)
        router.add_post("/revoke", self.revoke)
        router.add_post("/limits", self.limits)

    async def calls(self, request: web.Request) -> web.Response:
        """GET /: every call there is, and what it does."""
        routes = {
            f"{route.method} {route.resource.canonical}": (route.handler.__doc__ or "").partition("\n")[0]
            for route in request.app.router.routes()
            if route.resource is not None and route.method != "HEAD"
        }
        return json_answer(dict(sorted(routes.items())))

    async def fault(self, request: web.Request) -> web.Response:
        """POST /faults: see `FaultOrder`."""
        order = msgspec.json.decode(await request.read(), type=FaultOrder)
        return json_answer(self._desk.set(order).shown())

    async def faults(self, _: web.Request) -> web.Response:
        """GET /faults: what is in force."""
        return json_answer([fault.shown() for fault in self._desk.all()])

    async def clear(self, request: web.Request) -> web.Response:
        """DELETE /faults?label=L: everything works again, or what was set under a label."""
        label = request.query.get("label")
        if label is None:
            self._desk.stop_all()
        else:
            self._desk.stop(lambda fault: fault.order.label == label)
        return json_answer([fault.shown() for fault in self._desk.all()])

    async def stop(self, request: web.Request) -> web.Response:
        """DELETE /faults/N: lift one."""
        number = int(request.match_info["number"])
        stopped = self._desk.stop(lambda fault: fault.number == number)
        if not stopped:
            return json_answer({"error": f"no fault {number} is in force"}, 404)
        return json_answer(stopped[0].shown())

    async def kinds(self, _: web.Request) -> web.Response:
        """GET /kinds: every kind of fault, and what an order for it may say."""
        return json_answer(
            {
                kind.name: {
                    "meaning": kind.meaning,
                    "options": sorted(kind.takes),
                    "aims": sorted(kind.aims),
                    "needs": sorted(kind.needs),
                    "route": kind.route,
                    "for_s": kind.for_s,
                }
                for kind in KINDS.values()
            }
        )

    async def drop_streams(self, request: web.Request) -> web.Response:
        """POST /drop-streams {"stream"}: cut connections without a goodbye."""
        order = msgspec.json.decode(await request.read() or b"{}", type=DropOrder)
        return json_answer({"dropped": self._sockets.drop(order.stream)})

    async def mute(self, request: web.Request) -> web.Response:
        """POST /mute {"stream", "seconds"}: stay connected, send nothing; 0 ends it."""
        order = msgspec.json.decode(await request.read(), type=MuteOrder)
        for name in _chosen(order.stream):
            self._desk.stop(lambda fault, name=name: _mutes(fault.order, name))  # type: ignore[misc]
            if order.seconds > 0:
                seconds = min(order.seconds, _LONGEST_MUTE_S)
                self._desk.set(FaultOrder(kind="mute", stream=name, for_s=seconds))
        return json_answer({"muted": _chosen(order.stream)})

    async def revoke(self, request: web.Request) -> web.Response:
        """POST /revoke {"id"}: end every token, or one; later calls are refused, its streams are cut."""
        order = msgspec.json.decode(await request.read() or b"{}", type=RevokeOrder)
        if order.id is None:
            return json_answer({"revoked": self._grants.revoke_all()})
        if not self._grants.revoke(order.id):
            raise Nonsense("id", "is not that of a token in force; introspection tells the ids")
        return json_answer({"revoked": 1})

    async def limits(self, request: web.Request) -> web.Response:
        """POST /limits {"requests_a_minute"}: from now on."""
        order = msgspec.json.decode(await request.read(), type=LimitOrder)
        if order.requests_a_minute < 0:
            raise Nonsense("requests_a_minute", "is at least 0")
        self._limit.limit = order.requests_a_minute
        return json_answer({"requests_a_minute": self._limit.limit})


@web.middleware
async def control_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turn what cannot be read into a 400 that says why, and what is not there into a 404 in JSON."""
    if not is_from_loopback(request) or "Origin" in request.headers:
        return json_answer({"error": "forbidden"}, 403)
    try:
        return await handler(request)
    except Nonsense as problem:
        return json_answer({"error": str(problem), "key": problem.key}, 400)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return json_answer({"error": str(error)}, 400)
    except web.HTTPException as problem:
        return json_answer({"error": problem.reason}, problem.status)


def _mutes(order: FaultOrder, name: StreamName) -> bool:
    return order.kind == "mute" and order.stream in {name, "all"}


def _chosen(stream: StreamChoice) -> list[StreamName]:
    return list(STREAM_NAMES) if stream == "all" else [stream]
