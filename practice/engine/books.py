"""Order books of coins: the quote at the top, and more the deeper one looks."""

import zlib

from practice.engine.clock import MICROSECOND
from practice.engine.instruments import Instrument
from practice.engine.tape import Book, Level, Quote

_DEPTH = 12


def book_of(instrument: Instrument, quote: Quote) -> Book:
    """The book at the instant of a quote, which is its first level on both sides."""
    mixed = (zlib.crc32(instrument.symbol.encode()) ^ quote.at // MICROSECOND) * 0x9E3779B97F4A7C15
    step = max(1, quote.bid // 20_000)
    bids, asks = [Level(quote.bid, quote.bid_lots)], [Level(quote.ask, quote.ask_lots)]
    below, above = quote.bid, quote.ask
    for n in range(1, _DEPTH):
        mixed = (mixed * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
        below -= step + (mixed >> 20) % (step * n)
        above += step + (mixed >> 30) % (step * n)
        if below < 1:
            break
        bids.append(Level(below, 100 * (n + (mixed >> 40) % 20)))
        asks.append(Level(above, 100 * (n + (mixed >> 50) % 20)))
    return Book(quote.at, tuple(bids), tuple(asks))
