"""One clock that counts sleep, one that does not, and what tells of a sleep."""

import sys
import time

import pytest

from core.clock import SleepWatch, continuous_ns, continuous_s
from core.services.clock import SystemClock

S = 1_000_000_000


class Clocks:
    """The three clocks of a computer, moved by hand."""

    def __init__(self) -> None:
        self.continuous, self.running, self.wall = 900 * S, 100 * S, 1_700_000_000 * S
        self.watch = SleepWatch(lambda: self.continuous, lambda: self.running, lambda: self.wall)

    def pass_s(self, seconds: float) -> None:
        self.continuous += int(seconds * S)
        self.running += int(seconds * S)
        self.wall += int(seconds * S)

    def sleep_s(self, seconds: float) -> None:
        self.continuous += int(seconds * S)
        self.wall += int(seconds * S)

    @property
    def stamp(self) -> int:
        return self.running + self.watch.slept_ns


@pytest.mark.skipif(sys.platform != "linux", reason="each system has another such clock")
def test_ages_are_judged_by_the_clock_of_the_system_that_counts_sleep():
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    assert before <= SystemClock().monotonic_ns() <= continuous_ns() <= continuous_s() * 1e9 + 1_000
    assert SystemClock().monotonic_ns() <= time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def test_time_that_passes_and_clocks_that_are_set_back_are_no_sleep():
    clocks = Clocks()
    for passed_s in (0.0, 0.25, 4.9):
        clocks.pass_s(passed_s)
        assert not clocks.watch.look()
    clocks.wall -= 7_200 * S
    assert not clocks.watch.look()
    clocks.wall += 2 * S
    assert not clocks.watch.look()


@pytest.mark.parametrize("slept_s", [1.5, 30.0, 86_400.0])
def test_a_sleep_is_noticed_once_and_counted(slept_s):
    clocks = Clocks()
    clocks.pass_s(0.25)
    clocks.watch.look()
    clocks.sleep_s(slept_s)
    stamped_in_between = clocks.stamp
    assert clocks.watch.look()
    assert clocks.stamp == clocks.continuous
    assert stamped_in_between == clocks.continuous - int(slept_s * S)
    clocks.pass_s(0.25)
    assert not clocks.watch.look()


def test_a_stop_that_every_clock_saw_and_one_that_none_but_the_walls_saw_are_noticed():
    clocks = Clocks()
    clocks.pass_s(5.1)  # under Windows all clocks go on, so that only the looking tells
    assert clocks.watch.look()
    clocks.wall += 60 * S  # a virtual machine was paused
    assert clocks.watch.look()
    assert not clocks.watch.look()


def test_a_look_that_is_interrupted_between_two_clocks_never_stamps_too_late():
    clocks = Clocks()

    def running() -> int:
        clocks.pass_s(0.02)  # another thread had its turn
        return clocks.running

    watch = SleepWatch(lambda: clocks.continuous, running, lambda: clocks.wall)
    for _ in range(5):
        assert not watch.look()
        assert clocks.running + watch.slept_ns <= clocks.continuous
