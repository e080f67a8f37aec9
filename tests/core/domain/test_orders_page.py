"""docs/orders.md shows the tables of moves as the code has them."""

from pathlib import Path

import pytest

from core.domain.intent import CORRECTIONS, MOVES, IntentState

PAGE = Path(__file__).parents[3] / "docs" / "orders.md"


def shown(name: str) -> dict[str, set[str]]:
    text = PAGE.read_text(encoding="utf-8")
    table = text.split(f"<!-- {name} -->")[1].split("<!-- end -->")[0]
    rows = [line.strip("|").split("|") for line in table.strip().splitlines()[2:]]
    return {start.strip(): {to.strip() for to in ends.split(",") if to.strip()} for start, ends in rows}


@pytest.mark.parametrize(("name", "table"), [("moves", MOVES), ("corrections", CORRECTIONS)])
def test_the_page_shows_the_table_that_the_code_obeys(
    name: str, table: dict[IntentState, frozenset[IntentState]]
):
    assert shown(name) == {start.value: {end.value for end in ends} for start, ends in table.items()}
