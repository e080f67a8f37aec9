"""The overnight session: when it is, who takes part, and what becomes of orders before, in and after it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from practice.engine.accounts import Account
from practice.engine.clock import HOUR, MINUTE, SECOND
from practice.engine.equity_history import EquityHistory
from practice.engine.history import Span, Timeframe, bars, ticks
from practice.engine.hours import NightHours, Timetable
from practice.engine.instruments import Instrument
from practice.engine.orders import Kind, Order, Tif
from practice.engine.rules import Change
from practice.engine.tape import Quote, Trade, bar_of
from tests.practice.engine import Day, instant, refusal
from tests.practice.flows import Step, played, steps

MONDAY = instant("2026-11-16T21:00:00-05:00")  # evening, an hour into Tuesday's night
TUESDAY_04 = instant("2026-11-17T04:00:00-05:00")
TUESDAY_20 = instant("2026-11-17T20:00:00-05:00")
THIN = "BLK"  # trades at night, but not in fractions
ABSENT = "BKNG"  # does not trade at night at all


def at_night(start: int = MONDAY, *, fresh: bool = True, seed: int = 7) -> Day:
    return Day(seed=seed, start=start, hours="exchange", fresh=fresh)


def night_price(day: Day, symbol: str = "AAPL") -> Decimal:
    one = day.instrument(symbol)
    market = day.brokerage.market
    return one.price(market.trade(market.by_night(one), day.brokerage.now).price)


def marketable(day: Day, qty: str = "10") -> Order:
    """A limit order for the extended sessions that trades wherever it can, tonight and in the morning."""
    return day.place("buy", qty, limit=day.ask() + 20, extended_hours=True)


def switch_off(day: Day, *, off: bool = True) -> None:
    account: Account = day.account
    day.brokerage.configure(account, replace(account.configurations, disable_overnight_trading=off))


def twin(day: Day, symbol: str = "AAPL") -> Instrument:
    return day.brokerage.market.by_night(day.instrument(symbol))


# When it is


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-15T19:59:59-05:00", False),  # Sunday
        ("2026-11-15T20:00:00-05:00", True),
        ("2026-11-16T03:59:59-05:00", True),  # Monday, before the day begins
        ("2026-11-16T04:00:00-05:00", False),
        ("2026-11-20T20:00:00-05:00", False),  # Friday
        ("2026-11-21T02:00:00-05:00", False),
        ("2026-11-25T21:00:00-05:00", False),  # before Thanksgiving
        ("2026-11-26T02:00:00-05:00", False),
        ("2026-11-26T20:00:00-05:00", True),  # its evening, before a half day
        ("2026-11-27T03:00:00-05:00", True),
        ("2026-11-27T21:00:00-05:00", False),
        ("2026-12-23T22:00:00-05:00", True),  # before the half day of Christmas Eve
        ("2026-12-24T20:30:00-05:00", False),
        ("2026-07-02T20:30:00-04:00", False),  # Independence Day is kept on Friday the 3rd
        ("2026-07-05T20:30:00-04:00", True),
        ("2026-03-08T20:00:00-04:00", True),  # the Sunday on which clocks go forward
        ("2026-11-01T20:00:00-05:00", True),  # and back
    ],
)
def test_nights_lead_to_trading_days_and_to_nothing_else(moment: str, expected: bool) -> None:
    market = at_night().brokerage.market
    assert market.is_night(instant(moment)) is expected
    assert (Timetable(NightHours()).current(instant(moment)) is not None) is expected


def test_every_night_lasts_eight_hours_and_ends_as_its_day_begins() -> None:
    market = at_night().brokerage.market
    assert market.nights is not None
    for session in market.timetable.sessions(*(MONDAY_DAY, NEXT_SUMMER)):
        night = market.nights.hours.on(session.day)
        assert night is not None
        assert (night.end, night.end - night.start) == (session.start, 8 * HOUR)


MONDAY_DAY = NightHours().day_of(MONDAY)
NEXT_SUMMER = NightHours().day_of(instant("2027-07-10T12:00:00-04:00"))


def test_a_market_that_never_closes_has_no_nights() -> None:
    day = Day(start=MONDAY)
    market = day.brokerage.market
    assert not market.is_night(MONDAY)
    assert market.place_of(day.instrument(), MONDAY) is day.instrument()
    # What the overnight market would print is what the only market prints.
    assert market.trade(twin(day), MONDAY) == market.trade(day.instrument(), MONDAY)


# What it prints


@pytest.mark.parametrize("symbol", ["AAPL", "F", "KO", THIN])
def test_every_minute_of_a_night_prints_and_the_day_s_market_prints_nothing(symbol: str) -> None:
    day = at_night()
    market, by_day, by_night = day.brokerage.market, day.instrument(symbol), twin(day, symbol)
    for at in range(MONDAY - HOUR, TUESDAY_04, 7 * MINUTE):
        minute = market.minute(by_night, at)
        assert minute is not None
        assert market.minute(by_day, at) is None
        assert {trade.venue for trade in minute.trades} == {"D"}
        assert {trade.mark for trade in minute.trades} == {""}
        assert all(0 < quote.bid < quote.ask for quote in minute.quotes)
    assert market.minute(by_night, TUESDAY_04) is None
    assert market.minute(by_day, TUESDAY_04) is not None


def test_a_night_s_trades_add_up_to_its_minutes_and_those_to_its_bar() -> None:
    day = at_night()
    market, one = day.brokerage.market, twin(day)
    span = Span(start=MONDAY - HOUR, end=TUESDAY_04, now=TUESDAY_20)
    minutes = list(bars(market, one, Timeframe(1, "Min"), span))
    assert len(minutes) == 480
    for bar in minutes[::60]:
        trades = market.of(one).trades_in(bar.at)
        made = bar_of(trades, bar.at)
        assert (made.open, made.high, made.low, made.close) == (bar.open, bar.high, bar.low, bar.close)
        assert (made.lots, made.trades) == (bar.lots, bar.trades)
    (whole,) = bars(market, one, Timeframe(1, "Day"), replace(span, start=MONDAY - 3 * HOUR))
    assert (whole.open, whole.close) == (minutes[0].open, minutes[-1].close)
    assert (whole.high, whole.low) == (max(b.high for b in minutes), min(b.low for b in minutes))
    assert (whole.lots, whole.trades) == (sum(b.lots for b in minutes), sum(b.trades for b in minutes))
    # The broker dates a night's bar by its trading day, at midnight in Greenwich.
    assert whole.at == instant("2026-11-17T00:00:00+00:00")


def test_history_finds_a_night_s_prints_and_none_outside_of_it() -> None:
    day = at_night()
    market, one = day.brokerage.market, twin(day)
    wide = Span(start=MONDAY - 6 * HOUR, end=TUESDAY_20, now=TUESDAY_20)
    quotes, trades = list(ticks(market, one, Quote, wide)), list(ticks(market, one, Trade, wide))
    for found in ([quote.at for quote in quotes], [trade.at for trade in trades]):
        assert len(found) > 480
        assert MONDAY - HOUR <= min(found) < MONDAY - HOUR + MINUTE
        assert TUESDAY_04 - MINUTE <= max(found) < TUESDAY_04
    assert trades == list(ticks(market, one, Trade, replace(wide, newest_first=True)))[::-1]


def test_a_night_leads_from_one_day_s_end_to_the_next_one_s_beginning() -> None:
    day = at_night()
    market = day.brokerage.market
    for symbol in ("AAPL", "F", "XOM", "SPY"):
        one, by_night = day.instrument(symbol), twin(day, symbol)
        for session in market.timetable.sessions(MONDAY_DAY, NEXT_SUMMER)[:40]:
            assert market.nights is not None
            night = market.nights.hours.on(session.day)
            assert night is not None
            before = market.of(one).whole_day(market.timetable.before(session.day)).close
            bar = market.of(by_night).whole_day(night)
            assert abs(bar.open / before - 1) < 0.02
            assert abs(bar.close / market.of(one).whole_day(session).open - 1) < 0.02
            # Thin: a hundredth of what a day trades, more or less.
            assert bar.lots < market.of(one).whole_day(session).lots / 20


def test_the_day_s_own_bars_and_last_prices_know_nothing_of_the_night() -> None:
    day = at_night()
    market, one = day.brokerage.market, day.instrument()
    assert market.trade(one, MONDAY).at < MONDAY - HOUR
    assert market.minute_bar(one, MONDAY).at == MONDAY - HOUR - MINUTE
    assert market.previous_day_bar(one, TUESDAY_04).close == market.last_close(one, MONDAY)
    assert (
        list(bars(market, one, Timeframe(1, "Min"), Span(start=MONDAY, end=TUESDAY_04 - 1, now=TUESDAY_20)))
        == []
    )


# Who takes part


def test_an_order_for_extended_hours_fills_at_the_night_s_prices() -> None:
    day = at_night()
    limit, quoted = day.ask() + 1, day.ask()
    order = day.filled("buy", "10", limit=limit, extended_hours=True)
    assert order.average_price is not None
    assert abs(order.average_price - quoted) < Decimal("0.5")
    assert day.events == ["pending_new", "new", *["partial_fill"] * (len(day.events) - 3), "fill"]
    assert order.filled_at is not None
    assert MONDAY < order.filled_at < MONDAY + MINUTE
    by_night = day.brokerage.market.by_night(day.instrument())
    standing = day.brokerage.market.quote(by_night, order.filled_at)
    assert order.average_price <= day.instrument().price(standing.ask + 20)


def test_a_limit_away_from_the_market_rests_and_fills_when_the_night_reaches_it() -> None:
    day = at_night()
    order = day.place("buy", "3", limit=day.bid() - Decimal("0.02"), extended_hours=True)
    day.wait_for(lambda: order.state == "filled", seconds=7 * 3600, step_s=20)
    assert order.filled_at is not None
    assert order.filled_at < TUESDAY_04
    market, by_night = day.brokerage.market, twin(day)
    quote = market.quote(by_night, order.filled_at)
    assert order.limit_price is not None
    assert day.instrument().price(quote.ask) <= order.limit_price


@pytest.mark.parametrize("kind", [Kind.MARKET, Kind.STOP, Kind.STOP_LIMIT, Kind.TRAILING_STOP])
def test_only_limit_orders_may_be_for_extended_hours(kind: Kind) -> None:
    day = at_night()
    prices: dict[str, Any] = {}
    if kind in {Kind.STOP, Kind.STOP_LIMIT}:
        prices["stop"] = day.ask() + 5
    if kind is Kind.STOP_LIMIT:
        prices["limit"] = day.ask() + 6
    if kind is Kind.TRAILING_STOP:
        prices["trail_price"] = Decimal(1)
    refused = refusal(day, kind=kind, extended_hours=True, **prices)
    assert (refused.status, refused.message) == (422, "extended hours order must be DAY or GTC limit orders")


@pytest.mark.parametrize("tif", [Tif.OPG, Tif.CLS, Tif.IOC, Tif.FOK])
def test_only_lasting_orders_may_be_for_extended_hours(tif: Tif) -> None:
    day = at_night()
    refused = refusal(day, tif=tif, limit=day.ask(), extended_hours=True)
    assert (refused.status, refused.message) == (422, "extended hours order must be DAY or GTC limit orders")


@pytest.mark.parametrize(
    "order",
    [{}, {"limit": Decimal(900)}, {"limit": Decimal(900), "tif": Tif.GTC}, {"tif": Tif.OPG}],
    ids=["market", "limit", "gtc limit", "opening auction"],
)
def test_other_orders_are_taken_and_wait_for_the_regular_opening(order: dict[str, Any]) -> None:
    day = at_night()
    taken = day.place("buy", "2", **order)
    assert taken.state == "accepted"
    day.pass_time((TUESDAY_04 - MONDAY) // SECOND + 3600)
    assert taken.state == "accepted"
    day.pass_time(5 * 3600)
    assert taken.state == "filled"
    assert taken.filled_at is not None
    assert taken.filled_at >= instant("2026-11-17T09:30:00-05:00")


def test_fractions_and_amounts_trade_at_night_where_the_asset_says_so() -> None:
    day = at_night()
    fraction = marketable(day, "1.25")
    amount = day.place("buy", None, notional=Decimal(500), limit=day.ask() + 1, extended_hours=True)
    day.pass_time(30)
    assert (fraction.state, amount.state) == ("filled", "filled")
    assert not day.instrument(THIN).fractional_eh_enabled
    refused = refusal(day, "buy", "0.5", symbol=THIN, limit=day.ask(THIN), extended_hours=True)
    assert refused.status == 422
    assert "fractional" in refused.message
    whole = day.place("buy", "1", symbol=THIN, limit=day.ask(THIN) + 5, extended_hours=True)
    day.pass_time(30)
    assert whole.state == "filled"


def test_what_is_not_traded_overnight_waits_until_the_day_begins() -> None:
    day = at_night()
    order = day.place("buy", "1", symbol=ABSENT, limit=day.ask(ABSENT) * 2 // 1, extended_hours=True)
    day.pass_time((TUESDAY_04 - MONDAY) // SECOND - 1)
    assert order.state == "accepted"
    day.pass_time(120)
    assert order.filled_at is not None
    assert order.filled_at >= TUESDAY_04


def test_who_switched_nights_off_trades_at_four() -> None:
    day = at_night()
    switch_off(day)
    order = marketable(day)
    day.pass_time((TUESDAY_04 - MONDAY) // SECOND - 1)
    assert (order.state, order.filled_qty) == ("accepted", Decimal(0))
    day.pass_time(120)
    assert order.state == "filled"
    assert order.filled_at is not None
    assert order.filled_at >= TUESDAY_04


def test_the_switch_also_takes_working_orders_out_of_the_night_and_back() -> None:
    day = at_night()
    order = day.place("buy", "10", limit=day.bid() - 1, extended_hours=True)
    day.pass_time(5)
    assert order.state == "new"
    switch_off(day)
    market = day.brokerage
    raised = market.replace(day.account, order, change_to(day.ask() + 1))
    day.pass_time(600)
    assert (raised.state, raised.filled_qty) == ("new", Decimal(0))
    switch_off(day, off=False)
    day.pass_time(600)
    assert raised.state == "filled"


def change_to(limit: Decimal) -> Change:
    return Change(limit_price=limit)


# Halts


def test_an_asset_that_is_halted_at_night_is_accepted_and_held_until_the_day() -> None:
    day = at_night(MONDAY - 5 * HOUR)  # Monday afternoon
    market, one = day.brokerage.market, day.instrument()
    assert not market.is_halted_at_night(one, day.brokerage.now)
    market.halt(one, day.brokerage.now + 1, "overnight")
    assert market.is_halted_at_night(one, day.brokerage.now + 1)
    by_day = marketable(day)
    day.pass_time(30)
    assert by_day.state == "filled"  # the day's market goes on
    day.pass_time(6 * 3600)
    held = marketable(day, "3")
    day.pass_time(600)
    assert held.state == "accepted"
    assert market.minute(twin(day), day.brokerage.now - day.brokerage.now % MINUTE) is None
    day.pass_time((TUESDAY_04 - day.brokerage.now) // SECOND + 120)
    assert held.state == "filled"


def test_a_halt_in_the_middle_of_a_night_stops_it_and_trade_goes_on_when_it_is_lifted() -> None:
    day = at_night()
    market, one = day.brokerage.market, day.instrument()
    order = day.place("buy", "10", limit=day.bid() - 1, extended_hours=True)
    day.pass_time(5)
    market.halt(one, day.brokerage.now + 1)
    raised = day.brokerage.replace(day.account, order, change_to(day.ask() + 1))
    day.pass_time(300)
    assert raised.filled_qty == 0
    assert [status.text for status in market.statuses(twin(day), MONDAY, day.brokerage.now)] == [
        "Trading Halt"
    ]
    assert market.resume(one, day.brokerage.now + 1)
    day.pass_time(60)
    assert raised.state == "filled"


def test_the_seed_leaves_some_quiet_names_out_of_a_night() -> None:
    day = at_night()
    market = day.brokerage.market
    stocks = [one for one in day.brokerage.instruments.values() if one.asset_class == "us_equity"]
    for number in range(12):
        left_out = [one for one in stocks if market.is_halted_at_night(one, MONDAY + number * 24 * HOUR)]
        assert len(left_out) < 15
        assert not any(one.has_options for one in left_out)
    assert any(market.is_halted_at_night(one, MONDAY) for one in stocks)


def test_before_a_split_the_overnight_market_leaves_a_stock_out() -> None:
    split = instant("2020-08-30T22:00:00-04:00")  # the Sunday before four for one
    day = at_night()
    market, one = day.brokerage.market, day.instrument()
    assert market.is_halted_at_night(one, split)
    assert market.minute(twin(day), split) is None
    night = Span(start=split - 3 * HOUR, end=split + 3 * HOUR, now=TUESDAY_20)
    assert list(bars(market, twin(day), Timeframe(1, "Day"), night)) == []
    assert market.trade(twin(day), split).at < split - 24 * HOUR


# Orders before it, and at its end


def test_a_day_order_of_the_night_lives_through_the_whole_trading_day() -> None:
    day = at_night()
    order = day.place("buy", "1", limit=day.bid() / 2 // 1, extended_hours=True)
    assert order.expires_at == TUESDAY_20
    day.pass_time((TUESDAY_20 - MONDAY) // SECOND - 1)
    assert order.state == "new"
    day.pass_time(2)
    assert (order.state, order.expired_at) == ("expired", TUESDAY_20)


def test_a_day_order_of_the_day_ends_before_the_night() -> None:
    day = at_night(MONDAY - 8 * HOUR)
    order = day.place("buy", "1", limit=day.bid() / 2 // 1, extended_hours=True)
    day.pass_time(7 * 3600 + 1)
    assert (order.state, order.expired_at) == ("expired", MONDAY - HOUR)


def test_a_lasting_order_of_the_day_works_at_night_too() -> None:
    day = at_night(MONDAY - 2 * HOUR)
    market = day.brokerage.market
    night = NightHours().on(MONDAY_DAY)
    assert night is not None
    low = market.of(twin(day)).whole_day(night).low
    limit = day.instrument().price(low + 8)
    order = day.place("buy", "1", limit=limit, tif=Tif.GTC, extended_hours=True)
    day.wait_for(lambda: not order.is_open, seconds=10 * 3600, step_s=60)
    assert order.filled_at is not None
    assert MONDAY - HOUR <= order.filled_at < TUESDAY_04


def test_without_extended_hours_a_working_order_sleeps_through_the_night() -> None:
    day = at_night(MONDAY - 8 * HOUR)  # one o'clock
    order = day.place("buy", "1", limit=day.bid() - 4, tif=Tif.GTC)
    day.pass_time(5)
    assert order.state == "new"
    day.pass_time(9 * 3600)  # ten in the evening
    raised = day.brokerage.replace(day.account, order, change_to(day.ask() + 2))
    day.pass_time(600)
    assert raised.filled_qty == 0


@pytest.mark.parametrize(
    ("entered", "sets_out"),
    [
        ("2026-11-21T12:00:00-05:00", "2026-11-22T20:00:00-05:00"),  # a Saturday
        ("2026-11-25T22:00:00-05:00", "2026-11-26T20:00:00-05:00"),  # the eve of Thanksgiving
        ("2026-11-26T12:00:00-05:00", "2026-11-26T20:00:00-05:00"),  # Thanksgiving
        ("2026-11-27T18:00:00-05:00", "2026-11-29T20:00:00-05:00"),  # after the end of a half day
    ],
)
def test_an_order_that_finds_everything_closed_sets_out_with_the_next_night(
    entered: str, sets_out: str
) -> None:
    day = at_night(instant(entered))
    order = marketable(day)
    assert order.state == "accepted"
    day.pass_time((instant(sets_out) - instant(entered)) // SECOND - 1)
    assert order.state == "accepted"
    day.pass_time(120)
    assert order.filled_at is not None
    assert instant(sets_out) < order.filled_at < instant(sets_out) + 2 * MINUTE


# Days, closes and gains


def test_a_trading_day_begins_with_its_night() -> None:
    day = at_night(MONDAY - 5 * HOUR, fresh=False)
    day.pass_time(4 * 3600 - 1)
    brokerage, one = day.brokerage, day.instrument()
    friday = brokerage.market.previous_day_bar(one, day.brokerage.now).close
    assert brokerage.last_close(one) == one.price(friday)
    day.pass_time(1)
    monday = brokerage.market.day_bar(one, brokerage.now)
    assert monday is not None
    assert brokerage.last_close(one) == one.price(monday.close)
    held = sum(
        (p.qty * brokerage.last_close(p.instrument) for p in day.account.positions.values()), Decimal(0)
    )
    assert day.account.last_equity == day.account.cash + held
    before = day.account.last_equity
    filled = day.filled("buy", "10", limit=day.ask() + 1, extended_hours=True)
    assert filled.average_price is not None
    day.pass_time(12 * 3600)
    # The day's equity is still measured from Monday's close, and what the night bought from what it cost.
    assert day.account.last_equity == before
    position = day.account.positions["AAPL"]
    assert position.day_cost == 25 * one.price(monday.close) + filled.filled_value


def test_portfolio_history_counts_a_night_to_the_day_it_begins() -> None:
    day = at_night(MONDAY - 5 * HOUR)
    day.filled("buy", "40", limit=day.ask() + 20, extended_hours=True)
    day.pass_time(5 * 3600)
    day.filled("buy", "60", limit=day.ask() + 20, extended_hours=True)
    day.pass_time(20 * 3600)  # Tuesday, well after the close
    history = EquityHistory(day.brokerage, day.account)
    monday = history.closing_before(MONDAY_DAY)
    assert monday is not None
    assert monday.equity == day.account.last_equity
    wednesday = history.closing_before(MONDAY_DAY + timedelta(days=1))
    day.pass_time(TUESDAY_20 // SECOND - day.brokerage.now // SECOND)
    assert wednesday is not None
    assert wednesday.equity == day.account.last_equity


def test_positions_are_valued_at_the_night_s_last_trade() -> None:
    day = at_night()
    day.filled("buy", "10", limit=day.ask() + 1, extended_hours=True)
    day.pass_time(600)
    assert day.brokerage.last_price(day.instrument()) == night_price(day)
    day.pass_time((TUESDAY_04 - day.brokerage.now) // SECOND)
    assert day.brokerage.last_price(day.instrument()) == night_price(day)  # until the day's first trade
    day.pass_time(3600)
    assert day.brokerage.last_price(day.instrument()) != night_price(day)


def test_at_night_nobody_buys_on_more_than_twice_the_money() -> None:
    day = at_night()
    day.brokerage.configure(day.account, replace(day.account.configurations, max_margin_multiplier="4"))
    assert day.brokerage.figures(day.account).buying_power == 400_000
    limit = day.ask()
    assert refusal(day, "buy", str(250_000 // limit), limit=limit, extended_hours=True).status == 403
    day.place("buy", str(190_000 // limit), limit=limit, extended_hours=True)


@settings(max_examples=25)
@given(steps)
def test_cash_and_shares_are_conserved_across_the_night(flow: list[Step]) -> None:
    morning = instant("2026-11-17T03:50:00-05:00")
    for start in (MONDAY - HOUR - 10 * MINUTE, morning):
        day, books = played([*flow, ("wait", 900.0)], start=start, hours="exchange")
        assert books.mistakes == []
        assert day.account.cash == books.cash
        held = {symbol: position.qty for symbol, position in day.account.positions.items()}
        assert held == {symbol: qty for symbol, qty in books.held.items() if qty}
        for order in day.account.orders.values():
            assert order.filled_qty == books.filled.get(order.id, 0)
            if order.filled_qty and day.brokerage.market.is_night(order.updated_at):
                assert order.extended_hours or order.instrument.is_crypto


@settings(max_examples=8)
@given(steps)
def test_the_same_seed_gives_the_same_night(flow: list[Step]) -> None:
    first, second = (played(flow, 3, start=MONDAY, hours="exchange")[0] for _ in range(2))
    assert first.log == second.log


def test_at_night_too_it_does_not_matter_how_often_the_engine_is_looked_at() -> None:
    def events(step_s: float) -> list[bytes]:
        day = at_night(MONDAY - HOUR - 30 * SECOND)
        for offset in ("-0.40", "-0.05", "0.10"):
            day.place("buy", "10", tif=Tif.GTC, limit=day.bid() + Decimal(offset) - 1, extended_hours=True)
        day.place("sell", "20", symbol="F", limit=day.ask("F"), tif=Tif.GTC, extended_hours=True)
        for _ in range(round(240 / step_s)):
            day.pass_time(step_s)
        return day.log

    assert events(240) == events(0.25) == events(1.5)
