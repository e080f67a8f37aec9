"""Reads a list whole, and one that cannot be read whole row by row: one bad row must not hide the others."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from core.domain.listing import Listing
from core.protocol.call import Answer

Result = TypeVar("Result")

_ERRORS = (ValueError, RecursionError)  # msgspec's errors are ValueErrors
_LONGEST_NAME = 64


def row_reader(wire: Any, turn: Callable[[Any], Result], name: str) -> Callable[[Answer], Listing[Result]]:
    """Read a list of `wire`, each turned into our value, which has its id or symbol as the attribute `name`.

    What is read raises ValueError only when the answer is no list at all.
    """
    whole = msgspec.json.Decoder(list[wire], strict=False)
    single = msgspec.json.Decoder(wire, strict=False)

    def read(answer: Answer) -> Listing[Result]:
        try:
            rows = tuple(turn(row) for row in whole.decode(answer.body))
        except _ERRORS:
            return row_by_row(answer.body)
        return Listing(rows=rows, last_name=getattr(rows[-1], name) if rows else "")

    def row_by_row(body: bytes) -> Listing[Result]:
        rows: list[Result] = []
        unreadable: list[str] = []
        last_name = ""
        for raw in msgspec.json.decode(body, type=list[msgspec.Raw]):
            try:
                rows.append(turn(single.decode(raw)))
                last_name = getattr(rows[-1], name)
            except _ERRORS:
                unreadable.append(_name_of(raw, name))
                last_name = unreadable[-1] or last_name
        return Listing(rows=tuple(rows), unreadable=tuple(unreadable), last_name=last_name)

    return read


def _name_of(raw: msgspec.Raw, name: str) -> str:
    try:
        text = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])[name]
        found = msgspec.json.decode(text, type=str)
    except (*_ERRORS, KeyError):
        return ""
    # Dots alone would name another place in a path.
    is_name = found.strip(".") and len(found) <= _LONGEST_NAME and found.isprintable()
    return found if is_name else ""
