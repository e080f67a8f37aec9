"""How an order book changes from one quote to the next."""

from collections.abc import Iterator, Sequence

import msgspec

from practice.engine.books import book_of
from practice.engine.instruments import Instrument
from practice.engine.market import Market
from practice.engine.tape import Book, Level


class BookChange(msgspec.Struct, frozen=True):
    """Levels that are new or have another size from this instant on; those of no size are gone."""

    at: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


def change(before: Book, after: Book) -> BookChange:
    """What turns one book into the next."""
    return BookChange(after.at, _changed(before.bids, after.bids), _changed(before.asks, after.asks))


def _changed(before: Sequence[Level], after: Sequence[Level]) -> tuple[Level, ...]:
    kept = {level.price for level in after}
    gone = [Level(level.price, 0) for level in before if level.price not in kept]
    known = set(before)
    return (*gone, *(level for level in after if level not in known))


def book_changes(market: Market, instrument: Instrument, at: int) -> Iterator[BookChange]:
    """The changes of the minute that starts at `at`, in order of time."""
    minute = market.minute(instrument, at)
    if minute is None or not minute.quotes:
        return
    book = market.book(instrument, at - 1)
    for quote in minute.quotes:
        before, book = book, book_of(instrument, quote)
        yield change(before, book)
