"""Every rule of the broker that is checked before an order is sent, with what breaks it and what does not."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal as D

import pytest

from core.domain.configuration import AccountConfiguration
from core.domain.environment import Environment
from core.domain.fee_rates import FeeKind
from core.domain.fees import estimate_fees
from core.domain.finding import Reason, Rule, Verdict, worst
from core.domain.forecast import forecast
from core.domain.freshness import Freshness
from core.domain.legs import OrderClass
from core.domain.order import OrderStatus
from core.domain.problem import Problem
from core.domain.request import PositionIntent
from core.domain.rules import check
from core.domain.trading_hours import MarketDay, Phase, TradingHours, trading_day
from tests.core.domain.order_cases import (
    BROKERAGE,
    BTC,
    CALL,
    EVENING,
    MARKET,
    OPEN,
    PUT,
    SHARE,
    around,
    asked,
    coins,
    contracts,
    gain,
    held,
    loss,
)
from tests.fakes.services import order

R, V = Reason, Verdict
ATTRIBUTES = SHARE.attributes
LIMIT = asked("limit", limit_price="189.4")
SHORT = asked(side="sell")
FRACTION = asked(qty="0.5")
CLOSED = replace(MARKET, is_open=False)
ZERO_LEVEL = replace(BROKERAGE, options_level=0)
LEVEL_ONE = replace(BROKERAGE, options_level=1)
OCO = asked("limit", side="sell", order_class=OrderClass.OCO, take_profit=gain("199"), stop_loss=loss("180"))
BRACKET = asked(order_class=OrderClass.BRACKET, take_profit=gain("199"), stop_loss=loss("180"))


def at(hour: int, minute: int = 0, day: int = 20, **changes: object) -> TradingHours:
    """New York's clock in November 2026, the exchange closed unless said otherwise."""
    known = TradingHours(
        now=datetime(2026, 11, day, hour + 5 if hour < 19 else hour - 19, minute, tzinfo=UTC),
        is_open=False,
        next_open=datetime(2026, 11, 23, 14, 30, tzinfo=UTC),
    )
    if hour >= 19:
        known = replace(known, now=datetime(2026, 11, day + 1, hour - 19, minute, tzinfo=UTC))
    return replace(known, **changes)  # type: ignore[arg-type]


def with_asset(**changes: object):
    return around(instrument=replace(SHARE, **changes))  # type: ignore[arg-type]


def with_switch(**changes: object):
    return around(configuration=AccountConfiguration(**changes))  # type: ignore[arg-type]


def sells(**changes: object):
    return (order("o-9", symbol="AAPL", side="sell", **changes),)


PASSING = [
    (asked(), around()),
    (LIMIT, around()),
    (FRACTION, around()),
    (asked(side="sell"), around(position=held("10"))),
    (asked(side="sell", qty="4"), around(position=held("10", "4"))),
    (asked(qty="10"), around(position=held("-10"))),
    (BRACKET, around()),
    # The exits of an entry that is not filled yet do not work, and trade with nothing.
    (
        asked(),
        around(
            working=(
                order("o-1", symbol="AAPL", side="buy", limit_price=D(150)),
                *sells(status=OrderStatus.HELD, type="stop", limit_price=None, parent_id="o-1"),
            )
        ),
    ),
    (
        OCO,
        around(position=held("10"), working=(order("o-9", symbol="AAPL", side="buy", limit_price=D(150)),)),
    ),
    (OCO, around(position=held("10"))),
    (asked("stop", stop_price="190"), around()),
    (asked("stop_limit", stop_price="190", limit_price="190.5"), around()),
    (asked("trailing_stop", trail_percent="2", side="sell"), around(position=held("10"))),
    (asked("limit", limit_price="189.4", extended_hours=True), around(hours=at(17), market=CLOSED)),
    (asked("limit", limit_price="189.4", extended_hours=True), around(hours=at(8, day=23), market=CLOSED)),
    (asked(time_in_force="opg"), around(hours=at(8, day=23), market=CLOSED)),
    (asked(time_in_force="cls"), around()),
    (asked(symbol=BTC, qty="0.01", time_in_force="gtc"), coins()),
    (asked(symbol=BTC, qty="0.01", time_in_force="gtc"), coins(hours=at(23, day=21))),
    (asked(symbol=CALL, qty="2"), contracts()),
    (
        asked(symbol=CALL, qty="1", side="sell"),
        contracts(account=LEVEL_ONE, underlying=held("100")),
    ),
    (
        asked(symbol=CALL, qty="1", side="sell"),
        contracts(account=ZERO_LEVEL, position=held("1", symbol=CALL)),
    ),
    (asked(symbol=PUT, qty="1", side="sell"), contracts(account=LEVEL_ONE, instrument=None)),
    (LIMIT, around(working=sells(limit_price=D("189.41")))),
]


@pytest.mark.parametrize(("request_", "surroundings"), PASSING)
def test_an_order_that_the_rules_allow_is_only_held_back_by_what_is_not_known(request_, surroundings):
    found = check(request_, surroundings)
    assert [f for f in found if f.verdict > V.UNKNOWN] == []
    assert len({f.rule for f in found}) >= 7


FAILING = [
    (asked(qty=None), around(), Rule.TERMS, V.REFUSED, Problem.QTY_MISSING),
    (LIMIT, around(instrument=None), Rule.INSTRUMENT, V.UNKNOWN, R.INSTRUMENT_UNREAD),
    (LIMIT, around(instrument=None, is_unknown=True), Rule.INSTRUMENT, V.REFUSED, R.INSTRUMENT_UNKNOWN),
    (LIMIT, with_asset(is_active=False), Rule.INSTRUMENT, V.REFUSED, R.INSTRUMENT_INACTIVE),
    (LIMIT, with_asset(tradable=False), Rule.INSTRUMENT, V.REFUSED, R.NOT_TRADABLE),
    (asked(), with_asset(attributes=ATTRIBUTES | {"ipo"}), Rule.INSTRUMENT, V.REFUSED, R.IPO_NEEDS_LIMIT),
    (
        asked(time_in_force="ioc"),
        with_asset(exchange="OTC"),
        Rule.INSTRUMENT,
        V.REFUSED,
        R.OTC_NEEDS_DAY_OR_GTC,
    ),
    (
        LIMIT,
        with_asset(attributes=frozenset({"ptp_with_exception"})),
        Rule.INSTRUMENT,
        V.CAUTION,
        R.PTP_WITHHOLDS,
    ),
    (
        asked(symbol=CALL, qty="1"),
        contracts(hours=replace(OPEN, now=datetime(2026, 12, 21, 18, tzinfo=UTC))),
        Rule.INSTRUMENT,
        V.REFUSED,
        R.OPTION_EXPIRED,
    ),
    (LIMIT, around(account=None), Rule.ACCOUNT, V.UNKNOWN, R.ACCOUNT_UNREAD),
    (
        LIMIT,
        around(account=replace(BROKERAGE, trading_blocked=True)),
        Rule.ACCOUNT,
        V.REFUSED,
        R.ACCOUNT_BLOCKED,
    ),
    (LIMIT, with_switch(suspend_trade=True), Rule.ACCOUNT, V.REFUSED, R.TRADING_SUSPENDED),
    (FRACTION, with_asset(fractionable=False), Rule.FRACTIONS, V.REFUSED, R.NOT_FRACTIONABLE),
    (
        asked(qty=None, notional="50"),
        with_asset(fractionable=False),
        Rule.FRACTIONS,
        V.REFUSED,
        R.NOT_FRACTIONABLE,
    ),
    (FRACTION, with_switch(fractional_trading=False), Rule.FRACTIONS, V.REFUSED, R.FRACTIONS_SWITCHED_OFF),
    (
        asked("limit", symbol=BTC, qty="0.01", limit_price="91240.25", time_in_force="gtc"),
        coins(),
        Rule.GRID,
        V.REFUSED,
        R.PRICE_OFF_INCREMENT,
    ),
    (
        asked(symbol=BTC, qty="0.00001", time_in_force="gtc"),
        coins(),
        Rule.GRID,
        V.REFUSED,
        R.QTY_BELOW_MINIMUM,
    ),
    (
        asked(symbol=BTC, qty="0.010000001", time_in_force="gtc"),
        coins(),
        Rule.GRID,
        V.CAUTION,
        R.QTY_OFF_INCREMENT,
    ),
    (LIMIT, around(hours=EVENING, market=CLOSED), Rule.SESSION, V.CAUTION, R.WAITS_FOR_OPEN),
    (
        asked(time_in_force="fok"),
        around(hours=EVENING, market=CLOSED),
        Rule.SESSION,
        V.CAUTION,
        R.FINDS_NOTHING,
    ),
    (
        LIMIT,
        around(hours=TradingHours(), market=replace(MARKET, is_open=None)),
        Rule.SESSION,
        V.UNKNOWN,
        R.HOURS_UNREAD,
    ),
    (asked(time_in_force="opg"), around(hours=at(9, 28)), Rule.AUCTION, V.REFUSED, R.OPENING_AUCTION_SHUT),
    (asked(time_in_force="opg"), around(hours=at(18, 59)), Rule.AUCTION, V.REFUSED, R.OPENING_AUCTION_SHUT),
    (asked(time_in_force="cls"), around(hours=at(15, 50)), Rule.AUCTION, V.REFUSED, R.CLOSING_AUCTION_SHUT),
    (
        asked(time_in_force="cls"),
        around(hours=at(12, 51, is_open=True, next_close=datetime(2026, 11, 20, 18, tzinfo=UTC))),
        Rule.AUCTION,
        V.REFUSED,
        R.CLOSING_AUCTION_SHUT,
    ),
    (
        asked(time_in_force="opg"),
        around(hours=at(20), market=CLOSED),
        Rule.AUCTION,
        V.CAUTION,
        R.WAITS_FOR_OPENING_AUCTION,
    ),
    (
        asked(time_in_force="cls"),
        around(hours=at(12, day=21, next_close=datetime(2026, 11, 23, 21, tzinfo=UTC)), market=CLOSED),
        Rule.AUCTION,
        V.CAUTION,
        R.WAITS_FOR_CLOSING_AUCTION,
    ),
    (
        asked("limit", qty="0.5", limit_price="189.4", extended_hours=True),
        with_asset(attributes=frozenset()),
        Rule.EXTENDED_HOURS,
        V.REFUSED,
        R.FRACTION_NOT_EXTENDED,
    ),
    (
        asked("limit", limit_price="189.4", extended_hours=True),
        around(hours=at(3, day=23), instrument=replace(SHARE, attributes=frozenset())),
        Rule.EXTENDED_HOURS,
        V.CAUTION,
        R.OVERNIGHT_NOT_OFFERED,
    ),
    (
        asked("limit", limit_price="189.4", extended_hours=True),
        around(hours=at(3, day=23), configuration=AccountConfiguration(disable_overnight_trading=True)),
        Rule.EXTENDED_HOURS,
        V.CAUTION,
        R.OVERNIGHT_SWITCHED_OFF,
    ),
    (
        asked("limit", limit_price="189.4", extended_hours=True),
        around(hours=at(3, day=23)),
        Rule.EXTENDED_HOURS,
        V.CAUTION,
        R.OVERNIGHT_TRADES,
    ),
    (
        asked("limit", limit_price="189.4", extended_hours=True),
        around(hours=at(12, day=21)),
        Rule.EXTENDED_HOURS,
        V.CAUTION,
        R.WAITS_FOR_SESSION,
    ),
    (SHORT, around(position=held("9")), Rule.HOLDING, V.DOUBTFUL, R.NOT_ENOUGH_HELD),
    (SHORT, around(position=held("20", "4")), Rule.HOLDING, V.DOUBTFUL, R.NOT_ENOUGH_HELD),
    (
        SHORT,
        around(position=held("20"), working=sells(qty=D(15), limit_price=D(200))),
        Rule.HOLDING,
        V.DOUBTFUL,
        R.NOT_ENOUGH_HELD,
    ),
    (asked(qty="11"), around(position=held("-10")), Rule.HOLDING, V.DOUBTFUL, R.NOT_ENOUGH_HELD),
    (OCO, around(), Rule.HOLDING, V.DOUBTFUL, R.NOTHING_TO_PROTECT),
    (
        asked(side="sell", position_intent=PositionIntent.SELL_TO_CLOSE),
        around(),
        Rule.HOLDING,
        V.DOUBTFUL,
        R.INTENT_CONTRADICTS_POSITION,
    ),
    (
        asked(side="sell", position_intent=PositionIntent.SELL_TO_OPEN),
        around(position=held("20")),
        Rule.HOLDING,
        V.DOUBTFUL,
        R.INTENT_WOULD_CLOSE,
    ),
    (
        asked(position_intent=PositionIntent.BUY_TO_OPEN),
        around(position=held("-20")),
        Rule.HOLDING,
        V.DOUBTFUL,
        R.INTENT_WOULD_CLOSE,
    ),
    (SHORT, around(), Rule.SHORT_SALE, V.CAUTION, R.OPENS_SHORT),
    (SHORT, with_asset(shortable=False), Rule.SHORT_SALE, V.REFUSED, R.NOT_SHORTABLE),
    (SHORT, with_asset(is_hard_to_borrow=True), Rule.SHORT_SALE, V.CAUTION, R.HARD_TO_BORROW),
    (SHORT, with_switch(no_shorting=True), Rule.SHORT_SALE, V.REFUSED, R.SHORTING_SWITCHED_OFF),
    (
        SHORT,
        around(account=replace(BROKERAGE, shorting_enabled=False)),
        Rule.SHORT_SALE,
        V.REFUSED,
        R.SHORTING_NOT_ALLOWED,
    ),
    (
        SHORT,
        around(account=replace(BROKERAGE, multiplier=D(1))),
        Rule.SHORT_SALE,
        V.REFUSED,
        R.SHORTING_NOT_ALLOWED,
    ),
    (asked(side="sell", qty="0.5"), around(), Rule.SHORT_SALE, V.REFUSED, R.FRACTION_SHORT),
    (
        asked(symbol=BTC, side="sell", qty="1", time_in_force="gtc"),
        coins(),
        Rule.SHORT_SALE,
        V.DOUBTFUL,
        R.COIN_SHORT,
    ),
    (asked(), around(working=sells()), Rule.WASH_TRADE, V.DOUBTFUL, R.WASH_TRADE),
    (LIMIT, around(working=sells(type="stop", limit_price=None)), Rule.WASH_TRADE, V.DOUBTFUL, R.WASH_TRADE),
    (LIMIT, around(working=sells(limit_price=D("189.40"))), Rule.WASH_TRADE, V.DOUBTFUL, R.WASH_TRADE),
    (
        BRACKET,
        around(working=sells(type="market", limit_price=None)),
        Rule.WASH_TRADE,
        V.CAUTION,
        R.WASH_TRADE_OF_A_GROUP,
    ),
    (
        OCO,
        around(position=held("10"), working=(order("o-9", symbol="AAPL", side="buy", type="stop"),)),
        Rule.WASH_TRADE,
        V.CAUTION,
        R.WASH_TRADE_OF_A_GROUP,
    ),
    (
        asked(qty=None, notional="50"),
        around(position=held("20"), working=sells(limit_price=D(200))),
        Rule.WASH_TRADE,
        V.DOUBTFUL,
        R.NOTIONAL_WHILE_CLOSING,
    ),
    (asked(qty="528"), around(), Rule.BUYING_POWER, V.DOUBTFUL, R.POWER_EXCEEDED),
    (asked(side="sell", qty="513"), around(), Rule.BUYING_POWER, V.DOUBTFUL, R.POWER_EXCEEDED),
    (
        asked("stop", qty="515", stop_price="190"),  # a buy stop reserves 2.5 % more
        around(),
        Rule.BUYING_POWER,
        V.DOUBTFUL,
        R.POWER_EXCEEDED,
    ),
    (
        asked(symbol=BTC, qty="0.6", time_in_force="gtc"),
        coins(),
        Rule.BUYING_POWER,
        V.DOUBTFUL,
        R.POWER_EXCEEDED,
    ),
    (asked(symbol=CALL, qty="98"), contracts(), Rule.BUYING_POWER, V.DOUBTFUL, R.POWER_EXCEEDED),
    (
        asked(symbol=PUT, qty="3", side="sell"),  # three strikes of 18,000 in cash
        contracts(),
        Rule.BUYING_POWER,
        V.DOUBTFUL,
        R.POWER_EXCEEDED,
    ),
    (asked(), around(market=replace(MARKET, ask=None)), Rule.BUYING_POWER, V.UNKNOWN, R.POWER_UNKNOWN),
    (
        asked(symbol=BTC, qty="0.0001", time_in_force="gtc"),
        coins(),
        Rule.ORDER_VALUE,
        V.REFUSED,
        R.COIN_ORDER_TOO_SMALL,
    ),
    (
        asked(symbol=BTC, qty="3", time_in_force="gtc"),
        coins(),
        Rule.ORDER_VALUE,
        V.REFUSED,
        R.COIN_ORDER_TOO_LARGE,
    ),
    (
        asked(symbol=CALL, qty="1"),
        contracts(account=ZERO_LEVEL),
        Rule.OPTIONS,
        V.REFUSED,
        R.OPTIONS_NOT_APPROVED,
    ),
    (
        asked(symbol=CALL, qty="1"),
        contracts(account=LEVEL_ONE),
        Rule.OPTIONS,
        V.REFUSED,
        R.OPTIONS_LEVEL_TOO_LOW,
    ),
    (
        asked(symbol=CALL, qty="1"),
        contracts(configuration=AccountConfiguration(max_options_level=1)),
        Rule.OPTIONS,
        V.REFUSED,
        R.OPTIONS_LEVEL_TOO_LOW,
    ),
    (
        asked(symbol=CALL, qty="2", side="sell"),
        contracts(underlying=held("199")),
        Rule.OPTIONS,
        V.DOUBTFUL,
        R.CALL_NOT_COVERED,
    ),
    (asked("stop", stop_price="189"), around(), Rule.PRICES, V.CAUTION, R.STOP_TRIGGERS_AT_ONCE),
    (
        asked("stop_limit", stop_price="190", limit_price="189.9"),
        around(),
        Rule.PRICES,
        V.CAUTION,
        R.LIMIT_BEHIND_STOP,
    ),
    (
        asked(order_class=OrderClass.OTO, take_profit=gain("189")),
        around(),
        Rule.PRICES,
        V.DOUBTFUL,
        R.TAKE_PROFIT_BEHIND_MARKET,
    ),
    (
        asked(order_class=OrderClass.OTO, stop_loss=loss("190")),
        around(),
        Rule.PRICES,
        V.DOUBTFUL,
        R.STOP_LOSS_BEHIND_MARKET,
    ),
    (
        replace(OCO, stop_loss=loss("190")),
        around(position=held("10")),
        Rule.PRICES,
        V.DOUBTFUL,
        R.STOP_LOSS_BEHIND_MARKET,
    ),
    (LIMIT, around(market=replace(MARKET, freshness=Freshness.STALE)), Rule.QUOTE, V.CAUTION, R.QUOTE_OLD),
    (
        LIMIT,
        around(market=replace(MARKET, freshness=Freshness.STALE, feed_is_live=False)),
        Rule.QUOTE,
        V.CAUTION,
        R.FEED_INTERRUPTED,
    ),
    (LIMIT, around(market=replace(MARKET, freshness=Freshness.ABSENT)), Rule.QUOTE, V.CAUTION, R.NO_QUOTE),
]


@pytest.mark.parametrize(("request_", "surroundings", "rule", "verdict", "code"), FAILING)
def test_what_a_rule_objects_to_is_said_with_its_reason(request_, surroundings, rule, verdict, code):
    (found,) = [f for f in check(request_, surroundings) if f.rule is rule]
    assert (found.verdict, found.code) == (verdict, code)


def test_every_reason_is_produced_by_one_of_these_cases():
    elsewhere = {
        R.PTP_NOT_ALLOWED,  # below
        # The trader's own limits, in test_limits.py.
        R.QTY_ABOVE_LIMIT,
        R.VALUE_ABOVE_LIMIT,
        R.POWER_SHARE_ABOVE_LIMIT,
        R.PRICE_TOO_FAR,
        R.PRICE_TOO_OLD,
        R.MARKET_ORDER_OUT_OF_HOURS,
        R.TOO_MANY_ORDERS,
        R.LIMIT_UNCHECKABLE,
    }
    assert set(Reason) - {code for *_, code in FAILING} == elsewhere


def test_a_partnership_that_the_account_shuts_out_is_refused():
    surroundings = replace(
        with_asset(attributes=frozenset({"ptp_no_exception"})),
        configuration=AccountConfiguration(ptp_no_exception_entry=False),
    )
    found = worst(check(LIMIT, surroundings))
    assert found is not None
    assert found.code is R.PTP_NOT_ALLOWED


def test_the_worst_finding_is_told_first():
    found = worst(check(asked(side="sell", qty="900"), with_asset(shortable=False)))
    assert found is not None
    assert (found.verdict, found.code) == (V.REFUSED, R.NOT_SHORTABLE)


PHASES = [
    (OPEN, Phase.REGULAR),
    (at(4, day=23), Phase.PRE_MARKET),
    (at(9, 29, day=23), Phase.PRE_MARKET),
    (at(3, 59, day=23), Phase.OVERNIGHT),
    (at(16), Phase.AFTER_HOURS),
    (at(19, 59), Phase.AFTER_HOURS),
    (at(20), Phase.CLOSED),  # Friday night
    (at(20, 30, day=22), Phase.OVERNIGHT),  # Sunday night
    (at(12, day=21), Phase.CLOSED),
    (TradingHours(), None),
]


@pytest.mark.parametrize(("hours", "phase"), PHASES)
def test_the_session_follows_new_yorks_clock(hours, phase):
    assert hours.phase is phase


@pytest.mark.parametrize(
    ("hours", "ends", "phase"),
    [
        (at(17, day=26), None, Phase.CLOSED),  # Thanksgiving
        (at(16, 59, day=27), time(17), Phase.AFTER_HOURS),  # a half day
        (at(17, day=27), time(17), Phase.CLOSED),
        (at(19, 59), time(20), Phase.AFTER_HOURS),
    ],
)
def test_the_calendar_tells_after_hours_from_a_market_that_stays_shut(hours, ends, phase):
    hours = replace(hours, next_open=datetime(2026, 11, 30, 14, 30, tzinfo=UTC))
    assert hours.phase is Phase.AFTER_HOURS
    assert hours.wants_calendar == trading_day(hours.now)
    told = replace(hours, calendar=MarketDay.of(trading_day(hours.now), ends))
    assert (told.phase, told.wants_calendar) == (phase, None)
    yesterday = trading_day(hours.now) - timedelta(days=1)
    assert replace(hours, calendar=MarketDay.of(yesterday, None)).phase is Phase.AFTER_HOURS


def test_fees_are_estimated_with_their_basis():
    sale = asked(side="sell", qty="100")
    surroundings = around(position=held("100"))
    live = estimate_fees(sale, forecast(sale, surroundings), Environment.LIVE)
    # 18,940 sold: 20.60 a million, 100 shares at 0.000195 and at 0.0000265, each up to the next cent.
    assert {fee.kind: fee.amount for fee in live} == {
        FeeKind.SEC: D("0.40"),
        FeeKind.TAF: D("0.02"),
        FeeKind.CAT: D("0.01"),
    }
    assert estimate_fees(sale, forecast(sale, surroundings), Environment.PAPER) == ()
    bought = asked(symbol=BTC, qty="0.1", time_in_force="gtc")
    (coin,) = estimate_fees(bought, forecast(bought, coins()), Environment.PAPER)
    assert (coin.kind, coin.amount) == (FeeKind.COIN, D("22.81"))


def test_a_purchase_of_shares_is_charged_the_audit_trail_alone():
    bought = asked(qty="20000")
    live = estimate_fees(bought, forecast(bought, around()), Environment.LIVE)
    assert {fee.kind: fee.amount for fee in live} == {FeeKind.CAT: D("0.53")}


@pytest.mark.parametrize(
    ("side", "kinds"),
    [
        ("buy", {FeeKind.ORF: "0.27", FeeKind.OCC: "0.20", FeeKind.CAT: "0.03"}),
        (
            "sell",
            {
                FeeKind.SEC: "0.11",
                FeeKind.TAF: "0.04",
                FeeKind.ORF: "0.27",
                FeeKind.OCC: "0.20",
                FeeKind.CAT: "0.03",
            },
        ),
    ],
)
def test_contracts_are_charged_by_exchanges_and_clearing_on_both_sides(side, kinds):
    traded = asked("limit", symbol=CALL, side=side, qty="10", limit_price="5.00")
    expected = replace(forecast(traded, contracts()), value=D(5000))
    live = estimate_fees(traded, expected, Environment.LIVE)
    assert {fee.kind: str(fee.amount) for fee in live} == kinds


def test_clearing_and_finra_have_a_most_for_one_order():
    many = asked("limit", symbol=CALL, side="sell", qty="5000", limit_price="0.01")
    live = estimate_fees(many, forecast(many, contracts()), Environment.LIVE)
    assert {fee.kind: fee.amount for fee in live}[FeeKind.OCC] == D(55)
    shares = asked(side="sell", qty="100000")
    sold = estimate_fees(shares, forecast(shares, around(position=held("100000"))), Environment.LIVE)
    assert {fee.kind: fee.amount for fee in sold}[FeeKind.TAF] == D("9.79")


def test_the_fee_on_a_coin_is_kept_from_what_is_bought():
    bought = asked(symbol=BTC, qty="0.1", time_in_force="gtc")
    assert forecast(bought, coins()).position_after == D("0.09975")
    sold = asked(symbol=BTC, qty="0.1", side="sell", time_in_force="gtc")
    assert forecast(sold, coins()).position_after == D("-0.1")


def test_what_changes_is_foretold():
    expected = forecast(replace(BRACKET, qty=D(20)), around(position=held("40")))
    assert (expected.price, expected.value) == (D("189.44"), D("3788.80"))
    assert expected.power_after == D("96211.20")
    assert expected.position_after == 60
    assert expected.average_after == (40 * D(180) + 20 * D("189.44")) / 60
    assert expected.risk_to_stop == D("-188.80")
    written = forecast(asked(symbol=CALL, qty="2"), contracts())
    assert written.value == D("820.00")
    money = forecast(asked(qty=None, notional="100"), around())
    assert (money.qty, money.reserve) == (D("0.527871621"), D(100))
