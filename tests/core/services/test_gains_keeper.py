"""Gains from the account's activities: folded in batches, by the trading day, read on while incomplete."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from typing import Any, cast

import pytest

from core.domain.activity import Activity
from core.domain.trading_hours import day_of_gains
from core.services.gains import MOST_PAGES, GainsKeeper
from core.services.history import ActivityFeed
from core.services.history_reader import HistoryPhase
from tests.fakes.services import NS_PER_S, FakeHistory

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # in New York


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def monotonic_ns(self) -> int:
        return 0

    def running_ns(self) -> int:
        return self.monotonic_ns()

    def wall_ns(self) -> int:
        return int(self.at.timestamp()) * NS_PER_S


def fill(number: int, side: str, qty: str, price: str, **changes: Any) -> Activity:
    known = {
        "id": f"{number:06d}",
        "type": "FILL",
        "symbol": "BTC/USD",
        "side": side,
        "qty": D(qty),
        "price": D(price),
        "at": NOON - timedelta(hours=1),
    }
    return Activity(**{**known, **changes})


@pytest.fixture
def feed(qapp):
    return FakeHistory()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keeper(feed, clock):
    made = GainsKeeper(cast(ActivityFeed, feed), clock)
    yield made
    made.stop()


def test_fills_are_folded_by_symbol_and_day_in_any_order_and_once(keeper, feed, qtbot):
    yesterday = fill(1, "buy", "2", "100", at=NOON - timedelta(days=1))
    sold_then = fill(2, "sell", "1", "110", at=NOON - timedelta(days=1))
    sold_now = fill(3, "sell", "0.5", "120")
    with qtbot.waitSignal(keeper.changed):
        feed.arrived.emit((sold_now, sold_then))
        feed.arrived.emit((sold_then, yesterday, Activity(id="9", type="DIV")))
    gains = keeper.gains["BTCUSD"]
    assert (gains.qty, gains.realised, gains.realised_day) == (D("0.5"), D(20), D(10))
    assert gains.fills == 3


def test_a_new_trading_day_begins_with_the_overnight_session(keeper, feed, clock, qtbot):
    night = fill(3, "sell", "1", "120", at=NOON + timedelta(hours=8, minutes=30))  # 20:30 in New York
    with qtbot.waitSignal(keeper.changed):
        feed.arrived.emit((fill(1, "buy", "2", "100"), fill(2, "sell", "1", "110"), night))
    assert keeper.gains["BTCUSD"].realised_day == D(10)  # the night is of the day that comes
    clock.at = NOON + timedelta(hours=9)
    keeper.check_day()
    assert keeper.gains["BTCUSD"].realised_day == D(20)
    clock.at = NOON + timedelta(hours=22)
    keeper.check_day()
    assert keeper.gains["BTCUSD"].realised_day == D(20)  # the same day after midnight


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-11-24T19:59:59-05:00", 24),  # a Tuesday
        ("2026-11-24T20:00:00-05:00", 25),
        ("2026-11-25T03:59:00-05:00", 25),
        ("2026-11-27T21:00:00-05:00", 27),  # Friday night: no session begins
        ("2026-11-28T12:00:00-05:00", 27),
        ("2026-11-29T19:59:00-05:00", 27),
        ("2026-11-29T20:00:00-05:00", 30),  # Sunday night
        ("2026-10-31T23:30:00-04:00", 30),  # the night in which the clocks go back, by then of October
        ("2026-11-01T20:00:00-05:00", 2),
        ("2027-03-14T20:00:00-04:00", 15),  # the clocks went forward that morning
    ],
)
def test_a_moment_counts_for_the_trading_day_whose_session_it_is(at, day):
    assert day_of_gains(datetime.fromisoformat(at).astimezone(UTC)).day == day


def test_a_new_day_in_new_york_begins_a_new_count(keeper, feed, clock, qtbot):
    with qtbot.waitSignal(keeper.changed):
        feed.arrived.emit((fill(1, "buy", "2", "100"), fill(2, "sell", "1", "110")))
    clock.at = NOON + timedelta(hours=7)  # 19:00 in New York
    keeper.check_day()
    assert keeper.gains["BTCUSD"].realised_day == D(10)
    clock.at = NOON + timedelta(hours=8)
    keeper.check_day()
    assert (keeper.gains["BTCUSD"].realised_day, keeper.gains["BTCUSD"].realised) == (D(0), D(10))


def test_it_reads_on_while_the_fills_do_not_explain_what_is_held_and_not_for_ever(keeper, feed, qtbot):
    keeper.begin()
    qtbot.waitUntil(lambda: feed.reader.asked == ["read"])
    feed.reader.show(HistoryPhase.PAUSED)
    assert feed.reader.asked == ["read"]
    keeper.read_until_explained({"BTCUSD": D(2)})
    for count in range(2 * MOST_PAGES):
        feed.reader.show(HistoryPhase.BROKER, count=count)
        feed.reader.show(HistoryPhase.PAUSED, count=count)
    assert len(feed.reader.asked) == 1 + MOST_PAGES


def test_what_is_explained_asks_for_no_more(keeper, feed, qtbot):
    with qtbot.waitSignal(keeper.changed):
        feed.arrived.emit((fill(1, "buy", "2", "100"),))
    feed.reader.show(HistoryPhase.PAUSED)
    keeper.read_until_explained({"BTCUSD": D(2)})
    assert feed.reader.asked == []
