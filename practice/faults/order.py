"""An order for a fault, from the control port or a scenario file, and whether it makes sense."""

import re
from collections.abc import Iterator

import msgspec

from practice.faults.kinds import ASIDE, KINDS, Kind, Place

_ROUTE = re.compile(r"(\*|[A-Z]+) (\*|/\S*)")
_CHANGE = re.compile(r"-?\d{1,6}(\.\d{1,9})?")
_STREAM = re.compile(r"all|(orders|data|events)(/[\w./-]{1,60})?")


class Nonsense(ValueError):
    """An order that cannot be carried out. `key` names the field that is wrong."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key, self.reason = key, reason


class FaultOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is to go wrong, and when. Which fields a kind takes is in `KINDS`; durations are seconds."""

    kind: str
    label: str = ""
    # The aim
    route: str | None = None  # "POST /v2/orders"; * for any method or path, a path may end in *
    stream: str | None = None  # "orders", "data", "events", "all", or one: "data/v2/iex", "data/iex"
    event: str | None = None  # of an order: "fill"; of data: "t"; None for any event or datum
    symbol: str | None = None
    client_order_id: str | None = None
    nth: int = 1
    count: int | None = None  # 0: until stopped
    probability: float = 1.0
    seed: int = 0
    for_s: float | None = None  # stops by itself after so long
    # The effect
    status: int | None = None
    body: str | None = None
    retry_after: int | None = None
    seconds: float | tuple[float, float] | None = None
    fields: tuple[str, ...] = ()
    value: str | None = None
    code: int | None = None

    @property
    def of_kind(self) -> Kind:
        return KINDS[self.kind]

    @property
    def aims_at_items(self) -> bool:
        """Whether it changes some of an answer's items, so that only the answer tells whether it is met."""
        aimed = self.symbol is not None or self.client_order_id is not None
        return aimed and Place.ANSWER in self.of_kind.places

    @property
    def lasts(self) -> float | None:
        """For how long it is in force; None: until it is used up or stopped."""
        return self.of_kind.for_s if self.for_s is None else self.for_s


def checked(order: FaultOrder) -> FaultOrder:
    """Return the order, or raise `Nonsense`."""
    kind = KINDS.get(order.kind)
    if kind is None:
        raise Nonsense("kind", f"{order.kind!r} is none of {', '.join(KINDS)}")
    given = {
        field.name for field in msgspec.structs.fields(order) if getattr(order, field.name) != field.default
    }
    for name in sorted(given - kind.allowed):
        raise Nonsense(name, f"a {kind.name} does not take it")
    for name in sorted(kind.needs - given):
        raise Nonsense(name, f"a {kind.name} needs it")
    both = {Place.ANSWER, Place.EVENT} <= set(kind.places)
    if both and (order.route is None) == (order.stream is None):
        raise Nonsense("route", f"a {kind.name} needs either a route or a stream")
    for key, reason in _bad_values(order):
        raise Nonsense(key, reason)
    return order


def bad_aims(route: str | None, stream: str | None) -> Iterator[tuple[str, str]]:
    """What is wrong with the names of a route and a stream: the key and the reason."""
    if route is not None and not _ROUTE.fullmatch(route):
        yield "route", 'is a method or *, a space, and a path or *: "POST /v2/orders"'
    if stream is not None and not _STREAM.fullmatch(stream):
        yield "stream", 'is "orders", "data", "events", "all", or one of them: "orders/live", "data/v2/iex"'


def _bad_values(order: FaultOrder) -> Iterator[tuple[str, str]]:
    yield from bad_aims(order.route, order.stream)
    if order.nth < 1:
        yield "nth", "starts at 1"
    if order.count is not None and order.count < 0:
        yield "count", "is at least 1, or 0 for no end"
    if not 0 < order.probability <= 1:
        yield "probability", "lies above 0 and is at most 1"
    if order.for_s is not None and not 0 <= order.for_s <= 86_400:
        yield "for_s", "lies between 0 and a day"
    if order.status is not None and not 200 <= order.status <= 599:
        yield "status", "lies between 200 and 599"
    if order.retry_after is not None and not 0 <= order.retry_after <= 3600:
        yield "retry_after", "lies between 0 and 3600"
    if order.kind == "set_aside" and order.value not in {None, *ASIDE}:
        yield "value", f"is one of {', '.join(ASIDE)}"
    if order.kind == "correct" and not _is_change(order.value):
        yield "value", 'is what the price changes by: "0.05", "-0.01"'
    if order.code is not None and not 400 <= order.code <= 599:
        yield "code", "lies between 400 and 599"
    yield from _bad_seconds(order)


def _is_change(value: str | None) -> bool:
    return value is None or (_CHANGE.fullmatch(value) is not None and float(value) != 0)


def _bad_seconds(order: FaultOrder) -> Iterator[tuple[str, str]]:
    if order.seconds is None:
        return
    if isinstance(order.seconds, tuple):
        low, high = order.seconds
        if order.kind != "latency":
            yield "seconds", "is a range for latency only"
        elif not 0 <= low <= high <= 3600:
            yield "seconds", "is a range of two numbers in order, between 0 and 3600"
    elif order.kind == "clock_skew":
        if not -86_400 <= order.seconds <= 86_400:
            yield "seconds", "is at most a day either way"
    elif not 0 <= order.seconds <= 3600:
        yield "seconds", "lies between 0 and 3600"
