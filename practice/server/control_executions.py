"""Taking executions back and correcting them from the control port."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from aiohttp import web

from practice.engine.orders import Order
from practice.engine.refusals import Refusal
from practice.engine.revisions import Revisions, Standing
from practice.engine.text import plain
from practice.faults.order import Nonsense
from practice.faults.subject import plain_symbol
from practice.server.answers import json_answer
from practice.server.reading import BadValue, decimal_of
from practice.server.wire import Json

_MOST = 1_000


class BustOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which execution is meant: by its id, or the latest that fits the rest."""

    execution_id: str | None = None
    order_id: str | None = None
    client_order_id: str | None = None
    symbol: str | None = None


class CorrectOrder(BustOrder, frozen=True, forbid_unknown_fields=True):
    """And what it should have been: a price, a quantity, or both."""

    price: str | float | None = None
    qty: str | float | None = None


@dataclass(frozen=True, slots=True)
class ExecutionRoutes:
    """GET /executions, POST /bust and POST /correct. `catch_up` lets happen what is due."""

    revisions: Revisions
    catch_up: Callable[[], None]

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_get("/executions", self.listed)
        app.router.add_post("/bust", self.bust)
        app.router.add_post("/correct", self.correct)

    async def listed(self, request: web.Request) -> web.Response:
        """GET /executions?symbol=S&order_id=I&client_order_id=C: those that stand, by order."""
        self.catch_up()
        query = request.query
        wanted = BustOrder(
            order_id=query.get("order_id"),
            client_order_id=query.get("client_order_id"),
            symbol=query.get("symbol"),
        )
        fitting = [one for one in self.revisions.standing() if _fits(one, wanted)]
        return json_answer({"executions": [_shown(one) for one in fitting[-_MOST:]]})

    async def bust(self, request: web.Request) -> web.Response:
        """POST /bust {"execution_id"}: the exchange takes an execution back."""
        order = msgspec.json.decode(await request.read(), type=BustOrder)
        found = self._found(order)
        return self._done(found, lambda: self.revisions.bust(found.execution.id).id)

    async def correct(self, request: web.Request) -> web.Response:
        """POST /correct {"execution_id", "price", "qty"}: the exchange says what it should have been."""
        order = msgspec.json.decode(await request.read(), type=CorrectOrder)
        try:
            price, qty = decimal_of(order.price, "price"), decimal_of(order.qty, "qty")
        except BadValue as problem:
            raise Nonsense(str(problem).partition(" ")[0], "is a number") from problem
        found = self._found(order)
        return self._done(found, lambda: self.revisions.correct(found.execution.id, price, qty).id)

    def _found(self, order: BustOrder) -> Standing:
        self.catch_up()
        if all(getattr(order, name) is None for name in BustOrder.__struct_fields__):
            raise Nonsense("execution_id", "or another field has to say which execution is meant")
        fitting = [one for one in self.revisions.standing() if _fits(one, order)]
        if not fitting:
            raise Nonsense("execution_id", "or whatever else was said fits no execution that stands")
        return max(enumerate(fitting), key=lambda each: (each[1].order.updated_at, each[0]))[1]

    def _done(self, found: Standing, act: Callable[[], str]) -> web.Response:
        try:
            report = act()
        except Refusal as refusal:
            raise Nonsense("execution_id", refusal.message) from refusal
        # The original is named, and the id of the report that told of its end.
        return json_answer({**_shown(found), "report_id": report})


def _fits(one: Standing, wanted: BustOrder) -> bool:
    order: Order = one.order
    symbol = wanted.symbol
    return (
        wanted.execution_id in {None, one.execution.id}
        and wanted.order_id in {None, order.id}
        and wanted.client_order_id in {None, order.client_order_id}
        and (symbol is None or plain_symbol(symbol) == plain_symbol(order.instrument.symbol))
    )


def _shown(one: Standing) -> Json:
    return {
        "execution_id": one.execution.id,
        "account": one.account.environment,
        "order_id": one.order.id,
        "client_order_id": one.order.client_order_id,
        "symbol": one.order.instrument.symbol,
        "side": one.order.side,
        "qty": plain(one.execution.qty),
        "price": plain(one.execution.price),
    }
