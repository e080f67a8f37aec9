"""Where the program's time comes from: one clock for every age, limit and deadline, and one for short work.

An age must count the time that the computer slept, or a price from before looks like news after. Python's
`time.monotonic` does not promise that: it stands still on Linux (CLOCK_MONOTONIC) and on macOS
(mach_absolute_time), and goes on under Windows. Which clock does is a question to each system:

- Linux: CLOCK_BOOTTIME, "identical to CLOCK_MONOTONIC, except it also includes any time that the system is
  suspended" (clock_gettime(2)).
- macOS: CLOCK_MONOTONIC_RAW, which is mach_continuous_time: "including while the system is asleep". Its
  CLOCK_MONOTONIC goes on as well, but follows adjustments of the wall clock by microseconds. On Linux the
  clock of the same name stands still.
- Windows: `time.monotonic` itself, as GetTickCount64 and QueryPerformanceCounter (Python 3.13) both go on.
"""

import sys
import time
from collections.abc import Callable
from functools import partial

if sys.platform == "linux":
    continuous_ns: Callable[[], int] = partial(time.clock_gettime_ns, time.CLOCK_BOOTTIME)
elif sys.platform == "darwin":
    continuous_ns: Callable[[], int] = partial(time.clock_gettime_ns, time.CLOCK_MONOTONIC_RAW)
else:
    continuous_ns: Callable[[], int] = time.monotonic_ns

# Cheaper, and for the work of a moment alone: after a sleep it has lost that time on Linux and macOS, and
# nothing of one clock may ever be compared with anything of the other.
running_ns: Callable[[], int] = time.monotonic_ns


def continuous_s() -> float:
    """`continuous_ns` in seconds, which are exact enough for deadlines."""
    return continuous_ns() / 1e9


class SleepWatch:
    """Notices between two looks that the computer slept, or that time passed without us in some other way.

    Three things tell: the continuous clock went on while the running one stood still; nobody looked for so
    long as only a sleep (under Windows the one sign of it) or a stopped process explains; or the wall clock
    alone jumped ahead, as after a virtual machine was paused. A wall clock that was set looks the same.
    """

    SLEPT_NS = 1_000_000_000
    MISSED_NS = 5_000_000_000

    def __init__(
        self,
        continuous: Callable[[], int] = continuous_ns,
        running: Callable[[], int] = running_ns,
        wall: Callable[[], int] = time.time_ns,
    ) -> None:
        self._continuous, self.running, self._wall = continuous, running, wall
        self.looked_ns = continuous()
        # `running` plus this is the continuous clock, as of the last look: never ahead of it, since it is
        # read first, and behind it between waking and the next look.
        self.slept_ns = self.looked_ns - running()
        self._ahead_ns = wall() - self.looked_ns

    def look(self) -> bool:
        """Whether there was such a time since the last look."""
        now, running, wall = self._continuous(), self.running(), self._wall()
        slept_ns, ahead_ns = now - running, wall - now
        has_slept = (
            slept_ns - self.slept_ns > self.SLEPT_NS
            or now - self.looked_ns > self.MISSED_NS
            or ahead_ns - self._ahead_ns > self.MISSED_NS
        )
        self.slept_ns = max(self.slept_ns, slept_ns)
        self.looked_ns, self._ahead_ns = now, ahead_ns
        return has_slept
