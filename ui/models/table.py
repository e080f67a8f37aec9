"""Tables over rows with a key, which keep their own sort order and tell the views once per batch."""

from collections.abc import Hashable, Iterable, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

from PySide6.QtCore import QObject, Qt

from ui.models.column import Row
from ui.models.column_model import DATA_ROLES, NO_PARENT, ColumnModel, Index

UNSORTED = -1
_FEW_KEYS = 16
_SAMPLE = 1_024  # rows whose keys tell whether many rows share one
MANY_RUNS = 64  # more changes than these are told as one


class TableModel(ColumnModel[Row]):
    """Rows of one type, found by key, arranged by one column.

    Subclasses say what the columns are and what a row's key is, then call `put`, `touch`, `drop` or
    `replace_all`: each is one batch, which ends in at most one `dataChanged`. Sorting lives here rather than
    in a proxy: a frame of ticks is one pass over the rows, with no mapping in between.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[Hashable, Row] = {}
        self._shown: list[Row] = []
        self._place: dict[Hashable, int] = {}
        self._shift = 0  # a row stands at what `_place` says plus this
        self._is_numbered = True  # whether `_place` is up to date; numbering waits until somebody asks
        self._sort_column = UNSORTED
        self._is_descending = False

    # ---- what a subclass says -----------------------------------------------------------------------

    def arranged(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows to show, in order. Rows without a sort key come last in either direction."""
        return self.sorted_rows(rows) if self.is_sorted else list(rows)

    def sorted_rows(self, rows: Iterable[Row]) -> list[Row]:
        """Return `rows` by the chosen column; equal ones keep their order."""
        sort = self.columns[self._sort_column].sort
        if sort is None:
            return list(rows)
        in_order = list(rows)
        keys = list(map(sort, in_order))
        if len(set(keys[:_SAMPLE])) <= min(_SAMPLE, len(keys)) // 2:
            return self._sorted_by_few(in_order, keys)
        present: Iterable[int] = range(len(keys))
        absent: list[int] = []
        if None in keys:
            present = [number for number, key in enumerate(keys) if key is not None]
            absent = [number for number, key in enumerate(keys) if key is None]
        placed = sorted(present, key=keys.__getitem__, reverse=self._is_descending)
        return list(map(in_order.__getitem__, placed + absent))

    def _sorted_by_few(self, in_order: list[Row], keys: list[Any]) -> list[Row]:
        """Sort rows of which many share a key, such as a status: only the keys there are get compared."""
        groups: dict[Any, list[Row]] = {}
        for key in dict.fromkeys(keys):
            groups[key] = []
        for key, row in zip(keys, in_order, strict=True):
            groups[key].append(row)
        absent = groups.pop(None, [])
        placed = sorted(groups, reverse=self._is_descending)
        return [*chain.from_iterable(map(groups.__getitem__, placed)), *absent]

    # ---- batches ------------------------------------------------------------------------------------

    def put(self, rows: Iterable[Row]) -> None:
        """Add rows, and replace those whose key is known."""
        changed = {self.key_of(row): row for row in rows}
        if changed:
            self._rows.update(changed)
            self._refresh(changed)

    def drop(self, keys: Iterable[Hashable]) -> None:
        """Remove rows; unknown keys are fine."""
        gone = [key for key in keys if self._rows.pop(key, None) is not None]
        if gone:
            self._refresh(())

    def replace_all(self, rows: Iterable[Row]) -> None:
        """Make the table hold exactly `rows`, in this order; what stays keeps its selection."""
        self._rows = {self.key_of(row): row for row in rows}
        self._refresh(self._rows)

    def touch(self, keys: Iterable[Hashable], *, columns: tuple[int, int] | None = None) -> None:
        """Say that rows were changed in place; `columns` narrows it to a range, first and last."""
        self._refresh(keys, columns)

    # ---- reading ------------------------------------------------------------------------------------

    def row_at(self, place: int) -> Row:
        """Return the row shown at `place`."""
        return self._shown[place]

    def row(self, key: Hashable) -> Row | None:
        """Return the row with `key`, shown or not."""
        return self._rows.get(key)

    def rows(self) -> Iterable[Row]:
        """Every row, shown or not."""
        return self._rows.values()

    def place_of(self, key: Hashable) -> int | None:
        """Return where the row with `key` is shown, or None."""
        stored = self._numbered().get(key)
        return None if stored is None else stored + self._shift

    @property
    def is_sorted(self) -> bool:
        """Whether a column was chosen to sort by."""
        return self._sort_column != UNSORTED

    # ---- the machinery ------------------------------------------------------------------------------

    def _refresh(self, changed: Iterable[Hashable], columns: tuple[int, int] | None = None) -> None:
        first, last = columns or (0, len(self.columns) - 1)
        self._say_changed(changed, columns)
        if columns is None or first <= self._sort_column <= last:
            self._show(self.arranged(self._rows.values()))

    def _say_changed(self, changed: Iterable[Hashable], columns: tuple[int, int] | None) -> None:
        """Tell the views once about rows that stay where they are."""
        first, last = columns or (0, len(self.columns) - 1)
        places = []
        for key in changed:
            self.forget_cells(key, first, None if columns is None else last)
            place = self.place_of(key)
            if place is not None:
                self._shown[place] = self._rows.get(key, self._shown[place])
                places.append(place)
        if places:
            top, bottom = self.index(min(places), first), self.index(max(places), last)
            self.dataChanged.emit(top, bottom, DATA_ROLES)

    def _show(self, wanted: list[Row]) -> None:
        wanted_keys = list(map(self.key_of, wanted))
        shown_keys = list(map(self.key_of, self._shown))
        if wanted_keys == shown_keys:
            return
        if len(wanted_keys) == len(shown_keys) and set(wanted_keys) == self._numbered().keys():
            self._reorder(wanted)
            return
        stays = set(wanted_keys)
        gone = _runs([place for place, key in enumerate(shown_keys) if key not in stays])
        new = _runs([place for place, key in enumerate(wanted_keys) if key not in self._numbered()])
        if len(gone) + len(new) > MANY_RUNS:
            self._show_anew(wanted)
            return
        for first, last in reversed(gone):
            self._remove(first, last)
        known = self._numbered().keys()
        self._reorder([row for row, key in zip(wanted, wanted_keys, strict=True) if key in known])
        for first, last in new:
            self._insert(first, wanted[first : last + 1])

    def _show_anew(self, wanted: list[Row]) -> None:
        """Too much has changed to tell it piece by piece; the view finds its selection by the keys."""
        self.beginResetModel()
        self._shown = wanted
        self._is_numbered = False
        self._cells.clear()
        self.endResetModel()

    def _insert(self, place: int, rows: Sequence[Row]) -> None:
        self._numbered()
        self.beginInsertRows(NO_PARENT, place, place + len(rows) - 1)
        self._shown[place:place] = rows
        self._shift_places(place, place + len(rows), len(rows))
        for number, row in enumerate(rows, place):
            self._place[self.key_of(row)] = number - self._shift
        self.endInsertRows()

    def _remove(self, first: int, last: int) -> None:
        self._numbered()
        self.beginRemoveRows(NO_PARENT, first, last)
        for row in self._shown[first : last + 1]:
            self.forget_cells(self.key_of(row))
            del self._place[self.key_of(row)]
        del self._shown[first : last + 1]
        self._shift_places(first, first, first - last - 1)
        self.endRemoveRows()

    def _shift_places(self, before: int, after: int, by: int) -> None:
        """The rows from `after` on have moved by `by`: note that for the shorter side of the table.

        Most rows come and go at the ends, and there may be a hundred thousand between.
        """
        if before < len(self._shown) - after:
            for row in self._shown[:before]:
                self._place[self.key_of(row)] -= by
            self._shift += by
        else:
            for row in self._shown[after:]:
                self._place[self.key_of(row)] += by

    def _reorder(self, wanted: list[Row]) -> None:
        """Show the same rows in another order."""
        before = self._shown
        if wanted == before:
            return
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        held_rows = [before[index.row()] for index in held]
        self._shown = wanted
        self._is_numbered = False
        if held:
            places = self._places_of(held_rows)
            moved = [
                self.createIndex(places[self.key_of(row)], index.column())
                for row, index in zip(held_rows, held, strict=True)
            ]
            self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()

    def _places_of(self, rows: Iterable[Row]) -> dict[Hashable, int]:
        """Where a few rows are now, mostly the selected one, without numbering all of them.

        By identity, because a look into a hundred thousand rows, to ask each for its key, takes its time.
        """
        wanted = {self.key_of(row): id(row) for row in rows}
        if len(wanted) <= _FEW_KEYS:
            ids = list(map(id, self._shown))
            with suppress(ValueError):
                return {key: ids.index(identity) for key, identity in wanted.items()}
        return {key: self._numbered()[key] for key in wanted}

    def _numbered(self) -> dict[Hashable, int]:
        if not self._is_numbered:
            self._is_numbered, self._shift = True, 0
            self._place = dict(zip(map(self.key_of, self._shown), range(len(self._shown)), strict=True))
        return self._place

    # ---- Qt -----------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sort_column = column if 0 <= column < len(self.columns) else UNSORTED
        self._is_descending = order is Qt.SortOrder.DescendingOrder
        self._show(self.arranged(self._rows.values()))


def _runs(places: Sequence[int]) -> list[tuple[int, int]]:
    """Group ascending numbers into runs of neighbours, as first and last."""
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs
