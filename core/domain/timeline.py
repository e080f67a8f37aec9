"""When an order passed each point between the click and the screen, and how long that takes as a rule."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

import msgspec

from core.domain.intent import IntentKind

NS_PER_MS = 1_000_000


class Moment(StrEnum):
    """The points, in the order in which they are usually passed."""

    CLICKED = "clicked"
    VALIDATED = "validated"
    JOURNALED = "journaled"  # the disk has it
    WRITTEN = "written"  # the system has taken the last byte of the request
    FIRST_BYTE = "first_byte"  # of the answer
    ANSWERED = "answered"  # the answer is read, on the GUI thread
    HEARD = "heard"  # the order stream told of it for the first time
    PAINTED = "painted"  # the screen shows what the broker says


class OrderTimeline(msgspec.Struct, frozen=True, kw_only=True):
    """One intent's moments, in nanoseconds of a stopwatch; those not reached are missing.

    A person's Retry is another sending of the same intent and leaves the first one's moments as they are.
    """

    client_order_id: str
    kind: IntentKind
    symbol: str
    clicked_wall_ns: int  # since 1970 UTC
    at_ns: Mapping[Moment, int]

    def between_ms(self, first: Moment, last: Moment) -> float | None:
        """Milliseconds from one moment to another; None unless both were reached."""
        if first not in self.at_ns or last not in self.at_ns:
            return None
        return (self.at_ns[last] - self.at_ns[first]) / NS_PER_MS

    @property
    def since_click_ms(self) -> Mapping[Moment, float]:
        """Milliseconds from the click to each moment that was reached."""
        start = self.at_ns[Moment.CLICKED]
        return {moment: (self.at_ns[moment] - start) / NS_PER_MS for moment in Moment if moment in self.at_ns}


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """Milliseconds; each is a duration that really occurred (nearest rank)."""

    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    worst_ms: float


def percentiles(durations_ms: Iterable[float]) -> Percentiles | None:
    """Summarise; None without any duration."""
    ranked = sorted(durations_ms)
    if not ranked:
        return None

    def at(part: float) -> float:
        return ranked[max(0, ceil(part * len(ranked)) - 1)]

    return Percentiles(
        count=len(ranked), p50_ms=at(0.50), p95_ms=at(0.95), p99_ms=at(0.99), worst_ms=ranked[-1]
    )


class Timelines:
    """The timelines of a session's intents."""

    def __init__(self) -> None:
        self._lines: dict[str, OrderTimeline] = {}
        self._moments: dict[str, dict[Moment, int]] = {}

    def begin(
        self,
        client_order_id: str,
        kind: IntentKind,
        symbol: str,
        *,
        clicked_wall_ns: int,
        moments: dict[Moment, int],
    ) -> None:
        """A click has made an intent; `moments`, CLICKED among them, are passed and are kept here."""
        self._moments[client_order_id] = moments
        self._lines[client_order_id] = OrderTimeline(
            client_order_id=client_order_id,
            kind=kind,
            symbol=symbol,
            clicked_wall_ns=clicked_wall_ns,
            at_ns=moments,
        )

    def mark(self, client_order_id: str, moment: Moment, at_ns: int) -> bool:
        """Note a moment the first time it is passed; returns whether it was news."""
        moments = self._moments.get(client_order_id)
        if moments is None or moment in moments:
            return False
        moments[moment] = at_ns
        return True

    def get(self, client_order_id: str) -> OrderTimeline | None:
        """The timeline of an intent made in this session, as it now is."""
        return self._lines.get(client_order_id)

    def all(self) -> tuple[OrderTimeline, ...]:
        """Every timeline, oldest first."""
        return tuple(self._lines.values())

    def between(self, first: Moment, last: Moment) -> Percentiles | None:
        """How long the way from one moment to another took over the session; None if it was never gone."""
        ways = (line.between_ms(first, last) for line in self._lines.values())
        return percentiles(way for way in ways if way is not None)
