"""Live prices: takes the conflated stream once a frame and tells the views once."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.domain.freshness import NS_PER_S
from core.domain.instrument import AssetClass
from core.domain.market import Quote, Source, Ticker, Trade
from core.errors import AppError
from core.net.mailbox import Delivery, MarketMailbox
from core.protocol.market_data import (
    read_closes,
    read_coin_snapshots,
    read_option_snapshots,
    read_snapshots,
)
from core.services.broker_link import BrokerLink
from core.services.clock import Clock
from core.services.frame_clock import FrameClock

# Who asks for symbols, most important first: when the plan's budget is short, the last go without.
OWNERS = ("ticket", "positions", "watchlist")
SMALL_PLAN_BUDGET = 30  # protocol page section 5.1
SNAPSHOT_BATCH = 100
_GATHER_MS = 60
_RETRY_MS = 5_000
_POLL_MS = 5_000  # for symbols that the plan's stream has no room for
_RECENT_POINTS = 40
_RECENT_EVERY_S = 300
_RECENT_TIMEFRAME = "5Min"


Part = TypeVar("Part", Quote, Trade)


class QuoteBoard(QObject):
    """The newest of everything about each followed symbol. Lives on the GUI thread."""

    tickers_changed = Signal(object)  # Mapping[str, Ticker]: only what changed, at most once a frame
    delivered = Signal(object)  # Delivery: the frame's raw messages, for the event log
    wanted_changed = Signal(object)  # frozenset[str]: what the stream should carry

    def __init__(
        self,
        link: BrokerLink,
        mailbox: MarketMailbox,
        frames: FrameClock,
        clock: Clock,
        *,
        feed: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._link, self._mailbox, self._clock = link, mailbox, clock
        self.feed = feed
        self._tickers: dict[str, Ticker] = {}
        self._recent: dict[str, deque[float]] = {}
        self._recent_at: dict[str, int] = {}
        self._recent_asked: set[str] = set()
        self._followed: dict[str, tuple[str, ...]] = {}
        self._wanted: frozenset[str] = frozenset()
        self._snapshot_asked: set[str] = set()
        self.budget: int | None = None  # None until the broker complained
        self._fetch = QTimer(self)
        self._fetch.setSingleShot(True)
        self._fetch.timeout.connect(self._read_missing)
        self._poll = QTimer(self)
        self._poll.setInterval(_POLL_MS)
        self._poll.timeout.connect(self._read_unstreamed)
        mailbox.filled.connect(frames.ask)
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
    def streamed(self) -> frozenset[str]:
        """The symbols that were asked of the stream: all followed ones, or as many as the plan allows."""
        return self._wanted

    @Slot(object)
    def limit_symbols(self, _refused: object) -> None:
        """The broker refused a subscription as too large: ask for fewer, the most important first."""
        self.budget = SMALL_PLAN_BUDGET if self.budget is None else self.budget // 2
        self._wanted = frozenset()
        self._apply()

    @Slot()
    def refresh(self) -> None:
        """Read every followed symbol again by REST: the stream was down and does not replay."""
        self._snapshot_asked.clear()
        self._fetch.start(0)

    def stop(self) -> None:
        """Take no more."""
        self._fetch.stop()
        self._poll.stop()

    def _apply(self) -> None:
        followed = self.followed
        # Coins and contracts are no stocks: one in the list would cost the whole subscription.
        stocks = [symbol for symbol in followed if AssetClass.of_symbol(symbol) is AssetClass.EQUITY]
        wanted = frozenset(stocks[: self.budget])
        if wanted != self._wanted:
            self._wanted = wanted
            self.wanted_changed.emit(wanted)
        if wanted.issuperset(followed):
            self._poll.stop()
        elif not self._poll.isActive():
            self._poll.start()
        self._snapshot_asked.intersection_update(followed)  # who comes back is read anew
        if not self._snapshot_asked.issuperset(followed):
            self._fetch.start(_GATHER_MS)

    @Slot()
    def _read_missing(self) -> None:
        missing = [symbol for symbol in self.followed if symbol not in self._snapshot_asked]
        for start in range(0, len(missing), SNAPSHOT_BATCH):
            batch = missing[start : start + SNAPSHOT_BATCH]
            self._snapshot_asked.update(batch)
            stocks = [symbol for symbol in batch if AssetClass.of_symbol(symbol) is AssetClass.EQUITY]
            self._read_unlisted([symbol for symbol in batch if symbol not in stocks])
            if stocks:
                call = read_snapshots(stocks, self.feed)
                self._link.read(call, self._take_snapshots, partial(self._retry, stocks))
                self._read_recent([symbol for symbol in stocks if symbol not in self._recent_asked])

    def _read_unlisted(self, symbols: Sequence[str]) -> None:
        """Coins and contracts; the next poll asks again for those of which nothing came."""
        for asset_class, read in (
            (AssetClass.CRYPTO, read_coin_snapshots),
            (AssetClass.OPTION, read_option_snapshots),
        ):
            wanted = [symbol for symbol in symbols if AssetClass.of_symbol(symbol) is asset_class]
            if wanted:
                self._link.read(read(wanted), self._take_snapshots, _do_without)

    def _read_recent(self, symbols: Sequence[str]) -> None:
        if not symbols:
            return
        self._recent_asked.update(symbols)
        span = timedelta(seconds=_RECENT_EVERY_S * _RECENT_POINTS)
        call = read_closes(
            symbols,
            self.feed,
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
    def _read_unstreamed(self) -> None:
        """What the stream does not carry is read by REST now and then: old, but never as old as it looks."""
        self._snapshot_asked.difference_update(set(self.followed) - self._wanted)
        self._read_missing()

    def _retry(self, batch: Iterable[str], _error: AppError) -> None:
        self._snapshot_asked.difference_update(batch)
        self._fetch.start(_RETRY_MS)

    def _take_snapshots(self, snapshots: tuple[Ticker, ...]) -> None:
        now, wall = self._clock.monotonic_ns(), self._clock.wall_ns()
        changed: dict[str, Ticker] = {}
        for seen in snapshots:
            known = self._tickers.get(seen.symbol, Ticker(symbol=seen.symbol))
            ticker = Ticker(
                symbol=seen.symbol,
                quote=_newer(known.quote, seen.quote, now, wall),
                trade=_newer(known.trade, seen.trade, now, wall),
                previous_close=seen.previous_close or known.previous_close,
            )
            changed[seen.symbol] = self._tickers[seen.symbol] = ticker
            self._sample(ticker, now)
        if changed:
            self.tickers_changed.emit(changed)

    @Slot()
    def _drain(self) -> None:
        delivery = self._mailbox.take()
        if not delivery.messages:
            return
        changed = self._fold(delivery)
        if changed:
            self.tickers_changed.emit(changed)
        self.delivered.emit(delivery)

    def _fold(self, delivery: Delivery) -> Mapping[str, Ticker]:
        changed: dict[str, Ticker] = {}
        tickers, now = self._tickers, self._clock.monotonic_ns()
        trades = delivery.trades
        for symbol in delivery.quotes.keys() | trades.keys():
            known = tickers.get(symbol)
            quote = known.quote if known else None
            trade = known.trade if known else None
            if (quoted := delivery.quotes.get(symbol)) is not None:
                quote = quoted[0].quote(quoted[1])
            if (traded := trades.get(symbol)) is not None:
                trade = traded[0].trade(traded[1]) or trade
            ticker = Ticker(symbol, quote, trade, known.previous_close if known else None)
            changed[symbol] = tickers[symbol] = ticker
            self._sample(ticker, now)
        return changed

    def _sample(self, ticker: Ticker, now_ns: int) -> None:
        if now_ns - self._recent_at.get(ticker.symbol, 0) < _RECENT_EVERY_S * NS_PER_S:
            return
        last = ticker.last
        if last is None:
            return
        self._recent_at[ticker.symbol] = now_ns
        self._recent.setdefault(ticker.symbol, deque(maxlen=_RECENT_POINTS)).append(last)


def _newer(known: Part | None, seen: Part | None, now_ns: int, wall_ns: int) -> Part | None:
    """Keep what the exchange stamped later; a REST answer never covers a newer streamed price.

    An answer may carry a price that is hours old, so it counts as heard when the exchange made it.
    """
    if seen is None or (known is not None and known.exchange_ns > seen.exchange_ns):
        return known
    age_ns = max(0, wall_ns - seen.exchange_ns)
    return msgspec.structs.replace(seen, received_ns=now_ns - age_ns, source=Source.REST)


def _do_without(_error: AppError) -> None:
    """A sparkline that begins empty harms nobody, and a poll comes again."""
