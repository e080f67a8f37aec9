"""Timelines: what was passed when, and what that says of a session."""

import pytest

from core.domain.intent import IntentKind
from core.domain.timeline import Moment, Timelines, percentiles


def lines(count: int = 1) -> Timelines:
    made = Timelines()
    for number in range(count):
        clicked = {Moment.CLICKED: number * 1_000_000_000}
        made.begin(f"bw-{number}", IntentKind.PLACE, "AAPL", clicked_wall_ns=1, moments=clicked)
    return made


def test_a_moment_is_noted_the_first_time_and_of_known_intents_only():
    made = lines()
    assert made.mark("bw-0", Moment.JOURNALED, 3_000_000)
    assert not made.mark("bw-0", Moment.JOURNALED, 9_000_000)
    assert not made.mark("nobody", Moment.JOURNALED, 1)
    line = made.get("bw-0")
    assert line is not None
    assert line.since_click_ms == {Moment.CLICKED: 0, Moment.JOURNALED: 3}
    assert line.between_ms(Moment.CLICKED, Moment.JOURNALED) == 3
    assert line.between_ms(Moment.JOURNALED, Moment.PAINTED) is None


def test_percentiles_are_durations_that_occurred():
    made = lines(100)
    for number in range(100):
        at_ns = number * 1_000_000_000 + (number + 1) * 1_000_000
        made.mark(f"bw-{number}", Moment.ANSWERED, at_ns)
    found = made.between(Moment.CLICKED, Moment.ANSWERED)
    assert found is not None
    assert (found.count, found.p50_ms, found.p95_ms, found.p99_ms, found.worst_ms) == (100, 50, 95, 99, 100)
    assert made.between(Moment.ANSWERED, Moment.PAINTED) is None


@pytest.mark.parametrize("durations", [[7.0], [7.0, 7.0]])
def test_a_single_duration_is_every_percentile(durations):
    found = percentiles(durations)
    assert found is not None
    assert {found.p50_ms, found.p95_ms, found.p99_ms, found.worst_ms} == {7.0}
