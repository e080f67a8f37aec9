"""What the tape gets wrong at first, and how it comes to agree with history."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.engine.amendments import (
    AmendedTrade,
    Amendment,
    Cancellation,
    Correction,
    LateTrade,
    UpdatedBar,
    amendment,
    first_bar,
    history_trades,
)
from practice.engine.clock import MINUTE, SECOND
from practice.engine.hours import AlwaysOpen, Timetable
from practice.engine.instruments import fake_company, listed_instruments
from practice.engine.market import Market
from practice.engine.tape import Quote, Trade, bar_of
from practice.engine.ticker import PARTS, Ticker

START = 1_796_000_000 * SECOND // MINUTE * MINUTE
FAKE, MARKET = fake_company(), Market(7, Timetable(AlwaysOpen()))
BITCOIN = listed_instruments()["BTC/USD"]


def minutes_with(kind: type[Amendment]) -> Iterator[tuple[int, Amendment]]:
    for n in range(200):
        at = START + n * MINUTE
        found = amendment(MARKET, FAKE, at)
        if isinstance(found, kind):
            yield at, found


def heard(after: int, until: int, *parts: str) -> list[object]:
    chosen = frozenset(part for part in PARTS if part in parts)
    return list(Ticker(MARKET, FAKE, after, chosen).due(until))


def marks(at: int) -> dict[int, str]:
    """How history marks a minute's amended trades, by their numbers."""
    shown = history_trades(MARKET, FAKE, at)
    assert [trade.at for trade in shown] == sorted(trade.at for trade in shown)
    return {trade.number: trade.how for trade in shown if isinstance(trade, AmendedTrade)}


@pytest.mark.parametrize("kind", [LateTrade, Cancellation, Correction])
def test_the_test_symbol_rehearses_every_kind_of_amendment(kind: type[Amendment]) -> None:
    assert next(minutes_with(kind))


def test_a_late_trade_is_missing_from_the_first_bar_and_in_the_updated_one() -> None:
    for at, late in minutes_with(LateTrade):
        end = at + MINUTE
        true, first = MARKET.minute_bar(FAKE, end), first_bar(MARKET, FAKE, MARKET.minute_bar(FAKE, end))
        assert (first.lots + late.trade.lots, first.trades + 1) == (true.lots, true.trades)  # type: ignore[union-attr]
        in_time = [one for one in heard(at, end, "trades") if isinstance(one, Trade) and one.at >= at]
        told = bar_of(in_time, at)
        assert (told.open, told.high, told.low, told.close) == (
            first.open,
            first.high,
            first.low,
            first.close,
        )
        assert (told.lots, told.trades) == (first.lots, first.trades)
        after = heard(end, end + 30 * SECOND, "trades", "updatedBars")
        assert late in after
        assert after[-1] == UpdatedBar(end + 30 * SECOND, true)


def test_a_cancellation_names_a_trade_that_was_printed_and_is_in_no_bar() -> None:
    for at, canceled in minutes_with(Cancellation):
        assert isinstance(canceled, Cancellation)
        printed = heard(at, canceled.at, "trades")
        assert canceled.trade in printed
        assert printed[-1] == canceled
        assert first_bar(MARKET, FAKE, MARKET.minute_bar(FAKE, at + MINUTE)).trades == len(
            MARKET.minute(FAKE, at).trades  # type: ignore[union-attr]
        )
        assert marks(at)[canceled.trade.number] == "canceled"


def test_a_correction_turns_what_was_printed_into_what_history_says() -> None:
    for at, correction in minutes_with(Correction):
        assert isinstance(correction, Correction)
        printed = heard(at, correction.at, "trades")
        assert correction.printed in printed
        assert correction.true not in printed
        assert marks(at)[correction.printed.number] == "incorrect"
        assert marks(at)[correction.true.number] == "corrected"


def test_trades_amended_by_what_the_tape_says_later_are_those_of_history() -> None:
    begin, end = START, START + 60 * MINUTE
    told: dict[int, Trade] = {}
    for report in heard(begin, end + MINUTE, "trades"):
        match report:
            case Trade():
                told[report.number] = report
            case LateTrade(trade=trade):
                told[trade.number] = trade
            case Cancellation(trade=trade):
                del told[trade.number]
            case Correction(printed=wrong, true=true):
                del told[wrong.number]
                told[true.number] = true
    expected = [tick for tick in MARKET.prints(FAKE, begin, end) if isinstance(tick, Trade)]
    assert sorted((t for t in told.values() if begin < t.at <= end), key=lambda t: t.at) == expected


def test_coins_have_late_trades_and_nothing_else() -> None:
    kinds = {type(amendment(MARKET, BITCOIN, START + n * MINUTE)) for n in range(3000)}
    assert kinds == {type(None), LateTrade}


@given(st.lists(st.integers(1, 90 * SECOND), min_size=1, max_size=12))
def test_a_ticker_says_the_same_however_often_it_is_asked(steps: list[int]) -> None:
    piecewise, until = [], START
    ticker = Ticker(MARKET, FAKE, START, frozenset(PARTS))
    for step in steps:
        assert ticker.next_at > until
        until += step
        piecewise += ticker.due(until)
    at_once = heard(START, until, *PARTS)
    assert piecewise == at_once
    assert all(START < report.at <= until for report in piecewise)
    quotes = [report for report in piecewise if isinstance(report, Quote)]
    assert quotes == [tick for tick in MARKET.prints(FAKE, START, until) if isinstance(tick, Quote)]


def test_amendments_are_rare_elsewhere() -> None:
    apple = listed_instruments()["AAPL"]
    started = time.time_ns() // MINUTE * MINUTE
    found = [amendment(MARKET, apple, started - n * MINUTE) for n in range(4000)]
    assert 1 <= sum(one is not None for one in found) <= 30
