"""A broker double on loopback: it keeps real books, and answers as badly as it is told to.

Trading REST, order stream, market data REST and a token exchange, on one port. Faults are queued per kind of
request; each is used once, in order. Everything here runs on the double's thread, save what says otherwise.
"""

import asyncio
import contextlib
import itertools
import json
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import WSMsgType, web

from core.domain.environment import Coverage, Environment
from core.domain.profile import ConnectionProfile, Endpoints
from tests.core.builders import profile
from tests.core.golden import golden
from tests.fakes.app_thread import AppThread, abort, either

Json = dict[str, Any]
Act = Callable[[], Json]
Request = tuple[str, str, bytes]  # method, path with query, body
Fault = Callable[["Broker", web.Request, Act], Awaitable[web.StreamResponse]]
FINAL = {"filled", "canceled", "expired", "replaced", "rejected"}
TOKEN = "canary-token-5b1c7c1e"


async def accept(_broker: "Broker", _request: web.Request, act: Act) -> web.StreamResponse:
    """What a good broker does."""
    return web.json_response(act())


async def hang(broker: "Broker", request: web.Request, _act: Act) -> web.StreamResponse:
    """Do nothing, say nothing."""
    await broker.stopping.wait()
    return _cut(request)


async def accept_and_hang(broker: "Broker", request: web.Request, act: Act) -> web.StreamResponse:
    """Do it, say nothing."""
    act()
    return await hang(broker, request, act)


async def lose(_broker: "Broker", request: web.Request, _act: Act) -> web.StreamResponse:
    """Do nothing, cut the connection."""
    return _cut(request)


async def accept_and_lose(_broker: "Broker", request: web.Request, act: Act) -> web.StreamResponse:
    """Do it, cut the connection."""
    act()
    return _cut(request)


async def late(broker: "Broker", request: web.Request, act: Act) -> web.StreamResponse:
    """Do it once `release` was called, long after the client has given up."""
    await either(broker.released.wait(), broker.stopping.wait())
    act()
    return _cut(request)


async def accept_and_fail(_broker: "Broker", _request: web.Request, act: Act) -> web.StreamResponse:
    """Do it, and answer like a gateway whose patience is over."""
    act()
    return web.Response(status=504, text="<html>504 Gateway Time-out</html>")


async def accept_and_babble(_broker: "Broker", _request: web.Request, act: Act) -> web.StreamResponse:
    """Do it, and answer 200 with a page."""
    act()
    return web.Response(status=200, text="<html>Welcome</html>", content_type="text/html")


async def accept_and_mistake(_broker: "Broker", _request: web.Request, act: Act) -> web.StreamResponse:
    """Do it, and answer with another order."""
    act()
    return web.json_response({**golden("order"), "id": "somebody-elses"})


async def accept_and_garble(_broker: "Broker", _request: web.Request, act: Act) -> web.StreamResponse:
    """Do it, and answer with the order, of which nobody can say how much was filled."""
    return web.json_response({**act(), "filled_qty": "many"})


def refuse(status: int, message: str, **extra: Any) -> Fault:
    """Refuse explicitly."""

    async def fault(_broker: "Broker", _request: web.Request, _act: Act) -> web.StreamResponse:
        return web.json_response({"code": status * 100_000, "message": message, **extra}, status=status)

    return fault


async def _tell(listener: web.WebSocketResponse, message: str) -> None:
    with contextlib.suppress(ConnectionError):  # it leaves, and we have not heard of it yet
        await listener.send_str(message)


def _cut(request: web.Request) -> web.StreamResponse:
    abort(request)
    return web.Response()


@dataclass
class Faults:
    """What goes wrong next with each kind of request."""

    place: deque[Fault] = field(default_factory=deque)
    replace: deque[Fault] = field(default_factory=deque)
    cancel: deque[Fault] = field(default_factory=deque)
    look_up: deque[Fault] = field(default_factory=deque)
    read: deque[Fault] = field(default_factory=deque)
    account: deque[Fault] = field(default_factory=deque)
    exchange: deque[Fault] = field(default_factory=deque)


class Broker(AppThread):
    """The books, the routes, the stream."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.orders: dict[str, Json] = {}
        self.positions: list[Json] = []
        self.account: Json = golden("account")
        self.snapshots: Json = {}
        self._requests: list[Request] = []
        self.tokens_seen: set[str] = set()
        self.sends_events = True
        # What the broker says of its limit with every answer; a generous one, since tests are quick.
        self.limit_headers = {"X-RateLimit-Limit": "1000000"}
        self.streams = 0
        self._numbers = itertools.count(1)
        self._listeners: list[web.WebSocketResponse] = []
        self._requests_of_streams: list[web.Request] = []
        super().__init__()

    # For the test's own thread.

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def stream_url(self) -> str:
        return f"ws://{self.address}/stream"

    def profile(self, coverage: Coverage = Coverage.PAPER, **changes: Any) -> ConnectionProfile:
        """A profile whose every address is this broker's; live under /live."""
        bases = {Environment.PAPER: "", Environment.LIVE: "/live"}
        known: dict[str, Any] = {
            "coverage": coverage,
            "authorize_url": f"{self.url}/oauth/authorize",
            "sign_in_origins": (self.url,),
            "proxy_url": f"{self.url}/exchange",
            "data_url": self.url,
            "data_stream_url": f"ws://{self.address}",
            "endpoints": {
                environment: Endpoints(trading_url=self.url + bases[environment], stream_url=self.stream_url)
                for environment in coverage.environments
            },
        }
        return profile(**{**known, **changes})

    @property
    def requests(self) -> list[Request]:
        """The requests that came. Read between two steps of the double, so that each has had its effect."""
        return list(self._requests) if self.is_stopped else self.run(self._noted())

    def sent(self, method: str, path: str = "") -> list[bytes]:
        """The bodies of the requests that came, by method and the start of their path."""
        return [body for verb, where, body in self.requests if verb == method and where.startswith(path)]

    def order_of(self, client_order_id: str) -> Json | None:
        """The newest order with that client order id."""
        found = [order for order in list(self.orders.values()) if order["client_order_id"] == client_order_id]
        return found[-1] if found else None

    def fill(self, order_id: str, qty: str | None = None, price: str = "189.4", *, copies: int = 1) -> None:
        """Fill an order, all of it or a piece, and tell the stream, once or several times."""
        self.run(self._fill(order_id, qty, price, copies))

    def move(self, order_id: str, status: str) -> None:
        """Give an order a status and tell the stream."""
        self.run(self._move(order_id, status))

    def send(self, frame: str | bytes) -> None:
        """Send a raw frame to every listener."""
        self.run(self._send(frame))

    def cut_streams(self) -> None:
        """End every order stream without a goodbye."""
        self.run(self._cut_streams())

    def release(self) -> None:
        """Let what is `late` happen now."""
        self._loop.call_soon_threadsafe(lambda: self.released.set())

    # The books.

    async def _noted(self) -> list[Request]:
        return list(self._requests)

    def _place(self, terms: Json, *, replaces: str | None = None) -> Json:
        if self.order_of(terms["client_order_id"]) is not None:
            raise web.HTTPUnprocessableEntity(
                text=json.dumps({"code": 42210000, "message": "client_order_id must be unique"})
            )
        number = next(self._numbers)
        order = {
            **golden("order"),
            **terms,
            "id": f"o-{number}",
            "status": "new",
            "replaces": replaces,
            "filled_qty": "0",
            "type": terms.get("type", "limit"),
        }
        self.orders[order["id"]] = self._stamped(order)
        self._tell("new", order)
        return order

    def _replace(self, order_id: str, terms: Json) -> Json:
        old = self.orders[order_id]
        kept = {key: old[key] for key in ("symbol", "side", "type", "time_in_force", "qty", "limit_price")}
        new = self._place({**kept, **terms}, replaces=order_id)
        old |= {"status": "replaced", "replaced_by": new["id"]}
        self._tell("replaced", self._stamped(old))
        return new

    def _cancel(self, order_id: str) -> Json:
        order = self.orders[order_id]
        order["status"] = "canceled"
        self._tell("canceled", self._stamped(order))
        return {}

    def _stamped(self, order: Json) -> Json:
        order["updated_at"] = datetime.now(UTC).isoformat()
        return order

    async def _fill(self, order_id: str, qty: str | None, price: str, copies: int) -> None:
        order = self.orders[order_id]
        piece = float(qty or float(order["qty"]) - float(order["filled_qty"]))
        order["filled_qty"] = f"{float(order['filled_qty']) + piece:g}"
        is_whole = float(order["filled_qty"]) >= float(order["qty"])
        order |= {"status": "filled" if is_whole else "partially_filled", "filled_avg_price": price}
        execution = {"execution_id": f"e-{next(self._numbers)}", "price": price, "qty": f"{piece:g}"}
        for _ in range(copies):
            self._tell("fill" if is_whole else "partial_fill", self._stamped(order), **execution)

    async def _move(self, order_id: str, status: str) -> None:
        order = self.orders[order_id]
        order["status"] = status
        self._tell(status, self._stamped(order))

    def _tell(self, event: str, order: Json, **extra: Any) -> None:
        if self.sends_events:
            data = {"event": event, "order": dict(order), "timestamp": order["updated_at"], **extra}
            message = json.dumps({"stream": "trade_updates", "data": data})
            for listener in self._listeners:
                asyncio.ensure_future(_tell(listener, message))  # noqa: RUF006 - the loop ends with us

    async def _send(self, frame: str | bytes) -> None:
        for listener in self._listeners:
            await (listener.send_str(frame) if isinstance(frame, str) else listener.send_bytes(frame))

    async def _cut_streams(self) -> None:
        for request in self._requests_of_streams:
            abort(request)

    # The routes.

    def add_routes(self, app: web.Application) -> None:
        app.on_response_prepare.append(self._tell_limit)
        self.released = asyncio.Event()
        for base in ("", "/live"):
            app.router.add_get(f"{base}/v2/account", self._on_account)
            app.router.add_get(f"{base}/v2/positions", self._on_positions)
            app.router.add_get(f"{base}/v2/orders", self._on_list)
            app.router.add_post(f"{base}/v2/orders", self._on_place)
            app.router.add_get(f"{base}/v2/orders:by_client_order_id", self._on_look_up)
            app.router.add_get(f"{base}/v2/orders/{{id}}", self._on_order)
            app.router.add_patch(f"{base}/v2/orders/{{id}}", self._on_replace)
            app.router.add_delete(f"{base}/v2/orders/{{id}}", self._on_cancel)
            app.router.add_get(f"{base}/v2/assets/{{symbol}}", self._on_asset)
            app.router.add_get(f"{base}/v2/clock", self._on_clock)
        app.router.add_get("/v2/stocks/snapshots", self._on_snapshots)
        app.router.add_get("/v1beta3/crypto/us/snapshots", self._on_other_snapshots)
        app.router.add_get("/v1beta1/options/snapshots", self._on_other_snapshots)
        app.router.add_get("/v2/stocks/bars", self._on_bars)
        app.router.add_post("/exchange", self._on_exchange)
        app.router.add_get("/stream", self._on_stream)

    async def _tell_limit(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(self.limit_headers)

    def end_connections(self) -> None:
        for request in self._requests_of_streams:
            abort(request)

    async def _answer(
        self, request: web.Request, faults: deque[Fault], act: Act, usual: Fault = accept
    ) -> web.StreamResponse:
        self._requests.append((request.method, request.path_qs, await request.read()))
        self.tokens_seen.add(request.headers.get("Authorization", ""))
        fault = faults.popleft() if faults else usual
        return await fault(self, request, act)

    async def _on_account(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self.faults.account, lambda: self.account)

    async def _on_positions(self, request: web.Request) -> web.StreamResponse:
        return await self._list(request, lambda: self.positions)

    async def _on_list(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        wants_open = query.get("status") == "open"

        def page() -> list[Json]:
            found = [order for order in self.orders.values() if not (wants_open and order["status"] in FINAL)]
            ids = [order["id"] for order in found]
            first = ids.index(query["before_order_id"]) + 1 if "before_order_id" in query else 0
            return found[first : first + int(query["limit"])]

        return await self._list(request, page)

    async def _list(self, request: web.Request, rows: Callable[[], list[Json]]) -> web.StreamResponse:
        async def listed(_broker: Broker, _request: web.Request, _act: Act) -> web.StreamResponse:
            return web.json_response(rows())

        return await self._answer(request, self.faults.read, dict, listed)

    async def _on_place(self, request: web.Request) -> web.StreamResponse:
        terms = await request.json()
        return await self._answer(request, self.faults.place, lambda: self._place(terms))

    async def _on_replace(self, request: web.Request) -> web.StreamResponse:
        terms, order_id = await request.json(), request.match_info["id"]
        return await self._answer(request, self.faults.replace, lambda: self._replace(order_id, terms))

    async def _on_cancel(self, request: web.Request) -> web.StreamResponse:
        async def canceled(_broker: Broker, _request: web.Request, act: Act) -> web.StreamResponse:
            if self.orders[order_id]["status"] in FINAL:
                return await refuse(422, 'order is already in "filled" state')(self, request, act)
            act()
            return web.Response(status=204)

        order_id = request.match_info["id"]
        return await self._answer(request, self.faults.cancel, lambda: self._cancel(order_id), canceled)

    async def _on_look_up(self, request: web.Request) -> web.StreamResponse:
        order = self.order_of(request.query["client_order_id"])
        return await self._found(request, order)

    async def _on_order(self, request: web.Request) -> web.StreamResponse:
        return await self._found(request, self.orders.get(request.match_info["id"]))

    async def _found(self, request: web.Request, order: Json | None) -> web.StreamResponse:
        usual = accept if order is not None else refuse(404, "order not found")
        return await self._answer(request, self.faults.look_up, lambda: order or {}, usual)

    async def _on_asset(self, request: web.Request) -> web.StreamResponse:
        symbol = request.match_info["symbol"]
        known = {**golden("asset"), "symbol": symbol, "name": f"{symbol} Corporation"}
        usual = refuse(404, f"asset not found for {symbol}") if symbol.startswith("NO") else accept
        return await self._answer(request, self.faults.read, lambda: known, usual)

    async def _on_clock(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, self.faults.read, lambda: golden("clock"))

    async def _on_other_snapshots(self, request: web.Request) -> web.StreamResponse:
        symbols = request.query["symbols"].split(",")
        found = {symbol: self.snapshots[symbol] for symbol in symbols if symbol in self.snapshots}
        self._requests.append((request.method, request.path_qs, b""))
        return web.json_response({"snapshots": found, "next_page_token": None})

    async def _on_snapshots(self, request: web.Request) -> web.StreamResponse:
        symbols = request.query["symbols"].split(",")
        return await self._answer(
            request,
            self.faults.read,
            lambda: {symbol: self.snapshots[symbol] for symbol in symbols if symbol in self.snapshots},
        )

    async def _on_bars(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, deque(), lambda: {"bars": {}, "next_page_token": None})

    async def _on_exchange(self, request: web.Request) -> web.StreamResponse:
        granted = {"access_token": TOKEN, "token_type": "bearer", "scope": "account:write trading data"}
        return await self._answer(request, self.faults.exchange, lambda: granted)

    async def _on_stream(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(timeout=0.5)
        await socket.prepare(request)
        self.streams += 1
        self._requests_of_streams.append(request)
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            if json.loads(frame.data)["action"] == "authenticate":
                said: Json = {"stream": "authorization", "data": {"status": "authorized", "action": "x"}}
            else:
                said = {"stream": "listening", "data": {"streams": ["trade_updates"]}}
                self._listeners.append(socket)
            await socket.send_str(json.dumps(said))
        self._listeners = [listener for listener in self._listeners if listener is not socket]
        return socket
