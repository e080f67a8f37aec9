"""One connection's worth of market data, without a socket."""

import json
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.domain.connection import RefusalReason
from core.domain.market import Source
from core.protocol.data_messages import (
    DailyBar,
    Failure,
    MinuteBar,
    Other,
    QuoteMessage,
    Subscription,
    Success,
    TradeMessage,
    TradingStatus,
    UpdatedBar,
)
from core.protocol.data_stream import DataStreamSession, Phase
from tests.core.golden import TOKEN, golden

WIRE = golden("data_stream")
SERVER = WIRE["server"]


def packed(messages: object) -> bytes:
    return bytes(msgpack.packb(messages))


def said(session: DataStreamSession) -> list[Any]:
    out, session.to_send = session.to_send, []
    return [msgspec.msgpack.decode(message) for message in out]


def live_session(*symbols: str) -> DataStreamSession:
    session = DataStreamSession(TOKEN)
    session.want(symbols)
    session.receive(packed(SERVER["connected"]))
    session.receive(packed(SERVER["authenticated"]))
    return session


@pytest.mark.parametrize("spell", [packed, json.dumps, lambda value: json.dumps(value).encode()])
def test_the_handshake_follows_the_documents_in_either_encoding_and_frame(spell):
    session = DataStreamSession(TOKEN)
    session.want(["AMD", "AAPL"])
    assert said(session) == []
    session.receive(spell(SERVER["connected"]))
    assert said(session) == [WIRE["client"]["auth"]]
    session.receive(spell(SERVER["authenticated"]))
    assert session.phase is Phase.LIVE
    assert said(session) == [WIRE["client"]["subscribe"]]
    messages = session.receive(spell(SERVER["subscription"]))
    assert isinstance(messages[0], Subscription)
    assert said(session) == []


def test_a_server_that_took_the_headers_needs_no_authentication():
    session = DataStreamSession(TOKEN)
    session.receive(packed(SERVER["authenticated"]))
    assert session.phase is Phase.LIVE


def test_every_documented_message_is_understood():
    kinds = [type(message) for message in live_session().receive(packed(SERVER["data"]))]
    assert kinds == [TradeMessage, MinuteBar, QuoteMessage, UpdatedBar, DailyBar, TradingStatus]


def test_values_carry_their_provenance():
    trade, bar, quote, *_ = live_session().receive(json.dumps(SERVER["data"]))
    assert isinstance(trade, TradeMessage)
    assert isinstance(bar, MinuteBar)
    assert isinstance(quote, QuoteMessage)
    traded, seen, minute = trade.trade(7), quote.quote(7), bar.bar(7)
    assert traded is not None
    assert minute is not None
    assert (traded.price, traded.size, traded.exchange) == (133.85, 4.0, "V")
    assert (seen.bid, seen.ask, seen.bid_size, seen.ask_size) == (133.84, 133.86, 300.0, 200.0)
    assert (minute.open, minute.close, minute.volume) == (133.2, 133.85, 860.0)
    assert (seen.received_ns, seen.source) == (7, Source.STREAM)
    assert seen.exchange_ns == 1_795_187_046_500_000_000
    assert abs(traded.exchange_ns - 1_795_187_046_412_345_678) < 1_000


def test_messagepack_timestamps_are_understood_in_every_documented_form():
    for moment in (msgpack.Timestamp(1_795_187_046, 0), msgpack.Timestamp(1_795_187_046, 500_000_000)):
        (quote,) = live_session().receive(packed([{"T": "q", "S": "A", "bp": 1.0, "ap": 2.0, "t": moment}]))
        assert isinstance(quote, QuoteMessage)
        assert quote.quote(1).exchange_ns == moment.to_unix_nano()


def test_nulls_mean_that_there_is_none():
    nothing = {"bp": None, "ap": None, "bs": None, "as": None, "t": None}
    quote, trade, bar = live_session().receive(
        packed(
            [
                {"T": "q", "S": "A", **nothing},
                {"T": "t", "S": "A", "p": None, "s": None, "t": None},
                {"T": "b", "S": "A", "o": None, "h": 1, "l": 1, "c": 1},
            ]
        )
    )
    assert isinstance(quote, QuoteMessage)
    assert isinstance(trade, TradeMessage)
    assert isinstance(bar, MinuteBar)
    assert (quote.quote(1).bid, quote.quote(1).exchange_ns) == (0.0, 0)
    assert trade.trade(1) is None
    assert bar.bar(1) is None


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_none_do_not_become_prices(number):
    quote, trade, bar = live_session().receive(
        packed(
            [
                {"T": "q", "S": "A", "bp": number, "ap": 2.0, "bs": number},
                {"T": "t", "S": "A", "p": number},
                {"T": "b", "S": "A", "o": 1.0, "h": number, "l": 1.0, "c": 1.0},
            ]
        )
    )
    assert isinstance(quote, QuoteMessage)
    assert isinstance(trade, TradeMessage)
    assert isinstance(bar, MinuteBar)
    assert (quote.quote(1).bid, quote.quote(1).ask, quote.quote(1).bid_size) == (0.0, 2.0, 0.0)
    assert trade.trade(1) is None
    assert bar.bar(1) is None


GOOD = {"T": "q", "S": "GOOD", "bp": 1.0, "ap": 2.0}


@pytest.mark.parametrize(
    ("stranger", "unreadable"),
    [
        ({"T": "z", "S": "NEW", "what": 1}, 0),
        ({"T": "n", "id": 1, "headline": "no S"}, 0),
        ({"T": "q", "S": "X", "bp": "not a number"}, 1),
        ({"T": "q"}, 1),
        ({"T": "t", "S": 7}, 1),
        ({"T": "error", "code": "402"}, 1),
        ({"S": "no T"}, 1),
        ({"T": 7}, 1),
        (None, 1),
        ([], 1),
        (17, 1),
        ({"T": "q", "S": "X", "t": "yesterday"}, 1),
    ],
)
@pytest.mark.parametrize("spell", [packed, json.dumps])
def test_a_new_or_damaged_message_does_not_cost_its_neighbours(stranger, unreadable, spell):
    session = live_session()
    messages = session.receive(spell([GOOD, stranger, GOOD]))
    assert [message.S for message in messages if isinstance(message, QuoteMessage)] == ["GOOD", "GOOD"]
    assert session.unreadable == unreadable
    assert [type(message) for message in messages if not isinstance(message, QuoteMessage)] == (
        [] if unreadable else [Other]
    )


def test_unknown_fields_are_ignored():
    (quote,) = live_session().receive(packed([{**GOOD, "future": {"deep": [1]}}]))
    assert isinstance(quote, QuoteMessage)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        "",
        b"[",
        "{}",
        b"\xc1",
        b"\x91",
        "[" * 100_000,
        b"\x91" * 100_000,
        json.dumps({"T": "q", "S": "A"}),
        '[{"T":"q","S":"A","bp":1e400}]',
        b'[{"T":"q","S":"\xff"}]',
        packed([{"T": "q", "S": "A", "t": msgpack.Timestamp(2**60, 0)}]),
    ],
)
def test_a_frame_that_cannot_be_read_is_counted_and_survived(frame):
    session = live_session()
    assert session.receive(frame) == []
    assert session.unreadable == 1
    assert session.phase is Phase.LIVE
    assert session.receive(packed([GOOD]))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)
FIELDS = st.dictionaries(
    st.sampled_from(["T", "S", "bp", "ap", "p", "t", "code", "msg", "quotes", "o"]), JSON_VALUES, max_size=5
)
TAGGED = st.lists(
    st.builds(
        lambda tag, rest: {**rest, "T": tag}, st.sampled_from(["q", "t", "b", "error", "success"]), FIELDS
    ),
    max_size=3,
)


@given(st.binary(max_size=300) | st.text(max_size=300))
@example(b'[{"T":"error","code":99999999999999999999999999}]')
def test_no_bytes_or_text_whatever_make_a_session_raise(frame):
    for session in (DataStreamSession(TOKEN), live_session("A")):
        session.receive(frame)


@given(st.lists(TAGGED | JSON_VALUES, max_size=5))
def test_no_message_whatever_makes_a_session_raise(frames):
    session = live_session("A", "B")
    for frame in frames:
        try:
            spellings: list[bytes | str] = [packed(frame), json.dumps(frame)]
        except OverflowError:
            continue  # MessagePack has no such integer
        for spelling in spellings:
            for message in session.receive(spelling):
                for turn in ("quote", "trade", "bar"):
                    getattr(message, turn, lambda _ns: None)(1)
    assert session.phase in {Phase.LIVE, Phase.OVER}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (401, RefusalReason.SERVER_ERROR),
        (402, RefusalReason.TOKEN_REFUSED),
        (404, RefusalReason.NO_ANSWER),
        (406, RefusalReason.CONNECTION_LIMIT),
        (407, RefusalReason.SLOW_CLIENT),
        (409, RefusalReason.PLAN_LACKS_FEED),
        (411, RefusalReason.SCOPE_MISSING),
        (500, RefusalReason.SERVER_ERROR),
    ],
)
@pytest.mark.parametrize("greeted", [True, False])
def test_an_error_of_the_table_ends_the_conversation_for_its_reason(code, reason, greeted):
    session = DataStreamSession(TOKEN)
    error = {"T": "error", "code": code, "msg": "why"}
    session.receive(packed([{"T": "success", "msg": "connected"}, error] if greeted else [error]))
    assert (session.phase, session.over_because) == (Phase.OVER, reason)


@pytest.mark.parametrize("code", [400, 403, 405, 408, 410, 412, 413, 999])
def test_other_errors_are_survived_when_live(code):
    session = live_session("A")
    (error,) = session.receive(packed([{"T": "error", "code": code, "msg": "why"}]))
    assert isinstance(error, Failure)
    assert session.phase is Phase.LIVE
    assert session.over_because is RefusalReason.NONE


def test_already_authenticated_is_as_good_as_authenticated():
    session = DataStreamSession(TOKEN)
    session.receive(packed(SERVER["connected"]))
    session.receive(packed([{"T": "error", "code": 403, "msg": "already authenticated"}]))
    assert session.phase is Phase.LIVE


def test_wishes_become_differences_asked_for_one_at_a_time():
    session = live_session("AAPL", "AMD")
    said(session)
    session.want(["AAPL"])
    assert said(session) == [], "the first request is not answered yet"
    acknowledge(session, "AAPL", "AMD")
    assert said(session) == [WIRE["client"]["unsubscribe"]]
    session.want(["NVDA"])
    assert said(session) == []
    acknowledge(session, "AAPL")
    assert [message["action"] for message in said(session)] == ["unsubscribe"]
    acknowledge(session)
    assert said(session) == [
        {"action": "subscribe", "trades": ["NVDA"], "quotes": ["NVDA"], "bars": ["NVDA"]}
    ]
    acknowledge(session, "NVDA")
    assert said(session) == []
    session.want([])
    assert said(session) == [
        {"action": "unsubscribe", "trades": ["NVDA"], "quotes": ["NVDA"], "bars": ["NVDA"]}
    ]


def test_a_symbol_the_server_leaves_out_is_not_asked_for_again_and_again():
    session = live_session("AAPL", "NOSUCH")
    said(session)
    acknowledge(session, "AAPL")
    assert said(session) == []
    session.want(["AAPL", "NOSUCH", "AMD"])
    assert said(session)[0]["quotes"] == ["AMD", "NOSUCH"]


def test_wishes_before_the_handshake_wait_for_it():
    session = DataStreamSession(TOKEN)
    session.want(["A"])
    session.want(["B"])
    session.receive(packed(SERVER["connected"]))
    said(session)
    session.receive(packed(SERVER["authenticated"]))
    assert said(session) == [{"action": "subscribe", "trades": ["B"], "quotes": ["B"], "bars": ["B"]}]


def acknowledge(session: DataStreamSession, *symbols: str) -> None:
    channels = {channel: list(symbols) for channel in ("trades", "quotes", "bars")}
    session.receive(packed([{"T": "subscription", **channels}]))


def test_a_subscription_over_the_limit_names_what_was_refused_and_is_not_repeated():
    session = live_session("A")
    acknowledge(session, "A")
    session.want(["A", "B", "C"])
    said(session)
    session.receive(packed([{"T": "error", "code": 405, "msg": "symbol limit exceeded"}]))
    assert session.refused_symbols == {"B", "C"}
    assert said(session) == []
    session.want(["A", "B"])
    assert said(session) == [{"action": "subscribe", "trades": ["B"], "quotes": ["B"], "bars": ["B"]}]
    acknowledge(session, "A", "B")
    assert session.refused_symbols == frozenset()


@given(st.lists(st.tuples(st.frozensets(st.sampled_from("ABCDEF")), st.booleans()), max_size=12))
def test_a_server_that_follows_us_ends_with_what_we_want(wishes):
    """A model of the server takes each subscription, or refuses it whole when it is at its limit of four."""
    session, carried, wanted = live_session(), set[str](), frozenset[str]()
    said(session)
    for wish, answers_late in wishes:
        wanted = wish
        session.want(wish)
        if not answers_late:
            _serve(session, carried)
    _serve(session, carried)
    if len(wanted) <= 4:
        session.want(wanted)
        _serve(session, carried)
        assert carried == wanted
    assert len(carried) <= 4


def _serve(session: DataStreamSession, carried: set[str]) -> None:
    while requests := said(session):
        (request,) = requests  # one at a time: an error does not say which request it means
        if request["action"] == "unsubscribe":
            carried.difference_update(request["quotes"])
        elif len(carried | set(request["quotes"])) > 4:
            session.receive(packed([{"T": "error", "code": 405, "msg": "symbol limit exceeded"}]))
            continue
        else:
            carried.update(request["quotes"])
        acknowledge(session, *carried)


def test_nothing_is_said_after_the_end():
    session = live_session("A")
    said(session)
    session.receive(packed(SERVER["auth_failed"]))
    session.want(["B"])
    session.receive(packed(SERVER["authenticated"]))
    assert said(session) == []
    assert session.phase is Phase.OVER


def test_a_greeting_in_the_middle_changes_nothing():
    session = live_session("A")
    said(session)
    (greeting,) = session.receive(packed(SERVER["connected"]))
    assert isinstance(greeting, Success)
    assert said(session) == []
