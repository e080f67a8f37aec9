"""The simulated market: every quote, trade and bar of every instrument, as a pure function of the seed.

What was streamed and what history says are the same prints, because both are drawn from here.
"""

import bisect
import heapq
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import TypeVar

from practice.engine.chance import chance_of
from practice.engine.clock import MINUTE
from practice.engine.days import Days
from practice.engine.hours import Session, Timetable, new_york_day
from practice.engine.instruments import Instrument, Instruments
from practice.engine.minutes import Minute, drawn
from practice.engine.option_market import OptionMarket
from practice.engine.tape import Bar, Quote, Trade, bar_of, merged

Print = TypeVar("Print", Quote, Trade)
_by_time = attrgetter("at")


class Market:
    """Prices of any instrument at any time. Asking about the future is allowed; callers must not."""

    def __init__(self, seed: int, timetable: Timetable) -> None:
        self.seed, self.timetable = seed, timetable
        self._days: dict[str, Days] = {}
        self.options = OptionMarket(self)
        self._minute_of = lru_cache(maxsize=1024)(self._drawn_minute)

    def days(self, instrument: Instrument) -> Days:
        """The daily history of an instrument."""
        days = self._days.get(instrument.symbol)
        if days is None:
            days = self._days[instrument.symbol] = Days(self.seed, instrument, self.timetable)
        return days

    def minute(self, instrument: Instrument, at: int) -> Minute | None:
        """The prints of the minute that starts at `at`; None when the market is closed then."""
        return self._minute_of(instrument, at)

    def _drawn_minute(self, instrument: Instrument, at: int) -> Minute | None:
        if instrument.contract:
            return self.options.minute(instrument, instrument.contract, at)
        session = self.timetable.current(at)
        if session is None:
            return None
        days = self.days(instrument)
        bar = days.minute(session, (at - session.start) // MINUTE)
        chance = chance_of(self.seed, instrument.symbol, "minute", at)
        return drawn(chance, bar, instrument, days.character)

    def _latest_minutes(self, instrument: Instrument, instant: int) -> Iterator[Minute]:
        """The current minute and the one before it, across closed hours."""
        at = instant - instant % MINUTE
        if current := self.minute(instrument, at):
            yield current
        session = self.timetable.last_started(instant)
        if session.start < at <= session.end:
            before: int = at - MINUTE
        elif at > session.end:
            before = session.end - MINUTE
        else:
            before = self.timetable.before(session.day).end - MINUTE
        if earlier := self.minute(instrument, before):
            yield earlier

    def quote(self, instrument: Instrument, instant: int) -> Quote:
        """The best bid and offer in force."""
        if instrument.contract:
            return self.options.quote(instrument, instrument.contract, instant)
        for minute in self._latest_minutes(instrument, instant):
            if quote := minute.quote_at(instant):
                return quote
        raise LookupError(f"no quote of {instrument.symbol} at {instant}")

    def trade(self, instrument: Instrument, instant: int) -> Trade:
        """The last trade."""
        if instrument.contract:
            return self.options.trade(instrument, instrument.contract, instant)
        for minute in self._latest_minutes(instrument, instant):
            if trade := minute.trade_at(instant):
                return trade
        raise LookupError(f"no trade of {instrument.symbol} at {instant}")

    def minute_bar(self, instrument: Instrument, instant: int) -> Bar:
        """The latest completed minute; of an option, the latest in which something traded."""
        if instrument.contract:
            return self.options.minute_bar(instrument, instrument.contract, instant)
        session = self.timetable.last_started(instant)
        done = (min(instant, session.end) - session.start) // MINUTE
        if done == 0:
            session = self.timetable.before(session.day)
            done = session.minutes
        return self.days(instrument).minute(session, done - 1)

    def day_bar(self, instrument: Instrument, instant: int) -> Bar | None:
        """The day so far, of the session in progress or the last one; None before its first full minute."""
        return self._day_so_far(instrument, self.timetable.last_started(instant), instant)

    def _day_so_far(self, instrument: Instrument, session: Session, instant: int) -> Bar | None:
        if instrument.contract:
            trades = self.options.trades(instrument, instrument.contract, session)
            done = [trade for trade in trades if trade.at <= instant]
            return bar_of(done, session.start) if done else None
        if instant >= session.end:
            return self.days(instrument).bar(session)
        bars = self.minutes_of(instrument, session, session.start, instant)
        return merged(bars, session.start) if bars else None

    def previous_day_bar(self, instrument: Instrument, instant: int) -> Bar:
        """The last full day before the session in progress (or before the last one)."""
        session = self.timetable.before(self.timetable.last_started(instant).day)
        if instrument.contract:
            last = self.options.trade(instrument, instrument.contract, session.close - 1)
            return self._day_so_far(instrument, session, instant) or bar_of([last], session.start)
        return self.days(instrument).bar(session)

    def minutes_of(self, instrument: Instrument, session: Session, start: int, stop: int) -> list[Bar]:
        """The minute bars of a session that begin in [start, stop) and are complete at `stop`."""
        if instrument.contract:
            return self.options.minutes_of(instrument, instrument.contract, session, start, stop)
        days = self.days(instrument)
        first = max(0, -((session.start - start) // MINUTE))
        last = min(session.minutes, (min(stop, session.end) - session.start) // MINUTE)
        return [days.minute(session, index) for index in range(first, last)]

    def day_bars(self, instrument: Instrument, start: int, stop: int) -> list[Bar]:
        """Daily bars of the sessions that begin in [start, stop), the last one as far as it has come."""
        sessions = self.timetable.sessions(new_york_day(start), new_york_day(stop))
        bars = (self._day_so_far(instrument, s, stop) for s in sessions if start <= s.start < stop)
        return [bar for bar in bars if bar]

    def chain(self, instruments: Instruments, underlying: Instrument, instant: int) -> list[Instrument]:
        """The option contracts that are listed at an instant, in order of expiry, right and strike."""
        today = new_york_day(instant)
        session = self.timetable.before(today.replace(day=1))
        price = underlying.price(self.days(underlying).bar(session).close)
        listed = instruments.chain(underlying, today, price)
        return [one for one in listed if one.contract and self.options.ends_at(one.contract) > instant]

    def prints(self, instrument: Instrument, after: int, until: int) -> Iterator[Quote | Trade]:
        """Everything printed in (after, until], in order of time."""
        at = after - after % MINUTE
        while at <= until:
            if minute := self.minute(instrument, at):
                yield from _between(minute.quotes, minute.trades, after, until)
            at += MINUTE


def _between(
    quotes: Sequence[Quote], trades: Sequence[Trade], after: int, until: int
) -> Iterator[Quote | Trade]:
    return heapq.merge(_span(quotes, after, until), _span(trades, after, until), key=_by_time)


def _span(prints: Sequence[Print], after: int, until: int) -> Sequence[Print]:
    first = bisect.bisect_right(prints, after, key=_by_time)
    return prints[first : bisect.bisect_right(prints, until, first, key=_by_time)]
