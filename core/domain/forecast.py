"""What an order would cost and change: estimates from the newest prices; the broker decides."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from core.domain.circumstances import Circumstances
from core.domain.figure_rules import is_usable
from core.domain.instrument import AssetClass, OptionTerms
from core.domain.legs import OrderClass
from core.domain.money import MAX_QTY_DECIMALS
from core.domain.order import OrderType, Side
from core.domain.request import OrderRequest

# Protocol page section 3.9, "Buying power check" and "Buy stop".
_SHORT_RESERVE = Decimal("1.03")
_CHEAP_BELOW = Decimal(50)
_CHEAP_STOP_ROOM, _STOP_ROOM = Decimal("1.04"), Decimal("1.025")
COIN_FEE = Decimal("0.0025")  # "Crypto specifics": of what is received, so a purchase brings less than asked
_CONTRACT = Decimal(100)
_FINEST_QTY = Decimal(1).scaleb(-MAX_QTY_DECIMALS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What the order would change; None where it cannot be told.

    `price` is where it would probably fill, per unit. `value` is price times quantity (times an option's
    multiplier), without a sign. `reserve` is the buying power that the broker would set aside for it.
    """

    qty: Decimal | None
    price: Decimal | None
    value: Decimal | None
    opening_qty: Decimal
    reserve: Decimal | None
    power: Decimal | None
    power_after: Decimal | None
    position_after: Decimal | None
    average_after: Decimal | None
    risk_to_stop: Decimal | None
    opens_short: bool

    @property
    def exceeds_power(self) -> bool:
        """Whether it needs more buying power than there is."""
        return self.power_after is not None and self.power_after < 0

    @property
    def is_closing(self) -> bool:
        """Whether it only reduces what is held; buying power then comes free once it fills."""
        return self.qty is not None and self.opening_qty < self.qty


def multiplier_of(request: OrderRequest, around: Circumstances) -> Decimal:
    """How many units of the underlying one unit of the order stands for."""
    if around.instrument is not None and around.instrument.multiplier != 1:
        return around.instrument.multiplier
    return _CONTRACT if request.asset_class is AssetClass.OPTION else Decimal(1)


def expected_price(request: OrderRequest, around: Circumstances) -> Decimal | None:
    """Where the order would probably fill."""
    if request.order_class is OrderClass.OCO:
        return None if request.take_profit is None else request.take_profit.limit_price
    if request.needs_limit_price:
        return request.limit_price
    if request.needs_stop_price:
        return request.stop_price
    if request.type is OrderType.TRAILING_STOP:
        return trigger_price(request, around.market.reference)
    return market_price(request.side, around)


def market_price(side: Side, around: Circumstances) -> Decimal | None:
    """What the broker values a market order at: the far side in the regular session, else the last trade."""
    market = around.market
    far = market.far_side(side)
    return market.reference if market.is_open is False and market.last is not None else far


def trigger_price(request: OrderRequest, reference: Decimal | None) -> Decimal | None:
    """Where a trailing stop would trigger if the price turned at `reference`."""
    if reference is None:
        return None
    if request.trail_price is not None and is_usable(request.trail_price):
        gap = request.trail_price
    elif request.trail_percent is not None and is_usable(request.trail_percent):
        gap = reference * request.trail_percent / 100
    else:
        return None
    return reference + gap if request.side is Side.BUY else reference - gap


def worst_price(request: OrderRequest, around: Circumstances, *, opens_short: bool) -> Decimal | None:
    """The price that buying power is reserved at."""
    price, ask = expected_price(request, around), around.market.ask
    if price is None:
        return None
    if opens_short:
        return price if ask is None else max(price, ask * _SHORT_RESERVE)
    if request.side is Side.BUY and request.type is OrderType.STOP:
        return price * (_CHEAP_STOP_ROOM if price < _CHEAP_BELOW else _STOP_ROOM)
    return price


def quantity_of(request: OrderRequest, price: Decimal | None) -> Decimal | None:
    """How many units are asked for; of an amount of money, as many as it buys at `price`."""
    amount = request.qty if request.notional is None else request.notional
    if amount is None or not is_usable(amount) or amount <= 0:
        return None
    if request.notional is None:
        return amount
    if price is None or not is_usable(price) or price <= 0:
        return None
    return (amount / price).quantize(_FINEST_QTY, rounding=ROUND_DOWN)


def forecast(request: OrderRequest, around: Circumstances) -> Forecast:
    """Judge the order's consequences."""
    price = expected_price(request, around)
    if price is not None and (not is_usable(price) or price <= 0):
        price = None
    qty = quantity_of(request, price)
    held = around.held
    change = Decimal(0) if qty is None else qty if request.side is Side.BUY else -qty
    after = held + change
    # Across zero only the part beyond it opens something.
    opening = max(abs(after) - abs(held), Decimal(0)) if held * after >= 0 else abs(after)
    opens_short = after < 0 and after < held
    multiplier = multiplier_of(request, around)
    worst = worst_price(request, around, opens_short=opens_short)
    power = _power(request, around)
    reserve = None if worst is None or qty is None else opening * worst * multiplier
    if opens_short and (option := OptionTerms.of_symbol(request.symbol)) is not None:
        # Written contracts: a put is secured by cash for its strike, a call by the shares it is covered with.
        reserve = Decimal(0) if option.is_call else opening * option.strike * multiplier
    if request.notional is not None and qty is not None and opening:
        reserve = request.notional if opening == qty else reserve
    return Forecast(
        qty=qty,
        price=price,
        value=None if price is None or qty is None else price * qty * multiplier,
        opening_qty=opening,
        reserve=reserve,
        power=power,
        power_after=None if power is None or reserve is None else power - reserve,
        position_after=None if qty is None else after - _kept_as_fee(request, qty),
        average_after=None if qty is None else _average_after(around, change, price),
        risk_to_stop=_risk(request, price, qty, multiplier),
        opens_short=opens_short,
    )


def _power(request: OrderRequest, around: Circumstances) -> Decimal | None:
    """The figure that orders of this class are checked against (protocol page section 3.1)."""
    account = around.account
    if account is None:
        return None
    match request.asset_class:
        case AssetClass.CRYPTO:
            special = account.non_marginable_buying_power
        case AssetClass.OPTION:
            special = account.options_buying_power
        case _:
            special = None
    return account.buying_power if special is None else special


def _kept_as_fee(request: OrderRequest, qty: Decimal) -> Decimal:
    if request.asset_class is not AssetClass.CRYPTO or request.side is not Side.BUY:
        return Decimal(0)
    return (qty * COIN_FEE).quantize(_FINEST_QTY, rounding=ROUND_UP)


def _average_after(around: Circumstances, change: Decimal, price: Decimal | None) -> Decimal | None:
    held, after = around.held, around.held + change
    if after == 0:
        return None
    if held == 0 or (held > 0) != (after > 0):
        return price
    average = None if around.position is None else around.position.avg_entry_price
    if (held > 0) != (change > 0):
        return average
    if average is None or price is None:
        return None
    return (held * average + change * price) / after


def _risk(
    request: OrderRequest, price: Decimal | None, qty: Decimal | None, multiplier: Decimal
) -> Decimal | None:
    """What is lost if the stop loss triggers right after the entry fills; below zero is a loss."""
    stop = None if request.stop_loss is None else request.stop_loss.stop_price
    if stop is None or price is None or qty is None or not is_usable(stop):
        return None
    if request.order_class is OrderClass.OCO:
        return None
    way = 1 if request.side is Side.BUY else -1
    return (stop - price) * way * qty * multiplier
