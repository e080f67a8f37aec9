"""Live prices: takes the conflated streams once a frame and tells the views once."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.domain.carriage import PRICE_STREAMS, carrier_of
from core.domain.connection import StreamName
from core.domain.freshness import NS_PER_S
from core.domain.market import Quote, Source, Ticker, Trade
from core.errors import AppError, NotCovered
from core.net.mailbox import Delivery
from core.protocol.call import Call
from core.protocol.market_data import (
    read_closes,
    read_coin_snapshots,
    read_option_snapshots,
    read_snapshots,
)
from core.services.broker_link import BrokerLink
from core.services.clock import Clock
from core.services.frame_clock import FrameClock
from core.services.market_feed import MarketFeed

# Who asks for symbols, most important first: when the plan's budget is short, the last go without.
OWNERS = ("ticket", "positions", "watchlist")
SNAPSHOT_BATCH = 100
_GATHER_MS = 60
_RETRY_MS = 5_000
_POLL_MS = 5_000  # for symbols that no stream brings: over the plan's limit, or it is not live
_NS_PER_MS = 1_000_000
_RECENT_POINTS = 40
_RECENT_EVERY_S = 300
_RECENT_TIMEFRAME = "5Min"
_COIN_FEED, _OPTION_FEED, _WHOLE_OPTION_FEED = "crypto us", "indicative", "opra"


Part = TypeVar("Part", Quote, Trade)


class QuoteBoard(QObject):
    """The newest of everything about each followed symbol. Lives on the GUI thread."""

    tickers_changed = Signal(object)  # Mapping[str, Ticker]: only what changed, at most once a frame
    refusals_changed = Signal()  # `refusal` answers otherwise than before
    delivered = Signal(object)  # Delivery: the frame's raw messages of one stream, for the event log

    def __init__(
        self,
        link: BrokerLink,
        feeds: Mapping[StreamName, MarketFeed],
        frames: FrameClock,
        clock: Clock,
        *,
        parent: QObject | None = None,
    ) -> None:
        """`feeds` holds one for every kind of instrument."""
        super().__init__(parent)
        self._link, self._clock = link, clock
        self.feeds = feeds
        self._tickers: dict[str, Ticker] = {}
        self._recent: dict[str, deque[float]] = {}
        self._recent_at: dict[str, int] = {}
        self._recent_asked: set[str] = set()
        self._followed: dict[str, tuple[str, ...]] = {}
        self._snapshot_asked: set[str] = set()
        self._refusals: dict[StreamName, NotCovered] = {}  # what is not asked for any more
        self._late_ns = 0  # how far our wall clock is behind the broker's
        self._has_ended = False
        self._fetch = QTimer(self)
        self._fetch.setSingleShot(True)
        self._fetch.timeout.connect(self._read_missing)
        self._poll = QTimer(self)
        self._poll.setInterval(_POLL_MS)
        self._poll.timeout.connect(self._read_unstreamed)
        for feed in feeds.values():
            feed.mailbox.filled.connect(frames.ask)
            feed.streamed_changed.connect(self._poll_if_needed)
            feed.came_live.connect(self.refresh)
        frames.frame.connect(self._drain)

    def ticker(self, symbol: str) -> Ticker | None:
        """The newest we have of a symbol."""
        return self._tickers.get(symbol)

    def recent(self, symbol: str) -> Sequence[float]:
        """A price every five minutes, oldest first, and the newest of all: for a sparkline."""
        ticker = self._tickers.get(symbol)
        last = None if ticker is None else ticker.last
        return (*self._recent.get(symbol, ()), *(() if last is None else (last,)))

    def follow(self, owner: str, symbols: Iterable[str]) -> None:
        """Replace the set of symbols that `owner` (one of OWNERS) needs."""
        self._followed[owner] = tuple(dict.fromkeys(symbols))
        self._apply()

    @property
    def followed(self) -> tuple[str, ...]:
        """Every symbol somebody needs, most important first."""
        ordered = [symbol for owner in OWNERS for symbol in self._followed.get(owner, ())]
        return tuple(dict.fromkeys(ordered))

    @property
    def unstreamed(self) -> frozenset[str]:
        """The followed symbols of which no stream brings anything at present."""
        return frozenset(self.followed).difference(*(feed.streamed for feed in self.feeds.values()))

    def refusal(self, symbol: str) -> NotCovered | None:
        """Why prices of such instruments are asked for no more; None where they are."""
        return self._refusals.get(carrier_of(symbol))

    def ask_again(self, symbol: str) -> None:
        """Ask once more for what the broker has refused, on a person's word."""
        self._forget_refusal(carrier_of(symbol))
        self._snapshot_asked.discard(symbol)
        if not self._has_ended:
            self._fetch.start(0)

    @Slot(object)
    def refresh(self, stream: StreamName) -> None:
        """Read what that stream carries again by REST: it was down and does not replay."""
        self._forget_refusal(stream)  # what is streamed is not refused
        self._snapshot_asked.difference_update(self.feeds[stream].wanted)
        self._fetch.start(0)

    def refresh_all(self) -> None:
        """Read everything again now, and not when the next time has come."""
        if not self._has_ended:
            self._snapshot_asked.clear()
            self._fetch.start(0)

    def take_skew(self, skew_ms: float | None) -> None:
        """Take by how much the broker's clock is ahead of ours: by a late one of ours no stamp would age.

        One that is ahead is not corrected. The worst of it is that what was asked for looks older than it is.
        """
        before, self._late_ns = self._late_ns, max(0, round((skew_ms or 0.0) * _NS_PER_MS))
        if abs(self._late_ns - before) > NS_PER_S:
            self.refresh_all()  # what was read was reckoned by the wrong time

    def stop(self) -> None:
        """Take no more."""
        self._has_ended = True
        self._fetch.stop()
        self._poll.stop()
        for feed in self.feeds.values():
            feed.stop()

    def _apply(self) -> None:
        if self._has_ended:
            return
        followed = self.followed
        for stream, symbols in _by_carrier(followed).items():
            self.feeds[stream].want(symbols)
        self._poll_if_needed()
        self._snapshot_asked.intersection_update(followed)  # who comes back is read anew
        if not self._snapshot_asked.issuperset(followed):
            self._fetch.start(_GATHER_MS)

    @Slot()
    def _read_missing(self) -> None:
        missing = [
            symbol
            for symbol in self.followed
            if symbol not in self._snapshot_asked and self.refusal(symbol) is None
        ]
        for start in range(0, len(missing), SNAPSHOT_BATCH):
            batch = missing[start : start + SNAPSHOT_BATCH]
            self._snapshot_asked.update(batch)
            for stream, symbols in _by_carrier(batch).items():
                if symbols:
                    call, feed = self._reading(stream, symbols)
                    failed = partial(self._take_failure, stream, symbols)
                    self._link.read(call, partial(self._take_snapshots, feed), failed)
                    if stream is StreamName.QUOTES:
                        self._read_recent([symbol for symbol in symbols if symbol not in self._recent_asked])

    def _reading(self, stream: StreamName, symbols: Sequence[str]) -> tuple[Call[tuple[Ticker, ...]], str]:
        """The call for symbols of one kind, and what the broker calls the feed that it asks."""
        feed = self.feeds[stream]
        match stream:
            case StreamName.COINS:
                return read_coin_snapshots(symbols), _COIN_FEED
            case StreamName.OPTIONS:
                # Only a stream that works proves that the plan has more than the feed of every plan.
                is_whole = feed.is_live and feed.name == _WHOLE_OPTION_FEED
                asked = _WHOLE_OPTION_FEED if is_whole else _OPTION_FEED
                return read_option_snapshots(symbols, asked), asked
            case _:
                return read_snapshots(symbols, feed.name), feed.name

    def _read_recent(self, symbols: Sequence[str]) -> None:
        if not symbols:
            return
        self._recent_asked.update(symbols)
        span = timedelta(seconds=_RECENT_EVERY_S * _RECENT_POINTS)
        call = read_closes(
            symbols,
            self.feeds[StreamName.QUOTES].name,
            timeframe=_RECENT_TIMEFRAME,
            start=datetime.fromtimestamp(self._clock.wall_ns() / NS_PER_S, UTC).replace(microsecond=0) - span,
            limit=2 * len(symbols) * _RECENT_POINTS,  # counts all symbols together; never too few
        )
        self._link.read(call, self._take_recent, _do_without)

    def _take_recent(self, closes: Mapping[str, Sequence[float]]) -> None:
        now = self._clock.monotonic_ns()
        for symbol, prices in closes.items():
            self._recent[symbol] = deque(prices[-_RECENT_POINTS:], maxlen=_RECENT_POINTS)
            self._recent_at[symbol] = now
        changed = {symbol: self._tickers[symbol] for symbol in closes if symbol in self._tickers}
        if changed:
            self.tickers_changed.emit(changed)

    @Slot()
    def _poll_if_needed(self) -> None:
        if not self.unstreamed:
            self._poll.stop()
        elif not self._poll.isActive():
            self._poll.start()

    @Slot()
    def _read_unstreamed(self) -> None:
        """What no stream brings is read by REST now and then: old, but never older than it looks."""
        self._snapshot_asked -= self.unstreamed
        self._read_missing()

    def _take_failure(self, stream: StreamName, batch: Iterable[str], error: AppError) -> None:
        if isinstance(error, NotCovered) and not self.feeds[stream].is_live:
            if stream not in self._refusals:
                self._refusals[stream] = error
                self.refusals_changed.emit()
            return
        self._snapshot_asked.difference_update(batch)
        self._fetch.start(_RETRY_MS)

    def _forget_refusal(self, stream: StreamName) -> None:
        if self._refusals.pop(stream, None) is not None:
            self._snapshot_asked.difference_update(_by_carrier(self.followed)[stream])
            self.refusals_changed.emit()

    def _take_snapshots(self, feed: str, snapshots: tuple[Ticker, ...]) -> None:
        now, wall = self._clock.monotonic_ns(), self._broker_ns()
        changed: dict[str, Ticker] = {}
        for seen in snapshots:
            known = self._tickers.get(seen.symbol, Ticker(symbol=seen.symbol))
            ticker = Ticker(
                symbol=seen.symbol,
                quote=_newer(known.quote, seen.quote, feed, now, wall),
                trade=_newer(known.trade, seen.trade, feed, now, wall),
                previous_close=seen.previous_close or known.previous_close,
            )
            changed[seen.symbol] = self._tickers[seen.symbol] = ticker
            self._sample(ticker, now)
        if changed:
            self.tickers_changed.emit(changed)

    @Slot()
    def _drain(self) -> None:
        changed: dict[str, Ticker] = {}
        deliveries = []
        for feed in self.feeds.values():
            delivery = feed.mailbox.take()
            if delivery.messages:
                deliveries.append(delivery)
                self._fold(delivery, feed, changed)
        if changed:
            self.tickers_changed.emit(changed)
        for delivery in deliveries:
            self.delivered.emit(delivery)

    def _fold(self, delivery: Delivery, feed: MarketFeed, changed: dict[str, Ticker]) -> None:
        tickers, now, name = self._tickers, self._clock.monotonic_ns(), feed.name
        trades = delivery.trades
        for symbol in delivery.quotes.keys() | trades.keys():
            known = tickers.get(symbol)
            quote = known.quote if known else None
            trade = known.trade if known else None
            if (quoted := delivery.quotes.get(symbol)) is not None:
                quote = quoted[0].quote(quoted[1], name)
            if (traded := trades.get(symbol)) is not None:
                trade = traded[0].trade(traded[1], name) or trade
                if trade is not None and feed.has_late_trades:
                    trade = _as_old_as_stamped(trade, now, self._broker_ns())
            ticker = Ticker(symbol, quote, trade, known.previous_close if known else None)
            changed[symbol] = tickers[symbol] = ticker
            self._sample(ticker, now)

    def _broker_ns(self) -> int:
        """The wall clock's time by the broker's clock, where that is ahead of ours."""
        return self._clock.wall_ns() + self._late_ns

    def _sample(self, ticker: Ticker, now_ns: int) -> None:
        if now_ns - self._recent_at.get(ticker.symbol, 0) < _RECENT_EVERY_S * NS_PER_S:
            return
        last = ticker.last
        if last is None:
            return
        self._recent_at[ticker.symbol] = now_ns
        self._recent.setdefault(ticker.symbol, deque(maxlen=_RECENT_POINTS)).append(last)


def _by_carrier(symbols: Iterable[str]) -> Mapping[StreamName, list[str]]:
    """The symbols of each kind of instrument, in their order: no stream takes those of another."""
    found: dict[StreamName, list[str]] = {stream: [] for stream in PRICE_STREAMS}
    for symbol in symbols:
        found[carrier_of(symbol)].append(symbol)
    return found


def _newer(known: Part | None, seen: Part | None, feed: str, now_ns: int, wall_ns: int) -> Part | None:
    """Keep what the exchange stamped later; a REST answer never covers a newer streamed price.

    An answer may carry a price that is hours old, so it counts as heard when the exchange made it.
    """
    if seen is None or (known is not None and known.exchange_ns > seen.exchange_ns):
        return known
    asked = msgspec.structs.replace(seen, source=Source.REST, feed=feed)
    return _as_old_as_stamped(asked, now_ns, wall_ns)


def _as_old_as_stamped(part: Part, now_ns: int, wall_ns: int) -> Part:
    """The same, heard when the exchange made it."""
    return msgspec.structs.replace(part, received_ns=now_ns - max(0, wall_ns - part.exchange_ns))


def _do_without(_error: AppError) -> None:
    """A sparkline that begins empty harms nobody."""
