"""Checks an order by the trader's own limits (threat model O11).

A limit that cannot be checked counts as passed over: without a price nobody knows an order's value.
"""

from collections.abc import Iterator
from decimal import Decimal

from core.domain.circumstances import Circumstances
from core.domain.figure_rules import is_usable
from core.domain.finding import Fact, Finding, Reason, Rule, Verdict
from core.domain.forecast import Forecast, forecast
from core.domain.instrument import AssetClass
from core.domain.limits import Limits
from core.domain.order import OrderType
from core.domain.request import OrderRequest


def check_limits(
    request: OrderRequest, around: Circumstances, limits: Limits, expected: Forecast | None = None
) -> tuple[Finding, ...]:
    """One finding for each limit that is set; any of them forbids, none is a mere warning."""
    expected = expected or forecast(request, around)
    return (
        *_qty(expected, limits),
        *_value(request, expected, limits),
        *_power(expected, limits),
        *_distance(request, around, limits),
        *_age(request, around, limits),
        *_hours(request, around, limits),
        *_rate(around, limits),
    )


def _forbidden(rule: Rule, code: Reason, **facts: Fact) -> Finding:
    return Finding(rule=rule, verdict=Verdict.FORBIDDEN, code=code, facts=facts)


def _at_most(rule: Rule, code: Reason, value: Decimal | None, most: Decimal) -> Finding:
    if value is None:
        return _forbidden(rule, Reason.LIMIT_UNCHECKABLE, most=most)
    return Finding(rule=rule) if value <= most else _forbidden(rule, code, value=value, most=most)


def _qty(expected: Forecast, limits: Limits) -> Iterator[Finding]:
    if limits.max_qty is not None:
        yield _at_most(Rule.LIMIT_QTY, Reason.QTY_ABOVE_LIMIT, expected.qty, limits.max_qty)


def _value(request: OrderRequest, expected: Forecast, limits: Limits) -> Iterator[Finding]:
    if limits.max_value is None:
        return
    value = expected.value if request.notional is None else request.notional
    if expected.opens_short and expected.reserve is not None and value is not None:
        value = max(value, expected.reserve)
    yield _at_most(Rule.LIMIT_VALUE, Reason.VALUE_ABOVE_LIMIT, value, limits.max_value)


def _power(expected: Forecast, limits: Limits) -> Iterator[Finding]:
    if limits.max_power_share is None:
        return
    if expected.qty is not None and not expected.opening_qty:
        yield Finding(rule=Rule.LIMIT_POWER)  # closing takes no buying power
        return
    share = None
    if expected.reserve is not None and expected.power is not None:
        # Without any buying power, whatever is asked for is too much.
        share = expected.reserve / expected.power if expected.power > 0 else Decimal(1_000_000)
    yield _at_most(Rule.LIMIT_POWER, Reason.POWER_SHARE_ABOVE_LIMIT, share, limits.max_power_share)


def _distance(request: OrderRequest, around: Circumstances, limits: Limits) -> Iterator[Finding]:
    """The order's own prices, and the limit that a stopped loss sells at; a target may lie far away."""
    most = limits.max_distance
    prices = [price for name, price in request.prices_sent if name in ("limit_price", "stop_price")]
    if request.stop_loss is not None:
        leg = (request.stop_loss.stop_price, request.stop_loss.limit_price)
        prices += [price for price in leg if price is not None]
    if most is None or not prices:
        return
    reference = around.market.reference
    if reference is None or not all(is_usable(price) for price in prices):
        yield _forbidden(Rule.LIMIT_DISTANCE, Reason.LIMIT_UNCHECKABLE, most=most)
        return
    distance = max(abs(price - reference) / reference for price in prices)
    yield _at_most(Rule.LIMIT_DISTANCE, Reason.PRICE_TOO_FAR, distance, most)


def _age(request: OrderRequest, around: Circumstances, limits: Limits) -> Iterator[Finding]:
    """A closed market's quotes are old by nature; there only a market order depends on them."""
    is_closed = around.market.is_open is False and request.asset_class is not AssetClass.CRYPTO
    if limits.max_age_s is None or (is_closed and request.type is not OrderType.MARKET):
        return
    age = None if around.market.age_s is None else Decimal(repr(around.market.age_s))
    yield _at_most(Rule.LIMIT_STALE, Reason.PRICE_TOO_OLD, age, limits.max_age_s)


def _hours(request: OrderRequest, around: Circumstances, limits: Limits) -> Iterator[Finding]:
    if limits.market_orders_out_of_hours or request.asset_class is AssetClass.CRYPTO:
        return
    if request.type is not OrderType.MARKET:
        return
    if around.market.is_open is not True:
        yield _forbidden(Rule.LIMIT_HOURS, Reason.MARKET_ORDER_OUT_OF_HOURS)
    else:
        yield Finding(rule=Rule.LIMIT_HOURS)


def _rate(around: Circumstances, limits: Limits) -> Iterator[Finding]:
    if limits.max_orders_a_minute is not None:
        yield _at_most(
            Rule.LIMIT_RATE,
            Reason.TOO_MANY_ORDERS,
            Decimal(around.orders_last_minute + 1),
            Decimal(limits.max_orders_a_minute),
        )
