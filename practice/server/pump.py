"""What makes time pass: moves the engine along and sends what the market printed meanwhile."""

import asyncio
from typing import Any

import msgspec

from practice.engine.brokerage import Brokerage
from practice.engine.clock import MINUTE, Clock
from practice.engine.instruments import Instrument
from practice.engine.tape import Bar, Quote, Trade
from practice.server.data_stream import Feed, Reader
from practice.server.tape_wire import bar_fields, packed_timestamp, quote_fields, trade_fields, window_start
from practice.server.wire import timestamp

_TURN_S = 0.02
_PREPARED_PER_TURN = 4


class Pump:
    """Runs a turn every few milliseconds. A turn without orders and readers costs next to nothing."""

    def __init__(self, brokerage: Brokerage, clock: Clock, feeds: list[Feed]) -> None:
        self._brokerage, self._clock, self._feeds = brokerage, clock, feeds
        self._market = brokerage.market
        self._sent_until = clock.now()
        self._preparing: list[Instrument] = []
        self._prepared_minute = 0

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self.turn()
            await asyncio.sleep(_TURN_S)

    def turn(self) -> None:
        """Let everything happen that is due."""
        now = self._clock.now()
        self._brokerage.floor.advance(now)
        for feed in self._feeds:
            if feed.reader and feed.reader.session.is_live:
                self._send(feed, feed.reader, now)
        self._sent_until = now
        self._prepare(now)

    def _send(self, feed: Feed, reader: Reader, now: int) -> None:
        for symbol in wanted_symbols(reader, feed, "trades", "quotes"):
            instrument = feed.instruments[symbol]
            quotes, trades = reader.session.wants("quotes", symbol), reader.session.wants("trades", symbol)
            for tick in self._market.prints(instrument, self._sent_until, now):
                if quotes if isinstance(tick, Quote) else trades:
                    reader.pending.append(tick_message(instrument, tick, packed=reader.packed))
        if self._sent_until // MINUTE != now // MINUTE:
            self._send_bars(feed, reader, now)
        reader.flush()

    def _send_bars(self, feed: Feed, reader: Reader, now: int) -> None:
        session = self._market.timetable.last_started(now)
        if now - now % MINUTE > session.end:
            return  # the market is closed; its last minute has been sent
        for symbol in wanted_symbols(reader, feed, "bars"):
            bar = self._market.minute_bar(feed.instruments[symbol], now)
            reader.pending.append(bar_message("b", feed.instruments[symbol], bar, packed=reader.packed))
        for symbol in wanted_symbols(reader, feed, "dailyBars"):
            so_far = self._market.day_bar(feed.instruments[symbol], now)
            if so_far:
                reader.pending.append(
                    bar_message("d", feed.instruments[symbol], so_far, packed=reader.packed)
                )

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


def tick_message(instrument: Instrument, tick: Quote | Trade, *, packed: bool) -> bytes:
    """A quote or trade, encoded."""
    stamp = packed_timestamp if packed else timestamp
    if isinstance(tick, Quote):
        return _encoded("q", instrument, quote_fields(instrument, tick, stamp), packed=packed)
    return _encoded("t", instrument, trade_fields(instrument, tick, stamp), packed=packed)


def bar_message(kind: str, instrument: Instrument, bar: Bar, *, packed: bool) -> bytes:
    """A bar, encoded."""
    stamp = packed_timestamp if packed else window_start
    return _encoded(kind, instrument, bar_fields(instrument, bar, stamp), packed=packed)


def _encoded(kind: str, instrument: Instrument, fields: dict[str, Any], *, packed: bool) -> bytes:
    encode = msgspec.msgpack.encode if packed else msgspec.json.encode
    return encode({"T": kind, "S": instrument.symbol, **fields})
