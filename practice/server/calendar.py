"""The exchange's calendar as the trading API shows it; the same whatever hours the simulated market keeps."""

from datetime import date, timedelta
from functools import lru_cache

from practice.engine.exchange_days import FIRST_YEAR, LAST_YEAR, closing_time, session_end, settlement_day


@lru_cache(maxsize=8192)
def _entry(day: date) -> dict[str, str] | None:
    close = closing_time(day)
    if close is None:
        return None
    return {
        "date": day.isoformat(),
        "open": "09:30",
        "close": f"{close:%H:%M}",
        "session_open": "0400",
        "session_close": f"{session_end(close):%H%M}",
        "settlement_date": settlement_day(day).isoformat(),
    }


def calendar_days(first: date, last: date, *, by_settlement: bool = False) -> list[dict[str, str]]:
    """The trading days (or those that settle) between two days, both included."""
    first, last = max(first, date(FIRST_YEAR, 1, 1)), min(last, date(LAST_YEAR, 12, 31))
    start = first - timedelta(days=10) if by_settlement else first
    span = (start + timedelta(days=n) for n in range(max(0, (last - start).days + 1)))
    entries = [entry for day in span if (entry := _entry(day))]
    key = "settlement_date" if by_settlement else "date"
    return [entry for entry in entries if first.isoformat() <= entry[key] <= last.isoformat()]
