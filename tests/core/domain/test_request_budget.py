"""The request budget: shares, pauses, other programs, and any sequence of all that."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.request_budget import NS_PER_S, RateFacts, RequestBudget, Urgency


def spent(budget: RequestBudget, urgency: Urgency, at_s: float = 0.0) -> int:
    """Spend all that this urgency may, and return how much that was."""
    count, now = 0, int(at_s * NS_PER_S)
    while budget.wait_s(urgency, now) == 0:
        budget.spend(now)
        count += 1
    return count


def test_each_urgency_may_use_its_share_and_leaves_the_rest_to_the_more_urgent():
    budget = RequestBudget(200)
    order = [Urgency.READ, Urgency.ORDER, Urgency.RECONCILE, Urgency.LOOK_UP, Urgency.CANCEL]
    assert [spent(budget, urgency) for urgency in order] == [110, 40, 20, 10, 10]
    assert spent(budget, Urgency.CANCEL, 59.9) == 0
    assert spent(budget, Urgency.CANCEL, 60) == 190


def test_room_is_foretold_to_the_moment():
    budget = RequestBudget(20)
    for second in range(15):
        budget.spend(second * NS_PER_S)
    assert budget.wait_s(Urgency.ORDER, 20 * NS_PER_S) == 40
    assert budget.wait_s(Urgency.CANCEL, 20 * NS_PER_S) == 0


def test_the_brokers_own_limit_is_learned():
    budget = RequestBudget()
    budget.take(RateFacts(limit=1000), 0)
    assert (budget.limit, spent(budget, Urgency.ORDER)) == (1000, 750)
    budget.take(RateFacts(limit=0), 0)
    assert budget.limit == 1000


def test_what_others_use_counts_until_the_reset():
    budget = RequestBudget(100)
    budget.spend(0)
    budget.take(RateFacts(limit=100, remaining=9, reset_s=30), 0)
    assert budget.used(0) == 91
    assert spent(budget, Urgency.ORDER) == 0
    assert spent(budget, Urgency.CANCEL) == 4
    assert budget.used(30 * NS_PER_S) == 5


@pytest.mark.parametrize("urgency", Urgency)
def test_after_a_refusal_nothing_may_go_until_it_is_over(urgency):
    budget = RequestBudget()
    budget.take(RateFacts(is_refusal=True, retry_after_s=5), 0)
    assert budget.is_paused(0)
    assert budget.wait_s(urgency, 2 * NS_PER_S) == 3
    assert budget.wait_s(urgency, 5 * NS_PER_S) == 0
    assert not budget.is_paused(5 * NS_PER_S)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Urgency),
            st.integers(0, 3_000),
            st.one_of(
                st.none(),
                st.builds(
                    RateFacts,
                    is_refusal=st.booleans(),
                    remaining=st.none() | st.integers(0, 30),
                    reset_s=st.none() | st.floats(0, 90),
                    retry_after_s=st.none() | st.floats(0, 200),
                ),
            ),
        ),
        max_size=150,
    )
)
def test_whoever_waits_as_told_never_passes_the_limit(steps):
    budget, now, sent = RequestBudget(30), 0, deque[int]()
    for urgency, milliseconds, facts in steps:
        now += milliseconds * 1_000_000
        if facts is not None:
            budget.take(facts, now)
        wait_s = budget.wait_s(urgency, now)
        assert 0 <= wait_s <= 260
        if wait_s == 0:
            budget.spend(now)
            sent.append(now)
        assert sum(now - at < 60 * NS_PER_S for at in sent) <= 28
