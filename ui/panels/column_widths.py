"""How wide the columns of a table are in the room there is."""

from collections.abc import Sequence
from typing import Any

from ui.models.column import Column


def fitted(columns: Sequence[Column[Any]], needed: Sequence[int], room: int, least: int) -> list[int]:
    """Return widths for `columns` that fill `room` exactly where that is possible.

    What is lacking comes first from the columns that give way: they get no width at all. What is left over
    goes to the columns that stretch, or else evenly to all but the first. What is lacking still comes from
    the columns that stretch, down to `least` each; beyond that the table is wider than its room.
    """
    widths = list(needed)
    spare = room - sum(needed)
    yielding = [place for place, column in enumerate(columns) if column.gives_way]
    for place in sorted(yielding, key=lambda place: -columns[place].gives_way):
        if spare < 0:
            spare += widths[place]
            widths[place] = 0
    stretching = [place for place, column in enumerate(columns) if column.stretches and widths[place]]
    if spare >= 0:
        takers = stretching or [place for place in range(1, len(widths)) if widths[place]] or [0]
        share, rest = divmod(spare, len(takers))
        for place in takers:
            widths[place] += share
        widths[takers[-1]] += rest
        return widths
    for place in stretching:
        taken = min(-spare, max(0, widths[place] - least))
        widths[place] -= taken
        spare += taken
    return widths
