"""Scenarios under way: their steps in time, and what they leave when they are stopped."""

import asyncio
import itertools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from practice.engine.clock import SECOND, WallClock
from practice.engine.instruments import Instrument
from practice.engine.market import Market
from practice.faults.order import Nonsense
from practice.faults.registry import Fault
from practice.faults.scenario import Scenario, Step, TimeChange
from practice.server.fault_desk import FaultDesk
from practice.server.grants import Grants
from practice.server.rate_limit import RateLimit

_MOST_RUNS = 100
_log = logging.getLogger("practice")


@dataclass(slots=True, kw_only=True, eq=False)
class Run:
    """A scenario that was started."""

    number: int
    name: str
    scenario: Scenario
    begun: float  # monotonic seconds
    done: int = 0  # steps
    state: Literal["running", "finished", "stopped"] = "running"
    faults: list[Fault] = field(default_factory=list)
    undo: dict[str, Callable[[], None]] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None

    def shown(self) -> dict[str, Any]:
        """How the control port shows it."""
        return {
            "number": self.number,
            "name": self.name,
            "title": self.scenario.title,
            "state": self.state,
            "steps": len(self.scenario.step),
            "done": self.done,
            "faults": [fault.number for fault in self.faults],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What steps act upon. `find` gives an instrument by its symbol; `catch_up` lets happen what is due."""

    desk: FaultDesk
    grants: Grants
    limit: RateLimit
    clock: WallClock
    market: Market
    find: Callable[[str], Instrument | None]
    catch_up: Callable[[], None]


class ScenarioRuns:
    """Starts and stops scenarios. Belongs to the event loop's thread."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._runs: list[Run] = []
        self._numbers = itertools.count(1)

    def start(self, name: str, scenario: Scenario) -> Run:
        """Begin a scenario; its steps at 0 are carried out before this returns. Raise `Nonsense` for one."""
        run = Run(number=next(self._numbers), name=name, scenario=scenario, begun=time.monotonic())
        steps = scenario.steps
        at_once = [step for step in steps if step.at == 0]
        try:
            for step in at_once:
                self._carry_out(run, step)
        except Nonsense:
            self._end(run)
            raise
        self._runs = [*self._runs, run][-_MOST_RUNS:]
        if len(at_once) < len(steps):
            run.task = asyncio.create_task(self._go_on(run, steps[len(at_once) :]))
        else:
            run.state = "finished"
        return run

    async def _go_on(self, run: Run, steps: list[Step]) -> None:
        for step in steps:
            await asyncio.sleep(max(0.0, run.begun + step.at - time.monotonic()))
            try:
                self._carry_out(run, step)
            except Nonsense as problem:
                _log.warning("scenario %s: a step was left out: %s", run.name, problem)
        run.state = "finished"

    def all(self) -> list[Run]:
        """The scenarios that were started, oldest first."""
        return list(self._runs)

    def stop(self, number: int) -> Run | None:
        """End a scenario and lift what it has set, if it was started."""
        run = next((one for one in self._runs if one.number == number), None)
        if run is not None:
            self._end(run)
            run.state = "stopped"
        return run

    async def stop_all(self) -> None:
        """End everything."""
        tasks = [run.task for run in self._runs if run.task is not None]
        for run in self._runs:
            self._end(run)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _end(self, run: Run) -> None:
        if run.task is not None:
            run.task.cancel()
        self._stage.desk.stop(lambda fault: fault in run.faults)
        for undo in run.undo.values():
            undo()
        run.undo.clear()

    def _carry_out(self, run: Run, step: Step) -> None:
        stage = self._stage
        if step.fault is not None:
            order = msgspec.structs.replace(step.fault, label=step.fault.label or run.name)
            run.faults.append(stage.desk.set(order))
        elif step.stop is not None:
            label = step.stop
            stage.desk.stop(lambda one: one in run.faults and label in {"all", one.order.label})
        elif step.revoke:
            stage.grants.revoke_all()
        elif step.requests_a_minute is not None:
            before = stage.limit.limit
            run.undo.setdefault("limit", lambda: setattr(stage.limit, "limit", before))
            stage.limit.limit = step.requests_a_minute
        elif step.time is not None:
            self._change_time(run, step.time)
        elif symbol := step.halt or step.trade_again:
            self._trade(run, symbol, halts=step.halt is not None)
        run.done += 1

    def _change_time(self, run: Run, change: TimeChange) -> None:
        clock = self._stage.clock
        speed, paused = clock.speed, clock.is_paused

        def undo() -> None:
            clock.run_at(speed)
            if not paused:
                clock.resume()

        run.undo.setdefault("time", undo)
        if change.pause:
            clock.pause()
        elif change.resume:
            clock.resume()
        elif change.step is not None:
            clock.step(round(change.step * SECOND))
        elif change.speed is not None:
            clock.run_at(change.speed)
        self._stage.catch_up()

    def _trade(self, run: Run, symbol: str, *, halts: bool) -> None:
        stage, instrument = self._stage, self._stage.find(symbol)
        if instrument is None:
            raise Nonsense("halt" if halts else "trade_again", f"{symbol} is not traded here")
        if halts:
            stage.market.halt(instrument, stage.clock.now() + 1)  # the first instant nobody was told of
            run.undo.setdefault(f"halt {symbol}", lambda: _resume(stage, instrument))
        else:
            _resume(stage, instrument)


def _resume(stage: Stage, instrument: Instrument) -> None:
    stage.market.resume(instrument, stage.clock.now() + 1)
