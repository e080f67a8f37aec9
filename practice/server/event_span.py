"""Which events of an account somebody asks for: since and until an instant, or one event's id."""

from dataclasses import dataclass

from multidict import MultiMapping

from practice.engine.clock import MILLISECOND
from practice.engine.ulid import checked_ulid, instant_of_ulid
from practice.server.activities import day_or_instant
from practice.server.event_log import Event, EventLog
from practice.server.reading import BadValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The ends belong to it. Without a beginning it has no history; without an end it has none."""

    since: int | None = None
    until: int | None = None
    since_id: str | None = None
    until_id: str | None = None

    @property
    def is_finite(self) -> bool:
        return self.until is not None or self.until_id is not None

    def begin(self, log: EventLog) -> int:
        """The number of the first event to tell."""
        if self.since is not None:
            since = self.since
            return log.first_that(lambda event: event.at >= since)
        if self.since_id is not None:
            since_id = self.since_id
            return log.first_that(lambda event: event.id >= since_id)
        return log.end

    def includes(self, event: Event) -> bool:
        """Whether an event is not yet beyond the end."""
        return (self.until is None or event.at <= self.until) and (
            self.until_id is None or event.id <= self.until_id
        )

    def is_over(self, now: int) -> bool:
        """Whether nothing that happens from now on can belong to it."""
        last = self.until if self.until_id is None else instant_of_ulid(self.until_id) + MILLISECOND
        return last is not None and now > last


def span_of(query: MultiMapping[str]) -> Span:
    """Read the span of a query, or raise `BadValue`."""
    span = Span(
        since=day_or_instant(query, "since"),
        until=day_or_instant(query, "until"),
        since_id=_id(query, "since_id"),
        until_id=_id(query, "until_id"),
    )
    if span.since is not None and span.since_id is not None:
        raise BadValue("since and since_id cannot be used at the same time")
    if span.until is not None and span.since is None:
        raise BadValue("since is required if until is specified")
    if span.until_id is not None and span.since_id is None:
        raise BadValue("since_id is required if until_id is specified")
    return span


def _id(query: MultiMapping[str], name: str) -> str | None:
    text = query.get(name)
    if not text:
        return None
    try:
        return checked_ulid(text)
    except ValueError:
        raise BadValue(f"invalid {name}: {text[:40]} is not a ULID") from None
