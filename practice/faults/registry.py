"""The faults that are set, and which of them a request or a message meets."""

import itertools
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from practice.faults.kinds import Place
from practice.faults.order import FaultOrder, checked
from practice.faults.subject import Subject, route_meets


@dataclass(slots=True, kw_only=True, eq=False)
class Fault:
    """A fault in force. `seen` counts what it was aimed at, `met` what it befell."""

    number: int
    order: FaultOrder
    until: float | None  # on the registry's clock
    chance: random.Random = field(repr=False)
    seen: int = 0
    met: int = 0

    @property
    def route(self) -> str:
        return self.order.route or self.order.of_kind.route or "* *"

    @property
    def count(self) -> int:
        """How many times it is met at most; 0 for no end."""
        if self.order.count is not None:
            return self.order.count
        return 0 if self.order.of_kind.endless or self.order.for_s is not None else 1

    @property
    def is_used_up(self) -> bool:
        return 0 < self.count <= self.met

    def takes(self) -> bool:
        """Count something it is aimed at; say whether it befalls it."""
        self.seen += 1
        if self.seen < self.order.nth or self.is_used_up:
            return False
        if self.order.probability < 1 and self.chance.random() >= self.order.probability:
            return False
        self.met += 1
        return True

    def status(self) -> int:
        """The status it answers with."""
        return self.order.status or self.order.of_kind.status

    def seconds(self, default: float = 0.0) -> float:
        """How long it takes; drawn anew from a range each time."""
        if isinstance(self.order.seconds, tuple):
            return self.chance.uniform(*self.order.seconds)
        return default if self.order.seconds is None else self.order.seconds

    def shown(self) -> dict[str, Any]:
        """How the control port shows it."""
        order = msgspec.to_builtins(self.order)
        aim = {} if self.order.stream else {"route": self.route}
        counts = {"count": self.count, "seen": self.seen, "met": self.met}
        return {"number": self.number, **order, **aim, **counts}


class Faults:
    """Everything that is set. `clock` counts seconds, monotonic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._faults: list[Fault] = []
        self._numbers = itertools.count(1)
        self._ended: list[Callable[[Fault], None]] = []

    def on_end(self, listener: Callable[[Fault], None]) -> None:
        """Have it reported when a fault is used up, over or stopped."""
        self._ended.append(listener)

    def set(self, order: FaultOrder) -> Fault:
        """Put a fault in force, or raise `Nonsense`."""
        lasts = checked(order).lasts
        fault = Fault(
            number=next(self._numbers),
            order=order,
            until=None if lasts is None else self._clock() + lasts,
            chance=random.Random(order.seed),  # noqa: S311 - faults repeat, by design
        )
        self._faults.append(fault)
        return fault

    def stop(self, chosen: Callable[[Fault], bool]) -> list[Fault]:
        """Lift the chosen ones."""
        stopped = [fault for fault in self.all() if chosen(fault)]
        self._remove(stopped)
        return stopped

    def all(self) -> list[Fault]:
        """The faults in force, oldest first."""
        if self._faults:
            now = self._clock()
            self._remove([one for one in self._faults if one.until is not None and one.until <= now])
        return list(self._faults)

    def _remove(self, gone: Iterable[Fault]) -> None:
        for fault in gone:
            self._faults.remove(fault)
            for listener in self._ended:
                listener(fault)

    def of_request(self, method: str, path: str, subject: Subject) -> list[Fault]:
        """The faults that a request meets, counting it for each."""
        return self._met(
            subject,
            (fault for fault in self._of_route(method, path) if not fault.order.aims_at_items),
        )

    def of_answer(self, method: str, path: str, subject: Subject) -> list[Fault]:
        """The faults aimed at items that an answer is about, counting it for each."""
        return self._met(
            subject, (fault for fault in self._of_route(method, path) if fault.order.aims_at_items)
        )

    def _of_route(self, method: str, path: str) -> list[Fault]:
        return [
            fault
            for fault in self.all()
            if fault.order.stream is None and route_meets(fault.route, method, path)
        ]

    def _met(self, subject: Subject, aimed: Iterable[Fault]) -> list[Fault]:
        met = [
            fault
            for fault in aimed
            if subject.meets(fault.order.symbol, fault.order.client_order_id) and fault.takes()
        ]
        self._remove([fault for fault in met if fault.is_used_up])
        return met

    def of_message(
        self, endpoint: str, event: str, subject: Callable[[], Subject], *, is_control: bool
    ) -> list[Fault]:
        """The faults that a message of a stream meets, counting it for each; control messages if named."""
        met = []
        for fault in self.events_of(endpoint):
            order = fault.order
            if order.event != event and (order.event is not None or is_control):
                continue
            aims = order.symbol is not None or order.client_order_id is not None
            if (not aims or subject().meets(order.symbol, order.client_order_id)) and fault.takes():
                met.append(fault)
        self._remove([fault for fault in met if fault.is_used_up])
        return met

    def events_of(self, endpoint: str) -> list[Fault]:
        """The faults aimed at messages of a stream."""
        return [one for one in self._of_stream(endpoint) if Place.EVENT in one.order.of_kind.places]

    def in_force(self, kind: str, endpoint: str) -> Fault | None:
        """The first fault of a kind that lies on a stream."""
        return next((one for one in self._of_stream(endpoint) if one.order.kind == kind), None)

    def _of_stream(self, endpoint: str) -> list[Fault]:
        if not self._faults:
            return []
        return [one for one in self.all() if one.order.stream and stream_meets(one.order.stream, endpoint)]

    def skew_s(self) -> float:
        """How far the server's clock is ahead."""
        return sum(one.seconds() for one in self.all() if one.order.kind == "clock_skew")


def stream_meets(wanted: str, endpoint: str) -> bool:
    """Whether a stream's name in an aim covers an endpoint such as `orders/paper` or `data/v2/iex`."""
    name, _, rest = wanted.partition("/")
    if wanted == "all" or wanted in {endpoint, endpoint.partition("/")[0]}:
        return True
    if not rest or not endpoint.startswith(f"{name}/"):
        return False
    return endpoint.endswith(f"/{rest}") or endpoint.startswith(f"{wanted}/")
