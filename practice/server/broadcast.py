"""Feeds that carry the same, encoded once for everybody who reads it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec

from practice.engine.amendments import first_bar
from practice.engine.clock import MINUTE
from practice.engine.hours import Session, new_york_day
from practice.engine.instruments import Instrument
from practice.engine.market import Market
from practice.engine.tape import Quote, derived
from practice.engine.ticker import PARTS, Part, Report, Ticker
from practice.server.feeds import Feed
from practice.server.reader import Reader
from practice.server.tape_wire import CHANNELS, bar_message, book_message, report_message

_MOST_JOINING = 40  # a turn; drawing their prints takes some milliseconds


@dataclass(slots=True)
class Listeners:
    """Who gets the messages of a channel about a symbol, by encoding."""

    plain: list[Reader] = field(default_factory=list)
    packed: list[Reader] = field(default_factory=list)

    def add(self, reader: Reader) -> None:
        """Let a reader have them too."""
        (self.packed if reader.packed else self.plain).append(reader)

    def tell(self, encoded: Callable[..., bytes]) -> None:
        """Hand a message to everybody; `encoded(packed=...)` is called once for each encoding wanted."""
        for readers, packed in ((self.plain, False), (self.packed, True)):
            if readers:
                message = encoded(packed=packed)
                for reader in readers:
                    reader.pending.append(message)


def broadcasts_of(feeds: Iterable[Feed], market: Market, *, prints_quotes: bool) -> list["Broadcast"]:
    """The feeds, those that carry the same put together."""
    groups: dict[tuple[int, bool, int, frozenset[str]], list[Feed]] = {}
    for feed in feeds:
        printed = frozenset(feed.kind.channels) - (frozenset() if prints_quotes else {"quotes"})
        late = printed - {"quotes"} if feed.trade_delay else frozenset()
        for channels, delay in ((printed - late, feed.delay), (late, feed.delay + feed.trade_delay)):
            if channels:
                groups.setdefault((id(feed.universe), feed.is_derived, delay, channels), []).append(feed)
    return [Broadcast(market, alike, channels, delay) for (*_, delay, channels), alike in groups.items()]


class Broadcast:
    """Feeds that differ in nothing but their names, their plans and who reads them.

    Only these channels of theirs are carried, `delay` nanoseconds after the print.
    """

    def __init__(self, market: Market, feeds: Sequence[Feed], channels: frozenset[str], delay: int) -> None:
        self._market, self.feeds = market, feeds
        self._channels, self._delay, self._is_derived = channels, delay, feeds[0].is_derived
        self._known: list[object] = []
        self._instruments: dict[str, Instrument] = {}
        self._listeners: dict[str, dict[str, Listeners]] = {}
        self._interested: dict[str, dict[type[Report], Listeners]] = {}  # by what is reported of a symbol
        self._tickers: dict[str, Ticker] = {}
        self._joining: list[tuple[str, frozenset[Part]]] = []

    def gather(self, after: int, until: int) -> None:
        """Give the readers what was reported in (after, until], a span within one minute of the clock."""
        after, until = after - self._delay, until - self._delay
        self._meet_readers(after)
        self._join(after)
        self._open_books(after)
        for symbol, ticker in self._tickers.items():
            if ticker.next_at <= until:
                self._report(symbol, ticker, until)
        if self._listeners and until % MINUTE == 0:
            self._bars(until)

    def prepare(self, following: int) -> Iterable[Callable[[], object]]:
        """What to do, a little at a time, so that the minute `following` does not begin with a long turn."""
        minute, at = self._market.minute, following - self._delay
        return [
            partial(minute, self._instruments[symbol], at)
            for symbol, ticker in self._tickers.items()
            if ticker.draws_minutes
        ]

    def _meet_readers(self, after: int) -> None:
        """Find out who wants what, if that has changed since last time; a new day has new options."""
        readers = [reader for feed in self.feeds if (reader := feed.live_reader)]
        known: list[object] = [(reader, reader.session.subscriptions) for reader in readers]
        if known:
            known += [new_york_day(after), self._market.changes]
        if known == self._known:
            return
        if known[-1:] != self._known[-1:]:
            for ticker in self._tickers.values():
                ticker.begin_again(after)
        self._known, self._listeners, self._instruments = known, {}, {}
        for feed in self.feeds:
            if reader := feed.live_reader:
                for channel in self._channels:
                    wanted = feed.wanted(channel, after)
                    self._instruments.update(wanted)
                    of_channel = self._listeners.setdefault(channel, {})
                    for symbol in wanted:
                        of_channel.setdefault(symbol, Listeners()).add(reader)
        followed: dict[str, set[Part]] = {}
        for part in PARTS:
            for symbol in self._listeners.get(part, ()):
                followed.setdefault(symbol, set()).add(part)
        self._tickers = {
            symbol: ticker
            for symbol, ticker in self._tickers.items()
            if symbol in followed and ticker.parts == followed[symbol]
        }
        self._interested = {
            symbol: {kind: self._listeners[name][symbol] for kind, name in CHANNELS.items() if name in parts}
            for symbol, parts in followed.items()
        }
        new = sorted(followed.keys() - self._tickers.keys(), reverse=True)
        self._joining = [(symbol, frozenset(followed[symbol])) for symbol in new]
        for reader in readers if "orderbooks" in self._channels else ():
            kept = reader.books & self._tickers.keys()
            reader.books = {symbol for symbol in kept if reader.session.wants("orderbooks", symbol)}

    def _join(self, after: int) -> None:
        """Begin to follow what was asked for lately; many symbols take a few turns."""
        for _ in range(min(_MOST_JOINING, len(self._joining))):
            symbol, parts = self._joining.pop()
            self._tickers[symbol] = Ticker(self._market, self._instruments[symbol], after, parts)

    def _open_books(self, instant: int) -> None:
        """Give whoever has just come the whole order book, to which the changes then apply."""
        for symbol, listeners in self._listeners.get("orderbooks", {}).items():
            for reader in (*listeners.plain, *listeners.packed):
                if symbol not in reader.books and symbol in self._tickers:
                    instrument = self._instruments[symbol]
                    book = self._market.book(instrument, instant)
                    reader.pending.append(book_message(instrument, book, packed=reader.packed))
                    reader.books.add(symbol)

    def _report(self, symbol: str, ticker: Ticker, until: int) -> None:
        instrument = self._instruments[symbol]
        interested = self._interested[symbol]
        reports = ticker.due(until)
        if self._is_derived:
            reports = [derived(report) if isinstance(report, Quote) else report for report in reports]
        for report in reports:
            # Written out rather than told to `Listeners`: everything a market prints comes by here.
            listeners = interested[type(report)]
            if listeners.plain:
                message = report_message(instrument, report, packed=False)
                for reader in listeners.plain:
                    reader.pending.append(message)
            if listeners.packed:
                message = report_message(instrument, report, packed=True)
                for reader in listeners.packed:
                    reader.pending.append(message)

    def _bars(self, end: int) -> None:
        for symbol, listeners in self._listeners.get("bars", {}).items():
            if self._session(symbol, end):
                bar = self._market.minute_bar(self._instruments[symbol], end)
                if bar.at == end - MINUTE:  # older where nothing traded
                    bar = first_bar(self._market, self._instruments[symbol], bar)
                    listeners.tell(partial(bar_message, "b", self._instruments[symbol], bar))
        for symbol, listeners in self._listeners.get("dailyBars", {}).items():
            session = self._session(symbol, end)
            if session and end > session.open:
                instrument = self._instruments[symbol]
                if so_far := self._market.of(instrument).day_so_far(session, end):
                    label = self._market.timetable_of(instrument).hours.label(session.day)
                    day = msgspec.structs.replace(so_far, at=label)  # as history dates it
                    listeners.tell(partial(bar_message, "d", instrument, day))

    def _session(self, symbol: str, end: int) -> Session | None:
        """The session of the minute that ends then."""
        return self._market.timetable_of(self._instruments[symbol]).current(end - MINUTE)
