"""A hundred thousand orders in the orders table: taken in, sorted, searched, each until it is painted.

The rival is what Qt has ready for such a table: a standard model behind a proxy that sorts and filters in
C++, with the same rows and columns. It is what one would use without a model of one's own.
"""

import statistics
import sys
from functools import cache, partial

from tests.bench.effort import Effort
from tests.bench.process import run_once
from tests.bench.row import Aim, Row

_RIVAL = "QSortFilterProxyModel"
_AIM = Aim("<=", 100)


@cache
def _samples(whose: str, rows: int, repeats: int) -> dict[str, list[float]]:
    command = [sys.executable, "-m", "tests.bench.children.blotter", whose, str(rows), str(repeats)]
    return run_once(command)[1]


def _measure(what: str, effort: Effort) -> list[Row]:
    ours = _samples("ours", effort.blotter_rows, effort.blotter_repeats)
    rival = _samples("qt", effort.blotter_rows, effort.blotter_repeats)
    return [
        Row(
            name=f"blotter_{what}",
            value=statistics.median(ours[what]),
            unit="ms",
            rival=_RIVAL,
            rival_value=statistics.median(rival[what]),
            aim=_AIM,
        )
    ]


measure_load = partial(_measure, "load")
measure_sort = partial(_measure, "sort")
measure_filter = partial(_measure, "filter")
