"""Order books of coins."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.engine.books import book_of
from practice.engine.clock import SECOND
from practice.engine.instruments import Instrument, listed_instruments
from practice.engine.tape import Quote

COINS = [one for one in listed_instruments().values() if one.is_crypto]


@given(st.sampled_from(COINS), st.floats(0.1, 10), st.integers(1, 400), st.integers(0, 10**6))
def test_a_book_has_the_quote_on_top_and_is_sorted_and_never_crossed(
    instrument: Instrument, part: float, width: int, second: int
) -> None:
    bid = max(1, round(instrument.base_ticks * part))
    quote = Quote(second * SECOND, bid, 300, "", bid + width, 200, "")
    book = book_of(instrument, quote)
    bids, asks = ([level.price for level in side] for side in (book.bids, book.asks))
    assert (bids[0], asks[0]) == (quote.bid, quote.ask)
    assert bids == sorted(set(bids), reverse=True)
    assert asks == sorted(set(asks))
    assert bids[-1] >= 1
    assert all(level.lots > 0 for level in (*book.bids, *book.asks))


@pytest.mark.parametrize("coin", COINS, ids=lambda coin: coin.symbol)
def test_most_of_a_book_outlives_a_quote(coin: Instrument) -> None:
    bid = coin.base_ticks
    books = [book_of(coin, Quote(n * SECOND, bid + n % 2, 300, "", bid + 40, 200, "")) for n in range(30)]
    kept = [len(set(a.bids) & set(b.bids)) for a, b in pairwise(books)]
    assert sum(kept) / len(kept) > len(books[0].bids) / 2
