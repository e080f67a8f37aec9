"""Made-up time: one queue of what happens next, and threads of which exactly one runs at any moment.

The lanes of the program block while a request is under way. Here a lane is a thread that hands the world back
while it waits, so that everything stays in one order, which the seed alone decides.
"""

import hashlib
import heapq
import itertools
import random
import threading
from collections.abc import Callable
from typing import Any

from core.errors import AppError

MS = 1_000_000
S = 1_000 * MS


class Crash(BaseException):
    """The program is gone; what was under way on a lane ends where it stood."""


class World:
    """Clock, timers, chance and the record of what happened."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now_ns = 0
        self.wall_offset_ns = 1_795_000_000 * S
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._trace = hashlib.sha256()

    def monotonic_ns(self) -> int:
        return self.now_ns

    def running_ns(self) -> int:
        return self.monotonic_ns()

    def wall_ns(self) -> int:
        return self.wall_offset_ns + self.now_ns

    def at(self, after_ns: int, happen: Callable[[], None]) -> None:
        """Have something happen in a while."""
        heapq.heappush(self._due, (self.now_ns + max(0, after_ns), next(self._numbers), happen))

    def timer(self, due: Callable[[], None]) -> "WorldTimer":
        return WorldTimer(self, due)

    def between(self, least_ns: int, most_ns: int) -> int:
        return self.chance.randint(least_ns, most_ns)

    def run(self, until_ns: int, is_over: Callable[[], bool] = lambda: False) -> None:
        """Let time pass until then, or until it is over."""
        while self._due and self._due[0][0] <= until_ns:
            self.now_ns, _, happen = heapq.heappop(self._due)
            happen()
            if is_over():
                return
        self.now_ns = max(self.now_ns, until_ns)

    def note(self, *what: object) -> None:
        """Write down that something happened; the same seed has to write the same record."""
        self._trace.update(f"{self.now_ns} {' '.join(map(str, what))}\n".encode())

    @property
    def trace(self) -> str:
        return self._trace.hexdigest()


class WorldTimer:
    """A timer of the program under test."""

    def __init__(self, world: World, due: Callable[[], None]) -> None:
        self._world, self._due, self._round = world, due, 0

    def start(self, delay_ms: int) -> None:
        self._round += 1
        this_round = self._round
        self._world.at(delay_ms * MS, lambda: self._due() if this_round == self._round else None)

    def stop(self) -> None:
        self._round += 1


class WorldLane:
    """A lane whose thread runs only while the world waits for it."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._errands: list[tuple[Callable[[], Any], Any, Any]] = []
        self._is_busy = False
        self._is_dead = False
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._outcome: tuple[Any, AppError | None] | None = None
        self._work: Callable[[], Any] | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(
        self,
        work: Callable[[], Any],
        *,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[AppError], None] | None = None,
    ) -> None:
        if not self._is_dead:
            self._errands.append((work, done, failed))
            self._world.at(self._world.between(10_000, 300_000), self._next)

    def wait(self, for_ns: int) -> None:
        """Called on the lane's thread: let the world go on, and return when that time has passed."""
        self._world.at(for_ns, self._resume)
        self._back.release()
        self._go.acquire()
        if self._is_dead:
            raise Crash

    def kill(self) -> None:
        """End the thread where it stands; nothing comes home any more."""
        if self._is_dead:
            return
        self._is_dead = True
        self._errands.clear()
        self._go.release()
        self._thread.join(10)

    def _next(self) -> None:
        if self._is_busy or self._is_dead or not self._errands:
            return
        self._is_busy = True
        self._work = self._errands[0][0]
        self._resume()

    def _resume(self) -> None:
        if self._is_dead:
            return
        self._go.release()
        self._back.acquire()
        if self._outcome is not None and not self._is_dead:
            outcome, self._outcome, self._is_busy = self._outcome, None, False
            _, done, failed = self._errands.pop(0)
            self._world.at(self._world.between(10_000, 2 * MS), lambda: self._deliver(outcome, done, failed))
            self._world.at(0, self._next)

    def _deliver(self, outcome: tuple[Any, AppError | None], done: Any, failed: Any) -> None:
        result, error = outcome
        if self._is_dead:
            return
        if error is None:
            if done is not None:
                done(result)
        elif failed is not None:
            failed(error)

    def _run(self) -> None:
        while True:
            self._go.acquire()
            if self._is_dead or self._work is None:
                return
            try:
                self._outcome = (self._work(), None)
            except AppError as error:
                self._outcome = (None, error)
            except Crash:
                self._is_dead = True
                self._back.release()
                return
            self._back.release()


class Later:
    """Stands for a signal from a lane to the GUI thread: who listens is called there, a little later."""

    def __init__(self, world: World, is_alive: Callable[[], bool]) -> None:
        self._world, self._is_alive = world, is_alive
        self._slots: list[Callable[..., Any]] = []

    def connect(self, slot: Callable[..., Any]) -> None:
        self._slots.append(slot)

    def emit(self, *values: Any) -> None:
        def tell() -> None:
            if self._is_alive():
                for slot in self._slots:
                    slot(*values)

        self._world.at(self._world.between(5_000, 500_000), tell)
