"""What the event log and the connection strip say."""

from decimal import Decimal
from typing import Any

import pytest

from core.domain.carriage import PRICE_STREAMS
from core.domain.connection import LogLine, RefusalReason, StreamName, StreamPhase, StreamStatus
from core.domain.environment import Environment
from core.domain.order import OrderStatus
from core.domain.secret import Secret
from core.net.mailbox import MarketMailbox
from core.protocol.call import Host
from core.protocol.data_messages import (
    DailyBar,
    Failure,
    Message,
    Other,
    QuoteMessage,
    Subscription,
    Success,
    TradeMessage,
    TradingStatus,
)
from core.services import log as log_module
from core.services.broker_link import AnswerSample, BrokerLink
from core.services.connection import ConnectionMonitor
from core.services.frame_clock import FrameClock
from core.services.log import EventLog
from core.services.market import QuoteBoard
from core.services.market_clock import MarketClock
from core.services.market_feed import MarketFeed
from core.services.mute_watch import ENOUGH_SYMBOLS, LONGEST_S, TOO_LONG_S, MuteWatch
from tests.core.builders import event, order, profile

S = 1_000_000_000
QUOTES, ORDERS = StreamName.QUOTES, StreamName.ORDERS
Phase = StreamPhase


class HandClock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def monotonic_ns(self) -> int:
        return int(self.now_s * S)

    def running_ns(self) -> int:
        return self.monotonic_ns()

    def wall_ns(self) -> int:
        return int((self.now_s + 1_700_000_000) * S)


@pytest.fixture
def log(qapp):
    frames = FrameClock()
    yield EventLog(frames, HandClock())
    frames._timer.stop()


def told(log: EventLog, qtbot: Any) -> list[LogLine]:
    with qtbot.waitSignal(log.lines_added) as lines:
        pass
    return list(lines.args[0])


def delivery(*messages: Message, at: int = 999 * S):
    box = MarketMailbox()
    box.post(list(messages), at)
    return box.take()


LINES: list[tuple[Message, tuple[str, str, str]]] = [
    (QuoteMessage(S="A", bp=1.5, ap=2.5, bs=100, as_=200), ("quote", "A", "1.5 \u00d7 100   2.5 \u00d7 200")),
    (QuoteMessage(S="A"), ("quote", "A", "none \u00d7 none   none \u00d7 none")),
    (TradeMessage(S="A", p=1234.5, s=10, x="V"), ("trade", "A", "10 at 1,234.5 V")),
    (DailyBar(S="A", o=1, h=2, l=0.5, c=1.5, v=9), ("daily bar", "A", "1 2 0.5 1.5 volume 9")),
    (TradingStatus(S="A", sm="Trading Halt", rm="News"), ("status", "A", "Trading Halt News")),
    (Success(msg="connected"), ("success", "", "connected")),
    (Failure(code=405, msg="symbol limit exceeded"), ("error", "", "405 symbol limit exceeded")),
    (Subscription(trades=["A"], quotes=["A", "B"]), ("subscription", "", "2 quotes, 1 trades")),
    (Other(T="n", S=""), ("n", "", "")),
]


@pytest.mark.parametrize(("message", "line"), LINES)
def test_a_message_of_the_data_stream_is_one_line(log, qtbot, message, line):
    log.take_delivery(delivery(message))
    (written,) = told(log, qtbot)
    assert (written.kind, written.symbol, written.summary) == line
    assert written.stream is QUOTES
    assert written.at_ns == (1_700_000_000 + 999) * S


def test_an_order_update_says_what_happened(log, qtbot):
    filled = order(status=OrderStatus.FILLED, filled_qty=Decimal(10))
    log.take_order_events(
        (
            event("new", order()),
            event("fill", filled, execution_id="e", qty=Decimal("10.0"), price=Decimal("189.40")),
        )
    )
    lines = told(log, qtbot)
    assert [(line.kind, line.symbol, line.summary) for line in lines] == [
        ("new", "AAPL", "buy 10 limit [new]"),
        ("fill", "AAPL", "buy 10 limit filled 10 at 189.4 [filled]"),
    ]


def test_a_state_is_news_once(log, qtbot):
    for phase in (Phase.CONNECTING, Phase.LIVE, Phase.LIVE, Phase.WAITING):
        log.take_status(StreamStatus(name=ORDERS, phase=phase, reason=RefusalReason.NO_ANSWER))
    assert [line.kind for line in told(log, qtbot)] == ["connecting", "live", "waiting"]


def test_what_was_not_kept_is_counted(log, qtbot):
    log.take_delivery(delivery(*[Success() for _ in range(500)]))
    assert len(told(log, qtbot)) + log.dropped == 500


def test_the_log_is_bounded(log, qtbot, monkeypatch):
    for _ in range(log_module.CAPACITY // 50 + 10):
        log.take_delivery(delivery(*[Success() for _ in range(50)]))
    told(log, qtbot)
    assert len(log.lines) == log_module.CAPACITY
    assert log.count == (log_module.CAPACITY // 50 + 10) * 50


def test_a_message_made_to_hurt_is_cut_and_made_printable(log, qtbot):
    log.take_delivery(
        delivery(Failure(code=1, msg="a\nb\u202e" + "x" * 100_000), Other(T="y" * 9_999, S="\x00"))
    )
    for line in told(log, qtbot):
        assert f"{line.kind}{line.symbol}{line.summary}".isprintable()
        assert max(len(line.kind), len(line.symbol), len(line.summary)) <= 300


class Strip:
    """A connection monitor with its parts, without a network."""

    def __init__(self) -> None:
        self.clock, self.frames = HandClock(), FrameClock()
        self.link = BrokerLink(profile(), Environment.PAPER, Secret("t"), user_agent="x")
        feeds = {stream: MarketFeed(MarketMailbox(stream), stream.value) for stream in PRICE_STREAMS}
        self.board = QuoteBoard(self.link, feeds, self.frames, self.clock)
        self.market_clock = MarketClock(self.link, self.clock)
        self.monitor = ConnectionMonitor(self.link, self.board, self.market_clock, self.clock)
        self.changes: list[bool] = []
        self.monitor.changed.connect(lambda: self.changes.append(True))

    def take(self, phase: StreamPhase, name: StreamName = QUOTES, **changes: Any) -> None:
        self.monitor.take_status(StreamStatus(name=name, phase=phase, **changes))

    def stop(self) -> None:
        self.monitor.stop()
        self.board.stop()
        self.link.stop(lambda: None)
        self.frames._timer.stop()


@pytest.fixture
def strip(qapp):
    made = Strip()
    yield made
    made.stop()


def test_a_stopped_feed_is_told_at_once_and_numbers_at_most_four_times_a_second(strip, qtbot):
    strip.take(Phase.LIVE)
    assert len(strip.changes) == 1
    for count in range(100):
        strip.take(Phase.LIVE, messages=count)
    assert len(strip.changes) == 1
    qtbot.waitUntil(lambda: len(strip.changes) == 2)
    strip.take(Phase.SILENT)
    assert len(strip.changes) == 3
    assert not strip.monitor.is_live(QUOTES)


def test_a_gap_is_counted_once_however_the_stream_comes_back(strip):
    for phase in (
        Phase.LIVE,
        Phase.SILENT,
        Phase.WAITING,
        Phase.CONNECTING,
        Phase.AUTHENTICATING,
        Phase.LIVE,
    ):
        strip.take(phase)
    assert strip.monitor.gaps == 1
    strip.take(Phase.OFF)
    assert strip.monitor.gaps == 1


def test_the_rate_is_that_of_the_last_seconds(strip):
    assert strip.monitor.message_rate(QUOTES) == 0.0
    for second in range(10):
        strip.take(Phase.LIVE, messages=second * 50)
        strip.clock.now_s += 1
    assert strip.monitor.message_rate(QUOTES) == pytest.approx(50, rel=0.35)
    strip.clock.now_s += 100
    assert strip.monitor.message_rate(QUOTES) < 5


def test_the_latency_is_the_median_of_the_answers_and_failures_are_shown(strip):
    assert (strip.monitor.rest_latency_ms, strip.monitor.rest_ok) == (None, None)
    for seconds in (0.010, 0.020, 9.0):
        strip.link.answered.emit(AnswerSample(host=Host.TRADING, seconds=seconds, ok=True))
    assert strip.monitor.rest_latency_ms == pytest.approx(20)
    strip.link.answered.emit(AnswerSample(host=Host.TRADING, seconds=5.0, ok=False))
    assert strip.monitor.rest_latency_ms == pytest.approx(20)
    assert strip.monitor.rest_ok is False


@pytest.mark.parametrize("is_open", [True, False])
def test_no_stream_is_live_by_a_word_from_before_a_sleep(strip, is_open):
    from core.domain.event import MarketHours
    from tests.core.builders import MORNING

    strip.market_clock.hours = MarketHours(at=MORNING, is_open=is_open, next_open=None, next_close=None)
    strip.board.follow("watchlist", [f"S{number}" for number in range(ENOUGH_SYMBOLS)])
    now = strip.clock.monotonic_ns()
    for name in StreamName:
        strip.take(Phase.LIVE, name, connected_ns=now, heard_ns=now, last_message_ns=now)
    assert strip.monitor.live == frozenset(StreamName)
    asked: list[StreamName] = []
    watch = MuteWatch(strip.monitor, strip.board)
    watch.reconnect_wanted.connect(asked.append)
    strip.clock.now_s += 3_600
    assert strip.monitor.live == frozenset()
    watch.look()
    assert asked == []  # each stream connects anew by itself
    watch.stop()


def test_a_connected_but_mute_stream_is_replaced_with_growing_patience(strip):
    from core.domain.event import MarketHours
    from tests.core.builders import MORNING

    watch, asked = MuteWatch(strip.monitor, strip.board), []
    watch.reconnect_wanted.connect(lambda name: asked.append((strip.clock.now_s, name)))
    strip.market_clock.hours = MarketHours(at=MORNING, is_open=True, next_open=None, next_close=None)
    strip.take(Phase.LIVE, connected_ns=strip.clock.monotonic_ns())
    strip.board.follow("watchlist", [f"S{number}" for number in range(ENOUGH_SYMBOLS - 1)])
    strip.clock.now_s += TOO_LONG_S + 1
    watch.look()
    assert asked == []
    strip.board.follow("watchlist", [f"S{number}" for number in range(ENOUGH_SYMBOLS)])
    watch.look()
    assert len(asked) == 1
    strip.clock.now_s += TOO_LONG_S / 2
    watch.look()
    assert len(asked) == 1
    strip.clock.now_s += LONGEST_S * 2
    for _ in range(3):
        watch.look()
    assert len(asked) >= 2
    watch.stop()


def test_the_words_that_begin_every_connection_do_not_shorten_the_patience(strip):
    """A feed that is quiet by right would else be connected anew every half minute, for ever."""
    asked: list[StreamName] = []
    watch = MuteWatch(strip.monitor, strip.board)
    watch.reconnect_wanted.connect(asked.append)
    strip.board.follow("watchlist", coins := [f"C{number}/USD" for number in range(ENOUGH_SYMBOLS)])

    def connect() -> None:
        strip.take(Phase.LIVE, StreamName.COINS, connected_ns=strip.clock.monotonic_ns())
        box = strip.board.feeds[StreamName.COINS].mailbox
        box.post(
            [Success(msg="connected"), Success(msg="authenticated"), Subscription(quotes=coins)],
            strip.clock.monotonic_ns(),
        )
        strip.board._drain()

    for expected, passed_s in enumerate((TOO_LONG_S, TOO_LONG_S, TOO_LONG_S, TOO_LONG_S * 2)):
        connect()
        strip.clock.now_s += passed_s + 1
        watch.look()
        assert len(asked) == (1, 1, 1, 2)[expected]
    strip.board.feeds[StreamName.COINS].mailbox.post([QuoteMessage(S=coins[0], bp=1.0)], 1)
    strip.board._drain()
    connect()
    strip.clock.now_s += TOO_LONG_S + 1
    watch.look()
    assert len(asked) == 3
    watch.stop()


@pytest.mark.parametrize("phase", [Phase.CONNECTING, Phase.WAITING, Phase.REFUSED, Phase.SILENT])
def test_only_a_live_stream_can_be_mute(strip, phase):
    strip.board.follow("watchlist", ["A"])
    strip.take(phase, connected_ns=1)
    assert strip.monitor.mute_s(QUOTES) == 0.0


def test_few_quiet_coins_are_no_mute_stream_and_many_are_at_any_hour(strip):
    asked: list[StreamName] = []
    watch = MuteWatch(strip.monitor, strip.board)
    watch.reconnect_wanted.connect(asked.append)
    for name in (StreamName.COINS, StreamName.OPTIONS):
        strip.take(Phase.LIVE, name, connected_ns=strip.clock.monotonic_ns())
    strip.board.follow("watchlist", [f"C{number}/USD" for number in range(ENOUGH_SYMBOLS - 1)])
    strip.clock.now_s += TOO_LONG_S + 1
    watch.look()
    assert strip.monitor.is_live(StreamName.COINS)
    coins = [f"C{number}/USD" for number in range(ENOUGH_SYMBOLS)]
    contracts = [f"A261218C{number:08}" for number in range(ENOUGH_SYMBOLS)]
    strip.board.follow("watchlist", coins + contracts)
    watch.look()
    assert strip.monitor.status(StreamName.COINS).phase is Phase.SILENT
    assert strip.monitor.is_live(StreamName.OPTIONS), "contracts rest with the stock market"
    assert asked == [StreamName.COINS]
    assert strip.monitor.live == {StreamName.OPTIONS}
    watch.stop()


def test_lines_say_which_stream_they_came_by(log, qtbot):
    box = MarketMailbox(StreamName.COINS)
    box.post([QuoteMessage(S="BTC/USD", bp=1.0, ap=2.0)], 999 * S)
    log.take_delivery(box.take())
    assert [line.stream for line in told(log, qtbot)] == [StreamName.COINS]
