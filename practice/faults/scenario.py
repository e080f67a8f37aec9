"""Scenario files: what goes wrong when, written down so that it can be repeated."""

import re
import tomllib
from typing import Any

import msgspec

from practice.faults.order import FaultOrder, Nonsense, checked

_LONGEST_S = 86_400
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,79}")


class BadScenario(ValueError):
    """A scenario that cannot be read. The text names the file, the key and the reason."""


class TimeChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a step does to simulated time; one of these."""

    pause: bool = False
    resume: bool = False
    step: float | None = None  # seconds
    speed: float | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that happens, `at` seconds after the scenario was started."""

    at: float = 0
    fault: FaultOrder | None = None
    stop: str | None = None  # the label of faults this scenario has set, or "all" of them
    revoke: bool | None = None
    requests_a_minute: int | None = None
    time: TimeChange | None = None
    halt: str | None = None  # the symbol that is not traded any more
    trade_again: str | None = None  # the symbol that is

    @property
    def actions(self) -> list[str]:
        """What it does, by the names of its keys."""
        given = {name: getattr(self, name) for name in self.__struct_fields__ if name != "at"}
        return [name for name, value in given.items() if value is not None and value is not False]


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario file. `look_for` says what a client should do."""

    title: str
    description: str = ""
    look_for: str = ""
    step: tuple[Step, ...]

    @property
    def steps(self) -> list[Step]:
        """The steps in order of time."""
        return sorted(self.step, key=lambda step: step.at)


def parsed_scenario(text: str, file: str) -> Scenario:
    """Read a scenario, or raise `BadScenario`. `file` is what the errors call it."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadScenario(f"{file}: this is no TOML: {error}") from error
    try:
        scenario = msgspec.convert(table, Scenario)
    except msgspec.ValidationError as error:
        raise BadScenario(f"{file}: {_in_words(str(error))}") from error
    if not scenario.title.strip():
        raise BadScenario(f"{file}: title: says nothing")
    if not scenario.step:
        raise BadScenario(f"{file}: step: there is none")
    for number, step in enumerate(scenario.step, start=1):
        try:
            _check(step)
        except Nonsense as problem:
            raise BadScenario(f"{file}: step {number}, {problem.key}: {problem.reason}") from problem
    return scenario


def _check(step: Step) -> None:
    if not 0 <= step.at <= _LONGEST_S:
        raise Nonsense("at", f"lies between 0 and {_LONGEST_S} seconds")
    if len(step.actions) != 1:
        said = ", ".join(step.actions) or "nothing"
        raise Nonsense("fault", f"a step does one thing, and this one does {said}")
    if step.fault is not None:
        try:
            checked(step.fault)
        except Nonsense as problem:
            raise Nonsense(f"fault.{problem.key}", problem.reason) from problem
    if step.requests_a_minute is not None and step.requests_a_minute < 0:
        raise Nonsense("requests_a_minute", "is at least 0")
    if step.time is not None:
        _check_time(step.time)


def _check_time(change: TimeChange) -> None:
    said = [change.pause, change.resume, change.step is not None, change.speed is not None]
    if sum(said) != 1:
        raise Nonsense("time", "is one of pause, resume, step and speed")
    if change.step is not None and not 0 <= change.step <= _LONGEST_S:
        raise Nonsense("time.step", f"lies between 0 and {_LONGEST_S} seconds")
    if change.speed is not None and not 0 < change.speed <= 3600:
        raise Nonsense("time.speed", "lies above 0 and is at most 3600")


def _in_words(error: str) -> str:
    """`Expected ... - at `$.step[0].fault.kind`` as "step 1, fault.kind: expected ..."."""
    reason, _, place = error.partition(" - at ")
    path = place.strip("`").removeprefix("$").removeprefix(".")
    found = re.match(r"step\[(\d+|\.\.\.)\]\.?(.*)", path)
    if found:
        where = "a step" if found[1] == "..." else f"step {int(found[1]) + 1}"
        path = f"{where}, {found[2]}".rstrip(", ")
    named = re.search(r"(unknown|required) field `(\w+)`", reason)
    if named:
        joint = "." if "," in path else ", " if path else ""
        path = f"{path}{joint}{named[2]}"
        reason = "is no key of this" if named[1] == "unknown" else "is missing"
    return f"{path or 'the file'}: {reason[:1].lower()}{reason[1:]}"


def is_plain_name(name: str) -> bool:
    """Whether this may name a scenario that comes with the program, and nothing outside its folder."""
    return _NAME.fullmatch(name) is not None


def shown(scenario: Scenario) -> dict[str, Any]:
    """How the control port shows it."""
    return {"title": scenario.title, "description": scenario.description, "look_for": scenario.look_for}
