"""What an account was worth over time: its ledger, valued at the market's prices.

Nothing is sampled while the clock runs. Holdings at any instant follow from the ledger and prices from the
market, so that history reaches back to the account's first day and agrees with its equity now.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Literal

from practice.engine.accounts import ZERO, Account
from practice.engine.activities import Activity
from practice.engine.brokerage import Brokerage
from practice.engine.clock import HOUR, MINUTE
from practice.engine.hours import Session, new_york_day
from practice.engine.instruments import Instrument

Timeframe = Literal["1Min", "5Min", "15Min", "1H", "1D"]
Reporting = Literal["market_hours", "extended_hours", "continuous"]

STEPS: Mapping[Timeframe, int] = {"1Min": MINUTE, "5Min": 5 * MINUTE, "15Min": 15 * MINUTE, "1H": HOUR}
_Price = Callable[[Instrument], Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which windows are asked for. Days are New York's, both included; times are for those within days."""

    first_day: date
    last_day: date
    start: int | None
    end: int
    timeframe: Timeframe
    reporting: Reporting


@dataclass(frozen=True, slots=True)
class Point:
    """One window: where it begins, and the equity at its end."""

    at: int
    day: date
    until: int
    equity: Decimal


@dataclass(frozen=True, slots=True)
class Closing:
    """The equity with which a trading day ended."""

    day: date
    equity: Decimal


class EquityHistory:
    """The equity of one account, past and present."""

    def __init__(self, brokerage: Brokerage, account: Account) -> None:
        self._brokerage, self._account = brokerage, account
        self._market, self._timetable = brokerage.market, brokerage.market.timetable
        self._closings: dict[date, Decimal] = {}

    @property
    def first_day(self) -> date:
        """The account's first trading day."""
        born = new_york_day(self._account.created_at)
        return born if self._timetable.hours.on(born) else self._timetable.after(born).day

    def points(self, span: Span) -> list[Point]:
        """The windows of a span that have begun, in order of time."""
        if span.timeframe == "1D":
            return [self._day_point(session) for session in self._sessions(span)]
        windows = self._continuous(span) if span.reporting == "continuous" else self._in_sessions(span)
        holdings = _Holdings(self._brokerage.activities.of(self._account))
        now, points = self._brokerage.now, []
        for at, day in windows:
            until = at + STEPS[span.timeframe]
            if until >= now:
                equity = self._equity_now()
            else:
                holdings.advance(until)
                equity = self._valued(holdings, partial(self._minute_close, instant=until))
            points.append(Point(at, day, until, equity))
        return points

    def closing_before(self, day: date) -> Closing | None:
        """The equity at the end of the trading day before; None for the account's first."""
        before = self._timetable.before(day).day
        return Closing(before, self._closing(before)) if before >= self.first_day else None

    def _sessions(self, span: Span) -> list[Session]:
        now = self._brokerage.now
        sessions = self._timetable.sessions(max(span.first_day, self.first_day), span.last_day)
        return [session for session in sessions if session.start <= now]

    def _in_sessions(self, span: Span) -> Iterator[tuple[int, date]]:
        core, step = span.reporting == "market_hours", STEPS[span.timeframe]
        limit = min(span.end, self._brokerage.now)
        for session in self._sessions(span):
            at, close = (session.open, session.close) if core else (session.start, session.end)
            while at <= min(close, limit):
                # The close has a point of its own, unless it is the next day's opening.
                if at < close or not self._timetable.hours.always_open:
                    yield at, session.day
                at += step

    def _continuous(self, span: Span) -> Iterator[tuple[int, date]]:
        step, limit = STEPS[span.timeframe], min(span.end, self._brokerage.now)
        start = max(span.start or 0, self._account.created_at)
        at = start - start % step
        while at < limit:
            yield at, new_york_day(at)
            at += step

    def _day_point(self, session: Session) -> Point:
        midnight = self._timetable.hours.midnight(session.day)
        under_way = self._brokerage.now < session.end
        equity = self._equity_now() if under_way else self._closing(session.day)
        until = self._market.begins(self._timetable.after(session.day))
        return Point(midnight, session.day, until, equity)

    def _equity_now(self) -> Decimal:
        return self._brokerage.figures(self._account).equity

    def _closing(self, day: date) -> Decimal:
        """As the account's `last_equity` on the next trading day."""
        if day not in self._closings:
            following = self._timetable.after(day)
            holdings = _Holdings(self._brokerage.activities.of(self._account))
            holdings.advance(self._market.begins(following))
            self._closings[day] = self._valued(holdings, lambda one: self._day_close(one, following.start))
        return self._closings[day]

    def _valued(self, holdings: "_Holdings", price: _Price) -> Decimal:
        return holdings.cash + sum(
            (qty * price(one) * one.multiplier for one, qty in holdings.held.items()), ZERO
        )

    def _day_close(self, instrument: Instrument, following: int) -> Decimal:
        return instrument.price(self._market.previous_day_bar(instrument, following).close)

    def _minute_close(self, instrument: Instrument, instant: int) -> Decimal:
        return instrument.price(self._market.minute_bar(instrument, instant).close)


class _Holdings:
    """What an account held, as its ledger says, at an instant that only moves forward."""

    def __init__(self, activities: Iterable[Activity]) -> None:
        self._coming = iter(activities)
        self._next = next(self._coming, None)
        self.cash = ZERO
        self.held: dict[Instrument, Decimal] = {}

    def advance(self, instant: int) -> None:
        """Take over everything that happened before the instant."""
        while self._next is not None and self._next.at < instant:
            activity = self._next
            self.cash = activity.cash_after if activity.cash_after is not None else self.cash
            if activity.instrument and activity.held_after is not None:
                self.held[activity.instrument] = activity.held_after
                if not activity.held_after:
                    del self.held[activity.instrument]
            self._next = next(self._coming, None)
