"""The order routes of one environment."""

from aiohttp import web
from multidict import MultiMapping

from practice.engine.accounts import Account
from practice.engine.orders import Order, Role
from practice.engine.refusals import not_found
from practice.server.answers import json_answer, no_content
from practice.server.order_entry import change_request, order_request
from practice.server.reading import BadValue, flag_of, instant_of, json_object, list_of, one_of, whole_of
from practice.server.trading import Desk
from practice.server.wire import order_json

_MOST_ROWS = 500


class OrderRoutes:
    """/v2/orders and below."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._brokerage = desk, desk.brokerage

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix."""
        router = app.router
        router.add_get(f"{prefix}/v2/orders", self.listed)
        router.add_post(f"{prefix}/v2/orders", self.place)
        router.add_delete(f"{prefix}/v2/orders", self.cancel_all)
        router.add_get(f"{prefix}/v2/orders:by_client_order_id", self.by_client_order_id)
        router.add_get(f"{prefix}/v2/orders/{{order_id}}", self.order)
        router.add_patch(f"{prefix}/v2/orders/{{order_id}}", self.replace)
        router.add_delete(f"{prefix}/v2/orders/{{order_id}}", self.cancel)

    async def listed(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request)
        nested = flag_of(request.query.get("nested"), "nested")
        orders = selected_orders(account, request.query, nested=nested)
        return json_answer([order_json(order, nested=nested) for order in orders])

    async def place(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request, "trading")
        order = self._brokerage.submit(account, order_request(await json_object(request)))
        return json_answer(order_json(order))

    async def order(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request)
        nested = flag_of(request.query.get("nested"), "nested")
        order = self._brokerage.find_order(account, request.match_info["order_id"])
        return json_answer(order_json(order, nested=nested))

    async def by_client_order_id(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request)
        client_order_id = request.query.get("client_order_id", "")
        order = account.by_client_id.get(client_order_id)
        if order is None:
            raise not_found(f"order not found for {client_order_id[:128]}")
        return json_answer(order_json(order))

    async def replace(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request, "trading")
        change = change_request(await json_object(request))
        order = self._brokerage.find_order(account, request.match_info["order_id"])
        return json_answer(order_json(self._brokerage.replace(account, order, change)))

    async def cancel(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request, "trading")
        self._brokerage.cancel(self._brokerage.find_order(account, request.match_info["order_id"]))
        return no_content()

    async def cancel_all(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request, "trading")
        results = []
        asked = [order for order in account.open_orders.values() if order.role is not Role.COMBO_LEG]
        for order, refusal in self._brokerage.cancel_all(asked):
            if refusal is None:
                results.append({"id": order.id, "status": 200, "body": order_json(order)})
            else:
                body = {"code": refusal.code, "message": refusal.message}
                results.append({"id": order.id, "status": refusal.status, "body": body})
        return json_answer(results, 207)


def selected_orders(account: Account, query: MultiMapping[str], *, nested: bool = False) -> list[Order]:
    """The orders a list request asks for, or raise `Refusal`.

    With `nested`, children count with their parent, which is there if it or one of them is wanted: a
    bracket whose entry is filled is still open while its exits are.
    """
    status = one_of(query.get("status"), "status", ("open", "closed", "all"), "open")
    direction = one_of(query.get("direction"), "direction", ("asc", "desc"), "desc")
    side = one_of(query.get("side"), "side", ("buy", "sell", "all"), "all")
    limit = whole_of(query.get("limit"), "limit", 50, _MOST_ROWS)
    symbols = {symbol.upper().replace("/", "") for symbol in list_of(query.get("symbols"))}
    classes = set(list_of(query.get("asset_class"))) - {"all"}
    orders = _window(list(account.orders.values()), query)

    def is_wanted(order: Order) -> bool:
        return (
            (status == "all" or order.is_open == (status == "open"))
            and (side == "all" or (order.side == side and not order.is_combo))
            and (not symbols or order.instrument.compact_symbol in symbols)
            and (not classes or order.instrument.asset_class in classes)
        )

    if nested:
        chosen = [
            order for order in orders if order.parent is None and any(map(is_wanted, (order, *order.legs)))
        ]
    else:
        chosen = [order for order in orders if is_wanted(order)]
    if direction == "desc":
        chosen.reverse()
    return chosen[:limit]


def _window(orders: list[Order], query: MultiMapping[str]) -> list[Order]:
    """Cut a list in order of submission by times or by ids; every bound is exclusive."""
    after, until = instant_of(query.get("after"), "after"), instant_of(query.get("until"), "until")
    before_id, after_id = query.get("before_order_id"), query.get("after_order_id")
    if before_id and after_id:
        raise BadValue("before_order_id and after_order_id are mutually exclusive")
    if (before_id or after_id) and (after is not None or until is not None):
        raise BadValue("before_order_id and after_order_id cannot be used with after or until")
    if before_id or after_id:
        ids = [order.id for order in orders]
        try:
            index = ids.index(before_id or after_id or "")
        except ValueError:
            raise not_found(f"order not found for {(before_id or after_id or '')[:40]}") from None
        return orders[:index] if before_id else orders[index + 1 :]
    return [
        order
        for order in orders
        if (after is None or order.submitted_at > after) and (until is None or order.submitted_at < until)
    ]
