"""What is read again and again: the account, the positions, the market clock."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.clock import continuous_ns
from core.domain.environment import Environment
from core.domain.secret import Secret
from core.errors import AppError, Offline, Overloaded, SignInExpired
from core.net.lanes import JOIN_S
from core.protocol.trading import read_account
from core.services import rereading
from core.services.account import AccountWatch
from core.services.broker_link import BrokerLink
from core.services.clock import SystemClock
from core.services.market_clock import MarketClock
from core.services.positions import PositionKeeper
from core.services.rereading import Rereading
from tests.core.golden import golden
from tests.fakes.broker import Broker, hang, lose, refuse


@pytest.fixture
def link(qapp, broker: Broker) -> Iterator[BrokerLink]:
    made = BrokerLink(broker.profile(), Environment.PAPER, Secret("t"), user_agent="x")
    yield made
    made.stop(lambda: None)


class Reader:
    """A rereading of the account, and what came of it."""

    def __init__(self, link: BrokerLink, every_s: float | None = None) -> None:
        self.results: list[Any] = []
        self.errors: list[AppError] = []
        self.reading: Rereading[Any] = Rereading(
            link, read_account, done=self.results.append, failed=self.errors.append, every_s=every_s
        )


@pytest.fixture
def reader(link: BrokerLink) -> Iterator[Callable[..., Reader]]:
    readers: list[Reader] = []

    def make(**options: Any) -> Reader:
        readers.append(Reader(link, **options))
        return readers[-1]

    yield make
    for each in readers:
        each.reading.stop()


def asked(broker: Broker) -> int:
    return len(broker.sent("GET", "/v2/account"))


def test_wishes_that_come_during_a_read_are_granted_once_after_it(reader, broker, qtbot):
    one = reader()
    for _ in range(10):
        one.reading.now()
    qtbot.waitUntil(lambda: len(one.results) == 2)
    assert asked(broker) == 2


def test_it_goes_on_by_itself_until_it_is_stopped(reader, broker, qtbot):
    one = reader(every_s=0.01)
    one.reading.now()
    qtbot.waitUntil(lambda: len(one.results) >= 4)
    one.reading.stop()
    assert not one.reading._timer.isActive()


def test_an_answer_that_comes_after_the_stop_starts_nothing(reader, broker, qtbot):
    one = reader(every_s=0.01)
    one.reading.now()
    one.reading.stop()
    qtbot.waitUntil(lambda: bool(one.results))
    assert not one.reading._timer.isActive()
    one.reading.now()
    qtbot.waitUntil(lambda: len(one.results) >= 3)


def test_several_wishes_for_soon_are_one_read_at_the_earliest_of_them(reader, broker, qtbot):
    one = reader()
    for within_ms in (600_000, 20, 300_000):
        one.reading.soon(within_ms)
    qtbot.waitUntil(lambda: len(one.results) == 1)
    assert asked(broker) == 1


def test_a_wish_for_soon_during_a_read_is_not_lost_to_the_long_pause_after_it(reader, broker, qtbot):
    one = reader(every_s=600)
    one.reading.now()
    one.reading.soon(1)
    qtbot.waitUntil(lambda: len(one.results) == 2)


def test_failures_are_told_and_tried_again_with_growing_waits(reader, broker, qtbot, monkeypatch):
    attempts: list[int] = []

    def wait_s(attempt: int, _chance: float) -> float:
        attempts.append(attempt)
        return 0.01

    monkeypatch.setattr(rereading, "reread_wait_s", wait_s)
    broker.faults.account.extend([lose, refuse(500, "internal"), refuse(429, "slow")])
    one = reader()
    one.reading.now()
    qtbot.waitUntil(lambda: len(one.results) == 1)
    assert attempts == [1, 2, 3]
    assert [type(error) for error in one.errors] == [Offline, Overloaded, Overloaded]


def test_the_broker_may_ask_for_a_longer_wait_but_not_for_silence(reader, broker, qtbot, monkeypatch):
    monkeypatch.setattr(rereading, "reread_wait_s", lambda _attempt, _chance: 0.01)

    async def slow_down(_broker, _request, _act):
        from aiohttp import web

        return web.Response(status=429, headers={"Retry-After": "99999"})

    broker.faults.account.append(slow_down)
    one = reader()
    one.reading.now()
    qtbot.waitUntil(lambda: len(one.errors) == 1)
    left_s = one.reading._timer.remainingTime() / 1000
    assert left_s == pytest.approx(rereading.LONGEST_OBEYED_S, rel=0.1)


def test_the_account_is_kept_with_the_time_it_came(link, broker, qtbot):
    watch = AccountWatch(link, SystemClock())
    told: list[str] = []
    failed: list[Any] = []
    watch.changed.connect(lambda account: told.append(account.number))
    watch.failed.connect(failed.append)
    assert (watch.account, watch.received_ns) == (None, None)
    watch.refresh()
    qtbot.waitUntil(lambda: told == ["PA3SIM00001"])
    assert watch.received_ns is not None
    assert 0 <= continuous_ns() - watch.received_ns < 60_000_000_000
    before = watch.received_ns
    broker.faults.account.append(lose)
    watch.refresh()
    qtbot.waitUntil(lambda: len(failed) == 1)
    assert watch.received_ns == before
    broker.account["equity"] = "7"
    watch.refresh_soon()
    qtbot.waitUntil(lambda: watch.account is not None and str(watch.account.equity) == "7", timeout=8_000)
    watch.stop()


def test_a_token_refused_while_reading_ends_the_session(link, broker, qtbot):
    watch = AccountWatch(link, SystemClock())
    refused: list[Any] = []
    link.token_refused.connect(refused.append)
    broker.faults.account.append(refuse(401, "request is not authorized"))
    watch.refresh()
    qtbot.waitUntil(lambda: len(refused) == 1)
    assert type(refused[0]) is SignInExpired
    watch.stop()


def test_a_403_does_not_end_the_session(link, broker, qtbot):
    watch = AccountWatch(link, SystemClock())
    refused: list[Any] = []
    failed: list[Any] = []
    link.token_refused.connect(refused.append)
    watch.failed.connect(failed.append)
    broker.faults.account.append(refuse(403, "forbidden."))
    watch.refresh()
    qtbot.waitUntil(lambda: len(failed) == 1)
    assert refused == []
    watch.stop()


def test_positions_replace_each_other_whole_and_are_looked_at_twice_after_a_fill(link, broker, qtbot):
    keeper = PositionKeeper(link, SystemClock())
    keeper._second_look.setInterval(300)
    broker.positions = [golden("position"), {**golden("position"), "symbol": "NVDA"}]
    keeper.refresh()
    qtbot.waitUntil(lambda: set(keeper.positions) == {"AAPL", "NVDA"})
    broker.positions = [golden("position")]
    read = len(broker.sent("GET", "/v2/positions"))
    keeper.refresh_soon()
    qtbot.waitUntil(lambda: set(keeper.positions) == {"AAPL"})
    qtbot.waitUntil(lambda: len(broker.sent("GET", "/v2/positions")) == read + 2)
    keeper.stop()


def test_the_market_clock_knows_the_next_change(link, qtbot):
    clock = MarketClock(link, SystemClock())
    assert (clock.is_open, clock.next_change) == (None, None)
    clock.start()
    qtbot.waitUntil(lambda: clock.is_open is not None)
    assert clock.is_open
    assert clock.next_change is not None
    assert clock.next_change.isoformat() == "2026-11-20T21:00:00+00:00"
    clock.stop()


def test_every_round_trip_is_a_sample_for_the_connection_strip(link, broker, qtbot):
    samples: list[Any] = []
    link.answered.connect(samples.append)
    watch = AccountWatch(link, SystemClock())
    watch.refresh()
    qtbot.waitUntil(lambda: len(samples) == 1)
    assert samples[0].ok
    assert samples[0].seconds > 0
    watch.stop()


def test_ending_a_link_ends_what_hangs(link, broker, qtbot):
    broker.faults.account.extend([hang, hang, hang])
    watches = [AccountWatch(link, SystemClock()) for _ in range(3)]
    for watch in watches:
        watch.refresh()
    qtbot.waitUntil(lambda: asked(broker) == 3)
    started = time.monotonic()
    link.stop(lambda: None)
    assert time.monotonic() - started < JOIN_S
    for watch in watches:
        watch.stop()
