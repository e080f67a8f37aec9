"""The table of every panel: calm rows, a faint header, columns that hold still, keyboard first."""

from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Any

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from ui.delegates.actions import ActionsDelegate, Pointed
from ui.delegates.cell import CellDelegate, CellStyle
from ui.delegates.drawing import PADDING_PX
from ui.delegates.kinds import delegate_for
from ui.models.column import CellKind
from ui.models.column_model import ColumnModel
from ui.models.table import UNSORTED
from ui.panels.column_laying import ColumnLaying
from ui.panels.fading import Fading
from ui.panels.kept_view import KeptView
from ui.panels.table_header import TableHeader
from ui.theme.theme import Theme
from ui.theme.tokens import ROW_COMPACT_PX, ROW_PX

_FOCUS_MARK_PX = 2
_FOLD_PX = 22  # the mark before a symbol, and some room around it
_FIGURES = (CellKind.FIGURE, CellKind.REMARKED, CellKind.PRICE, CellKind.CHANGE)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class TableView(QTableView):
    """Shows a ColumnModel. Signals carry the key of the row that is meant, never a row number.

    Enter and double click activate a row; the context-menu key and right click ask for its menu. The view
    draws selection, hover and hairlines row by row, its delegates only what stands in the cells.
    """

    row_activated = Signal(object)  # Hashable: the row's key
    current_changed = Signal(object)  # Hashable | None
    action_triggered = Signal(object, str)  # Hashable, the action's code
    menu_requested = Signal(object, QPoint)  # Hashable | None, global position
    rows_painted = Signal(object)  # set[Hashable]: those of `await_paint` that are on the screen now

    def __init__(
        self, theme: Theme, model: ColumnModel[Any], name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._table = model
        self._pointed = Pointed()
        self._pressed: tuple[Hashable, str] | None = None
        self._actions: ActionsDelegate | None = None
        self._is_being_entered = False
        self._awaited: set[Hashable] = set()
        self._claims: dict[Qt.Key, tuple[Callable[[], bool], Callable[[], object]]] = {}
        self._takes_double_click: Callable[[Hashable, int], bool] = lambda _key, _column: False
        self.cell_style = CellStyle(theme)
        self.setAccessibleName(name)
        self._dress()
        self._header = TableHeader(self.cell_style, model.columns, self)
        self.setHorizontalHeader(self._header)
        self.setModel(model)
        columns = range(len(model.columns))
        self._delegates = [delegate_for(self.cell_style, model, column, self) for column in columns]
        for column, delegate in enumerate(self._delegates):
            if isinstance(delegate, ActionsDelegate):
                self._actions = delegate
            self.setItemDelegateForColumn(column, delegate)
        self._columns = ColumnLaying(self, self._header, model, self._delegates)
        self.selectionModel().currentRowChanged.connect(self._on_selection_current_row_changed)
        self.selectionModel().selectionChanged.connect(self._follow_selection)
        theme.changed.connect(self.viewport().update)
        self._fading = Fading(self._visible_rows, self.cell_style.now_ns, self)
        self._fading.faded.connect(self._update_row)
        model.dataChanged.connect(self._expect_to_fade)
        model.layoutChanged.connect(self._point_again)
        model.rowsInserted.connect(self._point_again)
        model.rowsRemoved.connect(self._point_again)
        self._keep_view = KeptView(self, model)

    def _dress(self) -> None:
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(ROW_COMPACT_PX)
        rows.setDefaultSectionSize(ROW_PX)

    # ---- for panels ---------------------------------------------------------------------------------

    @property
    def current_key(self) -> Hashable | None:
        """The key of the current row, or None."""
        index = self.currentIndex()
        return self._table.key_at(index.row()) if index.isValid() else None

    def choose(self, key: Hashable) -> bool:
        """Make the row with `key` current and visible; returns whether it is shown at all."""
        place = self._table.place_of(key)
        if place is None:
            return False
        self.setCurrentIndex(self._table.index(place, 0))
        return True

    def fold_key_at(self, index: QModelIndex) -> Hashable | None:
        """The key of the row whose fold mark was just clicked: at the left end of the first strong column."""
        if not index.isValid() or self._table.columns[index.column()].kind is not CellKind.SYMBOL:
            return None
        left = self.viewport().mapFromGlobal(self.cursor().pos()).x() - self.visualRect(index).left()
        return self._table.key_at(index.row()) if left <= _FOLD_PX else None

    def place_of(self, key: Hashable) -> int | None:
        """Where the row with `key` is shown, or None."""
        return self._table.place_of(key)

    def leave_out(self, columns: Collection[int]) -> None:
        """Show every column but these; an empty collection brings all of them back."""
        self._columns.leave_out(columns)

    def on_double_click(self, take: Callable[[Hashable, int], bool]) -> None:
        """Have `take` asked with key and column before a double click activates the row."""
        self._takes_double_click = take

    def await_paint(self, keys: Iterable[Hashable]) -> None:
        """Have `rows_painted` say when these rows have been drawn, once each."""
        self._awaited.update(keys)

    def set_compact(self, is_compact: bool) -> None:
        """Rows of 22 rather than 26 pixels."""
        self.verticalHeader().setDefaultSectionSize(ROW_COMPACT_PX if is_compact else ROW_PX)

    def allow_sorting(
        self, column: int = UNSORTED, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder
    ) -> None:
        """Let clicks on titles sort, starting with `column`; a third click undoes it."""
        self._header.setSortIndicatorClearable(True)
        self._header.setSortIndicator(column, order)
        self.setSortingEnabled(True)

    def on_key(self, keys: QKeySequence.StandardKey | Qt.Key, act: Callable[[], object]) -> None:
        """Have `act` called when `keys` are pressed while the table has the keyboard."""
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(act)

    def claim_key(self, key: Qt.Key, can: Callable[[], bool], act: Callable[[], object]) -> None:
        """Have `act` called for a plain key that the window uses too, while the table has the keyboard.

        Where `can` says no, the key means what it means everywhere. A second shortcut would be ambiguous.
        """
        self._claims[key] = (can, act)

    def _claim(self, event: QKeyEvent) -> Callable[[], object] | None:
        if event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return None
        can, act = self._claims.get(Qt.Key(event.key()), (None, None))
        return act if can is not None and can() else None

    @property
    def tints_changes(self) -> bool:
        """Whether a changed price is tinted for a moment."""
        return self.cell_style.tints_changes

    @Slot(bool)
    def set_change_tint(self, is_on: bool) -> None:
        """Tint changed prices for a moment, or never."""
        self.cell_style.tints_changes = is_on
        self.viewport().update()

    @property
    def is_fading(self) -> bool:
        """Whether a tint is still to end."""
        return self._fading.is_busy

    def cut_titles(self) -> list[str]:
        """Return the titles that are not shown whole; there should be none."""
        return [
            column.title
            for place, column in enumerate(self._table.columns)
            if not self._header.isSectionHidden(place)
            and self._header.sectionSize(place)
            < self.cell_style.small.width(column.title) + 2 * PADDING_PX - 1
        ]

    # ---- pointing -----------------------------------------------------------------------------------

    def _point(self, at: QPointF | None) -> None:
        pointed = Pointed() if at is None else self._pointed_at(at)
        before, self._pointed = self._pointed, pointed
        if pointed == before:
            return
        if self._actions is not None:
            self._actions.pointed = pointed
        self._update_rows(before.place, pointed.place)
        if bool(pointed.code) != bool(before.code):
            shape = Qt.CursorShape.PointingHandCursor if pointed.code else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(shape)

    def _pointed_at(self, at: QPointF) -> Pointed:
        index = self.indexAt(at.toPoint())
        if not index.isValid():
            return Pointed()
        if self._actions is None or self.itemDelegateForColumn(index.column()) is not self._actions:
            return Pointed(index.row())
        box = QRectF(self.visualRect(index)).adjusted(PADDING_PX, 0, -PADDING_PX, 0)
        action = self._actions.action_at(index.row(), box, at)
        return Pointed(index.row(), "" if action is None else action.code)

    @Slot()
    def _point_again(self) -> None:
        """Rows moved under a pointer that did not."""
        if self._pointed.place >= 0 or self.viewport().underMouse():
            at = self.viewport().mapFromGlobal(self.cursor().pos())
            self._point(QPointF(at) if self.viewport().rect().contains(at) else None)
        if self._actions is not None:
            self._actions.current = self.currentIndex().row()

    def _update_rows(self, *places: int) -> None:
        for place in places:
            if place >= 0:
                top, height = self.rowViewportPosition(place), self.rowHeight(place)
                self.viewport().update(QRect(0, top, self.viewport().width(), height))

    @Slot(QModelIndex, QModelIndex)
    def _on_selection_current_row_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        if self._actions is not None:
            self._actions.current = current.row()
        self._update_rows(current.row(), previous.row())
        if not self._is_being_entered:
            self.current_changed.emit(self._table.key_at(current.row()) if current.isValid() else None)

    @Slot()
    def _follow_selection(self) -> None:
        """A row that assistive technology selects is made current: keys must mean the row that is seen."""
        rows = self.selectionModel().selectedRows()
        if len(rows) == 1 and rows[0].row() != self.currentIndex().row():
            self.selectionModel().setCurrentIndex(rows[0], QItemSelectionModel.SelectionFlag.NoUpdate)

    # ---- what is in view ---------------------------------------------------------------------------

    @Slot()
    def _expect_to_fade(self) -> None:
        if self.cell_style.tints_changes and self.isVisible():
            self._fading.expect()

    @Slot(int)
    def _update_row(self, place: int) -> None:
        self._update_rows(place)

    def _visible_rows(self) -> list[tuple[int, Any]]:
        return [(place, self._table.row_at(place)) for place in self._visible_places(self.viewport().rect())]

    def _visible_places(self, area: QRect) -> range:
        first = self.rowAt(area.top())
        last = self.rowAt(area.bottom())
        return range(max(0, first), (self._table.rowCount() - 1 if last < 0 else last) + 1)

    # ---- Qt -----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what is in view, row by row.

        Not QTableView's own: that makes an index, a style option and three trips through the style for each
        cell, most of it answered in Python, which takes nearly as long again as the drawing.
        """
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = event.rect()
        colors = self._theme.colors
        width = self.viewport().width()
        chosen = {index.row() for index in self.selectionModel().selectedRows()}
        focused = self.currentIndex().row() if self.hasFocus() else -1
        boxes = self._column_boxes(area)
        for place in self._visible_places(area):
            top, height = self.rowViewportPosition(place), self.rowHeight(place)
            if place in chosen:
                painter.fillRect(0, top, width, height, colors.selection)
            else:
                if place == self._pointed.place:
                    painter.fillRect(0, top, width, height, colors.hover)
                painter.fillRect(0, top + height - 1, width, 1, colors.hairline)
            row = self._table.row_at(place)
            for column, delegate, left, room in boxes:
                delegate.draw(painter, QRectF(left, top, room, height), self._table.cell(place, column), row)
            if place == focused:
                painter.fillRect(0, top, _FOCUS_MARK_PX, height, colors.accent)
        painter.end()
        self._columns.take_wants()
        if self._awaited:
            shown = {self._table.key_at(place) for place in self._visible_places(area)} & self._awaited
            if shown:
                self._awaited -= shown
                self.rows_painted.emit(shown)

    def _column_boxes(self, area: QRect) -> list[tuple[int, CellDelegate, float, float]]:
        """Return the columns in `area`: number, delegate, left edge and width inside the padding.

        A column that sticks out of the view is drawn into what is seen of it: a figure whose end is out of
        sight would read as another, just as one that is cut, and so would one at the end of words.
        """
        header, seen = self._header, self.viewport().width()
        boxes = []
        for column, delegate in enumerate(self._delegates):
            left, size = header.sectionViewportPosition(column), header.sectionSize(column)
            if size and left <= area.right() and left + size >= area.left():
                start, end = max(left, 0) + PADDING_PX, min(left + size, seen) - PADDING_PX
                kind = self._table.columns[column].kind
                if kind not in _FIGURES:
                    start = left + PADDING_PX
                    end = end if kind is CellKind.TEXT else left + size - PADDING_PX
                boxes.append((column, delegate, start, max(0.0, end - start)))
        return boxes

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._point(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._point(event.position())
        self._pressed = self._pointed_action() if event.button() is Qt.MouseButton.LeftButton else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._point(event.position())
        pressed, self._pressed = self._pressed, None
        # By key: rows may have changed places since the button went down.
        if pressed is not None and pressed == self._pointed_action():
            self.action_triggered.emit(*pressed)

    def _pointed_action(self) -> tuple[Hashable, str] | None:
        if not self._pointed.code:
            return None
        return self._table.key_at(self._pointed.place), self._pointed.code

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and index.isValid() and not self._pointed.code:
            key = self._table.key_at(index.row())
            if not self._takes_double_click(key, index.column()):
                self.row_activated.emit(key)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._claim(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (act := self._claim(event)) is not None:
            event.accept()
            if not event.isAutoRepeat():
                act()
            return
        if event.key() in _ENTER and self.current_key is not None:
            self.row_activated.emit(self.current_key)
            event.accept()
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Mouse:
            index = self.indexAt(event.pos())
            where = event.globalPos()
        else:
            index = self.currentIndex()
            where = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
        self.menu_requested.emit(self._table.key_at(index.row()) if index.isValid() else None, where)

    def focusInEvent(self, event: QFocusEvent) -> None:
        # Qt makes the first row current when there was none; that is nobody's choice, so it chooses nothing.
        self._is_being_entered = True
        super().focusInEvent(event)
        self._is_being_entered = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._columns.lay()
