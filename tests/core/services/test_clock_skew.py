"""A clock that is wrong is noticed, and decides nothing about an order (threat model O14)."""

from datetime import datetime
from pathlib import Path

import pytest

from core.clock import continuous_ns
from core.domain.environment import Environment
from core.domain.secret import Secret
from core.services.broker_link import BrokerLink
from core.services.market_clock import MarketClock
from tests.core.golden import golden
from tests.core.services import made_up_desk
from tests.core.services.desk import buy
from tests.core.services.made_up_desk import make_world
from tests.fakes.made_up_time import Time

BROKERS_NS = int(datetime.fromisoformat(golden("clock")["timestamp"]).timestamp() * 1e9)
HOUR_NS = 3_600_000_000_000


class Clock:
    """A wall clock that stands still."""

    def __init__(self, wall_ns: int) -> None:
        self._wall_ns = wall_ns

    def monotonic_ns(self) -> int:
        return continuous_ns()

    def running_ns(self) -> int:
        return self.monotonic_ns()

    def wall_ns(self) -> int:
        return self._wall_ns


class Jumping(Time):
    """Time whose wall clock is set forth and back, hours at once, whenever somebody looks."""

    _looks = 0

    def wall_ns(self) -> int:
        self._looks += 1
        return super().wall_ns() + (self._looks % 5 - 2) * 7 * HOUR_NS


@pytest.mark.parametrize("off_ms", [-7_200_000, -2_400, 0, 2_000, 86_400_000])
def test_the_strip_is_told_how_far_our_clock_is_from_the_brokers(broker, qtbot, off_ms):
    link = BrokerLink(broker.profile(), Environment.PAPER, Secret("t"), user_agent="x")
    clock = MarketClock(link, Clock(BROKERS_NS - off_ms * 1_000_000))
    clock.start()
    qtbot.waitUntil(lambda: clock.skew_ms is not None)
    assert clock.skew_ms == pytest.approx(off_ms, abs=1)
    clock.stop()
    link.stop(lambda: None)


def a_bad_hour(path: Path) -> list[object]:
    """What a desk asks, when, and what it believes at each step, while answers are lost and found."""
    path.parent.mkdir()
    world = make_world(path)
    seen: list[object] = []
    keys = [world.desk.place(buy()).client_order_id]
    for step in range(40):
        world.books.loses = step % 3 == 1
        if step % 4 == 0:
            keys.append(world.desk.place(buy()).client_order_id)
        for key in keys:
            if world.desk.may_retry(key):
                world.desk.retry(key)
        world.time.pass_ms(90_000)
        states = [intent.state for key in keys if (intent := world.desk.intent(key)) is not None]
        seen += [step, world.block, states, [round(world.desk.age_s(key), 3) for key in keys]]
    seen.append(world.books.asked)
    world.stop()
    return seen


def test_a_clock_that_jumps_changes_no_state_and_no_wait_of_an_order(tmp_path, monkeypatch, qapp):
    steady = a_bad_hour(tmp_path / "steady" / "j.sqlite")
    monkeypatch.setattr(made_up_desk, "Time", Jumping)
    assert a_bad_hour(tmp_path / "jumping" / "j.sqlite") == steady
    assert any("unknown" in str(part) for part in steady)
