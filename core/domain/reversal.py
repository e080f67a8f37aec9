"""Turning a position round in two honest steps: a close, then an opening order of the same size.

No order of the broker's does both. So the second is sent only when the first is proven: filled to the last
share by its own order, and gone from the broker's positions. Anything else ends the reversal; whatever the
second step would double is never sent.
"""

from decimal import Decimal
from enum import StrEnum

from core.domain.instrument import AssetClass
from core.domain.intent import Intent, IntentState
from core.domain.order import Order, OrderStatus, OrderType, Side, TimeInForce
from core.domain.position import Position
from core.domain.request import OrderRequest, PositionIntent


class Ruling(StrEnum):
    """What may be done after a look at the first step."""

    WAIT = "wait"
    OPEN = "open"
    STOP = "stop"


def may_reverse(position: Position) -> bool:
    """Whether the other side can be held at all, and nothing else holds part of the position.

    Coins cannot be short, fractions of a share neither.
    """
    is_coin = position.asset_class == AssetClass.CRYPTO
    is_whole = position.qty == position.qty.to_integral_value()
    return not is_coin and (is_whole or position.is_short) and position.closable_qty == abs(position.qty)


def opening_request(position: Position) -> OrderRequest:
    """The market order that opens as much on the other side as is held now."""
    opens = PositionIntent.BUY_TO_OPEN if position.is_short else PositionIntent.SELL_TO_OPEN
    return OrderRequest(
        symbol=position.market_symbol,
        side=Side.BUY if position.is_short else Side.SELL,
        type=OrderType.MARKET,
        qty=abs(position.qty),
        time_in_force=TimeInForce.DAY,
        position_intent=opens,
    )


def judge_close(qty: Decimal, intent: Intent | None, order: Order | None, held: Position | None) -> Ruling:
    """Judge the closing order of `qty` by what is known of it, and by the position as the broker lists it.

    `held` is None when the broker lists none.
    """
    if intent is None:
        return Ruling.STOP
    if not intent.state.is_settled:
        return Ruling.WAIT
    if intent.state is not IntentState.FILLED:
        return Ruling.STOP
    if order is None or order.status is not OrderStatus.FILLED or order.filled_qty != abs(qty):
        return Ruling.STOP
    if held is None:
        return Ruling.OPEN
    # The broker's positions lag behind a fill; a position on the other side is somebody else's doing.
    return Ruling.WAIT if held.qty == qty else Ruling.STOP
