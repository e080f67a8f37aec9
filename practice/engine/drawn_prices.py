"""Prices of stocks and coins, drawn from the seed, with what the halts take out of them."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from practice.engine.chance import chance_of
from practice.engine.clock import MINUTE
from practice.engine.days import Days
from practice.engine.halts import Halt, Halts
from practice.engine.hours import Session, Timetable
from practice.engine.instruments import Instrument
from practice.engine.minutes import Minute, drawn
from practice.engine.tape import Bar, Quote, Trade, bar_of, merged

_LONGEST_HALT = 30  # sessions, over which the latest prints are looked for


class DrawnPrices:
    """What one instrument prints. `forget` what was drawn after its halts have changed."""

    def __init__(
        self, seed: int, instrument: Instrument, timetable: Timetable, halts: Halts, days: Days
    ) -> None:
        self._seed, self._instrument = seed, instrument
        self._timetable, self._halts, self.days = timetable, halts, days
        self._minutes = lru_cache(maxsize=8)(self._minute)

    def forget(self) -> None:
        """Draw minutes again when they are asked for again."""
        self._minutes.cache_clear()

    def ends(self, session: Session) -> tuple[int, int]:
        """The prices with which a session begins and ends, whatever halts there are."""
        bar = self.days.bar(session)
        return bar.open, bar.close

    def minute(self, at: int) -> Minute | None:
        """The prints of the minute that starts at `at`; None when there are none."""
        return self._minutes(at)

    def trades_in(self, at: int) -> Sequence[Trade]:
        """The trades of the minute that starts at `at`."""
        minute = self.minute(at)
        return minute.trades if minute else ()

    def _minute(self, at: int) -> Minute | None:
        session = self._timetable.current(at)
        if session is None:
            return None
        halts = self._touching(session, at)
        if any(halt.start <= at and at + MINUTE <= halt.end for halt in halts):
            return None
        chance = chance_of(self._seed, self._instrument.symbol, "minute", at)
        bar = self.days.minute(session, (at - session.start) // MINUTE)
        whole = drawn(chance, bar, self._instrument, self.days.character, session)
        return _outside(halts, whole) if halts else whole

    def _touching(self, session: Session, at: int) -> list[Halt]:
        halts = self._halts.during(self._instrument, session)
        return [halt for halt in halts if halt.start < at + MINUTE and at < halt.end]

    def reach(self, at: int) -> tuple[int, int] | None:
        """The lowest and the highest price of the minute of an instant; None outside of sessions."""
        session = self._timetable.current(at)
        if session is None:
            return None
        bar = self.days.minute(session, (at - session.start) // MINUTE)
        return bar.low, bar.high

    def bar(self, session: Session, index: int) -> Bar | None:
        """The bar of one minute, counted from the session's start; None when nothing traded."""
        at = session.start + index * MINUTE
        if self._touching(session, at):
            minute = self.minute(at)
            return bar_of(minute.trades, at) if minute and minute.trades else None
        return self.days.minute(session, index)

    def whole_day(self, session: Session) -> Bar:
        """The bar of a session from beginning to end."""
        if self._halts.during(self._instrument, session):
            bars = self.minutes_of(session, session.start, session.end)
            return merged(bars, session.start) if bars else self.days.bar(session)
        return self.days.bar(session)

    def day_so_far(self, session: Session, instant: int) -> Bar | None:
        """The bar of a session's full minutes until an instant; None before the first."""
        if self._halts.during(self._instrument, session):
            bars = self.minutes_of(session, session.start, min(instant, session.end))
        elif instant >= session.end:
            return self.whole_day(session)
        else:
            bars = self.days.so_far(session, instant)
        return merged(bars, session.start) if bars else None

    def minutes_of(self, session: Session, start: int, stop: int) -> list[Bar]:
        """The minute bars of a session that begin in [start, stop) and are complete at `stop`."""
        first = max(0, -((session.start - start) // MINUTE))
        last = min(session.minutes, (min(stop, session.end) - session.start) // MINUTE)
        return [bar for index in range(first, last) if (bar := self.bar(session, index))]

    def minute_bar(self, instant: int) -> Bar:
        """The latest completed minute in which something traded."""
        session = self._timetable.last_started(instant)
        for _ in range(_LONGEST_HALT):
            for index in _down_from((min(instant, session.end) - session.start) // MINUTE):
                if bar := self.bar(session, index):
                    return bar
            session = self._timetable.before(session.day)
        raise LookupError(f"no bar of {self._instrument.symbol} at {instant}")

    def _latest_minutes(self, instant: int) -> Iterator[Minute]:
        """The current minute and those before it, across halts and closed hours."""
        session = self._timetable.last_started(instant)
        for _ in range(_LONGEST_HALT):
            last = min(instant, session.end - 1)
            for index in _down_from((last - session.start) // MINUTE + 1):
                if minute := self.minute(session.start + index * MINUTE):
                    yield minute
            session = self._timetable.before(session.day)

    def quote(self, instant: int) -> Quote:
        """The best bid and offer in force."""
        current = self.minute(instant - instant % MINUTE)
        if current and (quote := current.quote_at(instant)):
            return quote
        for minute in self._latest_minutes(instant):
            if quote := minute.quote_at(instant):
                return quote
        raise LookupError(f"no quote of {self._instrument.symbol} at {instant}")

    def trade(self, instant: int) -> Trade:
        """The last trade."""
        current = self.minute(instant - instant % MINUTE)
        if current and (trade := current.trade_at(instant)):
            return trade
        for minute in self._latest_minutes(instant):
            if trade := minute.trade_at(instant):
                return trade
        raise LookupError(f"no trade of {self._instrument.symbol} at {instant}")


def _down_from(count: int) -> Iterable[int]:
    return range(count - 1, -1, -1)


def _outside(halts: list[Halt], whole: Minute) -> Minute | None:
    quotes = [quote for quote in whole.quotes if not any(halt.covers(quote.at) for halt in halts)]
    trades = [trade for trade in whole.trades if not any(halt.covers(trade.at) for halt in halts)]
    return Minute(quotes, trades) if quotes or trades else None
