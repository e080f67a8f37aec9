"""What makes time pass: moves the engine along and sends what the market printed meanwhile."""

import asyncio
import time

from practice.engine.brokerage import Brokerage
from practice.engine.clock import MINUTE, Clock
from practice.engine.instruments import Instrument
from practice.engine.tape import Quote
from practice.server.data_stream import Feed, Reader
from practice.server.flood import Flood
from practice.server.tape_wire import bar_message, quote_message, trade_message

_TURN_S, _FLOODING_TURN_S = 0.02, 0.005
_PREPARED_PER_TURN = 4


class Pump:
    """Runs a turn every few milliseconds. A turn without orders and readers costs next to nothing."""

    def __init__(self, brokerage: Brokerage, clock: Clock, feeds: list[Feed], quote_rate: int = 0) -> None:
        self._brokerage, self._clock, self._feeds = brokerage, clock, feeds
        self._quote_rate = quote_rate
        self._floods: dict[Reader, Flood] = {}
        self._flooded_at = time.monotonic()
        self._market = brokerage.market
        self._sent_until = clock.now()
        self._preparing: list[Instrument] = []
        self._prepared_minute = 0

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self.turn()
            await asyncio.sleep(_FLOODING_TURN_S if self._floods else _TURN_S)

    def turn(self) -> None:
        """Let everything happen that is due, a minute at a time: its prints come before its bar."""
        now = self._clock.now()
        self._brokerage.floor.advance(now)
        after = self._sent_until
        while after < now:
            until = min(now, after - after % MINUTE + MINUTE)
            for feed in self._feeds:
                if feed.reader and feed.reader.session.is_live:
                    self._gather(feed, feed.reader, after, until)
            after = until
        for feed in self._feeds:
            if feed.reader:
                feed.reader.flush()
        self._sent_until = now
        self._prepare(now)
        if self._quote_rate:
            self._flood(now)

    def _gather(self, feed: Feed, reader: Reader, after: int, until: int) -> None:
        for symbol in wanted_symbols(reader, feed, "trades", "quotes"):
            instrument = feed.instruments[symbol]
            quotes, trades = reader.session.wants("quotes", symbol), reader.session.wants("trades", symbol)
            for tick in self._market.prints(instrument, after, until):
                if isinstance(tick, Quote):
                    if quotes and not self._quote_rate:
                        reader.pending.append(quote_message(instrument, tick, packed=reader.packed))
                elif trades:
                    reader.pending.append(trade_message(instrument, tick, packed=reader.packed))
        if until % MINUTE == 0 and self._market.timetable.current(until - MINUTE):
            self._gather_bars(feed, reader, until)

    def _gather_bars(self, feed: Feed, reader: Reader, now: int) -> None:
        for symbol in wanted_symbols(reader, feed, "bars"):
            bar = self._market.minute_bar(feed.instruments[symbol], now)
            reader.pending.append(bar_message("b", feed.instruments[symbol], bar, packed=reader.packed))
        for symbol in wanted_symbols(reader, feed, "dailyBars"):
            so_far = self._market.day_bar(feed.instruments[symbol], now)
            if so_far:
                reader.pending.append(
                    bar_message("d", feed.instruments[symbol], so_far, packed=reader.packed)
                )

    def _flood(self, now: int) -> None:
        """Send quotes at the rate that was asked for, instead of the market's own."""
        instant = time.monotonic()
        elapsed, self._flooded_at = instant - self._flooded_at, instant
        readers = {feed.reader: feed for feed in self._feeds if feed.reader}
        for reader in self._floods.keys() - readers.keys():
            del self._floods[reader]
        for reader, feed in readers.items():
            flood = self._floods.get(reader)
            if flood is None:
                flood = Flood(self._brokerage.market, self._quote_rate, packed=reader.packed)
                self._floods[reader] = flood
            symbols = wanted_symbols(reader, feed, "quotes")
            for frame in flood.frames([feed.instruments[symbol] for symbol in symbols], now, elapsed):
                reader.send(frame)

    def _prepare(self, now: int) -> None:
        """Draw the next minute a few instruments at a time, so that its first turn is not a long one."""
        following = now - now % MINUTE + MINUTE
        if following != self._prepared_minute:
            self._prepared_minute = following
            self._preparing = [
                feed.instruments[symbol]
                for feed in self._feeds
                if feed.reader
                for symbol in wanted_symbols(feed.reader, feed, "trades", "quotes", "bars")
            ]
        for _ in range(min(_PREPARED_PER_TURN, len(self._preparing))):
            self._market.minute(self._preparing.pop(), following)


def wanted_symbols(reader: Reader, feed: Feed, *channels: str) -> list[str]:
    """The symbols of a feed that a reader wants on any of these channels."""
    symbols: set[str] = set()
    for channel in channels:
        wanted = reader.session.subscriptions[channel]
        symbols |= feed.instruments.keys() if "*" in wanted else wanted & feed.instruments.keys()
    return sorted(symbols)
