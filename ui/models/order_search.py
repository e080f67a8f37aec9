"""What a trader types to find orders: words that each have to match symbol, id, side, status or date."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from core.domain.intent import Intent
from ui import words
from ui.models.order_row import NEVER, OrderRow

_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_RANGE = ".."
_YEARS = range(1990, 2200)


@dataclass(frozen=True, slots=True)
class OrderSearch:
    """Every one of `parts` has to be in the text of a row; `since` and `before` bound its time."""

    parts: tuple[str, ...] = ()
    since: datetime | None = None
    before: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether everything matches."""
        return not self.parts and self.since is None and self.before is None

    def matches(self, row: OrderRow) -> bool:
        """Whether the row is what is looked for."""
        if self.since is not None and row.since < self.since:
            return False
        if self.before is not None and not NEVER < row.since < self.before:
            return False
        shown = row.shown
        for part in self.parts:
            if not (
                part in shown.symbol.lower()
                or part in _code_words(shown.side, shown.type, shown.status_text, row.intent)
                or part in shown.id
                or part in shown.client_order_id.lower()
            ):
                return False
        return True


NO_SEARCH = OrderSearch()


@lru_cache(maxsize=4096)  # few combinations; statuses come from outside, and might be endless
def _code_words(side: str, order_type: str, status_text: str, intent: Intent | None) -> str:
    """What is said of an order in codes and in words; lower case."""
    if intent is None:
        state = f"{status_text} {words.order_status_text(status_text)}"
    else:
        state = f"{intent.state} {words.intent_state(intent)}"
    return f"{side} {words.side(side)} {order_type} {words.order_type(order_type)} {state}".lower()


def parsed_search(text: str) -> OrderSearch:
    """Read a search: words, and dates as `2026`, `2026-11`, `2026-11-20`, `2026-11-01..2026-11-20`.

    Dates are days on the wall clock here, as the table shows them. What is no date is a word.
    """
    parts: list[str] = []
    since: datetime | None = None
    before: datetime | None = None
    for word in text.lower().split():
        bounds = _bounds(word)
        if bounds is None:
            parts.append(word)
            continue
        low, high = bounds
        since = low if since is None else max(since, low or since)
        before = high if before is None else min(before, high or before)
    return OrderSearch(tuple(parts), since, before)


def _bounds(word: str) -> tuple[datetime | None, datetime | None] | None:
    first, separator, last = word.partition(_RANGE)
    low, high = _day(first), _day(last) if separator else _day(first)
    is_read = (low is not None or (separator and not first)) and (
        high is not None or (separator and not last)
    )
    if not is_read or (low is None and high is None):
        return None
    return None if low is None else low[0], None if high is None else high[1]


def _day(text: str) -> tuple[datetime, datetime] | None:
    """The first moment of a day, month or year here, and that after it."""
    found = _DAY.fullmatch(text)
    if found is None or int(found[1]) not in _YEARS:
        return None
    year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    try:
        start = datetime(year, month, day)  # noqa: DTZ001 - the wall clock here, made aware below
    except ValueError:
        return None
    if found[3]:
        end = start + timedelta(days=1)
    elif found[2]:
        end = start.replace(year=year + month // 12, month=month % 12 + 1)
    else:
        end = start.replace(year=year + 1)
    return start.astimezone(UTC), end.astimezone(UTC)
