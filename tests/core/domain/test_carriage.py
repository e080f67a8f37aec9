"""Which stream a price comes by, and whether it may look like news."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.carriage import carrier_of, is_vouched_for, price_freshness
from core.domain.circumstances import market_from
from core.domain.connection import StreamName
from core.domain.freshness import AGEING_S, NS_PER_S, STALE_S, Freshness
from core.domain.market import Quote, Source, Ticker, Trade
from core.domain.marking import MarkBy, MarkKind, mark_of
from core.domain.position import Position

CALL = "AAPL261218C00200000"
NOW = 10_000 * NS_PER_S
LATE_NS = NOW - 900 * NS_PER_S
Q = Quote(CALL, 4.0, 4.2, 10, 10, 0, NOW, feed="indicative")
LATE = Trade(CALL, 9.0, 1, 0, LATE_NS, feed="indicative")
PROMPT = Trade(CALL, 4.05, 1, 0, NOW, feed="opra")
HELD = Position(symbol=CALL, asset_class="us_option", qty=Decimal(1), avg_entry_price=Decimal(4))


@pytest.mark.parametrize(
    ("symbol", "stream"),
    [
        ("AAPL", StreamName.QUOTES),
        ("BRK.B", StreamName.QUOTES),
        ("BTC/USD", StreamName.COINS),
        ("ETH/BTC", StreamName.COINS),
        (CALL, StreamName.OPTIONS),
    ],
)
def test_each_kind_of_instrument_has_a_stream_of_its_own(symbol, stream):
    assert carrier_of(symbol) is stream


@given(
    st.sampled_from(StreamName),
    st.sampled_from([*Source, None]),
    st.none() | st.integers(0, NOW),
    st.frozensets(st.sampled_from(StreamName)),
)
def test_nothing_looks_like_news_that_is_old_or_whose_stream_is_gone(carrier, source, received, live):
    seen = price_freshness(carrier, source, received, NOW, live)
    if received is None:
        assert seen is Freshness.ABSENT
    elif seen is Freshness.FRESH:
        assert NOW - received <= AGEING_S * NS_PER_S
        assert source is Source.REST or carrier in live
    elif seen is Freshness.AGEING:
        assert NOW - received <= STALE_S * NS_PER_S
        assert is_vouched_for(carrier, source, live)


def test_a_late_trade_values_nothing_beside_a_quote_and_is_shown_with_its_age():
    ticker = Ticker(CALL, Q, LATE, previous_close=4.0)
    assert ticker.last == pytest.approx(4.1)
    mark = mark_of(HELD, ticker, MarkBy.LAST, None)
    assert mark is not None
    assert (mark.kind, mark.price) == (MarkKind.MID, Decimal("4.1"))
    market = market_from(
        ticker, freshness=Freshness.FRESH, age_s=0.0, is_open=True, feed_is_live=True, now_ns=NOW
    )
    assert (market.last, market.late_s) == (Decimal("9.00"), 900.0)
    assert market.reference == Decimal("4.1")


def test_a_late_trade_alone_is_better_than_nothing_and_as_old_as_it_is():
    ticker = Ticker(CALL, None, LATE)
    assert (ticker.last, ticker.received_ns) == (9.0, LATE_NS)


def test_the_whole_market_s_trades_are_prompt():
    ticker = Ticker(CALL, Q, PROMPT)
    assert (ticker.last, ticker.has_late_trade) == (4.05, False)
