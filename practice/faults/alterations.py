"""Changes to what an answer or a message says: nulls, unknown words, unknown fields, shifted clocks.

They take decoded JSON or MessagePack and return it changed; what they are given may be changed too.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from practice.faults.order import FaultOrder
from practice.faults.subject import plain_symbol

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_NAMES = {
    "account_number",
    "cusip",
    "client_order_id",
    "name",
    "symbol",
    "S",
}  # never numbers, whatever they hold
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?=(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))")
_UNKNOWN_WORD, _UNKNOWN_FIELD = "under_consideration", "practice_novelty"

Alteration = Callable[[dict[str, Any]], None]


def alteration_of(order: FaultOrder) -> Alteration | None:
    """What a fault does to each object it is aimed at; None for kinds that change no objects."""
    match order.kind:
        case "null_numbers":
            return lambda one: _null_numbers(one, order.fields)
        case "unknown_enum":
            fields, word = order.fields or ("status",), order.value or _UNKNOWN_WORD
            return lambda one: one.update((name, word) for name in fields if isinstance(one.get(name), str))
        case "unknown_field":
            field, extra = (order.fields or (_UNKNOWN_FIELD,))[0], order.value
            return lambda one: one.update({field: extra or {"depth": [1, None, "two"]}})
        case _:
            return None


def _null_numbers(one: dict[str, Any], fields: tuple[str, ...]) -> None:
    for name, value in one.items():
        if name in fields or (not fields and name not in _NAMES and _is_number(value)):
            one[name] = None


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def altered(value: Any, order: FaultOrder, change: Alteration, *, aimed: bool | None = None) -> Any:
    """Change every object that the order is aimed at, and those inside it; the value is changed in place."""
    inside = aimed if aimed is not None else order.symbol is None and order.client_order_id is None
    if isinstance(value, list):
        for item in value:
            altered(item, order, change, aimed=inside)
    elif isinstance(value, dict):
        inside = inside or is_about(value, order)
        for name, item in list(value.items()):
            # In capitals only: the data host's `c` is a list of conditions, and C a bank.
            named = order.symbol is not None and name.replace("/", "") == plain_symbol(order.symbol)
            altered(item, order, change, aimed=inside or named)
        if inside:
            change(value)
    return value


def is_about(one: dict[str, Any], order: FaultOrder) -> bool:
    """Whether an object itself names what the order is aimed at."""
    symbol = one.get("symbol", one.get("S"))
    if order.symbol is not None and (
        not isinstance(symbol, str) or plain_symbol(symbol) != plain_symbol(order.symbol)
    ):
        return False
    wanted = order.client_order_id
    return wanted is None or one.get("client_order_id") == wanted


def without_aimed(items: list[Any], order: FaultOrder, draw: Callable[[int], int]) -> list[Any]:
    """A list without the items aimed at; aimed at none, without the one that `draw` picks."""
    if order.symbol is None and order.client_order_id is None:
        lost = draw(len(items)) if items else -1
        return [item for place, item in enumerate(items) if place != lost]
    return [item for item in items if not (isinstance(item, dict) and is_about(item, order))]


def shifted_stamps(text: bytes, seconds: float) -> bytes:
    """JSON or MessagePack whose written timestamps lie `seconds` later, to the whole second."""
    shift = timedelta(seconds=round(seconds))

    def shifted(found: re.Match[bytes]) -> bytes:
        moment = datetime.fromisoformat(found[0].decode()).replace(tzinfo=UTC) + shift
        return moment.strftime("%Y-%m-%dT%H:%M:%S").encode()

    return _STAMP.sub(shifted, text)
