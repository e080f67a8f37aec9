"""Whether the exchange is open, and how far the broker's clock is from ours."""

from datetime import date, datetime, timedelta

from PySide6.QtCore import QObject, Signal

from core.domain.event import MarketHours
from core.domain.freshness import NS_PER_S
from core.domain.trading_hours import MarketDay, TradingHours, open_at
from core.errors import AppError
from core.protocol.call import Call
from core.protocol.trading import read_clock, read_market_day
from core.services.broker_link import BrokerLink
from core.services.clock import Clock
from core.services.rereading import Rereading

EVERY_S = 20.0
_NS_PER_MS = 1_000_000
_BELIEVABLE_NS = 250 * _NS_PER_MS
_LATEST_NS = 8 * NS_PER_S
FIRST_AGAIN_MS = 3_000  # the first answer came over a connection that had yet to be made


class MarketClock(QObject):
    """Follows the broker's clock, and asks its calendar where the clock leaves the session open."""

    changed = Signal()

    def __init__(self, link: BrokerLink, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._asked_ns = 0
        self.hours: MarketHours | None = None
        self._hours_taken_ns = self._asked_at_ns = 0  # monotonic
        self.skew_ms: float | None = None  # positive when the broker's clock is ahead of ours
        self._reading = Rereading(
            link, self._ask, done=self._take, failed=self._ignore, every_s=EVERY_S, parent=self
        )
        self._calendar: MarketDay | None = None
        self._wanted_day = date.min
        self._reading_day = Rereading(
            link, self._ask_day, done=self._take_day, failed=self._ignore, parent=self
        )

    @property
    def is_open(self) -> bool | None:
        """Whether the exchange is open now; None where we do not know."""
        return self.hours_now().is_open

    @property
    def is_known_open(self) -> bool:
        """Whether the broker has said so, and no change that it announced has come since."""
        return self.hours is not None and self.hours.is_open and bool(self.is_open)

    @property
    def next_change(self) -> datetime | None:
        """When the exchange opens or closes next, in UTC; None when it never does or we do not know."""
        hours = self.hours_now()
        return hours.closing if hours.is_open else hours.opening

    def hours_now(self) -> TradingHours:
        """The broker's clock at this moment: its last word, moved on by our monotonic clock.

        An announced opening or closing that has come meanwhile counts as come; after both, nothing is known.
        """
        if self.hours is None:
            return TradingHours()
        passed_ns = self._clock.monotonic_ns() - self._hours_taken_ns
        now = self.hours.at + timedelta(microseconds=passed_ns / 1000)
        return TradingHours(
            now=now,
            is_open=open_at(now, self.hours.next_open, self.hours.next_close, was_open=self.hours.is_open),
            next_open=self.hours.next_open,
            next_close=self.hours.next_close,
            calendar=self._calendar,
        )

    def start(self) -> None:
        """Ask now, and go on asking."""
        self._reading.now()

    def refresh(self) -> None:
        """Ask now, since the last word may be older than it should be."""
        self._reading.now()

    def stop(self) -> None:
        """Ask no more."""
        self._reading.stop()
        self._reading_day.stop()

    def _ask(self) -> Call[MarketHours]:
        self._asked_ns, self._asked_at_ns = self._clock.wall_ns(), self._clock.monotonic_ns()
        return read_clock()

    def _take(self, hours: MarketHours) -> None:
        now, taken_ns = self._clock.wall_ns(), self._clock.monotonic_ns()
        if taken_ns - self._asked_at_ns > _LATEST_NS:
            # Asked before the computer slept, perhaps: nobody knows when the broker read its clock.
            self._reading.soon(FIRST_AGAIN_MS)
            return
        # The broker read its clock somewhere between our asking and its answer's arrival: the shorter the
        # round trip, the better we know when. A slow one says little, and the last good figure stays.
        if self.skew_ms is None or now - self._asked_ns <= _BELIEVABLE_NS:
            self.skew_ms = (hours.at.timestamp() * 1e9 - (self._asked_ns + now) / 2) / _NS_PER_MS
        if self.hours is None:
            self._reading.soon(FIRST_AGAIN_MS)
        self.hours, self._hours_taken_ns = hours, taken_ns
        if (day := self.hours_now().wants_calendar) is not None:
            self._wanted_day = day
            self._reading_day.now()
        self.changed.emit()

    def _ask_day(self) -> Call[MarketDay]:
        return read_market_day(self._wanted_day)

    def _take_day(self, calendar: MarketDay) -> None:
        self._calendar = calendar
        self.changed.emit()

    def _ignore(self, _error: AppError) -> None:
        """A clock that cannot be read leaves the last one standing; the strip shows REST's own state."""
