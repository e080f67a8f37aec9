"""A list as the broker told it: what can be read of it, and what cannot."""

from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

Row = TypeVar("Row")


class Listing(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """`unreadable` has, of each row that could not be read, its id or symbol; nothing where it has none.

    `last_name` is that of the last row that has one, readable or not: the next page goes by it.
    """

    rows: tuple[Row, ...] = ()
    unreadable: tuple[str, ...] = ()
    last_name: str = ""

    def __iter__(self) -> Iterator[Row]:
        """The rows that could be read."""
        return iter(self.rows)

    @property
    def count(self) -> int:
        """How many rows the broker sent."""
        return len(self.rows) + len(self.unreadable)


class UnreadableSeen:
    """Remembers which unreadable rows were met, for each is told of once."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._most_nameless = 0

    def new_of(self, unreadable: tuple[str, ...]) -> tuple[str, ...]:
        """Those not met before; what has no name is told apart by how many there are in one list."""
        named = [name for name in dict.fromkeys(unreadable) if name and name not in self._names]
        self._names.update(named)
        nameless = unreadable.count("") - self._most_nameless
        self._most_nameless += max(0, nameless)
        return (*named, *[""] * nameless)

    def forget(self, name: str) -> None:
        """Nothing is known of it yet: the next list may bring it up again."""
        self._names.discard(name)
