"""What a request, a message or an order is about: what a fault can be aimed at."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

_ENVIRONMENTS = ("/paper/", "/live/", "/data/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Symbols without slashes, and client order ids."""

    symbols: frozenset[str] = frozenset()
    client_order_ids: frozenset[str] = frozenset()

    def meets(self, symbol: str | None, client_order_id: str | None) -> bool:
        """Whether it is about these; None stands for anything."""
        return (symbol is None or plain_symbol(symbol) in self.symbols) and (
            client_order_id is None or client_order_id in self.client_order_ids
        )


def plain_symbol(symbol: str) -> str:
    """A symbol as aims compare them."""
    return symbol.upper().replace("/", "")


def bare_path(path: str) -> str:
    """A path without the environment or host it belongs to."""
    for prefix in _ENVIRONMENTS:
        if path.startswith(prefix):
            return path[len(prefix) - 1 :]
    return path


def route_meets(route: str, method: str, path: str) -> bool:
    """Whether a route of an aim covers a request; with or without the environment's prefix."""
    wanted_method, _, wanted = route.partition(" ")
    if wanted_method not in {method, "*"}:
        return False
    return any(
        one.startswith(wanted[:-1]) if wanted.endswith("*") else one == wanted
        for one in (path, bare_path(path))
    )


def subject_of(value: Any) -> Subject:
    """What decoded JSON is about, however deep it says so."""
    found = list(_mentions(value))
    return Subject(
        symbols=frozenset(plain_symbol(text) for name, text in found if name == "symbol"),
        client_order_ids=frozenset(text for name, text in found if name == "client_order_id"),
    )


def _mentions(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, str):
                if name in {"symbol", "S"}:
                    yield "symbol", inner
                elif name == "symbols":
                    yield from (("symbol", one.strip()) for one in inner.split(","))
                elif name == "client_order_id":
                    yield name, inner
            elif name == "symbols" and isinstance(inner, list):
                yield from (("symbol", one) for one in inner if isinstance(one, str))
            else:
                if name.isupper():
                    yield "symbol", name  # answers of the data host are maps by symbol
                yield from _mentions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _mentions(inner)


def subject_of_path(path: str) -> Subject:
    """What a path is about: any segment may be a symbol, and two of them a pair."""
    segments = [segment for segment in path.upper().split("/") if segment]
    pairs = (left + right for left, right in pairwise(segments))
    return Subject(symbols=frozenset({*segments, *pairs}))


def joined(*subjects: Subject) -> Subject:
    """One that is about everything that any of these is about."""
    return Subject(
        symbols=frozenset().union(*(one.symbols for one in subjects)),
        client_order_ids=frozenset().union(*(one.client_order_ids for one in subjects)),
    )
