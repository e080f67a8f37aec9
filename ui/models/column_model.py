"""The part of a table model that every table shares: columns, cells worded once, and Qt's roles."""

from collections.abc import Callable, Hashable
from typing import Any, Generic

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from ui.models.column import Cell, Column, Role, Row

Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()
DATA_ROLES = [
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.AccessibleTextRole,
    Role.SORT,
    Role.TONE,
    Role.BADGE,
]
_ALIGN_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ALIGN_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class ColumnModel(QAbstractTableModel, Generic[Row]):
    """Rows of one type through a tuple of columns. How rows are kept is the subclass's matter."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: tuple[Column[Row], ...] = self.make_columns()
        self._cells: dict[Hashable, list[Cell | None]] = {}

    # ---- what a subclass says -----------------------------------------------------------------------

    def make_columns(self) -> tuple[Column[Row], ...]:
        """Return the columns; called once, when `self.tr` works already."""
        raise NotImplementedError

    def key_of(self, row: Row) -> Hashable:
        """Return what identifies `row` for as long as it exists."""
        raise NotImplementedError

    def row_at(self, place: int) -> Row:
        """Return the row shown at `place`."""
        raise NotImplementedError

    def place_of(self, key: Hashable) -> int | None:
        """Return where the row with `key` is shown, or None."""
        raise NotImplementedError

    # ---- reading ------------------------------------------------------------------------------------

    def key_at(self, place: int) -> Hashable:
        """Return the key of the row shown at `place`."""
        return self.key_of(self.row_at(place))

    def cell(self, place: int, column: int) -> Cell:
        """Return what to draw; worded at the first look after a change, then remembered."""
        row = self.row_at(place)
        key = self.key_of(row)
        cells = self._cells.get(key)
        if cells is None:
            cells = self._cells[key] = [None] * len(self.columns)
        known = cells[column]
        if known is None:
            known = cells[column] = self.columns[column].cell(row)
        return known

    def forget_cells(self, key: Hashable, first: int = 0, last: int | None = None) -> None:
        """Have the cells of a row worded anew, all of them or a range of columns."""
        if last is None:
            self._cells.pop(key, None)
        elif (cells := self._cells.get(key)) is not None:
            cells[first : last + 1] = [None] * (last + 1 - first)

    # ---- Qt -----------------------------------------------------------------------------------------

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        read = _READERS.get(role)
        return None if read is None else read(self, index.row(), index.column())

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return column.spoken_title or column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _ALIGN_RIGHT if column.is_right_aligned else _ALIGN_LEFT
        return None


def _alignment(model: ColumnModel[Any], _place: int, column: int) -> Qt.AlignmentFlag:
    return _ALIGN_RIGHT if model.columns[column].is_right_aligned else _ALIGN_LEFT


def _sort_key(model: ColumnModel[Any], place: int, column: int) -> object:
    sort = model.columns[column].sort
    return None if sort is None else sort(model.row_at(place))


def _accessible_text(model: ColumnModel[Any], place: int, column: int) -> str:
    return model.columns[column].accessible_text(model.row_at(place))


def _tool_tip(model: ColumnModel[Any], place: int, column: int) -> str | None:
    tool_tip = model.columns[column].tool_tip
    return None if tool_tip is None else tool_tip(model.row_at(place)) or None


_READERS: dict[int, Callable[[ColumnModel[Any], int, int], Any]] = {
    Qt.ItemDataRole.DisplayRole: lambda model, place, column: model.cell(place, column).text,
    Qt.ItemDataRole.TextAlignmentRole: _alignment,
    Qt.ItemDataRole.AccessibleTextRole: _accessible_text,
    Qt.ItemDataRole.ToolTipRole: _tool_tip,
    Role.SORT: _sort_key,
    Role.TONE: lambda model, place, column: model.cell(place, column).tone,
    Role.BADGE: lambda model, place, column: model.cell(place, column).badge,
    Role.KEY: lambda model, place, _column: model.key_at(place),
}
