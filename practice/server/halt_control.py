"""Halting and resuming trading from the control port."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from aiohttp import web

from practice.engine.clock import SECOND, Clock
from practice.engine.halts import HaltKind
from practice.engine.instruments import Instrument, Instruments
from practice.engine.market import Market
from practice.server.answers import json_answer


class HaltOrder(msgspec.Struct, frozen=True):
    """Stop trading in a symbol, for some simulated seconds or until it is resumed."""

    symbol: str
    kind: HaltKind = "news"
    seconds: Annotated[float, msgspec.Meta(gt=0, le=1e9)] | None = None


class ResumeOrder(msgspec.Struct, frozen=True):
    """Let a symbol trade again."""

    symbol: str


class HaltRoutes:
    """POST /halt and POST /resume."""

    def __init__(self, market: Market, instruments: Instruments, clock: Clock) -> None:
        self._market, self._instruments, self._clock = market, instruments, clock

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_post("/halt", self.halt)
        app.router.add_post("/resume", self.resume)

    async def halt(self, request: web.Request) -> web.Response:
        """POST /halt: see `HaltOrder`."""
        order = msgspec.json.decode(await request.read(), type=HaltOrder)
        start = self._next_instant()
        end = None if order.seconds is None else start + int(order.seconds * SECOND)
        return self._done(
            order.symbol, lambda instrument: bool(self._market.halt(instrument, start, order.kind, end))
        )

    async def resume(self, request: web.Request) -> web.Response:
        """POST /resume {"symbol"}."""
        order = msgspec.json.decode(await request.read(), type=ResumeOrder)
        return self._done(order.symbol, lambda one: self._market.resume(one, self._next_instant()))

    def _next_instant(self) -> int:
        """The first instant that nobody has been told of."""
        return self._clock.now() + 1

    def _done(self, symbol: str, act: Callable[[Instrument], bool]) -> web.Response:
        instrument = self._instruments.get(symbol.upper())
        if instrument is None:
            return json_answer({"error": f"no such symbol: {symbol[:20]}"}, 404)
        return json_answer({"symbol": instrument.symbol, "done": act(instrument)})
