"""Histories of an order in any order, with copies, stale look-ups and lost answers: the broker's end."""

import random

import pytest

from tests.core.domain.histories import a_life, problems, tell


def run(count: int, seed: int) -> list[str]:
    chance, failures = random.Random(seed), []
    for number in range(count):
        life = a_life(chance)
        failures += [f"{number}: {found}" for found in problems(life, *tell(life, chance))]
    return failures


def figure(count: int, failures: list[str]) -> None:
    detail = "histories permuted, repeated and interleaved with look-ups, lists and answers"
    print(f"\nFIGURE event_history_permutations {count} {len(failures)} {detail}")


def test_three_thousand_permuted_histories_end_as_the_broker_says():
    failures = run(3_000, seed=1)
    figure(3_000, failures)
    assert failures == []


@pytest.mark.long
def test_a_hundred_thousand_permuted_histories_end_as_the_broker_says():
    failures = run(100_000, seed=2)
    figure(100_000, failures)
    assert failures == []
