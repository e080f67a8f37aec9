"""What is wanted of one stream and when it is connected, without a socket."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.connection import StreamName, StreamPhase, StreamStatus
from core.net.mailbox import MarketMailbox
from core.services.market_feed import MarketFeed

CONTRACTS = [f"AAPL261218C{strike:08}" for strike in range(300)]


class Heard:
    """A feed, and what it asked for."""

    def __init__(self, stream: StreamName = StreamName.OPTIONS, name: str = "indicative") -> None:
        self.feed = MarketFeed(MarketMailbox(stream), name, on_demand=stream is not StreamName.QUOTES)
        self.feed._closing.setInterval(20)
        self.wanted: list[frozenset[str]] = []
        self.switched: list[str] = []
        self.changes: list[frozenset[str]] = []
        self.feed.wanted_changed.connect(self.wanted.append)
        self.feed.connection_needed.connect(lambda: self.switched.append("on"))
        self.feed.connection_spared.connect(lambda: self.switched.append("off"))
        self.feed.streamed_changed.connect(lambda: self.changes.append(self.feed.streamed))

    def enter(self, phase: StreamPhase) -> None:
        self.feed.take_status(StreamStatus(name=self.feed.stream, phase=phase))


@pytest.fixture
def heard(qapp: Any) -> Iterator[Heard]:
    made = Heard()
    yield made
    made.feed.stop()


def test_a_connection_is_asked_for_once_and_given_back_when_nothing_has_been_wanted_for_a_while(heard, qtbot):
    heard.feed.want(["A"])
    heard.feed.want(["A", "B"])
    assert heard.switched == ["on"]
    heard.feed.want([])
    heard.feed.want(["B"])
    heard.feed.want([])
    assert heard.switched == ["on"]
    qtbot.waitUntil(lambda: heard.switched == ["on", "off"])
    heard.feed.want(["B"])
    assert heard.switched == ["on", "off", "on"]


def test_the_stream_of_stocks_is_neither_asked_for_nor_given_back(qapp, qtbot):
    stocks = Heard(StreamName.QUOTES, "iex")
    stocks.feed.want(["A"])
    stocks.feed.want([])
    assert not stocks.feed._closing.isActive()
    assert stocks.switched == []


def test_nothing_is_wanted_of_a_stream_that_the_profile_does_not_have(qapp):
    none = Heard(name="")
    none.feed.want(["A"])
    assert (none.wanted, none.switched, none.feed.streamed) == ([], [], frozenset())


def test_only_a_live_stream_streams(heard):
    heard.feed.take_carried(frozenset({"A"}))
    assert heard.feed.streamed == frozenset()
    for phase in StreamPhase:
        heard.enter(phase)
        assert heard.feed.streamed == (frozenset({"A"}) if phase is StreamPhase.LIVE else frozenset())
    assert heard.changes == [frozenset({"A"}), frozenset()]


def test_the_first_limit_is_the_small_plan_s_and_what_fits_is_kept(heard):
    heard.feed.want(CONTRACTS)
    heard.feed.limit_symbols(heard.feed.wanted)
    assert (heard.feed.budget, heard.wanted[-1]) == (200, frozenset(CONTRACTS[:200]))
    heard.feed.take_carried(frozenset(CONTRACTS[:120]))
    heard.feed.limit_symbols(frozenset(CONTRACTS[120:200]))
    assert (heard.feed.budget, heard.wanted[-1]) == (120, frozenset(CONTRACTS[:120]))


def test_a_refusal_of_what_nobody_wants_by_now_limits_nothing(heard):
    heard.feed.want(["A"])
    heard.feed.limit_symbols(frozenset({"B"}))
    assert heard.feed.budget is None


@given(st.integers(0, 12), st.integers(1, 12))
def test_a_limit_that_nobody_told_us_is_found_and_the_most_important_are_streamed(limit, count):
    """A model of the broker takes as many symbols as its limit, or refuses the request whole."""
    heard = Heard()
    symbols = CONTRACTS[:count]
    heard.feed.want(symbols)
    for _ in range(20):
        if len(heard.feed.wanted) <= limit:
            heard.feed.take_carried(heard.feed.wanted)
            break
        heard.feed.limit_symbols(heard.feed.wanted)
    heard.enter(StreamPhase.LIVE)
    streamed = heard.feed.streamed
    assert len(streamed) <= limit
    assert streamed == frozenset(symbols[: len(streamed)])
    assert bool(streamed) is bool(limit)
    heard.feed.stop()
