"""Quotes at a fixed rate, far beyond what the market prints: for load tests.

The quotes are the market's own, sent again and again with the time of sending, encoded beforehand; only the
timestamps are put in while sending. They are not part of history.
"""

from itertools import islice

from practice.engine.clock import SECOND
from practice.engine.instruments import Instrument
from practice.engine.market import Market
from practice.engine.tape import Quote
from practice.server.tape_wire import packed_timestamp, report_message
from practice.server.wire import timestamp

_VARIANTS = 8  # quotes of each symbol in a ring
_RING_LIFE = SECOND
_MOST_IN_FRAME = 250
_LOOK_AHEAD = 10 * SECOND


class Flood:
    """The quotes one reader is flooded with."""

    def __init__(self, market: Market, quotes_per_second: int, *, packed: bool) -> None:
        self._market, self._rate, self._packed = market, quotes_per_second, packed
        self._ring: list[bytes] = []
        self._ring_of: list[Instrument] = []
        self._ring_until = 0
        self._place = 0
        self._owed = 0.0

    def frames(self, instruments: list[Instrument], now: int, elapsed_s: float) -> list[bytes]:
        """The frames due after `elapsed_s` seconds more, stamped `now`."""
        if not instruments:
            return []
        if instruments != self._ring_of or now >= self._ring_until:
            self._draw(instruments, now)
        self._owed += elapsed_s * self._rate
        count, self._owed = int(self._owed), self._owed % 1
        frames = []
        while count > 0:
            part = min(count, _MOST_IN_FRAME)
            frames.append(self._frame(self._next(part), now))
            count -= part
        return frames

    def _next(self, count: int) -> list[bytes]:
        ring, place = self._ring, self._place
        chosen = ring[place : place + count]
        while len(chosen) < count:
            chosen += ring[: count - len(chosen)]
        self._place = (place + count) % len(ring)
        return chosen

    def _frame(self, heads: list[bytes], now: int) -> bytes:
        if self._packed:
            stamp = b"\xd7\xff" + packed_timestamp(now).data
            return b"\xdc" + len(heads).to_bytes(2, "big") + stamp.join(heads) + stamp
        stamp = timestamp(now).encode() + b'"}'
        return b"[" + (stamp + b",").join(heads) + stamp + b"]"

    def _draw(self, instruments: list[Instrument], now: int) -> None:
        columns = [self._heads(instrument, now) for instrument in instruments]
        self._ring = [column[n] for n in range(_VARIANTS) for column in columns]
        self._ring_of, self._ring_until = instruments, now + _RING_LIFE
        self._place %= len(self._ring)

    def _heads(self, instrument: Instrument, now: int) -> list[bytes]:
        """Encoded quotes, each cut off before its timestamp."""
        coming = self._market.prints(instrument, now, now + _LOOK_AHEAD)
        quotes = list(islice((tick for tick in coming if isinstance(tick, Quote)), _VARIANTS))
        quotes = quotes or [self._market.quote(instrument, now)]
        quotes = [quotes[n % len(quotes)] for n in range(_VARIANTS)]
        tail = 10 if self._packed else len('2026-01-31T09:30:00.000000000Z"}')
        return [report_message(instrument, quote, packed=self._packed)[:-tail] for quote in quotes]
