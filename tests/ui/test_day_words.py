"""Days by the program's own names, whatever language the computer speaks."""

from datetime import date, timedelta

import pytest

from ui import day_words

MONDAY = date(2026, 11, 30)
DAYS = ["Monday 30 Nov", "Tuesday 1 Dec", "Wednesday 2 Dec", "Thursday 3 Dec", "Friday 4 Dec"]
DAYS += ["Saturday 5 Dec", "Sunday 6 Dec"]


@pytest.mark.parametrize(("number", "told"), list(enumerate(DAYS)))
def test_a_day_of_the_week_is_told_with_its_date(qapp: object, number: int, told: str) -> None:
    assert day_words.day_of_week(MONDAY + timedelta(number)) == told


def test_every_month_has_its_name(qapp: object) -> None:
    told = [day_words.short_day(date(2028, month, 29)) for month in range(1, 13)]
    assert told == [
        "29 Jan", "29 Feb", "29 Mar", "29 Apr", "29 May", "29 Jun",
        "29 Jul", "29 Aug", "29 Sep", "29 Oct", "29 Nov", "29 Dec",
    ]  # fmt: skip
