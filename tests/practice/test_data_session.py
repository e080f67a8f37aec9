"""Conversations of the data streams, without sockets."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.server.data_session import DataSession, Verdict
from practice.server.stream_kinds import CRYPTO, NEWS, OPTIONS, STOCKS, StreamKind

CONTRACT = "AAPL261218C00200000"
KINDS = {"stocks": STOCKS, "crypto": CRYPTO, "options": OPTIONS, "news": NEWS}
KEY = {"action": "auth", "key": "k", "secret": "s"}


def admit(key: str, secret: str) -> Verdict:
    return "welcome" if (key, secret) == ("k", "s") else 402


def live(kind: StreamKind, limit: int = 0) -> DataSession:
    session = DataSession(kind, admit, limit, packed=True)
    assert session.receive(KEY).messages == [{"T": "success", "msg": "authenticated"}]
    return session


def answer(session: DataSession, action: str, **channels: Any) -> dict[str, Any]:
    reply = session.receive({"action": action, **channels})
    assert len(reply.messages) == 1
    assert not reply.ends
    return reply.messages[0]


def code(session: DataSession, action: str = "subscribe", **channels: Any) -> int:
    message = answer(session, action, **channels)
    assert message["T"] == "error"
    return int(message["code"])


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        (
            "stocks",
            "trades quotes bars updatedBars dailyBars statuses lulds imbalances corrections cancelErrors",
        ),
        ("crypto", "trades quotes bars updatedBars dailyBars orderbooks"),
        ("options", "trades quotes"),
        ("news", "news"),
    ],
)
def test_an_acknowledgement_has_the_channels_of_its_stream_and_no_others(kind: str, shape: str) -> None:
    assert list(answer(live(KINDS[kind]), "subscribe")) == ["T", *shape.split()]


def test_corrections_and_cancellations_follow_the_trades() -> None:
    session = live(STOCKS)
    acknowledged = answer(session, "subscribe", trades=["KO", "AAPL"], quotes=["F"])
    assert acknowledged["corrections"] == acknowledged["cancelErrors"] == ["AAPL", "KO"]
    assert answer(session, "unsubscribe", trades=["KO"])["cancelErrors"] == ["AAPL"]
    assert code(session, corrections=["AAPL"]) == 410


@pytest.mark.parametrize(
    ("kind", "channels", "expected"),
    [
        ("stocks", {"orderbooks": ["AAPL"]}, 410),
        ("stocks", {"news": ["AAPL"]}, 410),
        ("stocks", {"quotes": ["aapl"]}, 400),
        ("stocks", {"quotes": [""]}, 400),
        ("stocks", {"quotes": [7]}, 400),
        ("stocks", {"quotes": None}, 400),
        ("stocks", {"quotes": {"AAPL": 1}}, 400),
        ("crypto", {"lulds": ["BTC/USD"]}, 410),
        ("crypto", {"quotes": ["BTCUSD"]}, 400),
        ("options", {"bars": [CONTRACT]}, 410),
        ("options", {"quotes": ["AAPL"]}, 400),
        ("options", {"quotes": ["*"]}, 413),
        ("news", {"trades": ["AAPL"]}, 410),
    ],
)
def test_what_a_stream_does_not_offer_is_refused_and_changes_nothing(
    kind: str, channels: dict[str, Any], expected: int
) -> None:
    session = live(KINDS[kind])
    before = session.subscriptions
    assert code(session, **channels) == expected
    assert session.subscriptions is before


def test_every_option_trade_may_be_had_but_not_every_quote() -> None:
    session = live(OPTIONS)
    assert answer(session, "subscribe", trades=["*"])["trades"] == ["*"]
    assert code(session, trades=[CONTRACT], quotes=["*", CONTRACT]) == 413
    assert answer(session, "unsubscribe", quotes=["*"]) == {
        "T": "subscription",
        "trades": ["*"],
        "quotes": [],
    }


def test_options_in_text_are_refused_whoever_asks() -> None:
    session = DataSession(OPTIONS, admit, 0, packed=False)
    reply = session.receive(KEY)
    assert reply.ends
    assert reply.messages == [
        {"T": "error", "code": 412, "msg": "option messages are only available in MsgPack format"}
    ]
    assert not session.is_live


def test_the_limit_counts_trades_and_quotes_of_stocks_and_only_quotes_of_options() -> None:
    stocks = live(STOCKS, limit=2)
    answer(stocks, "subscribe", trades=["A"], quotes=["A"], bars=["*"], statuses=["B", "C"])
    assert code(stocks, quotes=["B"]) == 405
    assert code(stocks, trades=["*"]) == 405
    assert answer(stocks, "subscribe", trades=["A"])["trades"] == ["A"]
    options = live(OPTIONS, limit=1)
    answer(options, "subscribe", trades=["*"], quotes=[CONTRACT])
    assert code(options, quotes=[CONTRACT.replace("C", "P", 1)]) == 405


def test_unsubscribing_is_never_too_much() -> None:
    session = live(STOCKS, limit=1)
    answer(session, "subscribe", quotes=["A"])
    assert answer(session, "unsubscribe", trades=["B", "C"])["quotes"] == ["A"]


def test_who_is_not_authenticated_gets_nothing() -> None:
    session = DataSession(STOCKS, admit, 0, packed=True)
    assert code(session, trades=["A"]) == 401
    assert code(session, "unsubscribe", trades=["A"]) == 401
    assert code(session, "auth", key="k") == 400
    assert code(session, "auth", key=1, secret=2) == 400
    refused = session.receive({"action": "auth", "key": "k", "secret": "no"})
    assert (refused.ends, refused.messages[0]["code"]) == (True, 402)


symbols = st.sampled_from(["A", "B", "C", "*"])
requests = st.tuples(
    st.sampled_from(["subscribe", "unsubscribe"]),
    st.dictionaries(st.sampled_from(STOCKS.channels), st.lists(symbols, max_size=4)),
)


@given(st.lists(requests, max_size=12))
def test_subscriptions_are_the_sum_of_what_was_asked(asked: list[tuple[str, dict[str, list[str]]]]) -> None:
    session = live(STOCKS)
    expected: dict[str, set[str]] = {channel: set() for channel in STOCKS.channels}
    for action, channels in asked:
        for channel, names in channels.items():
            combine = set.update if action == "subscribe" else set.difference_update
            combine(expected[channel], names)
        message = answer(session, action, **channels)
        assert {name: set(message[name]) for name in expected} == expected
        assert all(message[name] == sorted(message[name]) for name in expected)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["action", "key", "trades", "quotes"]) | st.integers(), inner)
    ),
    max_leaves=12,
)


@given(anything, st.booleans())
def test_any_message_at_all_is_answered(message: object, authenticated: bool) -> None:
    session = live(STOCKS) if authenticated else DataSession(STOCKS, admit, 0, packed=True)
    assert session.receive(message).messages
