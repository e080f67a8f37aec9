"""Order books of coins: the quote at the top, and resting orders further away that stay where they are.

From one quote to the next most of a book is the same, so that telling its changes is worth the trouble.
"""

import itertools
import zlib
from collections.abc import Iterable, Iterator

from practice.engine.clock import SECOND
from practice.engine.instruments import Instrument
from practice.engine.tape import Book, Level, Quote

_DEPTH = 12
_CELLS = 20_000  # into which the usual price is divided; each has one resting order
_LIFE_S = 20  # after which a resting order has another size
_MASK = (1 << 64) - 1


def book_of(instrument: Instrument, quote: Quote) -> Book:
    """The book at the instant of a quote, which is its first level on both sides."""
    step, salt = max(1, instrument.base_ticks // _CELLS), zlib.crc32(instrument.symbol.encode())
    second = quote.at // SECOND

    def resting(cells: Iterable[int]) -> Iterator[Level]:
        for cell in cells:
            mixed = _mixed(salt ^ cell)
            size = _mixed(mixed + (second + mixed % _LIFE_S) // _LIFE_S)
            yield Level(cell * step + mixed % step, 100 * (1 + size % 30))

    below, above = resting(range(quote.bid // step, -1, -1)), resting(itertools.count(quote.ask // step))
    bids = itertools.islice((level for level in below if 0 < level.price < quote.bid), _DEPTH - 1)
    asks = itertools.islice((level for level in above if level.price > quote.ask), _DEPTH - 1)
    return Book(
        quote.at,
        (Level(quote.bid, quote.bid_lots), *bids),
        (Level(quote.ask, quote.ask_lots), *asks),
    )


def _mixed(number: int) -> int:
    """The same number for the same number, without a pattern one could see."""
    number = (number * 0x9E3779B97F4A7C15 + 0x7F4A7C15) & _MASK
    return (number ^ number >> 29) * 0xBF58476D1CE4E5B9 >> 17 & 0xFFFFFFFF
