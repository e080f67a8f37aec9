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


class Sleeping(Time):
    """Time that goes on while nothing that was to happen does."""

    def sleep_s(self, seconds: float) -> None:
        self.now_ms += int(seconds * 1000)


REGULAR = {
    "timestamp": "2026-11-20T15:59:50-05:00",
    "is_open": True,
    "next_open": "2026-11-23T09:30:00-05:00",
    "next_close": "2026-11-20T16:00:00-05:00",
}
PRE_MARKET = {
    "timestamp": "2026-11-20T09:29:50-05:00",
    "is_open": False,
    "next_open": "2026-11-20T09:30:00-05:00",
    "next_close": "2026-11-20T16:00:00-05:00",
}


@pytest.mark.parametrize(
    ("clock", "slept_s", "is_open", "phase"),
    [
        (REGULAR, 9, True, Phase.REGULAR),
        (REGULAR, 11, False, Phase.AFTER_HOURS),
        (REGULAR, 6 * 3_600, False, Phase.CLOSED),
        (REGULAR, 3 * 86_400, None, None),
        (PRE_MARKET, 9, False, Phase.PRE_MARKET),
        (PRE_MARKET, 11, True, Phase.REGULAR),
        (PRE_MARKET, 7 * 3_600, None, None),
    ],
)
def test_no_session_is_shown_that_has_ended_while_the_computer_slept(qapp, clock, slept_s, is_open, phase):
    time = Sleeping()
    found = MarketClock(cast(BrokerLink, Link(clock, [])), time)
    found.start()
    said_open = clock["is_open"]
    time.sleep_s(slept_s)
    assert (found.is_open, found.hours_now().phase) == (is_open, phase)
    assert found.is_known_open is bool(said_open and is_open)
    now = found.hours_now().now
    assert now is not None
    assert found.next_change is None or found.next_change > now
    found.stop()


def test_an_answer_from_before_a_sleep_is_no_word_about_now(qapp):
    time, link = Sleeping(), Link(REGULAR, [])
    answers: list[Callable[[], None]] = []
    read = link.read
    link.read = lambda *call: answers.append(lambda: read(*call))  # type: ignore[method-assign]
    found = MarketClock(cast(BrokerLink, link), time)
    found.start()
    time.sleep_s(600)
    answers.pop()()
    assert (found.hours, found.skew_ms, found.is_open) == (None, None, None)
    found.refresh()
    answers.pop()()
    assert found.is_open
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
