"""Whether and when to try again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.connection import RefusalReason
from core.protocol.retry import (
    CONNECTION_LIMIT_WAIT_S,
    HOPELESS,
    LONGEST_WAIT_S,
    look_up_wait_s,
    reconnect_wait_s,
    reread_wait_s,
)

ATTEMPTS, CHANCES = st.integers(-5, 10**9), st.floats(0, 1)


@given(ATTEMPTS, st.sampled_from(RefusalReason), CHANCES)
def test_a_reconnect_waits_a_quarter_to_thirty_seconds(attempt, reason, chance):
    assert 0.25 <= reconnect_wait_s(attempt, reason, chance) <= LONGEST_WAIT_S


@given(st.integers(1, 40), st.sampled_from(RefusalReason), CHANCES)
def test_the_next_wait_is_never_shorter_by_the_same_chance(attempt, reason, chance):
    assert reconnect_wait_s(attempt + 1, reason, chance) >= reconnect_wait_s(attempt, reason, chance)


@given(ATTEMPTS, CHANCES)
def test_a_held_slot_is_not_stormed(attempt, chance):
    wait = reconnect_wait_s(attempt, RefusalReason.CONNECTION_LIMIT, chance)
    assert wait >= CONNECTION_LIMIT_WAIT_S / 2


@given(ATTEMPTS, CHANCES)
def test_a_look_up_goes_on_for_ever_and_at_least_every_fifteen_seconds(attempt, chance):
    assert 0 < look_up_wait_s(attempt, chance) <= 15


@given(ATTEMPTS, CHANCES)
def test_a_failed_read_is_repeated_within_half_a_minute(attempt, chance):
    assert 0 < reread_wait_s(attempt, chance) <= LONGEST_WAIT_S


@pytest.mark.parametrize(
    ("attempt", "wait"), [(1, 0.5), (2, 1), (3, 2), (4, 4), (5, 8), (6, 16), (7, 30), (8, 30)]
)
def test_reconnects_double_up_to_half_a_minute(attempt, wait):
    assert reconnect_wait_s(attempt, RefusalReason.NONE, 1.0) == wait
    assert reconnect_wait_s(attempt, RefusalReason.NONE, 0.0) == wait / 2


def test_only_what_a_person_must_change_is_hopeless():
    assert set(HOPELESS) == {
        RefusalReason.TOKEN_REFUSED,
        RefusalReason.PLAN_LACKS_FEED,
        RefusalReason.SCOPE_MISSING,
    }
