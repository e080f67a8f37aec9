"""How wide the columns of a table are in the room there is."""

from collections.abc import Iterable, Sequence
from typing import Any

from ui.models.column import CellKind, Column


def fitted(
    columns: Sequence[Column[Any]], wanted: Sequence[int], least: Sequence[int], room: int
) -> list[int]:
    """Return widths for `columns` that fill `room` exactly where that is possible.

    What is lacking comes first from the columns whose least is below what they want, those that stretch
    before the others, symbols not yet, unless their column names its least. What is lacking still comes from
    the columns that give way: they get no width at all; and then from symbols. Beyond that the table is
    wider than its room. What is left over goes to the columns that were squeezed, then to those that
    stretch, or else evenly to all but the first.
    """
    widths = [max(want, floor) for want, floor in zip(wanted, least, strict=True)]
    full = list(widths)
    spare = room - sum(widths)
    places = range(len(columns))
    by_elasticity = sorted(places, key=lambda place: not columns[place].stretches)
    names = [place for place in places if columns[place].kind is CellKind.SYMBOL and not columns[place].least]

    def squeeze(places: Iterable[int], spare: int) -> int:
        for place in places:
            taken = min(max(0, -spare), widths[place] - least[place])
            widths[place] -= taken
            spare += taken
        return spare

    spare = squeeze((place for place in by_elasticity if place not in names), spare)
    yielding = [place for place in places if columns[place].gives_way]
    for place in sorted(yielding, key=lambda place: -columns[place].gives_way):
        if spare < 0:
            spare += widths[place]
            widths[place] = 0
    spare = squeeze(names, spare)
    if spare <= 0:
        return widths
    for place in reversed(by_elasticity):
        if widths[place]:
            given = min(spare, full[place] - widths[place])
            widths[place] += given
            spare -= given
    stretching = [place for place in places if columns[place].stretches and widths[place]]
    takers = stretching or [place for place in places[1:] if widths[place]] or [0]
    share, rest = divmod(spare, len(takers))
    for place in takers:
        widths[place] += share
    widths[takers[-1]] += rest
    return widths
