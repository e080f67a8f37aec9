"""The quote board: one announcement a frame, nothing newer covered by something older, no storm."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.domain.carriage import PRICE_STREAMS
from core.domain.connection import StreamName, StreamPhase, StreamStatus
from core.domain.environment import Environment
from core.domain.market import Source, Ticker
from core.domain.secret import Secret
from core.net.mailbox import MarketMailbox
from core.protocol.data_messages import Message, MinuteBar, QuoteMessage, TradeMessage
from core.services import market
from core.services.broker_link import BrokerLink
from core.services.clock import SystemClock
from core.services.frame_clock import FrameClock
from core.services.market import QuoteBoard
from core.services.market_feed import SMALL_PLAN_BUDGETS, MarketFeed
from tests.core.golden import golden
from tests.fakes.broker import Broker, lose, refuse

SNAPSHOT = golden("snapshots")["AAPL"]
QUOTES, COINS, OPTIONS = PRICE_STREAMS
NAMES = {QUOTES: "iex", COINS: "crypto us", OPTIONS: "indicative"}
CONTRACT = "AAPL261218C00200000"


class Board:
    """A quote board on a real link and mailbox, with everything it said noted."""

    def __init__(self, broker: Broker) -> None:
        self.link = BrokerLink(broker.profile(), Environment.PAPER, Secret("t"), user_agent="x")
        self.frames = FrameClock()
        self.mailboxes = {stream: MarketMailbox(stream) for stream in PRICE_STREAMS}
        self.feeds = {
            stream: MarketFeed(box, NAMES[stream], on_demand=stream is not QUOTES)
            for stream, box in self.mailboxes.items()
        }
        self.board = QuoteBoard(self.link, self.feeds, self.frames, SystemClock())
        self.told: list[dict[str, Ticker]] = []
        self.wanted: list[frozenset[str]] = []
        self.delivered: list[Any] = []
        self.board.tickers_changed.connect(self.told.append)
        self.feeds[QUOTES].wanted_changed.connect(self.wanted.append)
        self.board.delivered.connect(self.delivered.append)

    def post(self, *messages: Message, at: int = 1, stream: StreamName = QUOTES) -> None:
        self.mailboxes[stream].post(list(messages), at)

    def stream(self, stream: StreamName = QUOTES) -> None:
        """From now on the stream carries whatever is asked of it."""
        feed = self.feeds[stream]
        feed.wanted_changed.connect(feed.take_carried)
        feed.take_carried(feed.wanted)
        self.enter(stream, StreamPhase.LIVE)

    def enter(self, stream: StreamName, phase: StreamPhase) -> None:
        self.feeds[stream].take_status(StreamStatus(name=stream, phase=phase))

    def stop(self) -> None:
        self.board.stop()
        self.link.stop(lambda: None)
        self.frames._timer.stop()


@pytest.fixture
def board(qapp, broker: Broker) -> Iterator[Board]:
    made = Board(broker)
    yield made
    made.stop()


def quote(symbol: str, bid: float) -> QuoteMessage:
    return QuoteMessage(S=symbol, bp=bid, ap=bid + 1)


def snapshots(broker: Broker) -> list[str]:
    return [path for _, path, _ in broker.requests if path.startswith("/v2/stocks/snapshots")]


def test_a_burst_reaches_the_views_as_one_change(board, qtbot):
    for bid in range(1, 101):
        board.post(quote("A", bid), quote("B", bid))
    qtbot.waitUntil(lambda: len(board.told) == 1)
    assert {symbol: ticker.quote.bid for symbol, ticker in board.told[0].items()} == {"A": 100, "B": 100}
    assert board.delivered[0].messages == 200
    board.post(quote("A", 7))
    qtbot.waitUntil(lambda: len(board.told) == 2)
    assert set(board.told[1]) == {"A"}
    assert board.board.ticker("B").quote.bid == 100


def test_a_quote_does_not_forget_the_trade_and_the_other_way_round(board, qtbot):
    board.post(TradeMessage(S="A", p=5.0), at=1)
    qtbot.waitUntil(lambda: len(board.told) == 1)
    board.post(quote("A", 4), TradeMessage(S="A", p=None), at=2)
    qtbot.waitUntil(lambda: len(board.told) == 2)
    ticker = board.board.ticker("A")
    assert (ticker.trade.price, ticker.quote.bid, ticker.received_ns) == (5.0, 4, 2)


def test_bars_alone_are_delivered_and_change_no_price(board, qtbot):
    board.post(MinuteBar(S="A", c=1.0))
    qtbot.waitUntil(lambda: len(board.delivered) == 1)
    assert board.told == []


def test_followed_symbols_are_streamed_and_read_once_by_rest(board, broker, qtbot):
    broker.snapshots = {"AAPL": SNAPSHOT}
    board.board.follow("watchlist", ["AAPL", "AAPL"])
    board.board.follow("positions", ["AAPL"])
    qtbot.waitUntil(lambda: board.board.ticker("AAPL") is not None)
    ticker = board.board.ticker("AAPL")
    assert (ticker.quote.bid, ticker.previous_close, ticker.source) == (189.4, 188.9, Source.REST)
    assert board.wanted == [frozenset({"AAPL"})]
    assert len(snapshots(broker)) == 1


def test_an_answer_by_rest_never_covers_a_newer_quote_of_the_stream(board, broker, qtbot):
    broker.snapshots = {"AAPL": SNAPSHOT}
    streamed = QuoteMessage(S="AAPL", bp=1.0, ap=2.0, t=datetime(2026, 11, 20, 15, 4, 7, tzinfo=UTC))
    board.post(streamed, at=5)
    qtbot.waitUntil(lambda: len(board.told) == 1)
    board.board.follow("watchlist", ["AAPL"])
    qtbot.waitUntil(lambda: board.board.ticker("AAPL").previous_close == 188.9)
    ticker = board.board.ticker("AAPL")
    assert (ticker.quote.bid, ticker.quote.source, ticker.quote.received_ns) == (1.0, Source.STREAM, 5)
    assert (ticker.trade.price, ticker.trade.source) == (189.41, Source.REST)


def test_what_came_by_rest_is_as_old_as_the_exchange_says(board, broker, qtbot):
    broker.snapshots = {"AAPL": SNAPSHOT}
    board.board.follow("watchlist", ["AAPL"])
    qtbot.waitUntil(lambda: board.board.ticker("AAPL") is not None)
    clock, received = SystemClock(), board.board.ticker("AAPL").quote.received_ns
    claimed_s = (clock.wall_ns() - board.board.ticker("AAPL").quote.exchange_ns) / 1e9
    assert (clock.monotonic_ns() - received) / 1e9 == pytest.approx(max(0, claimed_s), abs=60)


class Late:
    """The computer's clock, a while behind."""

    def __init__(self, late_s: int) -> None:
        self._late_ns = late_s * 1_000_000_000

    def monotonic_ns(self) -> int:
        return SystemClock().monotonic_ns()

    def running_ns(self) -> int:
        return self.monotonic_ns()

    def wall_ns(self) -> int:
        return SystemClock().wall_ns() - self._late_ns


def test_a_clock_that_is_late_makes_nothing_look_younger_than_it_is(board, broker, qtbot):
    made = (datetime.now(UTC) - timedelta(seconds=100)).isoformat()
    stamped = {part: SNAPSHOT[part] | {"t": made} for part in ("latestQuote", "latestTrade")}
    broker.snapshots = {"AAPL": SNAPSHOT | stamped}
    board.board._clock = Late(120)
    board.board.follow("watchlist", ["AAPL"])
    qtbot.waitUntil(lambda: board.board.ticker("AAPL") is not None)

    def age_s() -> float:
        return float(SystemClock().monotonic_ns() - board.board.ticker("AAPL").received_ns) / 1e9

    board.board.take_skew(120_000.0)
    qtbot.waitUntil(lambda: age_s() >= 100)
    read = len(snapshots(broker))
    board.board.take_skew(120_050.0)
    board.board.take_skew(None)
    board.board.take_skew(-86_400_000.0)
    assert board.board._broker_ns() == pytest.approx(Late(120).wall_ns(), abs=1e9)
    qtbot.waitUntil(lambda: len(snapshots(broker)) > read)


def test_a_gap_in_the_stream_reads_everything_again(board, broker, qtbot):
    broker.snapshots = {"AAPL": SNAPSHOT}
    board.board.follow("watchlist", ["AAPL"])
    qtbot.waitUntil(lambda: len(snapshots(broker)) == 1)
    board.board.refresh(QUOTES)
    qtbot.waitUntil(lambda: len(snapshots(broker)) == 2)


def test_a_symbol_that_comes_back_is_read_anew(board, broker, qtbot):
    board.board.follow("watchlist", ["AAPL"])
    qtbot.waitUntil(lambda: len(snapshots(broker)) == 1)
    board.board.follow("watchlist", [])
    board.board.follow("watchlist", ["AAPL"])
    qtbot.waitUntil(lambda: len(snapshots(broker)) == 2)


def test_a_failed_reading_is_tried_again(board, broker, qtbot, monkeypatch):
    monkeypatch.setattr(market, "_RETRY_MS", 10)
    broker.faults.read.append(lose)
    broker.snapshots = {"AAPL": SNAPSHOT}
    board.board.follow("watchlist", ["AAPL"])
    qtbot.waitUntil(lambda: board.board.ticker("AAPL") is not None)
    assert len(snapshots(broker)) == 2


def test_many_symbols_are_read_in_batches(board, broker, qtbot):
    board.board.follow("watchlist", [f"S{number}" for number in range(250)])
    qtbot.waitUntil(lambda: len(snapshots(broker)) == 3)


def test_a_pair_is_asked_of_no_stock_feed(board, broker, qtbot):
    board.board.follow("watchlist", ["AAPL", "BTC/USD"])
    qtbot.waitUntil(lambda: len(snapshots(broker)) == 1)
    assert board.wanted == [frozenset({"AAPL"})]
    assert "BTC" not in snapshots(broker)[0]
    board.board.follow("watchlist", ["BTC/USD"])
    assert board.wanted[-1] == frozenset()


def test_coins_and_contracts_are_polled_from_feeds_of_their_own_until_they_are_streamed(board, broker, qtbot):
    broker.snapshots = {"BTC/USD": SNAPSHOT, CONTRACT: SNAPSHOT}
    board.board._poll.setInterval(20)
    board.board.follow("ticket", ["BTC/USD", CONTRACT])
    qtbot.waitUntil(lambda: all(board.board.ticker(symbol) for symbol in ("BTC/USD", CONTRACT)))

    def asked(folder: str) -> int:
        return sum(path.startswith(folder) for _, path, _ in broker.requests)

    qtbot.waitUntil(lambda: asked("/v1beta3/crypto/us/snapshots") > 1 < asked("/v1beta1/options/snapshots"))
    assert not snapshots(broker)
    assert not any(board.wanted)
    board.stream(COINS)
    qtbot.waitUntil(lambda: asked("/v1beta1/options/snapshots") > 3)
    assert board.board.unstreamed == {CONTRACT}
    board.stream(OPTIONS)
    assert not board.board._poll.isActive()
    board.enter(COINS, StreamPhase.WAITING)
    assert board.board._poll.isActive()
    assert board.board.unstreamed == {"BTC/USD"}


def test_a_small_plan_streams_the_most_important_symbols_and_polls_the_rest(board, broker, qtbot):
    board.stream()
    board.board._poll.setInterval(20)
    watched = [f"S{number:02}" for number in range(40)]
    board.board.follow("watchlist", watched)
    board.board.follow("ticket", ["TICKET"])
    board.board.follow("positions", ["P1", "P2"])
    board.feeds[QUOTES].limit_symbols(board.feeds[QUOTES].wanted)
    assert board.feeds[QUOTES].budget == SMALL_PLAN_BUDGETS[QUOTES]
    assert board.wanted[-1] == {"TICKET", "P1", "P2", *watched[:27]}
    qtbot.waitUntil(lambda: len(snapshots(broker)) >= 3)
    assert "S39" in snapshots(broker)[-1]
    assert "TICKET" not in snapshots(broker)[-1]


def test_a_broker_that_refuses_everything_is_asked_less_and_less_and_then_no_more(board):
    board.board.follow("watchlist", [f"S{number}" for number in range(40)])
    for _ in range(20):
        board.feeds[QUOTES].limit_symbols(board.feeds[QUOTES].wanted)
    sizes = [len(wanted) for wanted in board.wanted]
    assert sizes == [40, 30, 15, 7, 3, 1, 0]
    assert len(board.board.unstreamed) == 40


def test_a_frame_of_three_streams_is_one_change_and_each_price_says_its_feed(board, qtbot):
    board.post(quote("A", 1))
    board.post(quote("BTC/USD", 2), stream=COINS)
    board.post(quote(CONTRACT, 3), stream=OPTIONS)
    qtbot.waitUntil(lambda: bool(board.told))
    (change,) = board.told
    assert {symbol: ticker.quote.feed for symbol, ticker in change.items()} == {
        "A": "iex",
        "BTC/USD": "crypto us",
        CONTRACT: "indicative",
    }
    assert [delivery.stream for delivery in board.delivered] == [QUOTES, COINS, OPTIONS]


def test_a_trade_that_a_feed_brings_late_is_as_old_as_its_stamp(board, qtbot):
    clock = SystemClock()
    before = clock.monotonic_ns()
    made = datetime.now(UTC) - timedelta(minutes=15)
    for symbol, stream in ((CONTRACT, OPTIONS), ("BTC/USD", COINS)):
        board.post(TradeMessage(S=symbol, p=5.0, t=made), at=before, stream=stream)
    qtbot.waitUntil(lambda: board.board.ticker("BTC/USD") is not None)
    late, prompt = (board.board.ticker(symbol).trade.received_ns for symbol in (CONTRACT, "BTC/USD"))
    assert (before - late) / 1e9 == pytest.approx(15 * 60, abs=30)
    assert prompt == before


def test_prices_of_options_are_asked_of_the_whole_market_once_that_is_proven(board, broker, qtbot):
    broker.snapshots = {CONTRACT: SNAPSHOT}
    board.feeds[OPTIONS].name = "opra"
    board.board.follow("ticket", [CONTRACT])
    qtbot.waitUntil(lambda: board.board.ticker(CONTRACT) is not None)
    assert board.board.ticker(CONTRACT).quote.feed == "indicative"
    board.stream(OPTIONS)
    board.feeds[OPTIONS].take_start()
    qtbot.waitUntil(lambda: board.board.ticker(CONTRACT).quote.feed == "opra")
    asked = [path for _, path, _ in broker.requests if "options/snapshots" in path]
    assert ["feed=indicative" in path for path in asked] == [True, False]


def test_a_stream_that_comes_back_is_made_up_for_alone(board, broker, qtbot):
    board.board.follow("watchlist", ["AAPL", "BTC/USD"])
    qtbot.waitUntil(lambda: len(broker.requests) >= 2)
    board.feeds[COINS].take_start()
    qtbot.waitUntil(lambda: sum("crypto" in path for _, path, _ in broker.requests) == 2)
    assert len(snapshots(broker)) == 1


def test_an_idle_board_costs_no_frames(board, qtbot):
    board.post(quote("A", 1))
    qtbot.waitUntil(lambda: len(board.told) == 1)
    qtbot.waitUntil(lambda: not board.frames._timer.isActive())


def test_the_sparkline_ends_with_the_newest_price(board, qtbot):
    assert board.board.recent("A") == ()
    board.post(TradeMessage(S="A", p=5.0))
    qtbot.waitUntil(lambda: len(board.told) == 1)
    assert board.board.recent("A")[-1] == 5.0


def test_a_quote_that_is_faster_than_the_bars_does_not_keep_a_sparkline_from_beginning_with_them(
    board, broker, qtbot
):
    board.post(quote("AAPL", 7))
    qtbot.waitUntil(lambda: len(board.told) == 1)
    board.board.follow("watchlist", ["AAPL"])
    qtbot.waitUntil(lambda: any(path.startswith("/v2/stocks/bars") for _, path, _ in broker.requests))
    board.board.follow("positions", ["AAPL"])
    qtbot.waitUntil(lambda: len(snapshots(broker)) == 1)
    assert sum(path.startswith("/v2/stocks/bars") for _, path, _ in broker.requests) == 1


@pytest.mark.parametrize(
    ("status", "words"), [(403, "forbidden."), (401, "token is not authorized for this scope")]
)
def test_prices_that_the_broker_refuses_are_asked_for_once_and_again_by_hand_alone(
    board, broker, qtbot, status, words
):
    broker.faults.read.append(refuse(status, words))
    broker.snapshots = {"AAPL": SNAPSHOT}
    told: list[None] = []
    board.board.refusals_changed.connect(lambda: told.append(None))
    board.board.follow("ticket", ["AAPL"])
    qtbot.waitUntil(lambda: len(told) == 1)
    board.board._poll.setInterval(5)
    with qtbot.waitSignals([board.board._poll.timeout] * 3):
        pass
    board.board.follow("ticket", ["NVDA"])
    board.board.follow("ticket", ["AAPL"])
    board.board.refresh_all()
    with qtbot.waitSignals([board.board._poll.timeout] * 3):
        pass
    assert len(snapshots(broker)) == 1
    refusal = board.board.refusal("AAPL")
    assert refusal is not None
    assert refusal.headline
    assert board.board.refusal("BTC/USD") is None
    board.board.ask_again("AAPL")
    qtbot.waitUntil(lambda: board.board.ticker("AAPL") is not None)
    assert board.board.refusal("AAPL") is None
    assert len(told) == 2


def test_a_refusal_is_over_once_the_stream_carries_what_was_refused(board, broker, qtbot):
    broker.faults.read.append(refuse(403, "forbidden."))
    broker.snapshots = {"AAPL": SNAPSHOT}
    board.board.follow("ticket", ["AAPL"])
    qtbot.waitUntil(lambda: board.board.refusal("AAPL") is not None)
    board.stream()
    board.feeds[QUOTES].take_start()
    qtbot.waitUntil(lambda: board.board.ticker("AAPL") is not None)
    assert board.board.refusal("AAPL") is None


def test_a_symbol_that_the_broker_cannot_read_ends_no_polling(board, broker, qtbot):
    board.board._poll.setInterval(5)
    broker.faults.read.extend([refuse(400, "invalid symbol: %"), refuse(500, "internal error"), lose])
    broker.snapshots = {"AAPL": SNAPSHOT}
    board.board.follow("ticket", ["AAPL"])
    qtbot.waitUntil(lambda: board.board.ticker("AAPL") is not None)
    assert board.board.refusal("AAPL") is None
