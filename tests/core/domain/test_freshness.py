"""How old a figure may be before it must not look like news."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.freshness import AGEING_S, STALE_S, Freshness, age_s, freshness_of

S = 1_000_000_000
NOW = 1_000 * S


@pytest.mark.parametrize(
    ("age", "live", "expected"),
    [
        (0.0, True, Freshness.FRESH),
        (AGEING_S, True, Freshness.FRESH),
        (AGEING_S + 0.001, True, Freshness.AGEING),
        (STALE_S, True, Freshness.AGEING),
        (STALE_S + 0.001, True, Freshness.STALE),
        (0.0, False, Freshness.STALE),
        (None, True, Freshness.ABSENT),
        (None, False, Freshness.ABSENT),
    ],
)
def test_a_price_is_judged_by_its_age_and_its_stream(age, live, expected):
    received = None if age is None else NOW - int(age * S)
    assert freshness_of(received, NOW, stream_is_live=live) is expected


def test_a_stopped_feed_is_stale_within_twenty_seconds():
    assert STALE_S < 20


@given(st.integers(0, 10**15), st.integers(0, 10**15), st.booleans())
def test_a_price_never_gets_fresher_by_waiting(received, waited, live):
    first = freshness_of(received, received, stream_is_live=live)
    assert freshness_of(received, received + waited, stream_is_live=live) >= first


def test_no_age_is_negative():
    assert age_s(NOW + 5 * S, NOW) == 0.0
    assert age_s(None, NOW) is None


def test_a_derived_figure_takes_the_worst_of_its_inputs():
    assert max(Freshness.FRESH, Freshness.STALE, Freshness.AGEING) is Freshness.STALE
