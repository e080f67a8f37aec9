"""The data streams of the broker's own Python SDK, unmodified but for their URLs, find nothing odd."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from practice.engine.hours import AlwaysOpen, Timetable
from practice.engine.instruments import listed_instruments
from practice.engine.market import Market
from tests.practice.program import PracticeProgram, until
from tests.practice.sdk import CryptoDataStream, NewsDataStream, OptionDataStream, StockDataStream

Sdk = Any  # the SDK's handlers are typed for raw messages too, which are not asked for here


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeProgram]:
    """A broker whose minutes last half a second."""
    log = tmp_path_factory.mktemp("hurried") / "log"
    arguments = ("--speed", "120", "--rate-limit", "0", "--plan", "plus", "--auto-approve")
    with PracticeProgram(log, *arguments) as program:
        yield program


class Seen:
    """What came, by the channel it came on."""

    def __init__(self) -> None:
        self.messages: dict[str, list[Any]] = defaultdict(list)

    def on(self, channel: str) -> Callable[[Any], Any]:
        async def note(message: Any) -> None:
            self.messages[channel].append(message)

        return note

    def wait_for(self, *channels: str, patience_s: float = 30) -> None:
        until(
            lambda: True if self.messages.keys() >= set(channels) else None,
            f"only {set(self.messages)} came, not {channels}",
            patience_s,
        )

    def last(self, channel: str) -> Any:
        return self.messages[channel][-1]


@contextmanager
def streaming(stream: Sdk) -> Iterator[None]:
    """Run an SDK stream on a thread of its own, where its event loop belongs."""
    thread = threading.Thread(target=stream.run, name="sdk-stream")
    thread.start()
    try:
        until(lambda: True if stream._running else None, "the stream never ran")
        yield
    finally:
        stream.stop()
        thread.join(20)
        assert not thread.is_alive()


def made(kind: type[Any], program: PracticeProgram, path: str) -> Sdk:
    url = program.line["data_stream_url"] + path
    return kind(program.line["api_key"], program.line["api_secret"], url_override=url)


def test_the_stock_stream_brings_everything_it_knows_of(hurried: PracticeProgram) -> None:
    stream, seen = made(StockDataStream, hurried, "/v2/sip"), Seen()
    stream.subscribe_trades(seen.on("trades"), "NVDA")
    stream.subscribe_quotes(seen.on("quotes"), "NVDA", "AAPL")
    stream.subscribe_bars(seen.on("bars"), "*")
    stream.subscribe_daily_bars(seen.on("dailyBars"), "KO")
    stream.subscribe_trading_statuses(seen.on("statuses"), "*")

    def codes(*expected: str) -> bool | None:
        told = [status.status_code for status in seen.messages["statuses"] if status.symbol == "KO"]
        return tuple(told) == expected or None

    with streaming(stream):
        seen.wait_for("trades", "quotes", "bars", "dailyBars")
        hurried.control("POST", "/halt", symbol="KO")
        until(lambda: codes("2"), "the halt was never told")
        hurried.control("POST", "/resume", symbol="KO")
        until(lambda: codes("2", "3"), "trading never resumed")
        stream.unsubscribe_quotes("AAPL")
        stream.unsubscribe_daily_bars("KO")
        stream.unsubscribe_trading_statuses("*")
    assert {quote.symbol for quote in seen.messages["quotes"]} == {"NVDA", "AAPL"}
    assert all(quote.bid_price < quote.ask_price for quote in seen.messages["quotes"])
    assert seen.last("trades").tape == "C"
    assert seen.last("bars").low <= seen.last("bars").vwap <= seen.last("bars").high
    halt = next(status for status in seen.messages["statuses"] if status.symbol == "KO")
    assert (halt.status_code, halt.reason_code, halt.tape) == ("2", "D", "A")


def test_the_stock_stream_brings_corrections_cancels_and_updated_bars(hurried: PracticeProgram) -> None:
    stream, seen = made(StockDataStream, hurried, "/v2/test"), Seen()
    stream.subscribe_trades(seen.on("trades"), "FAKEPACA")
    stream.subscribe_updated_bars(seen.on("updatedBars"), "FAKEPACA")
    stream.register_trade_corrections(seen.on("corrections"))
    stream.register_trade_cancels(seen.on("cancelErrors"))
    with streaming(stream):
        seen.wait_for("updatedBars", "corrections", "cancelErrors")
        stream.unsubscribe_trades("FAKEPACA")
        stream.unsubscribe_updated_bars("FAKEPACA")
    correction, cancel = seen.last("corrections"), seen.last("cancelErrors")
    assert correction.original_id != correction.corrected_id
    assert (correction.original_size, cancel.action in {"C", "E"}) == (correction.corrected_size * 10, True)


def test_the_coin_stream_brings_everything_it_knows_of(hurried: PracticeProgram) -> None:
    stream, seen = made(CryptoDataStream, hurried, "/v1beta3/crypto/us"), Seen()
    stream.subscribe_trades(seen.on("trades"), "BTC/USD")
    stream.subscribe_quotes(seen.on("quotes"), "BTC/USD", "ETH/USD")
    stream.subscribe_bars(seen.on("bars"), "*")
    stream.subscribe_updated_bars(seen.on("updatedBars"), "*")
    stream.subscribe_daily_bars(seen.on("dailyBars"), "BTC/USD")
    stream.subscribe_orderbooks(seen.on("orderbooks"), "BTC/USD")
    with streaming(stream):
        seen.wait_for("trades", "quotes", "bars", "dailyBars", "orderbooks")
        hurried.control("POST", "/time/step", seconds=1200)  # updated bars are rare
        seen.wait_for("updatedBars", patience_s=60)
        stream.unsubscribe_orderbooks("BTC/USD")
        stream.unsubscribe_quotes("BTC/USD", "ETH/USD")
    first, *later = seen.messages["orderbooks"]
    assert first.reset
    assert first.bids[0].price < first.asks[0].price
    assert not any(book.reset for book in later)


@pytest.mark.parametrize("feed", ["opra", "indicative"])
def test_the_option_stream_brings_trades_and_quotes(hurried: PracticeProgram, feed: str) -> None:
    instruments = listed_instruments()
    chain = Market(7, Timetable(AlwaysOpen())).chain(instruments, instruments["AAPL"], time.time_ns())
    contracts = [one.symbol for one in chain[-40:]]
    stream, seen = made(OptionDataStream, hurried, f"/v1beta1/{feed}"), Seen()
    stream.subscribe_trades(seen.on("trades"), "*")
    stream.subscribe_quotes(seen.on("quotes"), *contracts)
    with streaming(stream):
        seen.wait_for("trades", "quotes")
        stream.unsubscribe_quotes(*contracts)
        stream.unsubscribe_trades("*")
    assert {quote.symbol for quote in seen.messages["quotes"]} <= set(contracts)
    assert isinstance(seen.last("trades").conditions, str)


def test_the_news_stream_brings_articles(hurried: PracticeProgram) -> None:
    stream, seen = made(NewsDataStream, hurried, "/v1beta1/news"), Seen()
    stream.subscribe_news(seen.on("news"), "*")
    with streaming(stream):
        hurried.control("POST", "/time/step", seconds=6 * 3600)
        seen.wait_for("news")
        stream.unsubscribe_news("*")
    assert seen.last("news").headline
    assert seen.last("news").symbols


def test_thousands_of_symbols_are_subscribed_in_fragments(hurried: PracticeProgram) -> None:
    stream, seen = made(StockDataStream, hurried, "/v2/delayed_sip"), Seen()
    stream.subscribe_quotes(seen.on("quotes"), "NVDA", *(f"Z{n}" for n in range(12_000)))
    with streaming(stream):
        seen.wait_for("quotes")


@pytest.mark.expects_log("error during websocket communication")
def test_a_plan_that_lacks_the_feed_ends_the_sdk_s_stream(hurried: PracticeProgram, tmp_path: Any) -> None:
    with PracticeProgram(tmp_path / "log") as basic:
        stream = made(StockDataStream, basic, "/v2/sip")
        stream.subscribe_quotes(Seen().on("quotes"), "AAPL")
        thread = threading.Thread(target=stream.run, name="sdk-stream")
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
