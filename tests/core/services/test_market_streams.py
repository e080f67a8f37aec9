"""Coins and contracts by streams of their own: a session of ours with the real practice broker."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer

from core.domain.connection import RefusalReason, StreamName, StreamPhase
from core.domain.freshness import Freshness
from core.domain.market import Quote, Source
from core.services import market, market_feed
from core.services.market_feed import feed_name
from core.services.market_streams import addresses, fallback_of
from tests.core.builders import profile
from tests.core.services.practice_world import PATIENCE_MS, World

COINS, OPTIONS, QUOTES = StreamName.COINS, StreamName.OPTIONS, StreamName.QUOTES
BTC, ETH = "BTC/USD", "ETH/USD"
Maker = Callable[..., World]


@pytest.fixture
def begin(qapp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: Any) -> Iterator[Maker]:
    """Begin a session; a poll would come too late to be mistaken for a stream unless a test hurries it."""

    def made(*arguments: str, poll_ms: int = 3_600_000, **changes: Any) -> World:
        monkeypatch.setattr(market, "_POLL_MS", poll_ms)
        return World(tmp_path, stack, *arguments, **changes)

    with ExitStack() as stack:
        yield made


def quote(world: World, symbol: str) -> Quote | None:
    ticker = world.session.market.ticker(symbol)
    return None if ticker is None else ticker.quote


def is_streamed(world: World, symbol: str) -> bool:
    seen = quote(world, symbol)
    return seen is not None and seen.source is Source.STREAM


def wait(qtbot: Any, until: Callable[[], bool]) -> None:
    qtbot.waitUntil(until, timeout=PATIENCE_MS)


def phase(world: World, name: StreamName) -> StreamPhase:
    return world.session.connection.status(name).phase


def contract_of(world: World) -> str:
    """A contract near the money, which is quoted all the time."""
    found = world.broker.call("GET", "/v2/options/contracts", params={"underlying_symbols": "AAPL"}).json()
    last = world.broker.data("/v2/stocks/snapshots", symbols="AAPL", feed="iex").json()["AAPL"]
    price = last["latestTrade"]["p"]
    near = min(found["option_contracts"], key=lambda one: abs(float(one["strike_price"]) - price))
    return str(near["symbol"])


def test_a_coin_comes_by_its_stream_and_is_live_and_nothing_is_connected_before(begin, qtbot):
    world = begin()
    session = world.session
    wait(qtbot, lambda: session.connection.is_live(QUOTES))
    assert {phase(world, COINS), phase(world, OPTIONS)} == {StreamPhase.OFF}
    session.market.follow("ticket", [BTC])
    wait(qtbot, lambda: is_streamed(world, BTC))
    first = quote(world, BTC)
    assert first is not None
    assert (first.feed, 0 < first.bid < first.ask, first.bid_size > 0) == ("crypto us", True, True)
    around = session.guard.market(BTC)
    assert (around.freshness, around.feed_is_live) == (Freshness.FRESH, True)
    wait(qtbot, lambda: quote(world, BTC) != first)
    status = session.connection.status(COINS)
    assert (status.phase, status.feed, session.connection.symbols_followed(COINS)) == (
        StreamPhase.LIVE,
        "crypto us",
        1,
    )
    assert phase(world, OPTIONS) is StreamPhase.OFF
    wait(qtbot, lambda: any(line.stream is COINS and line.symbol == BTC for line in session.log.lines))


def test_a_contract_comes_by_the_stream_of_options(begin, qtbot):
    world = begin("--hours", "always")
    contract = contract_of(world)
    world.session.market.follow("ticket", [contract])
    wait(qtbot, lambda: is_streamed(world, contract))
    seen = quote(world, contract)
    assert seen is not None
    assert world.session.guard.market(contract).freshness is Freshness.FRESH
    assert phase(world, COINS) is StreamPhase.OFF
    # The basic plan lacks the whole market's feed: the one that every plan has is taken instead, once.
    assert (seen.feed, world.session.connection.status(OPTIONS).feed) == ("indicative", "indicative")
    assert world.session.connection.status(OPTIONS).reconnects == 0


def test_a_larger_plan_has_the_whole_market_s_quotes_of_contracts(begin, qtbot):
    world = begin("--hours", "always", "--plan", "plus")
    contract = contract_of(world)
    world.session.market.follow("ticket", [contract])
    wait(qtbot, lambda: is_streamed(world, contract))
    seen = quote(world, contract)
    assert seen is not None
    assert (seen.feed, world.session.connection.status(OPTIONS).feed) == ("opra", "opra")


def test_a_stream_that_is_cut_comes_back_and_what_was_missed_is_read(begin, qtbot):
    world = begin()
    session = world.session
    session.market.follow("ticket", [BTC])
    wait(qtbot, lambda: is_streamed(world, BTC))
    asked = len(world.broker.asked("GET /data/v1beta3/crypto/us/snapshots"))
    last = quote(world, BTC)
    world.broker.control("POST", "/drop-streams", stream="data")
    wait(qtbot, lambda: session.connection.gaps >= 1)
    wait(qtbot, lambda: session.connection.status(COINS).reconnects == 1)
    wait(qtbot, lambda: is_streamed(world, BTC) and quote(world, BTC) != last)
    assert session.guard.market(BTC).freshness is Freshness.FRESH
    wait(qtbot, lambda: len(world.broker.asked("GET /data/v1beta3/crypto/us/snapshots")) > asked)


def test_what_nobody_wants_any_more_is_closed_after_a_while_and_opened_again(begin, qtbot, monkeypatch):
    monkeypatch.setattr(market_feed, "CLOSE_AFTER_MS", 50)
    world = begin()
    follow = world.session.market.follow
    for _ in range(2):
        follow("watchlist", [BTC])
        wait(qtbot, lambda: phase(world, COINS) is StreamPhase.LIVE)
        follow("watchlist", [])
        wait(qtbot, lambda: phase(world, COINS) is StreamPhase.OFF)
    assert world.session.connection.gaps == 0
    follow("watchlist", [ETH])
    wait(qtbot, lambda: is_streamed(world, ETH))


def test_a_symbol_that_comes_back_at_once_costs_no_connection(begin, qtbot):
    world = begin()
    session = world.session
    session.market.follow("watchlist", [BTC])
    wait(qtbot, lambda: is_streamed(world, BTC))
    for symbols in ([], [ETH], [], [BTC, ETH]):
        session.market.follow("watchlist", symbols)
    wait(qtbot, lambda: session.market.feeds[COINS].streamed == {BTC, ETH})
    assert session.connection.status(COINS).reconnects == 0


def test_a_cut_stream_makes_its_prices_stale_at_once_and_a_poll_or_a_reconnect_fresh_again(begin, qtbot):
    world = begin(poll_ms=100)
    session = world.session
    session.market.follow("ticket", [BTC])
    wait(qtbot, lambda: is_streamed(world, BTC))
    world.broker.control("POST", "/fault", kind="zombie_slot", stream="data/v1beta3/crypto/us", for_s=3600)
    wait(qtbot, lambda: session.connection.status(COINS).reason is RefusalReason.CONNECTION_LIMIT)
    assert not session.connection.is_live(COINS)
    # The other stream goes on, and what it brings is as fresh as before.
    assert session.market.feeds[QUOTES].is_live
    wait(qtbot, lambda: not is_streamed(world, BTC))
    wait(qtbot, lambda: session.guard.market(BTC).freshness is Freshness.FRESH)
    asked = quote(world, BTC)
    assert asked is not None
    assert (asked.source, asked.feed) == (Source.REST, "crypto us")
    assert session.market.unstreamed == {BTC}
    world.broker.control("DELETE", "/faults")
    wait(qtbot, lambda: is_streamed(world, BTC))
    assert session.market.unstreamed == frozenset()


def test_a_limit_of_symbols_is_kept_to_and_the_rest_is_asked_for(begin, qtbot):
    world = begin("--symbol-limit", "1", "--hours", "always", poll_ms=100)
    session = world.session
    near = contract_of(world)
    far = next(
        one["symbol"]
        for one in world.broker.call(
            "GET", "/v2/options/contracts", params={"underlying_symbols": "AAPL", "type": "put"}
        ).json()["option_contracts"]
        if one["symbol"] != near
    )
    session.market.follow("ticket", [near])
    session.market.follow("watchlist", [near, far])
    wait(qtbot, lambda: session.market.feeds[OPTIONS].streamed == {near})
    assert session.connection.symbol_budget(OPTIONS) == 1
    assert session.market.unstreamed >= {far}
    wait(qtbot, lambda: quote(world, far) is not None)
    seen = quote(world, far)
    assert seen is not None
    assert seen.source is Source.REST
    assert phase(world, OPTIONS) is StreamPhase.LIVE


def test_a_profile_from_before_there_were_such_streams_polls_as_it_did(begin, qtbot):
    world = begin(poll_ms=100, coin_stream_url="", option_stream_url="")
    session = world.session
    session.market.follow("ticket", [BTC])
    wait(qtbot, lambda: quote(world, BTC) is not None)
    first = quote(world, BTC)
    assert first is not None
    assert (first.source, session.guard.market(BTC).feed_is_live) == (Source.REST, True)
    wait(qtbot, lambda: quote(world, BTC) != first)
    assert phase(world, COINS) is StreamPhase.OFF


def test_what_is_polled_ages_by_the_broker_s_clock_where_ours_is_behind_it(begin, qtbot):
    world = begin(poll_ms=100, coin_stream_url="")
    session = world.session
    session.market.follow("ticket", [BTC])
    wait(qtbot, lambda: session.guard.market(BTC).freshness is Freshness.FRESH)
    world.broker.control("POST", "/fault", kind="clock_skew", seconds=60)
    session.market_clock.start()
    wait(qtbot, lambda: session.guard.market(BTC).freshness is Freshness.STALE)
    world.broker.control("DELETE", "/faults")
    session.market_clock.start()
    wait(qtbot, lambda: session.guard.market(BTC).freshness is Freshness.FRESH)


def test_a_session_that_has_ended_polls_nothing_when_the_ends_of_its_streams_are_told(begin, qtbot):
    session = begin().session
    session.market.follow("ticket", [BTC])
    wait(qtbot, lambda: session.market.unstreamed == frozenset())
    session.stop()
    wait(qtbot, lambda: session.connection.status(COINS).phase is StreamPhase.OFF)
    wait(qtbot, lambda: session.connection.status(QUOTES).phase is StreamPhase.OFF)
    session.market.follow("ticket", [])
    assert [timer for timer in session.market.findChildren(QTimer) if timer.isActive()] == []


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("wss://stream.data.alpaca.markets/v2/iex", "iex"),
        ("wss://stream.data.alpaca.markets/v1beta1/indicative", "indicative"),
        ("wss://stream.data.alpaca.markets/v1beta1/opra/", "opra"),
        ("ws://127.0.0.1:9/data-stream/v1beta3/crypto/us", "crypto us"),
        ("wss://feeds.example/coins", "coins"),
        ("", ""),
    ],
)
def test_a_feed_is_called_what_the_broker_calls_it(address, name):
    assert feed_name(address) == name


def test_a_profile_says_where_each_stream_is():
    known = profile(coin_stream_url="ws://127.0.0.1:9/c", option_stream_url="")
    assert addresses(known) == {QUOTES: "ws://127.0.0.1:9/v2/iex", COINS: "ws://127.0.0.1:9/c", OPTIONS: ""}


def test_only_the_feed_of_the_larger_plan_has_another_in_its_place():
    assert fallback_of("wss://s.example/v1beta1/opra") == "wss://s.example/v1beta1/indicative"
    assert fallback_of("wss://s.example/v1beta1/opra/") == "wss://s.example/v1beta1/indicative"
    assert fallback_of("wss://s.example/v1beta1/indicative") == ""
    assert fallback_of("wss://s.example/v1beta3/crypto/us") == ""
