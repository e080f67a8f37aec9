"""What makes time pass: moves the engine along and sends what the market printed meanwhile."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Protocol

from practice.engine.brokerage import Brokerage
from practice.engine.clock import MINUTE, SECOND, Clock
from practice.server.feeds import Feed
from practice.server.flood import Flood
from practice.server.reader import Reader

_TURN_S, _FLOODING_TURN_S = 0.02, 0.005
_LONGEST_TURN_S = 0.05
_STRETCH = 5 * SECOND
_PREPARED_PER_TURN = 4

_log = logging.getLogger("practice")


class Source(Protocol):
    """What is told to the readers of some feeds."""

    @property
    def feeds(self) -> Sequence[Feed]: ...

    def gather(self, after: int, until: int) -> None: ...

    def prepare(self, following: int) -> Iterable[Callable[[], object]]: ...


class Pump:
    """Runs a turn every few milliseconds. A turn without orders and readers costs next to nothing."""

    def __init__(
        self, brokerage: Brokerage, clock: Clock, broadcasts: Sequence[Source], quote_rate: int = 0
    ) -> None:
        self._brokerage, self._clock, self._broadcasts = brokerage, clock, broadcasts
        self._feeds = list(dict.fromkeys(feed for broadcast in broadcasts for feed in broadcast.feeds))
        self._quote_rate = quote_rate
        self._floods: dict[Reader, Flood] = {}
        self._flooded_at = time.monotonic()
        self._sent_until = clock.now()
        self._is_behind = False  # whether more is due than could be sent so far
        self._preparing: list[Callable[[], object]] = []
        self._prepared_minute = 0

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self.turn()
            pause = 0.0 if self._is_behind else _FLOODING_TURN_S if self._floods else _TURN_S
            await asyncio.sleep(pause)

    def turn(self) -> None:
        """Let everything happen that is due, and tell it; what takes too long is left for the next turn."""
        now = self._clock.now()
        self._brokerage.floor.advance(now)
        self._tell(now)
        self._prepare(now)
        if self._quote_rate:
            self._flood(now)

    def _tell(self, now: int) -> None:
        """Send what was printed, a minute at a time at the most: a minute's prints come before its bar."""
        enough = time.monotonic() + _LONGEST_TURN_S
        while self._sent_until < now:
            after = self._sent_until
            until = min(now, after + _STRETCH, after - after % MINUTE + MINUTE)
            for broadcast in self._broadcasts:
                self._gather(broadcast, after, until)
            for feed in self._feeds:
                if feed.reader:
                    feed.reader.flush()
            self._sent_until = until
            if time.monotonic() > enough:
                break
        self._is_behind = self._sent_until < now

    def _gather(self, broadcast: Source, after: int, until: int) -> None:
        try:
            broadcast.gather(after, until)
        except Exception:  # noqa: BLE001 - one feed that breaks must not stop the market for everybody
            told = [reader for feed in broadcast.feeds if (reader := feed.live_reader)]
            if told:
                _log.exception("a data stream failed")
            for reader in told:
                reader.say_last(500)

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
