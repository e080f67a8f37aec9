"""A figure edited where it stands in a table; Enter asks for the change, Escape and leaving undo it."""

from collections.abc import Hashable
from decimal import Decimal

from PySide6.QtCore import QRect, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent

from ui.controls.fields import FigureField, Step
from ui.panels.table_view import TableView
from ui.theme.theme import Theme

_LEAST_WIDTH_PX = 84
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class CellEditor(FigureField):
    """Stays on its cell while rows move, and goes when its row goes. Emits at most one of its signals."""

    committed = Signal(object)  # Decimal
    left = Signal()  # without a change

    def __init__(
        self,
        view: TableView,
        theme: Theme,
        key: Hashable,
        column: int,
        *,
        name: str,
        value: Decimal,
        step: Step,
    ) -> None:
        super().__init__(name, theme, step=step, parent=view.viewport())
        self._view, self._key, self._column = view, key, column
        self._before = value
        self._is_over = False
        self.setProperty("compact", "true")
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        model = view.model()
        for signal in (model.layoutChanged, model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self._follow)
        model.rowsMoved.connect(self._follow)
        view.verticalScrollBar().valueChanged.connect(self._follow)
        view.horizontalScrollBar().valueChanged.connect(self._follow)
        view.horizontalHeader().sectionResized.connect(self._follow)

    def begin(self) -> None:
        """Show the value, whole and selected, on its cell."""
        self.show_value(self._before)
        self._follow()
        if not self._is_over:
            self.show()
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            self.selectAll()

    @property
    def key(self) -> Hashable:
        """The row that is being edited."""
        return self._key

    @property
    def column(self) -> int:
        """The column that is being edited."""
        return self._column

    @Slot()
    def cancel(self) -> None:
        """End without a change."""
        self._end()
        self.left.emit()

    @Slot()
    def _follow(self) -> None:
        if self._is_over:
            return
        place = self._view.place_of(self._key)
        if place is None:
            self.cancel()
            return
        box = self._view.visualRect(self._view.model().index(place, self._column))
        width = max(box.width(), _LEAST_WIDTH_PX)
        self.setGeometry(QRect(box.right() - width + 1, box.top(), width, box.height()))

    def _end(self) -> None:
        self._is_over = True
        self.hide()
        self.deleteLater()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER:
            event.accept()
            if event.isAutoRepeat():
                return
            value = self.value
            if value is None:
                self.selectAll()  # nothing that could be meant: stay, and let it be mended
            elif value == self._before:
                self.cancel()
            elif not self._is_over:
                self._end()
                self.committed.emit(value)
        elif event.key() == Qt.Key.Key_Escape:
            event.accept()
            self.cancel()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        # Whoever looks elsewhere has not decided: an order is changed by Enter alone.
        if not self._is_over and event.reason() is not Qt.FocusReason.ActiveWindowFocusReason:
            self.cancel()
