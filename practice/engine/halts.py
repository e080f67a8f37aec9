"""Trading halts: those the seed has in store for quiet names, and those somebody orders.

The busiest names, the ones with options, are never halted by the seed: whoever practises with them should not
wonder why nothing trades. Anything can be halted by order.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from practice.engine.actions import Actions
from practice.engine.chance import chance_of
from practice.engine.clock import MINUTE
from practice.engine.hours import Session
from practice.engine.instruments import Instrument
from practice.engine.tape import Status

HaltKind = Literal["news", "volatility", "regulatory", "overnight"]  # the last one at night only

_CHANCE_A_DAY, _CHANCE_A_NIGHT = 0.012, 0.008
_UNTIL_RESUMED = 1 << 62
# Halted, resumed: code and text; reason: code and text. Tapes A and B, then tape C.
_WORDS: dict[HaltKind, tuple[tuple[str, str, str, str], tuple[str, str, str, str]]] = {
    "news": (
        ("2", "Trading Halt", "D", "News Released"),
        ("H", "Trading Halt", "T1", "Halt News Pending"),
    ),
    "volatility": (
        ("2", "Trading Halt", "M", "Limit Up-Limit Down (LULD) Trading Pause"),
        ("P", "Volatility Trading Pause", "LUDP", "Volatility Trading Pause"),
    ),
    "regulatory": (
        ("2", "Trading Halt", "X", "Operational"),
        ("H", "Trading Halt", "H10", "SEC Trading Suspension"),
    ),
    "overnight": (
        ("2", "Trading Halt", "X", "Operational"),
        ("H", "Trading Halt", "H4", "Non-compliance"),
    ),
}


@dataclass(frozen=True, slots=True)
class Halt:
    """Nothing prints and nothing executes in [start, end)."""

    start: int
    end: int
    kind: HaltKind

    def covers(self, instant: int) -> bool:
        return self.start <= instant < self.end


class Halts:
    """The halts of all instruments. An option is halted with its underlying; coins never are by the seed.

    What halts a stock halts it at night too. The overnight market has halts of its own besides, for the whole
    of a night: before splits and the like, and where the seed says so.
    """

    def __init__(self, seed: int, actions: Actions) -> None:
        self._seed, self._actions = seed, actions
        self._ordered: dict[str, list[Halt]] = {}
        self._in_store = lru_cache(maxsize=4096)(self._drawn)

    def _drawn(self, instrument: Instrument, session: Session) -> tuple[Halt, ...]:
        if instrument.is_night:
            return (
                (Halt(session.start, session.end, "overnight"),) if self._skips(instrument, session) else ()
            )
        if instrument.asset_class != "us_equity" or instrument.has_options:
            return ()
        chance = chance_of(self._seed, instrument.symbol, "halt", session.day)
        if chance.random() >= _CHANCE_A_DAY:
            return ()
        kind: HaltKind = "volatility" if chance.random() < 0.6 else "news"
        minutes = 5 if kind == "volatility" else chance.randint(20, 50)
        latest = (session.close - session.open) // MINUTE - minutes - 20
        start = session.open + chance.randint(10, latest) * MINUTE
        return (Halt(start, start + minutes * MINUTE, kind),)

    def _skips(self, instrument: Instrument, night: Session) -> bool:
        """Whether an instrument stays away from a whole night."""
        if any(action.day == night.day for action in self._actions.reshaping(instrument)):
            return True
        chance = chance_of(self._seed, instrument.symbol, "halt by night", night.day)
        return not instrument.has_options and chance.random() < _CHANCE_A_NIGHT

    def during(self, instrument: Instrument, session: Session) -> list[Halt]:
        """The halts that touch a session, in order of time."""
        if instrument.contract:
            return self.during(instrument.contract.underlying, session)
        ordered = self._ordered.get(instrument.symbol, ())
        touching = [
            halt
            for halt in ordered
            if halt.start < session.end
            and session.start < halt.end
            and (instrument.is_night or halt.kind != "overnight")
        ]
        drawn = self._in_store(instrument, session)
        return sorted([*drawn, *touching], key=lambda halt: halt.start) if touching else list(drawn)

    def order(self, instrument: Instrument, start: int, kind: HaltKind, end: int | None = None) -> Halt:
        """Halt an instrument from `start` until `end`, or until `resume`; `overnight` halts at night only."""
        halt = Halt(start, _UNTIL_RESUMED if end is None else end, kind)
        self._ordered.setdefault(instrument.symbol, []).append(halt)
        return halt

    def resume(self, instrument: Instrument, at: int) -> bool:
        """End the ordered halt that is in force; say whether there was one."""
        ordered = self._ordered.get(instrument.symbol, [])
        running = [index for index, halt in enumerate(ordered) if halt.covers(at)]
        for index in running:
            ordered[index] = replace(ordered[index], end=at)
        return bool(running)

    def statuses(self, instrument: Instrument, session: Session) -> list[Status]:
        """What the tape says of a session's halts, in order of time."""
        said = []
        for halt in self.during(instrument, session):
            code, text, reason, reason_text = _WORDS[halt.kind][instrument.tape == "C"]
            resumed = ("T", "Trading Resumption") if instrument.tape == "C" else ("3", "Resume")
            said.append(Status(halt.start, code, text, reason, reason_text))
            if halt.end < session.end:
                said.append(Status(halt.end, *resumed, reason, reason_text))
        return sorted(said, key=lambda status: status.at)
