"""Histories of an order in any order, with copies, stale look-ups and lost answers: the broker's end."""

import random

import pytest

from tests.core.domain.histories import a_life, group_problems, problems, tell

NAME = "event_history_permutations"
DETAIL = "histories permuted, repeated and interleaved with look-ups, lists and answers"


def run(count: int, seed: int) -> list[str]:
    chance, failures = random.Random(seed), []
    for number in range(count):
        life = a_life(chance)
        failures += [f"{number}: {found}" for found in problems(life, *tell(life, chance))]
    return failures


def test_three_thousand_permuted_histories_end_as_the_broker_says(figure):
    failures = run(3_000, seed=1)
    figure(NAME, 3_000, len(failures), DETAIL)
    assert failures == []


def test_brackets_and_what_replaces_them_or_their_legs_end_as_the_broker_says():
    chance = random.Random(3)
    assert [found for _ in range(500) for found in group_problems(chance)] == []


@pytest.mark.long
def test_a_hundred_thousand_permuted_histories_end_as_the_broker_says(figure):
    failures = run(100_000, seed=2)
    figure(NAME, 100_000, len(failures), DETAIL)
    assert failures == []
