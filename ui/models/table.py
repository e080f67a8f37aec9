"""Tables over rows with a key, which keep their own sort order and tell the views once per batch."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt

from ui.models.column import Row
from ui.models.column_model import DATA_ROLES, NO_PARENT, ColumnModel, Index

UNSORTED = -1


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
        keyed = [(sort(row), row) for row in rows]
        present = [pair for pair in keyed if pair[0] is not None]
        present.sort(key=_first, reverse=self._is_descending)
        return [row for _, row in present] + [row for key, row in keyed if key is None]

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
        return self._place.get(key)

    @property
    def is_sorted(self) -> bool:
        """Whether a column was chosen to sort by."""
        return self._sort_column != UNSORTED

    # ---- the machinery ------------------------------------------------------------------------------

    def _refresh(self, changed: Iterable[Hashable], columns: tuple[int, int] | None = None) -> None:
        first, last = columns or (0, len(self.columns) - 1)
        places = []
        for key in changed:
            self.forget_cells(key, first, None if columns is None else last)
            place = self._place.get(key)
            if place is not None:
                self._shown[place] = self._rows.get(key, self._shown[place])
                places.append(place)
        if places:
            top, bottom = self.index(min(places), first), self.index(max(places), last)
            self.dataChanged.emit(top, bottom, DATA_ROLES)
        if columns is None or first <= self._sort_column <= last:
            self._show(self.arranged(self._rows.values()))

    def _show(self, wanted: list[Row]) -> None:
        key_of = self.key_of
        wanted_keys = [key_of(row) for row in wanted]
        shown_keys = [key_of(row) for row in self._shown]
        if wanted_keys == shown_keys:
            return
        if len(wanted_keys) != len(shown_keys) or set(wanted_keys) != self._place.keys():
            self._remove_missing(shown_keys, set(wanted_keys))
            known = self._place.keys()
            self._reorder([row for row, key in zip(wanted, wanted_keys, strict=True) if key in known])
            self._insert_missing(wanted, wanted_keys)
        else:
            self._reorder(wanted)

    def _remove_missing(self, shown_keys: Sequence[Hashable], wanted: set[Hashable]) -> None:
        gone = [place for place, key in enumerate(shown_keys) if key not in wanted]
        for first, last in reversed(_runs(gone)):
            self.beginRemoveRows(NO_PARENT, first, last)
            for row in self._shown[first : last + 1]:
                self.forget_cells(self.key_of(row))
            del self._shown[first : last + 1]
            self._renumber()
            self.endRemoveRows()

    def _reorder(self, wanted: list[Row]) -> None:
        before = self._shown
        if [self.key_of(row) for row in wanted] == [self.key_of(row) for row in before]:
            return
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        self._shown = wanted
        self._renumber()
        if held:
            place = self._place
            moved = [
                self.createIndex(place[self.key_of(before[index.row()])], index.column()) for index in held
            ]
            self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()

    def _insert_missing(self, wanted: list[Row], wanted_keys: list[Hashable]) -> None:
        new = [place for place, key in enumerate(wanted_keys) if key not in self._place]
        for first, last in _runs(new):
            self.beginInsertRows(NO_PARENT, first, last)
            self._shown[first:first] = wanted[first : last + 1]
            self._renumber()
            self.endInsertRows()

    def _renumber(self) -> None:
        key_of = self.key_of
        self._place = {key_of(row): place for place, row in enumerate(self._shown)}

    # ---- Qt -----------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sort_column = column if 0 <= column < len(self.columns) else UNSORTED
        self._is_descending = order is Qt.SortOrder.DescendingOrder
        self._show(self.arranged(self._rows.values()))


def _first(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def _runs(places: Sequence[int]) -> list[tuple[int, int]]:
    """Group ascending numbers into runs of neighbours, as first and last."""
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs
