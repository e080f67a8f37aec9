"""The broker's rules, checked before an order is sent: one finding per rule that applies.

Source: protocol page sections 1.4, 3.1, 3.2, 3.9 and 3.12. What an order's own terms can tell is judged by
`OrderRequest.problems`; here is what needs the instrument, the account, the position and the clock.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from core.domain.circumstances import Circumstances
from core.domain.figure_rules import LARGEST_CRYPTO_NOTIONAL, LEAST_CRYPTO_NOTIONAL, is_usable
from core.domain.finding import Fact, Finding, Reason, Rule, Verdict
from core.domain.forecast import Forecast, forecast
from core.domain.freshness import Freshness
from core.domain.holding_rules import holding, short_sale, wash_trade
from core.domain.instrument import AssetClass, Instrument
from core.domain.legs import OrderClass
from core.domain.money import is_on_grid
from core.domain.option_rules import options
from core.domain.order import OrderType, Side, TimeInForce
from core.domain.request import IMMEDIATE, WORKS_LONG, OrderRequest
from core.domain.trading_hours import Phase, TradingHours, trading_day

_OTC = "OTC"
_NOT_AUCTIONS = frozenset({TimeInForce.IOC, TimeInForce.FOK})


def check(
    request: OrderRequest, around: Circumstances, expected: Forecast | None = None
) -> tuple[Finding, ...]:
    """Every rule that applies to `request`, in the explainer's order; terms that contradict come first."""
    expected = expected or forecast(request, around)
    if problems := request.problems():
        terms = tuple(Finding(rule=Rule.TERMS, verdict=Verdict.REFUSED, code=problem) for problem in problems)
    else:
        terms = (Finding(rule=Rule.TERMS),)
    return (
        *terms,
        _instrument(request, around),
        _account(around),
        *_fractions(request, around),
        *_grid(request, around),
        _session(request, around),
        *_auction(request, around),
        *_extended_hours(request, around),
        *holding(request, around, expected),
        *short_sale(request, around, expected),
        wash_trade(request, around),
        _buying_power(expected),
        *_order_value(request, expected),
        *options(request, around, expected),
        *_prices(request, around),
        _quote(around),
    )


def _found(rule: Rule, verdict: Verdict, code: Reason, **facts: Fact) -> Finding:
    return Finding(rule=rule, verdict=verdict, code=code, facts=facts)


def _instrument(request: OrderRequest, around: Circumstances) -> Finding:
    rule, instrument = Rule.INSTRUMENT, around.instrument
    if around.is_unknown:
        return _found(rule, Verdict.REFUSED, Reason.INSTRUMENT_UNKNOWN, symbol=request.symbol)
    if instrument is None:
        return _found(rule, Verdict.UNKNOWN, Reason.INSTRUMENT_UNREAD, symbol=request.symbol)
    if code := _why_not_traded(request, instrument, around):
        return _found(rule, Verdict.REFUSED, code, symbol=request.symbol)
    if "ptp_with_exception" in instrument.attributes and request.side is Side.BUY:
        return _found(rule, Verdict.CAUTION, Reason.PTP_WITHHOLDS, symbol=request.symbol)
    return Finding(rule=rule)


def _why_not_traded(request: OrderRequest, instrument: Instrument, around: Circumstances) -> Reason | None:
    if not instrument.is_active:
        return Reason.INSTRUMENT_INACTIVE
    if not instrument.tradable:
        return Reason.NOT_TRADABLE
    if "ipo" in instrument.attributes and request.type is not OrderType.LIMIT:
        return Reason.IPO_NEEDS_LIMIT
    if instrument.exchange == _OTC and request.time_in_force not in WORKS_LONG:
        return Reason.OTC_NEEDS_DAY_OR_GTC
    is_ptp = "ptp_no_exception" in instrument.attributes and request.side is Side.BUY
    if is_ptp and not around.configuration.ptp_no_exception_entry:
        return Reason.PTP_NOT_ALLOWED
    option, now = instrument.option, around.hours.now
    if option is not None and now is not None and option.expires < now.date():
        return Reason.OPTION_EXPIRED
    return None


def _account(around: Circumstances) -> Finding:
    if around.account is None:
        return _found(Rule.ACCOUNT, Verdict.UNKNOWN, Reason.ACCOUNT_UNREAD)
    if not around.account.can_trade:
        return _found(Rule.ACCOUNT, Verdict.REFUSED, Reason.ACCOUNT_BLOCKED)
    if around.configuration.suspend_trade:
        return _found(Rule.ACCOUNT, Verdict.REFUSED, Reason.TRADING_SUSPENDED)
    return Finding(rule=Rule.ACCOUNT)


def _fractions(request: OrderRequest, around: Circumstances) -> Iterator[Finding]:
    if not request.is_fraction or request.asset_class is not AssetClass.EQUITY:
        return
    if around.instrument is not None and not around.instrument.fractionable:
        yield _found(Rule.FRACTIONS, Verdict.REFUSED, Reason.NOT_FRACTIONABLE, symbol=request.symbol)
    elif not around.configuration.fractional_trading:
        yield _found(Rule.FRACTIONS, Verdict.REFUSED, Reason.FRACTIONS_SWITCHED_OFF)
    else:
        yield Finding(rule=Rule.FRACTIONS)


def _grid(request: OrderRequest, around: Circumstances) -> Iterator[Finding]:
    """A coin's own increments; the grid of shares and options is part of the terms."""
    instrument = around.instrument
    if instrument is None or request.asset_class is not AssetClass.CRYPTO:
        return
    increment = instrument.price_increment
    for _name, price in request.prices_sent:
        if increment and is_usable(price) and not is_on_grid(price, AssetClass.CRYPTO, increment):
            yield _found(Rule.GRID, Verdict.REFUSED, Reason.PRICE_OFF_INCREMENT, increment=increment)
            return
    step, least, qty = instrument.min_trade_increment, instrument.min_order_size, request.qty
    if qty is not None and is_usable(qty) and qty > 0:
        if least and qty < least:
            yield _found(Rule.GRID, Verdict.REFUSED, Reason.QTY_BELOW_MINIMUM, least=least)
            return
        if step and not is_on_grid(qty, AssetClass.CRYPTO, step):
            yield _found(Rule.GRID, Verdict.CAUTION, Reason.QTY_OFF_INCREMENT, increment=step)
            return
    yield Finding(rule=Rule.GRID)


def _session(request: OrderRequest, around: Circumstances) -> Finding:
    if request.asset_class is AssetClass.CRYPTO:
        return Finding(rule=Rule.SESSION)
    is_open = around.market.is_open if around.hours.is_open is None else around.hours.is_open
    if is_open is None:
        return _found(Rule.SESSION, Verdict.UNKNOWN, Reason.HOURS_UNREAD)
    if is_open or request.extended_hours or request.time_in_force in (TimeInForce.OPG, TimeInForce.CLS):
        return Finding(rule=Rule.SESSION)
    is_immediate = request.time_in_force in _NOT_AUCTIONS
    return _found(
        Rule.SESSION,
        Verdict.CAUTION,
        Reason.FINDS_NOTHING if is_immediate else Reason.WAITS_FOR_OPEN,
        **_when(around.hours, around.hours.opening),
    )


def _when(hours: TradingHours, at: datetime | None) -> dict[str, Fact]:
    """The facts for words about a moment to come: they name the day where it is not today's."""
    return {} if at is None or hours.now is None else {"when": at, "now": hours.now}


def _auction(request: OrderRequest, around: Circumstances) -> Iterator[Finding]:
    if request.time_in_force not in IMMEDIATE - _NOT_AUCTIONS:
        return
    hours, is_opening = around.hours, request.time_in_force is TimeInForce.OPG
    if hours.refuses_opening_auction if is_opening else hours.refuses_closing_auction:
        code = Reason.OPENING_AUCTION_SHUT if is_opening else Reason.CLOSING_AUCTION_SHUT
        yield _found(Rule.AUCTION, Verdict.REFUSED, code, **_when(hours, hours.auctions_open_again))
        return
    auction = hours.opening if is_opening else hours.closing
    if auction is None or hours.now is None or trading_day(auction) == trading_day(hours.now):
        yield Finding(rule=Rule.AUCTION)
        return
    code = Reason.WAITS_FOR_OPENING_AUCTION if is_opening else Reason.WAITS_FOR_CLOSING_AUCTION
    yield _found(Rule.AUCTION, Verdict.CAUTION, code, **_when(hours, auction))


def _extended_hours(request: OrderRequest, around: Circumstances) -> Iterator[Finding]:
    if not request.extended_hours or request.asset_class is not AssetClass.EQUITY:
        return
    attributes = frozenset() if around.instrument is None else around.instrument.attributes
    if request.is_fraction and around.instrument is not None and "fractional_eh_enabled" not in attributes:
        yield _found(Rule.EXTENDED_HOURS, Verdict.REFUSED, Reason.FRACTION_NOT_EXTENDED)
        return
    phase = around.hours.phase
    if phase not in (Phase.OVERNIGHT, Phase.CLOSED) or around.instrument is None:
        yield Finding(rule=Rule.EXTENDED_HOURS)
        return
    is_offered = "overnight_tradable" in attributes and "overnight_halted" not in attributes
    is_switched_off = around.configuration.disable_overnight_trading
    trades_overnight = is_offered and not is_switched_off
    facts = _when(around.hours, around.hours.next_session(overnight=trades_overnight))
    if phase is Phase.CLOSED:
        code = Reason.WAITS_FOR_SESSION
    elif not is_offered:
        code, facts["symbol"] = Reason.OVERNIGHT_NOT_OFFERED, request.symbol
    else:
        code = Reason.OVERNIGHT_SWITCHED_OFF if is_switched_off else Reason.OVERNIGHT_TRADES
    yield _found(Rule.EXTENDED_HOURS, Verdict.CAUTION, code, **facts)


def _buying_power(expected: Forecast) -> Finding:
    if expected.qty is not None and not expected.opening_qty:
        return Finding(rule=Rule.BUYING_POWER)
    if expected.power_after is None:
        return _found(Rule.BUYING_POWER, Verdict.UNKNOWN, Reason.POWER_UNKNOWN)
    if expected.exceeds_power and expected.reserve is not None and expected.power is not None:
        return _found(
            Rule.BUYING_POWER,
            Verdict.DOUBTFUL,
            Reason.POWER_EXCEEDED,
            needed=expected.reserve,
            available=expected.power,
        )
    return Finding(rule=Rule.BUYING_POWER)


def _order_value(request: OrderRequest, expected: Forecast) -> Iterator[Finding]:
    """A coin order's size in money, also where it is asked for by quantity."""
    if request.asset_class is not AssetClass.CRYPTO or request.notional is not None:
        return
    value = expected.value
    if value is not None and value < LEAST_CRYPTO_NOTIONAL:
        yield _found(
            Rule.ORDER_VALUE,
            Verdict.REFUSED,
            Reason.COIN_ORDER_TOO_SMALL,
            value=value,
            least=LEAST_CRYPTO_NOTIONAL,
        )
    elif value is not None and value > LARGEST_CRYPTO_NOTIONAL:
        yield _found(
            Rule.ORDER_VALUE,
            Verdict.REFUSED,
            Reason.COIN_ORDER_TOO_LARGE,
            value=value,
            most=LARGEST_CRYPTO_NOTIONAL,
        )
    else:
        yield Finding(rule=Rule.ORDER_VALUE)


def _prices(request: OrderRequest, around: Circumstances) -> Iterator[Finding]:
    """Prices against the market: stops on its far side, legs on theirs."""
    yield from _stop(request, around)
    reference = around.market.reference
    if request.order_class is OrderClass.SIMPLE or reference is None:
        return
    is_exit = request.order_class is OrderClass.OCO
    base = reference if is_exit or request.base_price is None else request.base_price
    way = 1 if (request.side is Side.SELL) is is_exit else -1
    gain = None if request.take_profit is None else request.take_profit.limit_price
    loss = None if request.stop_loss is None else request.stop_loss.stop_price
    if gain is not None and is_usable(gain) and (gain - base) * way <= 0:
        yield _found(Rule.PRICES, Verdict.DOUBTFUL, Reason.TAKE_PROFIT_BEHIND_MARKET, price=base)
    elif loss is not None and is_usable(loss) and (base - loss) * way <= 0:
        yield _found(Rule.PRICES, Verdict.DOUBTFUL, Reason.STOP_LOSS_BEHIND_MARKET, price=base)
    else:
        yield Finding(rule=Rule.PRICES)


def _stop(request: OrderRequest, around: Circumstances) -> Iterator[Finding]:
    stop, near = request.stop_price, around.market.far_side(request.side)
    if not request.needs_stop_price or stop is None or not is_usable(stop):
        return
    way = Decimal(1) if request.side is Side.BUY else Decimal(-1)
    if near is not None and (stop - near) * way <= 0:
        yield _found(Rule.PRICES, Verdict.CAUTION, Reason.STOP_TRIGGERS_AT_ONCE, price=near)
        return
    limit = request.limit_price
    has_limit = request.type is OrderType.STOP_LIMIT and limit is not None and is_usable(limit)
    if has_limit and limit is not None and (limit - stop) * way < 0:
        yield _found(Rule.PRICES, Verdict.CAUTION, Reason.LIMIT_BEHIND_STOP)
        return
    if request.order_class is OrderClass.SIMPLE:
        yield Finding(rule=Rule.PRICES)


def _quote(around: Circumstances) -> Finding:
    market = around.market
    age = Decimal(repr(market.age_s or 0.0))
    if market.freshness is Freshness.ABSENT:
        return _found(Rule.QUOTE, Verdict.CAUTION, Reason.NO_QUOTE)
    if market.freshness is Freshness.STALE:
        code = Reason.QUOTE_OLD if market.feed_is_live else Reason.FEED_INTERRUPTED
        return _found(Rule.QUOTE, Verdict.CAUTION, code, age_s=age)
    return Finding(rule=Rule.QUOTE)
