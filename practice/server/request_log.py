"""What was asked of the server, for tests and fault-finding. No bodies, queries or headers."""

import itertools
from collections import deque
from dataclasses import dataclass

_MOST_ENTRIES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request and its answer; status 0 means that none was sent."""

    number: int
    at: float
    method: str
    path: str
    status: int
    milliseconds: float
    request_id: str
    fault: str | None


class RequestLog:
    """The latest requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_MOST_ENTRIES)
        self._numbers = itertools.count(1)

    def add(
        self,
        at: float,
        method: str,
        path: str,
        status: int,
        milliseconds: float,
        request_id: str,
        fault: str | None,
    ) -> None:
        """Note a finished request."""
        self._entries.append(
            Entry(
                number=next(self._numbers),
                at=at,
                method=method,
                path=path,
                status=status,
                milliseconds=milliseconds,
                request_id=request_id,
                fault=fault,
            )
        )

    def since(self, number: int) -> list[Entry]:
        """The entries after this number."""
        return [entry for entry in self._entries if entry.number > number]
