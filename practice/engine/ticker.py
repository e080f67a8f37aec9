"""The ticker of one instrument: everything that is reported of it, in order of time, a piece at a time."""

import bisect
import heapq
from collections.abc import Sequence
from operator import attrgetter

from practice.engine.clock import MINUTE
from practice.engine.instruments import Instrument
from practice.engine.market import Market
from practice.engine.tape import Quote, Trade

Report = Quote | Trade
_by_time = attrgetter("at")


class Ticker:
    """Reports from just after `after` on. `next_at` is the earliest instant at which there may be more.

    Without quotes it is cheaper, most of all for options, whose trades are known without their quotes.
    """

    __slots__ = ("_instrument", "_market", "_minute", "_place", "_reports", "has_quotes", "next_at")

    def __init__(self, market: Market, instrument: Instrument, after: int, *, quotes: bool = True) -> None:
        self._market, self._instrument, self.has_quotes = market, instrument, quotes
        self._begin(after - after % MINUTE)
        self._place = bisect.bisect_right(self._reports, after, key=_by_time)
        self._look_ahead()

    def due(self, until: int) -> list[Report]:
        """Everything up to and including `until` that has not been returned before."""
        due: list[Report] = []
        while self.next_at <= until:
            stop = bisect.bisect_right(self._reports, until, self._place, key=_by_time)
            due += self._reports[self._place : stop]
            self._place = stop
            if stop == len(self._reports) and until >= self._minute + MINUTE:
                self._begin(self._minute + MINUTE)
            self._look_ahead()
        return due

    def _begin(self, minute: int) -> None:
        self._minute, self._place = minute, 0
        self._reports: Sequence[Report] = self._reported(minute)
        self.next_at = minute

    def _look_ahead(self) -> None:
        if self._place < len(self._reports):
            self.next_at = self._reports[self._place].at
        else:
            self.next_at = self._minute + MINUTE

    def _reported(self, at: int) -> Sequence[Report]:
        """What is reported in the minute that starts at `at`."""
        if not self.has_quotes:
            return self._market.of(self._instrument).trades_in(at)
        minute = self._market.minute(self._instrument, at)
        if minute is None:
            return ()
        return list(heapq.merge(minute.quotes, minute.trades, key=_by_time))
