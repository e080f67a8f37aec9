"""The market clock asks the calendar when the clock alone cannot tell, and only then."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from core.domain.trading_hours import Phase
from core.errors import AppError, Offline
from core.protocol.call import Call
from core.services.broker_link import BrokerLink
from core.services.market_clock import MarketClock
from tests.core.golden import answer
from tests.fakes.made_up_time import Time


class Link:
    """Answers at once with what the broker's clock and calendar say; a calendar of None cannot be reached."""

    def __init__(self, clock: dict[str, Any], calendar: list[dict[str, str]] | None) -> None:
        self.clock, self.calendar = clock, calendar
        self.asked: list[str] = []

    def read(self, call: Call[Any], done: Callable[[Any], None], failed: Callable[[AppError], None]) -> None:
        self.asked.append(call.path)
        if call.path == "/v2/clock":
            done(call.read(answer(self.clock)))
        elif self.calendar is None:
            failed(Offline("The broker cannot be reached."))
        else:
            done(call.read(answer(self.calendar)))


def closed_at(moment: str, opens: str) -> dict[str, Any]:
    return {"timestamp": moment, "is_open": False, "next_open": opens, "next_close": None}


def started(
    qapp: object, clock: dict[str, Any], calendar: list[dict[str, str]] | None
) -> tuple[MarketClock, Link]:
    link = Link(clock, calendar)
    found = MarketClock(cast(BrokerLink, link), Time())
    found.start()
    return found, link


THANKSGIVING = closed_at("2026-11-26T14:00:00-05:00", "2026-11-27T09:30:00-05:00")
FRIDAY_EVENING = closed_at("2026-11-20T18:00:00-05:00", "2026-11-23T09:30:00-05:00")
FRIDAY = {"date": "2026-11-20", "open": "09:30", "close": "16:00", "session_close": "2000"}


@pytest.mark.parametrize(
    ("clock", "calendar", "phase"),
    [
        (THANKSGIVING, [], Phase.CLOSED),
        (FRIDAY_EVENING, [FRIDAY], Phase.AFTER_HOURS),
        (FRIDAY_EVENING, [FRIDAY | {"session_close": "1700"}], Phase.CLOSED),
        (FRIDAY_EVENING, None, Phase.AFTER_HOURS),
    ],
)
def test_an_afternoon_is_looked_up_in_the_calendar(qapp, clock, calendar, phase):
    found, link = started(qapp, clock, calendar)
    assert found.hours_now().phase is phase
    assert link.asked == ["/v2/clock", "/v2/calendar"]
    found.stop()


@pytest.mark.parametrize(
    ("moment", "is_open", "phase"),
    [
        ("2026-11-20T12:00:00-05:00", True, Phase.REGULAR),
        ("2026-11-23T08:00:00-05:00", False, Phase.PRE_MARKET),
        ("2026-11-22T21:00:00-05:00", False, Phase.OVERNIGHT),
        ("2026-11-21T15:00:00-05:00", False, Phase.CLOSED),
    ],
)
def test_what_the_clock_tells_alone_needs_no_calendar(qapp, moment, is_open, phase):
    clock = closed_at(moment, "2026-11-23T09:30:00-05:00") | {"is_open": is_open}
    found, link = started(qapp, clock, [])
    assert (found.hours_now().phase, link.asked) == (phase, ["/v2/clock"])
    found.stop()
