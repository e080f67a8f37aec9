"""Exits for a position that is open already: a take profit, a stop loss, or both as one group.

Source: protocol page section 3.9. A group (OCO) exists for whole shares only; coins know no plain stop order;
options take neither.
"""

from decimal import Decimal
from enum import StrEnum

from core.domain.figure_rules import is_whole
from core.domain.instrument import AssetClass
from core.domain.legs import OrderClass, StopLoss, TakeProfit
from core.domain.order import OrderType, Side, TimeInForce
from core.domain.position import Position
from core.domain.request import OrderRequest, PositionIntent


class Exit(StrEnum):
    """Which exits a position gets."""

    BOTH = "both"
    GAIN = "gain"
    LOSS = "loss"


class ExitProblem(StrEnum):
    """Why exits are not what they seem."""

    GAIN_WRONG_SIDE = "gain_wrong_side"  # it would fill at once
    LOSS_WRONG_SIDE = "loss_wrong_side"
    GROUP_NEEDS_WHOLE = "group_needs_whole"
    QTY_ABOVE_FREE = "qty_above_free"


def exits_for(position: Position) -> tuple[Exit, ...]:
    """The exits that the broker takes for the position's kind of instrument."""
    if position.is_option:
        return ()
    if position.asset_class == AssetClass.CRYPTO:
        return (Exit.GAIN, Exit.LOSS)
    return (Exit.BOTH, Exit.GAIN, Exit.LOSS)


def exit_request(
    position: Position,
    kind: Exit,
    *,
    qty: Decimal | None,
    gain: Decimal | None,
    loss: Decimal | None,
    loss_limit: Decimal | None = None,
    time_in_force: TimeInForce = TimeInForce.GTC,
) -> OrderRequest:
    """The order, complete or not; `OrderRequest.problems` says what is missing.

    With `loss_limit` the stop becomes a limit order when it is reached. Single exits say that they close.
    """
    is_coin = position.asset_class == AssetClass.CRYPTO
    side = Side.BUY if position.is_short else Side.SELL
    closes = PositionIntent.BUY_TO_CLOSE if position.is_short else PositionIntent.SELL_TO_CLOSE
    intent = None if is_coin else closes
    symbol = position.market_symbol
    if kind is Exit.BOTH:
        return OrderRequest(
            symbol=symbol,
            side=side,
            type=OrderType.LIMIT,
            qty=qty,
            time_in_force=time_in_force,
            order_class=OrderClass.OCO,
            take_profit=TakeProfit(limit_price=gain),
            stop_loss=StopLoss(stop_price=loss, limit_price=loss_limit),
        )
    if kind is Exit.GAIN:
        order_type, limit_price, stop_price = OrderType.LIMIT, gain, None
    else:
        has_limit = loss_limit is not None or is_coin
        order_type = OrderType.STOP_LIMIT if has_limit else OrderType.STOP
        limit_price, stop_price = loss_limit, loss
    return OrderRequest(
        symbol=symbol,
        side=side,
        type=order_type,
        qty=qty,
        time_in_force=time_in_force,
        limit_price=limit_price,
        stop_price=stop_price,
        position_intent=intent,
    )


def exit_problems(
    position: Position,
    kind: Exit,
    *,
    qty: Decimal | None,
    gain: Decimal | None,
    loss: Decimal | None,
    mark: Decimal | None,
) -> tuple[ExitProblem, ...]:
    """What is wrong beside the order's own problems: an exit beyond the market would leave at once."""
    way = -1 if position.is_short else 1
    found = []
    if kind is not Exit.LOSS and gain is not None and mark is not None and (gain - mark) * way <= 0:
        found.append(ExitProblem.GAIN_WRONG_SIDE)
    if kind is not Exit.GAIN and loss is not None and mark is not None and (mark - loss) * way <= 0:
        found.append(ExitProblem.LOSS_WRONG_SIDE)
    if qty is not None and qty > position.closable_qty:
        found.append(ExitProblem.QTY_ABOVE_FREE)
    if qty is not None and kind is Exit.BOTH and not is_whole(qty):
        found.append(ExitProblem.GROUP_NEEDS_WHOLE)
    return tuple(found)


def result_at(position: Position, price: Decimal, qty: Decimal) -> Decimal:
    """What leaving `qty` of the position at `price` earns, against the average; without fees."""
    way = -1 if position.is_short else 1
    return (price - position.avg_entry_price) * qty * position.multiplier * way
