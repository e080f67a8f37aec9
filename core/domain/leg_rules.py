"""What the legs of a bracket, OCO or OTO order must be (protocol page section 3.9, "Order classes")."""

from decimal import Decimal

from core.domain.figure_rules import is_usable, price_problems
from core.domain.instrument import AssetClass
from core.domain.legs import OrderClass, StopLoss, TakeProfit
from core.domain.money import CENT
from core.domain.order import Side
from core.domain.problem import Problem


def leg_problems(
    order_class: OrderClass,
    side: Side,
    take_profit: TakeProfit | None,
    stop_loss: StopLoss | None,
    *,
    base_price: Decimal | None,
    asset_class: AssetClass = AssetClass.EQUITY,
) -> list[Problem]:
    """What is wrong with the legs of an order to `side`; `base_price` is its entry, if known."""
    found = _presence(order_class, take_profit, stop_loss)
    if take_profit is not None:
        found += price_problems(
            take_profit.limit_price,
            asset_class,
            missing=Problem.TAKE_PROFIT_MISSING,
            off_grid=Problem.TAKE_PROFIT_OFF_GRID,
        )
    if stop_loss is not None:
        found += price_problems(
            stop_loss.stop_price,
            asset_class,
            missing=Problem.STOP_LOSS_MISSING,
            off_grid=Problem.STOP_LOSS_OFF_GRID,
        )
        if stop_loss.limit_price is not None:
            found += price_problems(
                stop_loss.limit_price,
                asset_class,
                missing=Problem.STOP_LOSS_MISSING,
                off_grid=Problem.STOP_LOSS_LIMIT_OFF_GRID,
            )
    return found or _order_of_prices(order_class, side, take_profit, stop_loss, base_price)


def _presence(
    order_class: OrderClass, take_profit: TakeProfit | None, stop_loss: StopLoss | None
) -> list[Problem]:
    match order_class:
        case OrderClass.SIMPLE:
            return [Problem.LEGS_NEED_CLASS] if take_profit is not None or stop_loss is not None else []
        case OrderClass.OTO:
            return [Problem.OTO_NEEDS_ONE_LEG] if (take_profit is None) is (stop_loss is None) else []
        case _:
            missing = [Problem.TAKE_PROFIT_MISSING] if take_profit is None else []
            return missing + ([Problem.STOP_LOSS_MISSING] if stop_loss is None else [])


def _order_of_prices(
    order_class: OrderClass,
    side: Side,
    take_profit: TakeProfit | None,
    stop_loss: StopLoss | None,
    base_price: Decimal | None,
) -> list[Problem]:
    """Prices that contradict each other: the profit must lie beyond the entry, the loss before it."""
    gain = None if take_profit is None else take_profit.limit_price
    loss = None if stop_loss is None else stop_loss.stop_price
    # An OCO is itself the exit: its sell side protects a long position, as a bracket's buy side opens one.
    is_exit = order_class is OrderClass.OCO
    gains_upwards = (side is Side.SELL) if is_exit else (side is Side.BUY)
    way = 1 if gains_upwards else -1
    found: list[Problem] = []
    if gain is not None and loss is not None and (gain - loss) * way <= 0:
        found.append(Problem.LEGS_CROSSED)
    if base_price is None or not is_usable(base_price) or is_exit:
        return found
    if gain is not None and (gain - base_price) * way < CENT:
        found.append(Problem.TAKE_PROFIT_WRONG_SIDE)
    if loss is not None and (base_price - loss) * way < CENT:
        found.append(Problem.STOP_LOSS_WRONG_SIDE)
    return found
