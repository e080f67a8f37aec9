"""What coins and option contracts say differently from stocks, in the words of the broker's documents."""

import json
import warnings
from datetime import UTC, datetime
from math import isfinite
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.connection import RefusalReason, StreamName
from core.protocol.data_messages import MinuteBar, Other, QuoteMessage, TradeMessage
from core.protocol.data_stream import DataStreamSession, Phase
from tests.core.golden import TOKEN, golden

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alpaca.data.models import Quote as SdkQuote
    from alpaca.data.models import Trade as SdkTrade

SERVER = golden("data_stream")["server"]
COINS, OPTIONS, QUOTES = StreamName.COINS, StreamName.OPTIONS, StreamName.QUOTES
BTC, ETH, CALL, PUT = "BTC/USD", "ETH/USD", "AAPL261218C00200000", "AAPL261218P00200000"


def packed(messages: object) -> bytes:
    return bytes(msgpack.packb(messages, datetime=True))


def said(session: DataStreamSession) -> list[Any]:
    out, session.to_send = session.to_send, []
    return [msgspec.msgpack.decode(message) for message in out]


def live_session(stream: StreamName, *symbols: str) -> DataStreamSession:
    session = DataStreamSession(TOKEN, stream)
    session.want(symbols)
    session.receive(packed(SERVER["connected"]))
    session.receive(packed(SERVER["authenticated"]))
    return session


def fail(session: DataStreamSession, code: int) -> None:
    session.receive(packed([{"T": "error", "code": code, "msg": "why"}]))


def carry(session: DataStreamSession, *symbols: str) -> None:
    session.receive(packed([{"T": "subscription", "trades": list(symbols), "quotes": list(symbols)}]))


@pytest.mark.parametrize(
    ("stream", "symbol", "channels"),
    [
        (COINS, BTC, {"trades", "quotes", "bars"}),
        (OPTIONS, CALL, {"trades", "quotes"}),  # bars would be refused by 410 (section 6.3)
    ],
)
def test_only_channels_that_the_stream_has_are_asked_for(stream, symbol, channels):
    auth, subscribe = said(live_session(stream, symbol))
    assert auth == {"action": "auth", "key": "oauth", "secret": "<token>"}
    assert subscribe == {"action": "subscribe", **{channel: [symbol] for channel in channels}}


@pytest.mark.parametrize("spell", [packed, json.dumps])
def test_messages_of_coins_are_understood_with_all_digits_of_their_sizes(spell):
    trade, quote, bar, book = live_session(COINS).receive(spell(SERVER["coins"]))
    assert isinstance(trade, TradeMessage)
    assert isinstance(quote, QuoteMessage)
    assert isinstance(bar, MinuteBar)
    assert isinstance(book, Other)
    traded, seen = trade.trade(7, "crypto us"), quote.quote(7, "crypto us")
    assert traded is not None
    assert (traded.price, traded.size, traded.exchange, traded.feed) == (91240.5, 0.000125, "", "crypto us")
    assert (seen.bid, seen.ask, seen.bid_size, seen.ask_size) == (91238.12, 91244.9, 0.65412, 1.2000001)
    assert (seen.feed, seen.received_ns, seen.exchange_ns) == ("crypto us", 7, 1_795_187_046_500_000_000)
    volume = bar.bar(7)
    assert volume is not None
    assert volume.volume == 0.53102


def test_messages_of_options_are_understood_though_their_conditions_are_text():
    session = live_session(OPTIONS)
    trade, quote = session.receive(packed(SERVER["options"]))
    assert isinstance(trade, TradeMessage)
    assert isinstance(quote, QuoteMessage)
    traded, seen = trade.trade(7, "indicative"), quote.quote(7, "indicative")
    assert traded is not None
    assert (traded.price, traded.size, traded.exchange, traded.feed) == (4.05, 2, "N", "indicative")
    assert (seen.bid, seen.ask, seen.bid_size, seen.ask_size) == (4, 4.1, 31, 12)
    assert session.unreadable == 0


@pytest.mark.parametrize("kind", ["coins", "options"])
def test_the_sdk_reads_the_same_figures_from_the_same_messages(kind):
    messages = SERVER[kind]
    ours = live_session(StreamName(kind)).receive(packed(messages))
    compared = 0
    for raw, message in zip(messages, ours, strict=True):
        if isinstance(message, QuoteMessage):
            theirs, quote = SdkQuote(raw["S"], raw), message.quote(1)
            assert (quote.bid, quote.bid_size) == (theirs.bid_price, theirs.bid_size)
            assert (quote.ask, quote.ask_size) == (theirs.ask_price, theirs.ask_size)
            compared += 1
        elif isinstance(message, TradeMessage):
            printed, trade = SdkTrade(raw["S"], raw), message.trade(1)
            assert trade is not None
            assert (trade.price, trade.size) == (printed.price, printed.size)
            compared += 1
    assert compared == 2


SIZES = st.floats(min_value=0, max_value=1e9) | st.integers(0, 2**40) | st.none()
PRICES = st.floats() | st.integers(0, 10**7) | st.none()
TIMES = st.builds(datetime.fromtimestamp, st.integers(0, 2**31), st.just(UTC)) | st.none()
CONDITIONS = st.text(max_size=3) | st.lists(st.text(max_size=2), max_size=3) | st.none()
COIN_QUOTES = st.fixed_dictionaries(
    {
        "T": st.just("q"),
        "S": st.sampled_from([BTC, ETH]),
        "bp": PRICES,
        "ap": PRICES,
        "bs": SIZES,
        "as": SIZES,
    },
    optional={"t": TIMES},
)
OPTION_QUOTES = st.fixed_dictionaries(
    {
        "T": st.just("q"),
        "S": st.sampled_from([CALL, PUT]),
        "bp": PRICES,
        "ap": PRICES,
        "bs": SIZES,
        "as": SIZES,
    },
    optional={"t": TIMES, "c": CONDITIONS, "bx": st.text(max_size=2), "ax": st.text(max_size=2)},
)
TRADES = st.fixed_dictionaries(
    {"T": st.just("t"), "S": st.sampled_from([BTC, CALL]), "p": PRICES, "s": SIZES},
    optional={"t": TIMES, "c": CONDITIONS, "tks": st.sampled_from(["B", "S"]), "i": st.integers(0, 2**60)},
)


@given(
    st.lists(COIN_QUOTES | OPTION_QUOTES | TRADES, min_size=1, max_size=6), st.sampled_from([COINS, OPTIONS])
)
def test_every_message_of_the_documented_shape_is_read_and_none_brings_a_number_that_is_none(
    messages, stream
):
    session = live_session(stream)
    taken = session.receive(packed(messages))
    assert (len(taken), session.unreadable) == (len(messages), 0)
    for raw, message in zip(messages, taken, strict=True):
        if isinstance(message, QuoteMessage):
            quote = message.quote(1)
            assert all(map(isfinite, (quote.bid, quote.ask, quote.bid_size, quote.ask_size)))
            assert quote.bid_size == (raw["bs"] or 0)
        elif isinstance(message, TradeMessage) and (trade := message.trade(1)) is not None:
            assert isfinite(trade.price + trade.size)


@pytest.mark.parametrize("stream", [COINS, OPTIONS])
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (402, RefusalReason.TOKEN_REFUSED),
        (406, RefusalReason.CONNECTION_LIMIT),
        (409, RefusalReason.PLAN_LACKS_FEED),
        (411, RefusalReason.SCOPE_MISSING),
    ],
)
def test_an_error_means_the_same_on_every_stream(stream, code, reason):
    session = DataStreamSession(TOKEN, stream)
    session.receive(packed(SERVER["connected"]))
    fail(session, code)
    assert (session.phase, session.over_because) == (Phase.OVER, reason)


@pytest.mark.parametrize("code", [405, 410, 413])
def test_a_refused_request_is_given_up_and_the_next_one_is_made_all_the_same(code):
    session = live_session(OPTIONS, CALL, PUT)
    said(session)
    fail(session, code)
    assert session.refused_symbols == {CALL, PUT}
    assert said(session) == []
    session.want([CALL])
    assert [message["quotes"] for message in said(session)] == [[CALL]]


@pytest.mark.parametrize("code", [400, 405, 410, 413])
def test_an_error_before_the_authentication_asks_for_nothing(code):
    session = DataStreamSession(TOKEN, COINS)
    session.want([BTC])
    fail(session, code)
    session.receive(packed(SERVER["connected"]))
    assert [message["action"] for message in said(session)] == ["auth"]


@given(st.frozensets(st.sampled_from("ABCDEFGHIJ"), min_size=1), st.frozensets(st.sampled_from("ABCDEFGHIJ")))
def test_a_name_that_the_feed_cannot_read_costs_no_other(wanted, unreadable):
    """A model of the broker: one bad symbol, and the request is refused whole (error 400)."""
    session, carried, requests = live_session(COINS, *wanted), set[str](), 0
    _auth, *asked = said(session)
    while asked:
        (request,) = asked
        requests += 1
        if unreadable.isdisjoint(request["quotes"]):
            carried.update(request["quotes"])
            carry(session, *carried)
        else:
            fail(session, 400)
        asked = said(session)
    assert session.carried == carried == wanted - unreadable
    assert requests <= 2 + 6 * len(wanted & unreadable)


@pytest.mark.parametrize("is_refused", [True, False])
def test_a_broker_that_goes_on_with_what_nobody_wants_is_not_asked_for_ever(is_refused):
    session = live_session(COINS, BTC, ETH)
    carry(session, BTC, ETH)
    said(session)
    session.want([BTC])
    for _ in range(3):
        if is_refused:
            fail(session, 400)
        else:
            carry(session, BTC, ETH)
    assert [message["action"] for message in said(session)] == ["unsubscribe"]
    session.want([])
    assert said(session)[0]["quotes"] == [BTC, ETH]
