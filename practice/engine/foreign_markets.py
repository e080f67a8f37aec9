"""The markets beside the American exchanges whose clocks and calendars the broker tells."""

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from practice.engine.clock import SECOND

if TYPE_CHECKING:
    import holidays

_EUROPE, _LATE = ("09:00", "17:30"), ("08:00", "16:30")


@dataclass(frozen=True, slots=True)
class ForeignMarket:
    """One market: its codes, and its hours on every day that is no holiday, in its own time."""

    code: str
    mic: str
    name: str
    timezone: str
    calendar: str  # the library's name of its holidays
    core: tuple[str, str]
    lunch: tuple[str, str] | None = None
    weekend: tuple[int, int] = (5, 6)

    def phases(self, day: date) -> list[tuple[str, int, int]]:
        """What follows what on a day: name, start and end, in nanoseconds; nothing on a holiday."""
        if day.weekday() in self.weekend or day in _holidays(self.calendar):
            return []
        opened, closed = (self._at(day, text) for text in self.core)
        if self.lunch is None:
            return [("core", opened, closed)]
        start, end = (self._at(day, text) for text in self.lunch)
        return [("core", opened, start), ("lunch", start, end), ("core", end, closed)]

    def _at(self, day: date, text: str) -> int:
        moment = datetime.combine(day, time.fromisoformat(text), ZoneInfo(self.timezone))
        return int(moment.timestamp()) * SECOND


@lru_cache(maxsize=32)
def _holidays(calendar: str) -> "holidays.HolidayBase":
    import holidays  # loads with the first question

    return holidays.financial_holidays(calendar)


FOREIGN_MARKETS = (
    ForeignMarket("CEUX", "CEUX", "Cboe CEUX Europe", "Europe/Amsterdam", "XAMS", _EUROPE),
    ForeignMarket("CHIX", "CHIX", "Cboe CHIX Europe", "Europe/London", "XLON", _LATE),
    ForeignMarket("ISE", "XDUB", "Euronext Dublin", "Europe/Dublin", "XDUB", _LATE),
    ForeignMarket("LSE", "XLON", "London Stock Exchange", "Europe/London", "XLON", _LATE),
    ForeignMarket("MTA", "MTAA", "Euronext Milan", "Europe/Rome", "XMIL", _EUROPE),
    ForeignMarket("XAMS", "XAMS", "Euronext Amsterdam", "Europe/Amsterdam", "XAMS", _EUROPE),
    ForeignMarket("XBRU", "XBRU", "Euronext Brussels", "Europe/Brussels", "XBRU", _EUROPE),
    ForeignMarket("XETRA", "XETR", "Frankfurt Stock Exchange", "Europe/Berlin", "XETR", _EUROPE),
    ForeignMarket("XLIS", "XLIS", "Euronext Lisbon", "Europe/Lisbon", "XLIS", _LATE),
    ForeignMarket("XPAR", "XPAR", "Euronext Paris", "Europe/Paris", "XPAR", _EUROPE),
    ForeignMarket(
        "HKEX", "XHKG", "Hong Kong Stock Exchange", "Asia/Hong_Kong", "XHKG", ("09:30", "16:00"),
        ("12:00", "13:00"),
    ),
    ForeignMarket(
        "JPX", "XTKS", "Japan Exchange Group", "Asia/Tokyo", "XJPX", ("09:00", "15:30"), ("11:30", "12:30")
    ),
    ForeignMarket(
        "TADAWUL", "XSAU", "Saudi Stock Exchange", "Asia/Riyadh", "XSAU", ("10:00", "15:00"), None, (4, 5)
    ),
    ForeignMarket(
        "SIFMA", "", "Securities Industry and Financial Markets Association", "America/New_York", "XSIF",
        ("08:00", "17:00"),
    ),
    ForeignMarket("BMO", "", "Bank of Montreal", "America/New_York", "XFED", ("09:00", "17:00")),
    ForeignMarket("BNYM", "", "The Bank of New York Mellon", "America/New_York", "XFED", ("09:00", "17:00")),
)  # fmt: skip
