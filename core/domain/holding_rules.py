"""Rules about what is held and what already works: enough to sell, short sales, trades with oneself.

Source: protocol page sections 1.4 and 3.9.
"""

from collections.abc import Iterator
from decimal import Decimal

from core.domain.circumstances import Circumstances
from core.domain.finding import Fact, Finding, Reason, Rule, Verdict
from core.domain.forecast import Forecast
from core.domain.instrument import AssetClass, position_symbol
from core.domain.legs import OrderClass
from core.domain.order import Order, OrderStatus, OrderType, Side
from core.domain.request import OrderRequest, PositionIntent

_OPENS = frozenset({PositionIntent.BUY_TO_OPEN, PositionIntent.SELL_TO_OPEN})
_LIMITED = frozenset({OrderType.LIMIT.value, OrderType.STOP_LIMIT.value})


def _found(rule: Rule, verdict: Verdict, code: Reason, **facts: Fact) -> Finding:
    return Finding(rule=rule, verdict=verdict, code=code, facts=facts)


def closes(request: OrderRequest, around: Circumstances) -> bool:
    """Whether the order's side is the one that reduces the position."""
    return around.held < 0 if request.side is Side.BUY else around.held > 0


def free_qty(request: OrderRequest, around: Circumstances) -> Decimal:
    """How much of the position no open order holds: the broker's figure, or ours where it gave none."""
    position = around.position
    if position is None:
        return Decimal(0)
    if position.qty_available is not None:
        return abs(position.qty_available)
    held_by_orders = sum(
        (
            order.remaining or Decimal(0)
            for order in _of_symbol(request, around)
            if order.side == request.side
        ),
        Decimal(0),
    )
    return max(abs(position.qty) - held_by_orders, Decimal(0))


def holding(request: OrderRequest, around: Circumstances, expected: Forecast) -> Iterator[Finding]:
    """Whether there is enough to sell (or to cover) of what is held."""
    intent = request.position_intent
    if intent is not None and intent not in _OPENS and not closes(request, around):
        yield _found(
            Rule.HOLDING, Verdict.DOUBTFUL, Reason.INTENT_CONTRADICTS_POSITION, symbol=request.symbol
        )
        return
    if intent in _OPENS and closes(request, around):
        yield _found(
            Rule.HOLDING,
            Verdict.DOUBTFUL,
            Reason.INTENT_WOULD_CLOSE,
            symbol=request.symbol,
            existing=abs(around.held),
        )
        return
    if request.order_class is OrderClass.OCO and not closes(request, around):
        yield _found(Rule.HOLDING, Verdict.DOUBTFUL, Reason.NOTHING_TO_PROTECT, symbol=request.symbol)
        return
    if not closes(request, around) or expected.qty is None:
        return
    free = free_qty(request, around)
    if expected.qty > free:
        yield _found(
            Rule.HOLDING,
            Verdict.DOUBTFUL,
            Reason.NOT_ENOUGH_HELD,
            requested=expected.qty,
            existing=abs(around.held),
            available=free,
        )
        return
    yield Finding(rule=Rule.HOLDING)


def short_sale(request: OrderRequest, around: Circumstances, expected: Forecast) -> Iterator[Finding]:
    """Whether a sale of what is not held is possible; options have rules of their own."""
    sells_unheld = request.side is Side.SELL and around.held <= 0
    wants_short = sells_unheld or request.position_intent is PositionIntent.SELL_TO_OPEN
    if not wants_short or request.asset_class is AssetClass.OPTION or request.order_class is OrderClass.OCO:
        return
    if request.asset_class is AssetClass.CRYPTO:
        yield _found(Rule.SHORT_SALE, Verdict.DOUBTFUL, Reason.COIN_SHORT, symbol=request.symbol)
        return
    if code := _why_not_short(request, around):
        # What was bought a moment ago may not be listed yet: nobody is kept from selling that.
        verdict = Verdict.DOUBTFUL if around.is_settling else Verdict.REFUSED
        yield _found(Rule.SHORT_SALE, verdict, code, symbol=request.symbol)
        return
    if around.instrument is not None and around.instrument.is_hard_to_borrow:
        yield _found(Rule.SHORT_SALE, Verdict.CAUTION, Reason.HARD_TO_BORROW, symbol=request.symbol)
        return
    if expected.qty is not None and expected.opens_short:
        yield _found(Rule.SHORT_SALE, Verdict.CAUTION, Reason.OPENS_SHORT, qty=expected.opening_qty)


def _why_not_short(request: OrderRequest, around: Circumstances) -> Reason | None:
    account = around.account
    is_cash_account = account is not None and account.multiplier is not None and account.multiplier < 2
    if account is not None and (not account.shorting_enabled or is_cash_account):
        return Reason.SHORTING_NOT_ALLOWED
    if around.configuration.no_shorting:
        return Reason.SHORTING_SWITCHED_OFF
    if around.instrument is not None and not around.instrument.shortable:
        return Reason.NOT_SHORTABLE
    return Reason.FRACTION_SHORT if request.is_fraction else None


def wash_trade(request: OrderRequest, around: Circumstances) -> Finding:
    """Whether an open order of the other side could trade with this one."""
    rule = Rule.WASH_TRADE
    opposite = [order for order in _of_symbol(request, around) if order.side == request.side.opposite]
    if request.notional is not None and any(_closes(order, around) for order in opposite):
        return _found(rule, Verdict.DOUBTFUL, Reason.NOTIONAL_WHILE_CLOSING, symbol=request.symbol)
    # The broker advises groups of orders where single ones are refused, but need not take every one of them.
    reason = Reason.WASH_TRADE_OF_A_GROUP if request.is_complex else Reason.WASH_TRADE
    verdict = Verdict.CAUTION if request.is_complex else Verdict.DOUBTFUL
    for order in opposite:
        if not _waits_for_its_entry(order, around) and _could_meet(request, order):
            facts: dict[str, Fact] = {"side": order.side, "type": order.type, "symbol": request.symbol}
            return _found(rule, verdict, reason, **facts)
    return Finding(rule=rule)


def _waits_for_its_entry(order: Order, around: Circumstances) -> bool:
    """Whether it is an exit that does not work before the open order that it belongs to has filled."""
    if order.status is not OrderStatus.HELD:
        return False
    return any(each.id == order.parent_id and each.side != order.side for each in around.working)


def _closes(order: Order, around: Circumstances) -> bool:
    return (around.held > 0 and order.side == Side.SELL) or (around.held < 0 and order.side == Side.BUY)


def _of_symbol(request: OrderRequest, around: Circumstances) -> list[Order]:
    wanted = position_symbol(request.symbol)
    return [order for order in around.working if order.is_open and position_symbol(order.symbol) == wanted]


def _could_meet(request: OrderRequest, order: Order) -> bool:
    """As the broker looks at it: two limits meet where they cross, everything else may meet anywhere."""
    if request.type.value not in _LIMITED or order.type not in _LIMITED:
        return True
    gain = request.take_profit if request.order_class is OrderClass.OCO else None
    asked = request.limit_price if gain is None else gain.limit_price
    resting = order.limit_price
    if asked is None or resting is None:
        return True
    return asked >= resting if request.side is Side.BUY else asked <= resting
