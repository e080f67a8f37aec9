"""What was asked of the server and what it answered, secrets removed, for tests and fault-finding."""

import itertools
from collections import OrderedDict, deque
from dataclasses import asdict, dataclass
from typing import Any

from practice.faults.subject import route_meets

_MOST_ENTRIES = 20_000
_MOST_BODY_CHARACTERS = 4_000
_MOST_CHARACTERS = 8_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request and its answer; status 0 means that none was sent."""

    number: int
    at: float
    method: str
    path: str
    query: str
    status: int
    milliseconds: float
    request_id: str
    fault: str | None  # the kind of the first
    faults: tuple[int, ...]  # the numbers of all that it met
    kinds: tuple[str, ...]  # and their kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries a reader asks for. A route may end in *; `contains` is looked for in bodies and query."""

    since: int = 0
    route: str = "* *"
    status: int | None = None
    fault: str | None = None
    contains: str = ""
    limit: int = _MOST_ENTRIES


class RequestLog:
    """The latest requests, oldest first; bodies of the latest of them."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_MOST_ENTRIES)
        self._unfinished: dict[int, dict[str, Any]] = {}
        self._numbers = itertools.count(1)
        self._bodies: OrderedDict[int, tuple[str, str]] = OrderedDict()
        self._characters = 0

    def begin(self, at: float, method: str, path: str) -> int:
        """Note that a request has arrived; return its number."""
        number = next(self._numbers)
        self._unfinished[number] = {"number": number, "at": at, "method": method, "path": path}
        return number

    def unfinished(self) -> list[dict[str, Any]]:
        """The requests that have arrived and are not over yet, oldest first."""
        return list(self._unfinished.values())

    def add(self, entry: Entry, body: str, answer: str) -> None:
        """Note a finished request."""
        self._unfinished.pop(entry.number, None)
        self._entries.append(entry)
        kept = (body[:_MOST_BODY_CHARACTERS], answer[:_MOST_BODY_CHARACTERS])
        self._bodies[entry.number] = kept
        self._characters += len(kept[0]) + len(kept[1])
        while self._characters > _MOST_CHARACTERS or len(self._bodies) > _MOST_ENTRIES:
            _, gone = self._bodies.popitem(last=False)
            self._characters -= len(gone[0]) + len(gone[1])

    def found(self, wanted: Wanted) -> list[dict[str, Any]]:
        """The latest entries that a reader wants, oldest first."""
        shown: list[dict[str, Any]] = []
        for entry in reversed(self._entries):
            if len(shown) == wanted.limit:
                break
            body, answer = self._bodies.get(entry.number, ("", ""))
            if _is_wanted(entry, wanted, (entry.query, body, answer)):
                shown.append({**asdict(entry), "body": body, "answer": answer})
        return shown[::-1]


def _is_wanted(entry: Entry, wanted: Wanted, texts: tuple[str, ...]) -> bool:
    return (
        entry.number > wanted.since
        and route_meets(wanted.route, entry.method, entry.path)
        and wanted.status in {None, entry.status}
        and (wanted.fault is None or wanted.fault in entry.kinds)
        and (not wanted.contains or any(wanted.contains in text for text in texts))
    )
