"""The New York Stock Exchange's trading days, from the `holidays` library.

The library is slow to load and many runs never ask, so it loads with the first question.
"""

import re
from datetime import date, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import holidays

FIRST_YEAR, LAST_YEAR = 1970, 2029
NIGHT_BEGINS, NIGHT_ENDS = time(20), time(4)  # of the overnight market, and of trading before the open
_USUAL_CLOSE = time(16)
_EARLY = re.compile(r"markets close at (\d+):(\d+)pm")  # the library says the hour in the day's name
_SETTLEMENT = (  # since then, after so many business days
    (date(2024, 5, 28), 1),
    (date(2017, 9, 5), 2),
    (date(1995, 6, 7), 3),
    (date.min, 5),
)


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
    early = _EARLY.search(_short().get(day) or "")
    return time(int(early[1]) + 12, int(early[2])) if early else _USUAL_CLOSE


def session_end(close: time) -> time:
    """When trading after hours ends: four hours after the close."""
    return time(close.hour + 4, close.minute)


def settlement_day(day: date) -> date:
    """The day on which a trade of this day settles."""
    remaining = next(days for since, days in _SETTLEMENT if day >= since)
    while remaining:
        day += timedelta(days=1)
        remaining -= closing_time(day) is not None and not _banks_rest(day)
    return day


def _banks_rest(day: date) -> bool:
    """Columbus Day and Veterans Day: the exchange opens, but nothing settles."""
    if (day.month, day.weekday()) == (10, 0) and 8 <= day.day <= 14:
        return True
    return (day.month, day.day) == (11, 11) or (day.month, day.day, day.weekday()) == (11, 12, 0)
