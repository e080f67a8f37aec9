"""What a working order would be after a change, and whether the broker lets it be changed so.

Source: protocol page section 3.10.
"""

from enum import StrEnum

from core.domain.figure_rules import is_whole
from core.domain.order import Order, OrderType, Side, TimeInForce
from core.domain.request import OrderRequest, ReplaceRequest


class ChangeProblem(StrEnum):
    """Why a change cannot be asked for."""

    NOT_NOW = "not_now"
    AMOUNT_ORDER = "amount_order"
    FRACTION_QTY_FIXED = "fraction_qty_fixed"
    QTY_NOT_WHOLE = "qty_not_whole"
    QTY_BELOW_FILLED = "qty_below_filled"
    NO_SUCH_TERM = "no_such_term"


def change_problems(order: Order, change: ReplaceRequest) -> tuple[ChangeProblem, ...]:
    """What the broker's rules for replacing say about this order, besides `ReplaceRequest.problems`."""
    if order.notional is not None:
        return (ChangeProblem.AMOUNT_ORDER,)
    if not order.is_replaceable:
        return (ChangeProblem.NOT_NOW,)
    found: list[ChangeProblem] = []
    if change.qty is not None:
        if order.qty is not None and not is_whole(order.qty):
            found.append(ChangeProblem.FRACTION_QTY_FIXED)
        elif order.asset_class != "crypto" and not is_whole(change.qty):
            found.append(ChangeProblem.QTY_NOT_WHOLE)
        if change.qty <= order.filled_qty:
            found.append(ChangeProblem.QTY_BELOW_FILLED)
    terms = (
        (change.limit_price, order.limit_price),
        (change.stop_price, order.stop_price),
        (change.trail, order.trail_price if order.trail_price is not None else order.trail_percent),
    )
    if any(wanted is not None and known is None for wanted, known in terms):
        found.append(ChangeProblem.NO_SUCH_TERM)
    return tuple(found)


def after_change(order: Order, change: ReplaceRequest) -> OrderRequest | None:
    """The order as it would work after `change`, to be judged like a new one; None for words unknown to us.

    A held leg or group member is judged by its own prices alone.
    """
    try:
        kind, side = OrderType(order.type), Side(order.side)
        time_in_force = change.time_in_force or TimeInForce(order.time_in_force)
    except ValueError:
        return None
    trails_by_money = order.trail_price is not None
    return OrderRequest(
        symbol=order.symbol,
        side=side,
        type=kind,
        qty=change.qty if change.qty is not None else order.qty,
        notional=order.notional,
        time_in_force=time_in_force,
        limit_price=change.limit_price if change.limit_price is not None else order.limit_price,
        stop_price=change.stop_price if change.stop_price is not None else order.stop_price,
        trail_price=(change.trail or order.trail_price) if trails_by_money else None,
        trail_percent=None if trails_by_money else change.trail or order.trail_percent,
        extended_hours=order.extended_hours,
    )
