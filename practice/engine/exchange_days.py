"""The New York Stock Exchange's trading days, from the `holidays` library.

The library is slow to load and many runs never ask, so it loads with the first question.
"""

from datetime import date, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import holidays

FIRST_YEAR, LAST_YEAR = 1970, 2029


@lru_cache(maxsize=1)
def _closed() -> "holidays.HolidayBase":
    import holidays
    from holidays.constants import PUBLIC

    return holidays.financial_holidays("XNYS", categories=(PUBLIC,))


@lru_cache(maxsize=1)
def _short() -> "holidays.HolidayBase":
    import holidays
    from holidays.constants import HALF_DAY

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
