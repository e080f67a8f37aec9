"""The New York Stock Exchange's trading days, from the `holidays` library."""

from datetime import date, time, timedelta
from functools import lru_cache

import holidays
from holidays.constants import HALF_DAY, PUBLIC

FIRST_YEAR, LAST_YEAR = 1970, 2029


@lru_cache(maxsize=1)
def _closed() -> holidays.HolidayBase:
    return holidays.financial_holidays("XNYS", categories=(PUBLIC,))


@lru_cache(maxsize=1)
def _short() -> holidays.HolidayBase:
    return holidays.financial_holidays("XNYS", categories=(HALF_DAY,))


def closing_time(day: date) -> time | None:
    """When the exchange closes on this day, New York time; None when it does not open."""
    if day.weekday() >= 5 or day in _closed():
        return None
    return time(13) if day in _short() else time(16)


def settlement_day(day: date) -> date:
    """The business day on which a trade of this day settles: the next one since May 2024, two days before."""
    remaining = 1 if day >= date(2024, 5, 28) else 2
    while remaining:
        day += timedelta(days=1)
        remaining -= closing_time(day) is not None
    return day
