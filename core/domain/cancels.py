"""Which orders a cancel of many means: the one answer for what is counted, asked about and sent."""

from collections.abc import Mapping

from core.domain.order import Order


def cancelable_orders(
    orders: Mapping[str, Order], *, symbol: str | None = None, side: str | None = None
) -> list[Order]:
    """The orders to ask a cancel of, one by one: all, or those of a symbol or side. `orders` are by id.

    A leg goes with its parent while that can be cancelled, and counts as the parent's side: at the broker a
    group ends together, so that taking one leg would take back the entry too (protocol page section 3.7).
    """
    return [
        order
        for order in orders.values()
        if order.is_cancelable
        and symbol in (None, order.symbol)
        and side in (None, order.side)
        and not _goes_with_its_parent(order, orders)
    ]


def standing_orders(orders: Mapping[str, Order]) -> list[Order]:
    """The open orders that stand for themselves: a leg goes with its parent while that is open."""
    return [
        order
        for order in orders.values()
        if order.is_open
        and not ((parent := orders.get(order.parent_id or "")) is not None and parent.is_open)
    ]


def _goes_with_its_parent(order: Order, orders: Mapping[str, Order]) -> bool:
    parent = orders.get(order.parent_id or "")
    return parent is not None and parent.is_cancelable
