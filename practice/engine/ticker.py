"""The ticker of one instrument: everything that is reported of it, in order of time, a piece at a time."""

import bisect
import heapq
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Literal, get_args

from practice.engine.amendments import TradeReport, UpdatedBar, reported_trades, updated_bars
from practice.engine.book_changes import BookChange, book_changes
from practice.engine.clock import MINUTE
from practice.engine.imbalances import Imbalance, imbalances
from practice.engine.instruments import Instrument
from practice.engine.market import Market
from practice.engine.tape import Bands, Quote, Status

Report = Quote | TradeReport | UpdatedBar | Status | Bands | Imbalance | BookChange
Part = Literal["quotes", "trades", "updatedBars", "statuses", "lulds", "imbalances", "orderbooks"]
PARTS: tuple[Part, ...] = get_args(Part)
_by_time = attrgetter("at")


class Ticker:
    """Reports from just after `after` on. `next_at` is the earliest instant at which there may be more.

    Only the `parts` asked for are drawn: the trades of an option, for one, cost far less than its quotes.
    """

    __slots__ = ("_instrument", "_market", "_minute", "_place", "_reports", "next_at", "parts")

    def __init__(self, market: Market, instrument: Instrument, after: int, parts: frozenset[Part]) -> None:
        self._market, self._instrument, self.parts = market, instrument, parts
        self.begin_again(after)

    def begin_again(self, after: int) -> None:
        """Go on from just after `after` with what the market says now; halts that were ordered change it."""
        self._begin(after - after % MINUTE)
        self._place = bisect.bisect_right(self._reports, after, key=_by_time)
        self._look_ahead()

    @property
    def draws_minutes(self) -> bool:
        """Whether whole minutes of prints are drawn for it, and not only an option's trades or no prints."""
        needs = {"quotes", "orderbooks"} if self._instrument.is_option else {"quotes", "orderbooks", "trades"}
        return not needs.isdisjoint(self.parts)

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
        lists = [reports for reports in self._lists(minute) if reports]
        self._reports: Sequence[Report] = (
            lists[0] if len(lists) == 1 else list(heapq.merge(*lists, key=_by_time))
        )

    def _look_ahead(self) -> None:
        more = self._place < len(self._reports)
        self.next_at = self._reports[self._place].at if more else self._minute + MINUTE

    def _lists(self, at: int) -> Iterator[Sequence[Report]]:
        """What is reported in the minute that starts at `at`, each part in order of time."""
        market, instrument = self._market, self._instrument
        before, last = at - 1, at + MINUTE - 1
        for part in self.parts:
            match part:
                case "quotes":
                    yield minute.quotes if (minute := market.minute(instrument, at)) else ()
                case "trades":
                    yield reported_trades(market, instrument, at)
                case "updatedBars":
                    yield updated_bars(market, instrument, at)
                case "statuses":
                    yield market.statuses(instrument, before, last)
                case "lulds":
                    yield market.bands(instrument, before, last)
                case "imbalances":
                    yield list(imbalances(market, instrument, at))
                case "orderbooks":
                    yield list(book_changes(market, instrument, at))
