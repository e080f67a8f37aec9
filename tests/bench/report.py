"""The figures as a table for people and as JSON for programs."""

import json
from collections.abc import Sequence
from pathlib import Path

from tests.bench.row import Row

_TITLES = ("name", "value", "unit", "rival", "rival's", "ratio", "aim", "holds")
_NUMBERS = frozenset({"value", "rival's", "ratio"})


def table(rows: Sequence[Row]) -> str:
    """One line for each figure, columns lined up."""
    lines = [_TITLES, *(_cells(row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(_TITLES))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if title in _NUMBERS else cell.ljust(width)
            for title, cell, width in zip(_TITLES, line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def write(rows: Sequence[Row], path: Path) -> None:
    """Write the JSON list."""
    path.write_text(json.dumps([row.members() for row in rows], indent=1) + "\n", encoding="utf-8")


def _cells(row: Row) -> tuple[str, ...]:
    holds = {None: "", True: "yes", False: "NO"}[row.holds]
    aim = "" if row.aim is None else str(row.aim)
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return (
        row.name,
        _number(row.value),
        row.unit,
        row.rival or "",
        _number(row.rival_value),
        ratio,
        aim,
        holds,
    )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}"
