"""How well we are connected: what the connection strip shows."""

from collections import deque
from collections.abc import Set as AbstractSet
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.domain.connection import RefusalReason, StreamName, StreamPhase, StreamStatus
from core.domain.freshness import NS_PER_S
from core.services.broker_link import AnswerSample, BrokerLink
from core.services.clock import Clock
from core.services.market import QuoteBoard
from core.services.market_clock import MarketClock

TELL_MS = 250
MUTE_S = 8.0
UNHEARD_S = 20.0  # twice as long as a stream's own thread would call it live
# So many of these say something within seconds. Of fewer coins or contracts any may be quiet for long.
_TALKATIVE = {StreamName.QUOTES: 1, StreamName.COINS: 5, StreamName.OPTIONS: 5}
_SAMPLES = 20
_RATE_WINDOW_NS = 3_000_000_000


class ConnectionMonitor(QObject):
    """Gathers the state of the streams and of REST; tells at most four times a second."""

    changed = Signal()

    def __init__(
        self,
        link: BrokerLink,
        board: QuoteBoard,
        market_clock: MarketClock,
        clock: Clock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._board, self._market_clock, self._clock = board, market_clock, clock
        self._statuses = {name: StreamStatus(name=name) for name in StreamName}
        self._counts: dict[StreamName, deque[tuple[int, int]]] = {name: deque() for name in StreamName}
        self._latencies: deque[float] = deque(maxlen=_SAMPLES)
        self.rest_ok: bool | None = None
        self.gaps = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TELL_MS)
        self._timer.timeout.connect(self.changed)
        link.answered.connect(self._take_sample)

    def status(self, name: StreamName) -> StreamStatus:
        """The state of one stream.

        A data stream that is connected and yet says nothing, while the market is open and symbols are
        streamed, counts as silent: pongs prove that the connection lives, not that the feed does. So does a
        stream of which its own thread has told nothing, as right after a sleep.
        """
        status = self._statuses[name]
        if self.mute_s(name) > MUTE_S or self._unheard_s(status) > UNHEARD_S:
            return replace(status, phase=StreamPhase.SILENT, reason=RefusalReason.NO_ANSWER)
        return status

    def mute_s(self, name: StreamName) -> float:
        """For how many seconds a data stream has been live and mute although it should speak; else 0."""
        status = self._statuses[name]
        if status.phase is not StreamPhase.LIVE or not self._should_speak(name):
            return 0.0
        if self._unheard_s(status) > UNHEARD_S:
            return 0.0  # and none knows what it said meanwhile
        since_ns = max(status.last_message_ns or 0, status.connected_ns or 0)
        return (self._clock.monotonic_ns() - since_ns) / NS_PER_S

    def _unheard_s(self, status: StreamStatus) -> float:
        if status.phase is not StreamPhase.LIVE or status.heard_ns is None:
            return 0.0
        return (self._clock.monotonic_ns() - status.heard_ns) / NS_PER_S

    def is_trading(self, name: StreamName) -> bool:
        """Whether what a data stream carries is traded at this hour: coins always are."""
        return name is StreamName.COINS or self._market_clock.is_known_open

    def is_live(self, name: StreamName) -> bool:
        """Whether what the stream carries may be shown as fresh."""
        return self.status(name).phase is StreamPhase.LIVE

    @property
    def live(self) -> AbstractSet[StreamName]:
        """The streams of which that holds."""
        return frozenset(name for name in StreamName if self.is_live(name))

    def message_rate(self, name: StreamName) -> float:
        """Messages a second over the last few seconds."""
        counts = self._counts[name]
        if len(counts) < 2:
            return 0.0
        now = self._clock.monotonic_ns()
        (first_ns, first), (_, last) = counts[0], counts[-1]
        return (last - first) / max((now - first_ns) / 1e9, 0.25)

    @property
    def rest_latency_ms(self) -> float | None:
        """The median of the last round trips, or None before the first."""
        # Not by `statistics`: it brings fractions and their like along, 200 kB for a middle of twenty.
        ordered = sorted(self._latencies)
        if not ordered:
            return None
        half = len(ordered) // 2
        return (ordered[half] + ordered[-half - 1]) / 2 * 1000

    def symbols_followed(self, name: StreamName) -> int:
        """Symbols that were asked of a data stream."""
        return len(self._board.feeds[name].wanted)

    def symbol_budget(self, name: StreamName) -> int | None:
        """The most the plan allows on it, once the broker has told; None when no limit is known."""
        return self._board.feeds[name].budget

    @property
    def clock_skew_ms(self) -> float | None:
        """The broker's clock less ours."""
        return self._market_clock.skew_ms

    @Slot(object)
    def take_status(self, status: StreamStatus) -> None:
        """Take a stream's new state."""
        if (feed := self._board.feeds.get(status.name)) is not None:
            status = replace(status, feed=feed.name)
        before = self._statuses[status.name]
        self._statuses[status.name] = status
        was_up = before.phase in (StreamPhase.LIVE, StreamPhase.SILENT)
        if was_up and status.phase not in (StreamPhase.LIVE, StreamPhase.SILENT, StreamPhase.OFF):
            self.gaps += 1
        self._count(status)
        if before.phase is not status.phase:
            self.changed.emit()  # a stopped feed is news at once
        else:
            self._tell()

    @Slot(object)
    def _take_sample(self, sample: AnswerSample) -> None:
        self.rest_ok = sample.ok
        if sample.ok:
            self._latencies.append(sample.seconds)
        self._tell()

    def _should_speak(self, name: StreamName) -> bool:
        feed = self._board.feeds.get(name)
        return feed is not None and len(feed.wanted) >= _TALKATIVE[name] and self.is_trading(name)

    def _count(self, status: StreamStatus) -> None:
        now = self._clock.monotonic_ns()
        counts = self._counts[status.name]
        counts.append((now, status.messages))
        while len(counts) > 2 and now - counts[0][0] > _RATE_WINDOW_NS:
            counts.popleft()

    def _tell(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        """Tell no more."""
        self._timer.stop()
