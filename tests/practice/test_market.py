"""The simulated market agrees with itself, and looks like a market."""

import itertools
from datetime import date

import pytest

from practice.engine.clock import HOUR, MINUTE, SECOND
from practice.engine.history import Span, Timeframe, bars, timeframe_of
from practice.engine.hours import AlwaysOpen, ExchangeHours, Hours, Timetable
from practice.engine.instruments import listed_instruments
from practice.engine.market import Market
from practice.engine.tape import Quote, Trade
from tests.practice.engine import NOON, instant

INSTRUMENTS = listed_instruments()
SOME = ("AAPL", "BKNG", "F", "NIOBF", "SPY", "BTC/USD", "SHIB/USD", "USDC/USD", "SOXS")


def market(hours: Hours | None = None, seed: int = 7) -> Market:
    return Market(seed, Timetable(hours or AlwaysOpen()))


@pytest.mark.parametrize("hours", [AlwaysOpen(), ExchangeHours()], ids=["always", "exchange"])
@pytest.mark.parametrize("symbol", SOME)
def test_the_minutes_of_a_day_add_up_to_it(symbol: str, hours: Hours) -> None:
    one, market_ = INSTRUMENTS[symbol], market(hours)
    session = market_.timetable_of(one).last_started(NOON)
    day = market_.days(one).bar(session)
    minutes = market_.minutes_of(one, session, session.start, session.end)
    assert len(minutes) == session.minutes
    assert (minutes[0].open, minutes[-1].close) == (day.open, day.close)
    assert max(bar.high for bar in minutes) == day.high
    assert min(bar.low for bar in minutes) == day.low
    assert sum(bar.lots for bar in minutes) == day.lots
    assert sum(bar.trades for bar in minutes) == day.trades
    for bar in minutes:
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high


@pytest.mark.parametrize("symbol", SOME)
def test_the_trades_of_a_minute_make_its_bar_and_trade_at_the_quote(symbol: str) -> None:
    one, market_ = INSTRUMENTS[symbol], market()
    session = market_.timetable_of(one).last_started(NOON)
    bars_of_half_hour = market_.minutes_of(one, session, NOON, NOON + 30 * MINUTE)
    assert len(bars_of_half_hour) == 30
    for bar in bars_of_half_hour:
        minute = market_.minute(one, bar.at)
        assert minute is not None
        prices = [trade.price for trade in minute.trades]
        assert (prices[0], max(prices), min(prices), prices[-1]) == (bar.open, bar.high, bar.low, bar.close)
        assert sum(trade.lots for trade in minute.trades) == bar.lots
        assert len(prices) == bar.trades
        for trade in minute.trades:
            quote = minute.quote_at(trade.at)
            assert quote is not None
            assert trade.price in {quote.bid, quote.ask}
            assert bar.at <= trade.at < bar.at + MINUTE


def test_a_quote_is_never_crossed_or_locked_and_its_spread_is_believable() -> None:
    market_ = market()
    for one in INSTRUMENTS.values():
        quote = market_.quote(one, NOON)
        assert 0 < quote.bid < quote.ask
        assert quote.ask - quote.bid <= max(2, quote.ask * 0.003), one.symbol
    for symbol in ("AAPL", "MSFT", "F", "SPY", "NVDA"):
        quote = market_.quote(INSTRUMENTS[symbol], NOON)
        assert quote.ask - quote.bid <= 5


def test_prices_stay_near_those_everybody_knows_for_years() -> None:
    market_ = market()
    for symbol in ("AAPL", "KO", "SPY"):
        one = INSTRUMENTS[symbol]
        days = market_.day_bars(one, instant("2024-01-01"), instant("2026-11-18"))
        assert one.base_ticks / 3 < min(bar.low for bar in days)
        assert max(bar.high for bar in days) < one.base_ticks * 3
        moves = [abs(b.close / a.close - 1) for a, b in itertools.pairwise(days)]
        assert 0.001 < sum(moves) / len(moves) < 0.04


def test_the_same_seed_gives_the_same_market_and_another_seed_another() -> None:
    def prints(seed: int) -> list[Quote | Trade]:
        return list(market(seed=seed).prints(INSTRUMENTS["AAPL"], NOON, NOON + MINUTE))

    assert prints(7) == prints(7)
    assert prints(7) != prints(8)


def test_prints_come_in_order_whatever_the_steps() -> None:
    market_, one = market(), INSTRUMENTS["NVDA"]
    whole = list(market_.prints(one, NOON, NOON + 3 * MINUTE))
    assert [tick.at for tick in whole] == sorted(tick.at for tick in whole)
    steps = range(NOON, NOON + 3 * MINUTE, 7 * SECOND)
    pieces = [
        tick for at in steps for tick in market_.prints(one, at, min(at + 7 * SECOND, NOON + 3 * MINUTE))
    ]
    assert pieces == whole


def test_an_active_symbol_prints_several_times_a_second_and_a_quiet_one_does_not() -> None:
    market_ = market()

    def count(symbol: str) -> int:
        return len(list(market_.prints(INSTRUMENTS[symbol], NOON, NOON + MINUTE)))

    assert count("NVDA") > 120
    assert count("BKNG") < 60


def test_a_closed_market_shows_its_last_prints_and_prints_nothing() -> None:
    market_, one = market(ExchangeHours()), INSTRUMENTS["AAPL"]
    sunday, friday_end = instant("2026-11-22T15:00:00"), instant("2026-11-20T20:00:00-05:00")
    assert list(market_.prints(one, sunday, sunday + 10 * MINUTE)) == []
    assert market_.trade(one, sunday).price == market_.minute_bar(one, sunday).close
    assert friday_end - MINUTE <= market_.trade(one, sunday).at < friday_end
    assert market_.quote(one, sunday).at < friday_end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1Min", Timeframe(1, "Min")),
        ("59T", Timeframe(59, "Min")),
        ("23H", Timeframe(23, "Hour")),
        ("1Day", Timeframe(1, "Day")),
        ("1W", Timeframe(1, "Week")),
        ("12M", Timeframe(12, "Month")),
        ("60Min", None),
        ("0Min", None),
        ("2Day", None),
        ("5Month", None),
        ("1min", None),
        ("", None),
    ],
)
def test_timeframes_are_read_as_documented(text: str, expected: Timeframe | None) -> None:
    assert timeframe_of(text) == expected


@pytest.mark.parametrize("text", ["1Min", "5Min", "7Min", "1Hour", "4Hour", "1Day", "1Week", "1Month"])
def test_every_timeframe_holds_the_same_prices_in_both_directions(text: str) -> None:
    market_, one = market(), INSTRUMENTS["AAPL"]
    timeframe = timeframe_of(text)
    assert timeframe is not None
    start = instant("2026-11-16T05:00:00")
    span = Span(start=start, end=NOON, now=NOON)
    forward = list(bars(market_, one, timeframe, span))
    backward = list(bars(market_, one, timeframe, Span(start=start, end=NOON, now=NOON, newest_first=True)))
    assert forward == backward[::-1]
    assert [bar.at for bar in forward] == sorted({bar.at for bar in forward})
    minutes = list(bars(market_, one, Timeframe(1, "Min"), span))
    if text not in {"1Week", "1Month"}:
        assert max(bar.high for bar in forward) == max(bar.high for bar in minutes)
        assert sum(bar.lots for bar in forward) == sum(bar.lots for bar in minutes)
        assert forward[-1].close == minutes[-1].close


def test_a_day_of_hours_follows_the_change_of_the_clocks() -> None:
    market_, one = market(), INSTRUMENTS["AAPL"]
    longest = market_.timetable.hours.on(date(2026, 11, 1))
    assert longest is not None
    assert longest.minutes == 25 * 60
    hours = bars(market_, one, Timeframe(1, "Hour"), Span(start=longest.start, end=longest.end - 1, now=NOON))
    assert [bar.at for bar in hours] == [longest.start + n * HOUR for n in range(25)]


def test_the_future_is_never_shown() -> None:
    market_, one = market(), INSTRUMENTS["AAPL"]
    now = NOON + 30 * SECOND
    span = Span(start=NOON - HOUR, end=NOON + HOUR, now=now)
    assert max(bar.at for bar in bars(market_, one, Timeframe(1, "Min"), span)) == NOON - MINUTE
    assert market_.minute_bar(one, now).at == NOON - MINUTE
    today = market_.day_bar(one, now)
    assert today is not None
    assert today.close == market_.minute_bar(one, now).close
