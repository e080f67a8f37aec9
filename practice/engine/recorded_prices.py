"""Prices of an instrument that was recorded: the file's on its days, drawn ones before and after."""

import bisect
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from typing import TypeVar

import msgspec

from practice.engine.actions import Actions
from practice.engine.clock import MINUTE
from practice.engine.days import Days
from practice.engine.drawn_prices import DrawnPrices
from practice.engine.halts import Halts
from practice.engine.hours import Session, Timetable
from practice.engine.instruments import Instrument
from practice.engine.minutes import Minute
from practice.engine.recording import Prints
from practice.engine.tape import Bar, Quote, Trade, bar_of, merged

Print = TypeVar("Print", Quote, Trade)
_by_time = attrgetter("at")


def days_before(
    seed: int, instrument: Instrument, timetable: Timetable, actions: Actions, prints: Prints
) -> Days:
    """Days that end about where a recording begins."""
    before = timetable.before(timetable.hours.day_of(prints.first))
    price = (prints.trades or prints.quotes)[0]
    level = price.price if isinstance(price, Trade) else price.bid
    elsewhere = Days(seed, instrument, timetable, actions)
    base = max(20, round(instrument.base_ticks * level / elsewhere.bar(before).close))
    return Days(seed, replace(instrument, base_ticks=base), timetable, actions)


class RecordedPrices:
    """What one instrument prints: `prints`, which must not be empty, and what is drawn before and after."""

    def __init__(
        self, instrument: Instrument, timetable: Timetable, halts: Halts, prints: Prints, drawn: DrawnPrices
    ) -> None:
        self._drawn = drawn
        self._instrument, self._timetable, self._halts = instrument, timetable, halts
        self._prints = Prints(prints.quotes, list(prints.trades))
        self._busy_minutes = sorted({trade.at - trade.at % MINUTE for trade in prints.trades})
        self._begin = timetable.hours.midnight(timetable.hours.day_of(prints.first))
        last = timetable.hours.day_of(prints.last)
        self._end = timetable.hours.midnight(timetable.after(last).day)
        for session in timetable.sessions(timetable.hours.day_of(prints.first), last):
            self._mark_auctions(session)

    def _mark_auctions(self, session: Session) -> None:
        """Take the first trade of ordinary hours, and the last one, for those of the auctions."""
        trades = self._prints.trades
        first = bisect.bisect_left(trades, session.open, key=_by_time)
        stop = bisect.bisect_left(trades, session.close, key=_by_time)
        if self._instrument.has_one_venue or first == stop:
            return
        if trades[first].at < session.open + MINUTE:
            trades[first] = msgspec.structs.replace(trades[first], mark="O")
        if trades[stop - 1].at >= session.close - MINUTE:
            trades[stop - 1] = msgspec.structs.replace(trades[stop - 1], mark="6")

    @property
    def days(self) -> Days:
        return self._drawn.days

    def forget(self) -> None:
        """Draw minutes again when they are asked for again."""
        self._drawn.forget()

    def ends(self, session: Session) -> tuple[int, int]:
        """The prices with which a session begins and ends, whatever halts there are."""
        trades = self._prints.trades
        first = bisect.bisect_left(trades, session.start, key=_by_time)
        stop = bisect.bisect_left(trades, session.end, key=_by_time)
        if not self._is_recorded(session.start) or first == stop:
            return self._drawn.ends(session)
        return trades[first].price, trades[stop - 1].price

    def _is_recorded(self, instant: int) -> bool:
        return self._begin <= instant < self._end

    def minute(self, at: int) -> Minute | None:
        """The prints of the minute that starts at `at`; None when there are none."""
        if not self._is_recorded(at):
            return self._drawn.minute(at)
        quotes, trades = self._within(self._prints.quotes, at), self._within(self._prints.trades, at)
        return Minute(quotes, trades) if quotes or trades else None

    def trades_in(self, at: int) -> Sequence[Trade]:
        """The trades of the minute that starts at `at`."""
        minute = self.minute(at)
        return minute.trades if minute else ()

    def _within(self, prints: list[Print], at: int) -> list[Print]:
        first = bisect.bisect_left(prints, at, key=_by_time)
        found = prints[first : bisect.bisect_left(prints, at + MINUTE, first, key=_by_time)]
        session = self._timetable.current(at)
        halts = self._halts.during(self._instrument, session) if session else []
        return [tick for tick in found if not any(halt.covers(tick.at) for halt in halts)]

    def _recorded_bars(self, start: int, stop: int) -> list[Bar]:
        first = bisect.bisect_left(self._busy_minutes, start)
        minutes = self._busy_minutes[first : bisect.bisect_right(self._busy_minutes, stop - MINUTE)]
        found = ((at, self.trades_in(at)) for at in minutes)
        return [bar_of(trades, at) for at, trades in found if trades]

    def minutes_of(self, session: Session, start: int, stop: int) -> list[Bar]:
        """The minute bars of a session that begin in [start, stop) and are complete at `stop`."""
        if not self._is_recorded(session.start):
            return self._drawn.minutes_of(session, start, stop)
        return self._recorded_bars(max(start, session.start), min(stop, session.end))

    def day_so_far(self, session: Session, instant: int) -> Bar | None:
        """The bar of a session's full minutes until an instant; None before the first."""
        if not self._is_recorded(session.start):
            return self._drawn.day_so_far(session, instant)
        bars = self._recorded_bars(session.start, min(instant, session.end))
        return merged(bars, session.start) if bars else None

    def whole_day(self, session: Session) -> Bar:
        """The bar of a session from beginning to end, or of the last trade before it."""
        if bar := self.day_so_far(session, session.end):
            return bar
        return bar_of([self.trade(session.end)], session.start)

    def minute_bar(self, instant: int) -> Bar:
        """The latest completed minute in which something traded."""
        if instant >= self._end:
            return self._drawn.minute_bar(instant)
        bars = self._recorded_bars(self._begin, instant) if instant >= self._begin else []
        return bars[-1] if bars else self._drawn.minute_bar(min(instant, self._begin))

    def quote(self, instant: int) -> Quote:
        """The best bid and offer in force."""
        if self._is_recorded(instant) and (quote := self._prints.quoted_before(instant)):
            return quote
        return self._drawn.quote(min(instant, self._begin - 1) if instant < self._end else instant)

    def trade(self, instant: int) -> Trade:
        """The last trade."""
        if self._is_recorded(instant):
            count = bisect.bisect_right(self._prints.trades, instant, key=_by_time)
            if count:
                return self._prints.trades[count - 1]
        return self._drawn.trade(min(instant, self._begin - 1) if instant < self._end else instant)
