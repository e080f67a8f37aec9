"""Time in the practice broker: real, faster, paused, stepped."""

import pytest

from practice.engine.clock import HOUR, MINUTE, SECOND, WallClock
from tests.practice.engine import NOON


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The monotonic time outside, for the test to move."""
    instant = [1_000]
    monkeypatch.setattr("practice.engine.clock.time.monotonic_ns", lambda: instant[0])
    return instant


def test_a_clock_runs_as_fast_as_it_is_told(outside: list[int]) -> None:
    clock = WallClock(60.0, start=NOON)
    outside[0] += SECOND
    assert clock.now() == NOON + MINUTE
    clock.run_at(0.5)
    outside[0] += 2 * SECOND
    assert clock.now() == NOON + MINUTE + SECOND
    assert clock.speed == 0.5


def test_a_paused_clock_stands_still_and_goes_on_without_a_jump(outside: list[int]) -> None:
    clock = WallClock(start=NOON)
    outside[0] += SECOND
    clock.pause()
    clock.pause()
    outside[0] += HOUR
    assert clock.is_paused
    assert clock.now() == NOON + SECOND
    clock.resume()
    assert clock.now() == NOON + SECOND
    outside[0] += SECOND
    assert clock.now() == NOON + 2 * SECOND


def test_a_clock_is_stepped_whether_it_runs_or_not(outside: list[int]) -> None:
    clock = WallClock(start=NOON, paused=True)
    clock.step(MINUTE)
    clock.step(0)
    outside[0] += SECOND
    assert clock.now() == NOON + MINUTE
    clock.resume()
    clock.step(HOUR)
    outside[0] += SECOND
    assert clock.now() == NOON + MINUTE + HOUR + SECOND


@pytest.mark.parametrize("speed", [0, -1, 3601, float("nan"), float("inf")])
def test_a_speed_that_makes_no_sense_is_refused(speed: float) -> None:
    clock = WallClock(start=NOON)
    with pytest.raises(ValueError, match="a speed lies between"):
        clock.run_at(speed)
    with pytest.raises(ValueError, match="a speed lies between"):
        WallClock(speed)
    assert clock.speed == 1.0


def test_time_never_goes_back() -> None:
    clock = WallClock()
    with pytest.raises(ValueError, match="backwards"):
        clock.step(-1)
    before = clock.now()
    clock.run_at(3600)
    clock.pause()
    assert clock.now() >= before
