"""How an order is to be worked, for those who may say so: checked and kept, and without any effect here.

There is one venue and no queue at it: where an order goes and how much of it is shown changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from practice.engine.hours import Session
from practice.engine.refusals import invalid

ALGORITHMS = ("DMA", "TWAP", "VWAP")
DESTINATIONS = ("NYSE", "NASDAQ", "ARCA", "IEX", "MEMX")
_LOT = 100
_FINEST_SHARE = Decimal("0.001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant, and how it was written."""

    at: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """What was asked for; None where nothing was said."""

    algorithm: str | None = None
    destination: str | None = None
    display_qty: Decimal | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None
    max_percentage: Decimal | None = None


def check_instructions(asked: Instructions, qty: Decimal | None, session: Session) -> None:
    """Raise `Refusal` unless an order for shares of one stock may be worked like that in a session."""
    for name, problem in _problems(asked, qty, session):
        raise invalid(f"advanced_instructions.{name} {problem}")


def _problems(asked: Instructions, qty: Decimal | None, session: Session) -> Iterator[tuple[str, str]]:
    if asked.algorithm not in ALGORITHMS:
        yield "algorithm", f"must be one of {', '.join(ALGORITHMS)}"
    is_direct = asked.algorithm == "DMA"
    others = ("start_time", "end_time", "max_percentage") if is_direct else ("destination", "display_qty")
    for name in others:
        if getattr(asked, name) is not None:
            yield name, f"is not accepted for {asked.algorithm}"
    if is_direct and asked.destination not in DESTINATIONS:
        yield "destination", f"must be one of {', '.join(DESTINATIONS)}"
    shown = asked.display_qty
    if shown is not None and (shown <= 0 or shown % _LOT):
        yield "display_qty", "must be in round lot increments"
    if shown is not None and qty is not None and shown > qty:
        yield "display_qty", "must not be greater than qty"
    share = asked.max_percentage
    if share is not None and (not 0 < share < 1 or share % _FINEST_SHARE):
        yield "max_percentage", "must be between 0 and 1, with up to 3 decimals"
    for name, moment in (("start_time", asked.start_time), ("end_time", asked.end_time)):
        if moment is not None and not session.open <= moment.at <= session.close:
            yield name, "must be within current market trading hours"
    if asked.start_time and asked.end_time and asked.start_time.at >= asked.end_time.at:
        yield "end_time", "must be after start_time"
