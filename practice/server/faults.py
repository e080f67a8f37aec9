"""Faults on demand: which request misbehaves, and how."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["hang", "reset", "lost_answer", "status"]
FAULT_KINDS: tuple[FaultKind, ...] = ("hang", "reset", "lost_answer", "status")


@dataclass(slots=True, kw_only=True)
class Fault:
    """The `nth` request to a route from now on, and the `count - 1` after it, meet this fault.

    hang: never answered. reset: cut before anything happens. lost_answer: carried out, then cut.
    status: answered with `status` and `body` instead.
    """

    number: int
    route: str  # "POST /v2/orders"; a path may end in *; environment prefixes are left out
    kind: FaultKind
    status: int = 500
    body: str = ""
    nth: int = 1
    count: int = 1
    seen: int = 0

    @property
    def is_spent(self) -> bool:
        return self.seen >= self.nth + self.count - 1

    def meets(self, method: str, path: str) -> bool:
        """Count a request; say whether it is one to misbehave on."""
        wanted_method, _, wanted_path = self.route.partition(" ")
        if wanted_method not in {method, "*"} or not _matches(wanted_path, path) or self.is_spent:
            return False
        self.seen += 1
        return self.seen >= self.nth


class Faults:
    """The faults that are set."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._numbers = 0

    def set(
        self, route: str, kind: FaultKind, *, status: int = 500, body: str = "", nth: int = 1, count: int = 1
    ) -> Fault:
        """Set a fault."""
        self._numbers += 1
        fault = Fault(
            number=self._numbers, route=route, kind=kind, status=status, body=body, nth=nth, count=count
        )
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Let everything work again."""
        self._faults.clear()

    def all(self) -> Iterable[Fault]:
        """The faults that are set and not spent."""
        return [fault for fault in self._faults if not fault.is_spent]

    def of(self, method: str, path: str) -> Fault | None:
        """The fault this request meets, if any."""
        bare = path.removeprefix("/paper").removeprefix("/live").removeprefix("/data")
        meeting = [fault for fault in self._faults if fault.meets(method, bare)]
        self._faults = [fault for fault in self._faults if not fault.is_spent]
        return meeting[0] if meeting else None


def _matches(wanted: str, path: str) -> bool:
    return path.startswith(wanted[:-1]) if wanted.endswith("*") else path == wanted
