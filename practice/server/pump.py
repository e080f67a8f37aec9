"""What makes time pass: moves the engine along and sends what the market printed meanwhile."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from itertools import islice

from practice.engine.brokerage import Brokerage
from practice.engine.clock import MINUTE, Clock
from practice.server.broadcast import Broadcast
from practice.server.flood import Flood
from practice.server.reader import Reader

_TURN_S, _FLOODING_TURN_S = 0.02, 0.005
_PREPARED_PER_TURN = 4

_log = logging.getLogger("practice")


class Pump:
    """Runs a turn every few milliseconds. A turn without orders and readers costs next to nothing."""

    def __init__(
        self, brokerage: Brokerage, clock: Clock, broadcasts: Sequence[Broadcast], quote_rate: int = 0
    ) -> None:
        self._brokerage, self._clock, self._broadcasts = brokerage, clock, broadcasts
        self._feeds = [feed for broadcast in broadcasts for feed in broadcast.feeds]
        self._quote_rate = quote_rate
        self._floods: dict[Reader, Flood] = {}
        self._flooded_at = time.monotonic()
        self._sent_until = clock.now()
        self._preparing: list[Callable[[], object]] = []
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
            for broadcast in self._broadcasts:
                self._gather(broadcast, after, until)
            after = until
        for feed in self._feeds:
            if feed.reader:
                feed.reader.flush()
        self._sent_until = now
        self._prepare(now)
        if self._quote_rate:
            self._flood(now)

    def _gather(self, broadcast: Broadcast, after: int, until: int) -> None:
        try:
            broadcast.gather(after, until)
        except Exception:  # noqa: BLE001 - one feed that breaks must not stop the market for everybody
            _log.exception("a data stream failed")
            for feed in broadcast.feeds:
                if feed.reader:
                    feed.reader.say_last(500)

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
            wanted = feed.wanted("quotes", now)
            for frame in flood.frames([wanted[symbol] for symbol in sorted(wanted)], now, elapsed):
                reader.send(frame)

    def _prepare(self, now: int) -> None:
        """Draw the next minute a few instruments at a time, so that its first turn is not a long one."""
        following = now - now % MINUTE + MINUTE
        if following != self._prepared_minute:
            self._prepared_minute = following
            self._preparing = [draw for one in self._broadcasts for draw in one.prepare(following)]
        for draw in islice(self._preparing, _PREPARED_PER_TURN):
            draw()
        del self._preparing[:_PREPARED_PER_TURN]
