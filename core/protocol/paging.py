"""Walks through the broker's long lists, newest first: what to ask next, and what has been read by now.

A walk has no clock and no socket. Between two pages new entries may arrive and old ones may change: every
entry that existed when the walk began is met, and the caller keeps entries by id, so none is kept twice
(protocol page section 1.6).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from core.domain.activity import Activity
from core.domain.order import Order
from core.protocol.activities import MAX_ACTIVITIES, list_activities
from core.protocol.call import Call
from core.protocol.coverage import Coverage, Span
from core.protocol.trading import MAX_ORDERS, page_orders

Item = TypeVar("Item")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Walk(Protocol[Item]):
    """Ask `next_call`, give its answer to `take`, until there is no next call."""

    def next_call(self) -> Call[tuple[Item, ...]] | None:
        """The next page to ask for; None once the whole list is known."""

    def take(self, page: tuple[Item, ...]) -> None:
        """Take the answer to the newest call."""

    def spans(self) -> tuple[tuple[str, str], ...]:
        """What has been read, for `resumed`; as text, newest first."""

    @property
    def reached(self) -> datetime | None:
        """How far back everything is known without a gap; None before the first page."""


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


class OrderWalk:
    """Orders by windows on the submission time, which the broker excludes at both ends.

    A window ends one microsecond above the oldest order known, for orders may share a time, or differ by
    less than we keep of it; what comes twice has an id. Only when a whole window brings nothing older
    is the next one asked for by order id.
    """

    def __init__(self, spans: Sequence[tuple[str, str]] = (), *, limit: int = MAX_ORDERS) -> None:
        """`spans` is what an earlier walk has read."""
        self._coverage = Coverage(Span(int(low), int(high)) for low, high in spans)
        self._limit = limit
        self._until: int | None = None  # microseconds; everything later has been read in this walk
        self._before_id = ""
        self._edge: set[str] = set()  # the orders met since a page last reached further back
        self._is_done = False

    def next_call(self) -> Call[tuple[Order, ...]] | None:
        """The next window; None once everything down to the first order is known."""
        if self._is_done:
            return None
        if self._before_id:
            return page_orders(before_order_id=self._before_id, limit=self._limit)
        if self._until is None:
            return page_orders(limit=self._limit)
        return page_orders(until=_rfc3339(self._until + 1), limit=self._limit)

    def take(self, page: tuple[Order, ...]) -> None:
        """Take the answer to the newest call."""
        times = [microseconds(order.submitted_at) for order in page if order.submitted_at is not None]
        self._before_id = ""
        if not times or (self._until is not None and min(times) >= self._until):
            self._take_nothing_older(page)
            return
        self._edge.clear()
        low = min(times)
        high = max(times) if self._until is None else self._until
        self._coverage.add(low, high)
        self._go_below(self._coverage.low_of(low))

    def spans(self) -> tuple[tuple[str, str], ...]:
        """What has been read, as text, newest first."""
        return tuple((str(span.low), str(span.high)) for span in self._coverage.spans)

    @property
    def reached(self) -> datetime | None:
        """How far back every order is known without a gap; 1970 when all are."""
        return None if self._until is None else _EPOCH + self._until * _MICROSECOND

    def _take_nothing_older(self, page: tuple[Order, ...]) -> None:
        new = [order.id for order in page if order.id not in self._edge]
        if new:
            self._edge.update(new)
            self._before_id = page[-1].id
            return
        if self._until is not None:
            self._coverage.add(0, self._until)
        self._go_below(0)

    def _go_below(self, place: int) -> None:
        self._until = place
        self._is_done = place == 0


class ActivityWalk:
    """Activities by page token, the id of the last one received; the ids sort by time."""

    def __init__(self, spans: Sequence[tuple[str, str]] = (), *, limit: int = MAX_ACTIVITIES) -> None:
        """`spans` is what an earlier walk has read."""
        self._coverage: Coverage[str] = Coverage(Span(low, high) for low, high in spans)
        self._limit = limit
        self._token = ""
        self._reached: datetime | None = None
        self._is_done = False

    def next_call(self) -> Call[tuple[Activity, ...]] | None:
        """The next page; None once everything down to the first activity is known."""
        return None if self._is_done else list_activities(page_token=self._token, limit=self._limit)

    def take(self, page: tuple[Activity, ...]) -> None:
        """Take the answer to the newest call; one that brings nothing older is the last."""
        older = [entry for entry in page if not self._token or entry.id < self._token]
        if not older or len(page) < self._limit:
            high = self._token or (older[0].id if older else "")
            if high:
                self._coverage.add("", high)
            self._reached, self._is_done = _EPOCH, True
            return
        last = older[-1]
        self._coverage.add(last.id, self._token or older[0].id)
        self._token = self._coverage.low_of(last.id)
        self._reached = last.at or self._reached
        self._is_done = not self._token

    def spans(self) -> tuple[tuple[str, str], ...]:
        """What has been read, as text, newest first."""
        return tuple((span.low, span.high) for span in self._coverage.spans)

    @property
    def reached(self) -> datetime | None:
        """How far back activities are known; 1970 when all are."""
        return _EPOCH if self._is_done else self._reached


def _rfc3339(place: int) -> str:
    """A time for a query. Its `Z` rather than `+00:00`: a plus is a blank to some who read queries."""
    return (_EPOCH + place * _MICROSECOND).isoformat(timespec="microseconds").replace("+00:00", "Z")
