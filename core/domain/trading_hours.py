"""Which session of the day it is in New York, from the broker's clock (protocol page section 3.9)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

_PRE_MARKET, _OVERNIGHT = time(4), time(20)
_EARLIEST_CLOSE = time(13)
_OPENING_AUCTION_SHUT = timedelta(minutes=2)  # before the open
_CLOSING_AUCTION_SHUT = timedelta(minutes=10)  # before the close
_AUCTIONS_OPEN_AGAIN = time(19)
_REGULAR_OPEN, _REGULAR_CLOSE = time(9, 30), time(16)
_FRIDAY, _SATURDAY = 4, 5


class Phase(StrEnum):
    """The sessions of a day."""

    PRE_MARKET = "pre_market"
    REGULAR = "regular"
    AFTER_HOURS = "after_hours"
    OVERNIGHT = "overnight"
    CLOSED = "closed"


@cache
def _zone() -> ZoneInfo:
    return ZoneInfo("America/New_York")


def trading_day(at: datetime) -> date:
    """The day in New York that a moment (aware) belongs to."""
    return at.astimezone(_zone()).date()


def day_of_gains(at: datetime) -> date:
    """The trading day that a fill at a moment (aware) counts for, as in the broker's own figures of the day.

    It begins with the overnight session at 20:00 in New York the evening before. Nothing new begins on a
    weekend: what coins trade then counts for Friday. Holidays, which need the calendar, are days like others.
    """
    local = at.astimezone(_zone())
    day = local.date() + timedelta(days=1 if local.time() >= _OVERNIGHT else 0)
    return day - timedelta(days=max(0, day.weekday() - _FRIDAY))


def open_at(
    now: datetime, next_open: datetime | None, next_close: datetime | None, *, was_open: bool
) -> bool | None:
    """Whether the exchange is open `now`, by what the broker said a while ago; None after both changes."""
    first, second = (next_close, next_open) if was_open else (next_open, next_close)
    if first is None or now < first:
        return was_open
    return None if second is not None and first < second <= now else not was_open


def _on(day: date, at: time) -> datetime:
    """A time of New York's wall clock as a moment, in UTC, whatever the season."""
    return datetime.combine(day, at, _zone()).astimezone(UTC)


def _earlier(at: time, by: timedelta) -> time:
    return (datetime.combine(date(2000, 1, 1), at) - by).time()


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketDay:
    """What the broker's calendar says of a day in New York: until when shares trade on it, if they do."""

    day: date
    session_ends: datetime | None  # aware; None on a holiday or a weekend

    @classmethod
    def of(cls, day: date, ends: time | None) -> "MarketDay":
        """Take the end of the session as the calendar spells it, in New York's time."""
        return cls(day=day, session_ends=None if ends is None else _on(day, ends))


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingHours:
    """The broker's clock at one moment; all times aware. None where it is not known."""

    now: datetime | None = None
    is_open: bool | None = None
    next_open: datetime | None = None
    next_close: datetime | None = None
    calendar: MarketDay | None = None  # of a day that may be another one

    @property
    def phase(self) -> Phase | None:
        """The session; None until the clock was read.

        Without the day's calendar a holiday's afternoon, and the evening of a half day, are taken for after
        hours (`wants_calendar`).
        """
        if self.is_open is None or self.now is None:
            return None
        if self.is_open:
            return Phase.REGULAR
        local = self.now.astimezone(_zone())
        at, day = local.time(), local.weekday()
        opens = None if self.next_open is None else self.next_open.astimezone(_zone()).date()
        if at < _PRE_MARKET:
            return Phase.OVERNIGHT if opens == local.date() else Phase.CLOSED
        if at >= _OVERNIGHT:
            tomorrow = local.date() + timedelta(days=1)
            return Phase.OVERNIGHT if opens == tomorrow else Phase.CLOSED
        if opens == local.date():
            return Phase.PRE_MARKET
        if day > _FRIDAY or at < _EARLIEST_CLOSE:
            return Phase.CLOSED
        if self.calendar is not None and self.calendar.day == local.date():
            ends = self.calendar.session_ends
            return Phase.AFTER_HOURS if ends is not None and self.now < ends else Phase.CLOSED
        return Phase.AFTER_HOURS

    @property
    def wants_calendar(self) -> date | None:
        """The day whose calendar would tell after hours from a holiday; None when that is no question."""
        if self.now is None or self.phase is not Phase.AFTER_HOURS:
            return None
        today = trading_day(self.now)
        return None if self.calendar is not None and self.calendar.day == today else today

    @property
    def opening(self) -> datetime | None:
        """When the exchange opens next; None where that is not known, or where it should have by now."""
        return self._to_come(self.next_open)

    @property
    def closing(self) -> datetime | None:
        """When the exchange closes next, on this trading day or the next one; None as above."""
        return self._to_come(self.next_close)

    def next_session(self, *, overnight: bool) -> datetime | None:
        """When trading for the next trading day begins: at 04:00 on it, or `overnight` the evening before.

        The overnight session comes before every trading day, and so not before a holiday or a weekend.
        """
        if self.opening is None:
            return None
        day = trading_day(self.opening)
        if overnight:
            return self._to_come(_on(day - timedelta(days=1), _OVERNIGHT))
        return self._to_come(_on(day, _PRE_MARKET))

    @property
    def auctions_open_again(self) -> datetime | None:
        """When orders for auctions are taken again today; None until the clock was read."""
        return None if self.now is None else _on(trading_day(self.now), _AUCTIONS_OPEN_AGAIN)

    def _to_come(self, at: datetime | None) -> datetime | None:
        return None if at is None or self.now is None or at <= self.now else at

    @property
    def refuses_opening_auction(self) -> bool:
        """Whether an order for the opening auction is refused now: from 09:28 until 19:00."""
        return self._is_between(_earlier(_REGULAR_OPEN, _OPENING_AUCTION_SHUT))

    @property
    def refuses_closing_auction(self) -> bool:
        """Whether an order for the closing auction is refused now: the last ten minutes, and until 19:00."""
        close = _REGULAR_CLOSE
        if self.is_open and self.next_close is not None:
            close = self.next_close.astimezone(_zone()).time()
        return self._is_between(_earlier(close, _CLOSING_AUCTION_SHUT))

    def _is_between(self, shut: time) -> bool:
        if self.now is None:
            return False
        local = self.now.astimezone(_zone())
        return local.weekday() < _SATURDAY and shut <= local.time() < _AUCTIONS_OPEN_AGAIN
