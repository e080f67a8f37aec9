"""Opening hours against an independent calendar."""

from datetime import date, time, timedelta

import exchange_calendars
import pytest

from practice.engine.clock import SECOND
from practice.engine.exchange_days import closing_time, settlement_day
from practice.engine.hours import NEW_YORK, AlwaysOpen, ExchangeHours, Timetable, at, new_york_day
from practice.server.calendar import calendar_days
from tests.practice.engine import instant

FIRST, LAST = date(1971, 1, 1), date(2027, 6, 30)
# Before, the two disagree about closings that were decided on the day, and about some Christmas Eves.
AGREED_HOURS = date(1995, 1, 1)


# exchange_calendars has not caught up with pandas 3.1.
@pytest.mark.filterwarnings("ignore:Series.values returning:DeprecationWarning")
def test_trading_days_and_half_days_agree_with_exchange_calendars() -> None:
    oracle = exchange_calendars.get_calendar("XNYS", start=FIRST.isoformat(), end=LAST.isoformat())
    expected = {
        session.date(): closes.tz_convert(NEW_YORK).time() for session, closes in oracle.closes.items()
    }
    days = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    found = {day: close for day in days if (close := closing_time(day))}
    assert found.keys() == expected.keys()
    assert {day for day, close in found.items() if close != expected[day] and day >= AGREED_HOURS} == set()


def test_calendar_entries_have_the_broker_s_two_time_formats() -> None:
    [wednesday, friday] = calendar_days(date(2026, 11, 25), date(2026, 11, 29))
    assert wednesday == {
        "date": "2026-11-25",
        "open": "09:30",
        "close": "16:00",
        "session_open": "0400",
        "session_close": "2000",
        "settlement_date": "2026-11-27",
    }
    assert friday["date"] == "2026-11-27"
    assert (friday["close"], friday["session_close"], friday["settlement_date"]) == (
        "13:00",
        "1700",
        "2026-11-30",
    )
    assert calendar_days(date(2026, 11, 30), date(2026, 11, 30), by_settlement=True) == [friday]


@pytest.mark.parametrize(
    ("traded", "settled"),
    [
        (date(2024, 5, 24), date(2024, 5, 29)),
        (date(2024, 5, 28), date(2024, 5, 29)),
        (date(2017, 9, 1), date(2017, 9, 7)),
        (date(2017, 9, 5), date(2017, 9, 7)),
        (date(1995, 6, 6), date(1995, 6, 13)),
        (date(1995, 6, 7), date(1995, 6, 12)),
        (date(2024, 10, 11), date(2024, 10, 15)),  # the exchange opens on Columbus Day, the banks do not
        (date(2024, 11, 8), date(2024, 11, 12)),
        (date(2023, 11, 10), date(2023, 11, 14)),
        (date(2026, 11, 25), date(2026, 11, 27)),
    ],
)
def test_trades_settle_as_the_rule_of_the_time_says(traded: date, settled: date) -> None:
    assert settlement_day(traded) == settled


def test_the_calendar_covers_its_sixty_years_and_knows_odd_closings() -> None:
    days = calendar_days(date(1900, 1, 1), date(2100, 1, 1))
    assert (days[0]["date"], days[-1]["date"]) == ("1970-01-02", "2029-12-31")
    closes = {day["date"]: (day["close"], day["session_close"]) for day in days}
    assert closes["1981-03-30"] == ("15:17", "1917")
    assert closes["2026-11-27"] == ("13:00", "1700")
    assert not closes.keys() & {"2001-09-11", "2012-10-29", "2025-01-09", "2026-06-19", "2026-04-03"}


def test_the_exchange_s_clock_knows_weekends_and_the_change_of_clocks() -> None:
    timetable = Timetable(ExchangeHours())
    friday_close = instant("2026-10-30T16:00:00-04:00")
    assert timetable.is_open(friday_close - SECOND)
    assert not timetable.is_open(friday_close)
    assert timetable.next_open(friday_close) == instant("2026-11-02T09:30:00-05:00")
    assert timetable.next_close(friday_close) == instant("2026-11-02T16:00:00-05:00")
    assert timetable.next_close(friday_close - SECOND) == friday_close
    early = instant("2026-10-30T05:00:00-04:00")
    assert timetable.current(early) is not None
    assert not timetable.is_open(early)
    assert timetable.next_open(early) == instant("2026-10-30T09:30:00-04:00")


def test_a_market_without_hours_is_open_on_christmas_night() -> None:
    timetable = Timetable(AlwaysOpen())
    night = instant("2026-12-25T23:59:00-05:00")
    assert timetable.is_open(night)
    assert timetable.next_close(night) == instant("2026-12-26T00:00:00-05:00")


@pytest.mark.parametrize("moment", ["2026-03-08T04:59:59", "2026-03-08T05:00:00", "2026-11-01T03:59:59"])
def test_days_turn_at_midnight_in_new_york(moment: str) -> None:
    now = instant(moment)
    day = new_york_day(now)
    assert at(day, time()) <= now < at(day + timedelta(days=1), time())
