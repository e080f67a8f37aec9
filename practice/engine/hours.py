"""When the simulated market trades: around the clock, or as the exchange does.

Everything is in nanoseconds since the epoch; days are days in New York, save those of coins.
"""

import bisect
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from practice.engine.clock import HOUR, MINUTE, SECOND
from practice.engine.exchange_days import NIGHT_BEGINS, NIGHT_ENDS, closing_time, session_end

NEW_YORK = ZoneInfo("America/New_York")
# Prices and calendar reach from 2016 to 2029, and where time begins there has to be some history behind it.
MARKET_YEARS = range(2017, 2029)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One trading day. Prices move in [start, end); orders without `extended_hours` only in [open, close)."""

    day: date
    start: int
    end: int
    open: int
    close: int

    @property
    def minutes(self) -> int:
        return (self.end - self.start) // MINUTE


class Hours(Protocol):
    """The timetable of a market."""

    always_open: bool

    def day_of(self, instant: int) -> date:
        """Return the day an instant belongs to, whether or not there is a session."""
        ...

    def midnight(self, day: date) -> int:
        """Return when a day begins."""
        ...

    def label(self, day: date) -> int:
        """Return the time that the daily bar of a day carries."""
        ...

    def on(self, day: date) -> Session | None:
        """Return the session of a day, or None on a day without one."""
        ...


def at(day: date, clock: time) -> int:
    """The instant of a wall-clock time in New York."""
    return int(datetime.combine(day, clock, NEW_YORK).timestamp()) * SECOND


def new_york_day(instant: int) -> date:
    """The day it is in New York."""
    return _day_of_hour(instant // (3600 * SECOND))


@lru_cache(maxsize=4096)
def _day_of_hour(hour: int) -> date:
    # New York's midnight always falls on a whole UTC hour, so an hour never spans two of its days.
    return datetime.fromtimestamp(hour * 3600, UTC).astimezone(NEW_YORK).date()


class AlwaysOpen:
    """A market that never closes; its days run from midnight to midnight in New York."""

    always_open = True

    def day_of(self, instant: int) -> date:
        return new_york_day(instant)

    def midnight(self, day: date) -> int:
        return at(day, time())

    def label(self, day: date) -> int:
        return at(day, time())

    def on(self, day: date) -> Session | None:
        return _whole_day(day)


class CoinHours:
    """The hours of coins: never closed, and days from midnight to midnight in Greenwich."""

    always_open = True

    def day_of(self, instant: int) -> date:
        return datetime.fromtimestamp(instant // SECOND, UTC).date()

    def midnight(self, day: date) -> int:
        return _midnight_in_greenwich(day)

    def label(self, day: date) -> int:
        return _midnight_in_greenwich(day)

    def on(self, day: date) -> Session | None:
        start = self.midnight(day)
        end = start + 24 * 60 * MINUTE
        return Session(day=day, start=start, end=end, open=start, close=end)


def _midnight_in_greenwich(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp()) * SECOND


@lru_cache(maxsize=4096)
def _whole_day(day: date) -> Session:
    start, end = at(day, time()), at(day + _DAY, time())
    return Session(day=day, start=start, end=end, open=start, close=end)


class ExchangeHours:
    """The hours of the New York Stock Exchange, with its holidays and half days."""

    always_open = False

    def __init__(self) -> None:
        self._on = lru_cache(maxsize=4096)(self._session)

    def day_of(self, instant: int) -> date:
        return new_york_day(instant)

    def midnight(self, day: date) -> int:
        return at(day, time())

    def label(self, day: date) -> int:
        return at(day, time())

    def on(self, day: date) -> Session | None:
        return self._on(day)

    def _session(self, day: date) -> Session | None:
        close = closing_time(day)
        if close is None:
            return None
        return Session(
            day=day,
            start=at(day, NIGHT_ENDS),
            end=at(day, session_end(close)),
            open=at(day, time(9, 30)),
            close=at(day, close),
        )


class NightHours:
    """The hours of the overnight market: from the evening before each day of the exchange until it begins.

    A night belongs to the trading day it leads to, so that there is none before a holiday or a weekend. Its
    days run from evening to evening.
    """

    always_open = False
    _UNTIL_MIDNIGHT = 4 * HOUR

    def __init__(self) -> None:
        self._on = lru_cache(maxsize=4096)(self._session)

    def day_of(self, instant: int) -> date:
        return new_york_day(instant + self._UNTIL_MIDNIGHT)  # clocks change later at night than that

    def midnight(self, day: date) -> int:
        return at(day - _DAY, NIGHT_BEGINS)

    def label(self, day: date) -> int:
        return _midnight_in_greenwich(day)

    def on(self, day: date) -> Session | None:
        return self._on(day)

    def _session(self, day: date) -> Session | None:
        if closing_time(day) is None:
            return None
        start, end = self.midnight(day), at(day, NIGHT_ENDS)
        return Session(day=day, start=start, end=end, open=start, close=end)


class Timetable:
    """Questions about sessions that every part of the engine asks."""

    _FAR = 14  # the exchange has never been closed for this many days in the years we cover

    def __init__(self, hours: Hours) -> None:
        self.hours = hours

    def current(self, instant: int) -> Session | None:
        """The session whose prices move at this instant."""
        session = self.hours.on(self.hours.day_of(instant))
        return session if session and session.start <= instant < session.end else None

    def last_started(self, instant: int) -> Session:
        """The session in progress or, outside of one, the latest before."""
        day = self.hours.day_of(instant)
        session = self.hours.on(day)
        return session if session and session.start <= instant else self.before(day)

    def before(self, day: date) -> Session:
        """The latest session on an earlier day."""
        return self._walk(day, -1)

    def after(self, day: date) -> Session:
        """The earliest session on a later day."""
        return self._walk(day, 1)

    def _walk(self, day: date, direction: int) -> Session:
        for distance in range(1, self._FAR):
            if session := self.hours.on(day + direction * distance * _DAY):
                return session
        raise LookupError(f"no session within {self._FAR} days of {day}")

    def is_open(self, instant: int) -> bool:
        """Whether ordinary orders trade now."""
        session = self.current(instant)
        return bool(session and session.open <= instant < session.close)

    def next_open(self, instant: int) -> int:
        """The next opening strictly after this instant."""
        day = self.hours.day_of(instant)
        session = self.hours.on(day)
        return session.open if session and instant < session.open else self.after(day).open

    def next_close(self, instant: int) -> int:
        """The next close strictly after this instant."""
        day = self.hours.day_of(instant)
        session = self.hours.on(day)
        return session.close if session and instant < session.close else self.after(day).close

    def sessions(self, first: date, last: date) -> list[Session]:
        """All sessions of a span of days, both included."""
        days = (first + n * _DAY for n in range((last - first).days + 1))
        return [session for day in days if (session := self.hours.on(day))]


def index_at(starts: list[int], instant: int) -> int:
    """The position of the last start not after the instant; -1 when there is none."""
    return bisect.bisect_right(starts, instant) - 1
