"""Entry fields for quantities and prices: typed text stays as typed, its value is exact or nothing."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from core.domain.money import decimal_from_text
from ui import figures
from ui.controls.labels import restyle
from ui.theme.theme import Theme

FIELD_PX = 32
_SUFFIX_MARGIN_PX = 9
_SUFFIX_GAP_PX = 8
_STEPPER_PX = 16
_LEAST_PX = 40  # of a suffix: less says nothing
_FIELD_LEAST_PX = 100
_FINE, _COARSE = 1, 10

Step = Callable[[Decimal | None, int], Decimal | None]


def spell_price(price: Decimal, symbol: str = "") -> str:
    """A price to be edited: plain digits, all of them, padded to the grid as prices are read."""
    return f"{price:.{figures.price_places(price, symbol=symbol)}f}"


class FigureField(QLineEdit):
    """A line for one exact number, with a muted suffix at the right end.

    Arrow keys move by `step`, with Shift or the page keys ten at once. The wheel never changes a number:
    a hand on its way over an order ticket must not.
    """

    value_changed = Signal()
    suffix_clicked = Signal(object)  # float: where in the suffix, 0 left to 1 right

    def __init__(
        self, name: str, theme: Theme, *, step: Step, has_stepper: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._step = step
        self._has_stepper = has_stepper
        self._suffix = ""
        self._spell: Callable[[Decimal], str] = str
        self._on_letter: Mapping[str, Callable[[], Decimal | None]] = {}
        self.setAccessibleName(name)
        self.setMaxLength(24)
        self.setInputMethodHints(Qt.InputMethodHint.ImhFormattedNumbersOnly)
        self.textChanged.connect(self._on_text)
        self._reserve_room()

    @property
    def value(self) -> Decimal | None:
        """The number that stands there, or None for nothing and for what is no number."""
        return decimal_from_text(self.text())

    @property
    def is_garbled(self) -> bool:
        """Whether something stands there that is no number."""
        return bool(self.text().strip()) and self.value is None

    def spell_with(self, spell: Callable[[Decimal], str]) -> None:
        """How a number set by `show` or a step is written."""
        self._spell = spell

    def take_on(self, letters: Mapping[str, Callable[[], Decimal | None]]) -> None:
        """Let a letter, which no number has, put a known figure there: `b` the bid, for one."""
        self._on_letter = letters

    def show_value(self, value: Decimal | None) -> None:
        """Put `value` there as if it had been typed."""
        self.setText("" if value is None else self._spell(value))

    def set_suffix(self, text: str) -> None:
        """Show `text` at the right end; it is read out as part of the description."""
        if text != self._suffix:
            self._suffix = text
            self.setAccessibleDescription(text)
            self._reserve_room()
            self.update()

    @property
    def suffix(self) -> str:
        """What stands at the right end."""
        return self._suffix

    def step_by(self, steps: int) -> None:
        """Move the number by `steps` of its own grid; without a place to start from nothing happens."""
        moved = self._step(self.value, steps)
        if moved is not None:
            self.show_value(moved)
            self.selectAll()

    @Slot(str)
    def _on_text(self, _text: str) -> None:
        self._reserve_room()
        if bool(self.property("invalid")) != self.is_garbled:
            self.setProperty("invalid", self.is_garbled)
            restyle(self)
        self.value_changed.emit()

    def _reserve_room(self) -> None:
        width = self._suffix_width()
        self.setTextMargins(0, 0, width + _SUFFIX_GAP_PX if width else 0, 0)

    @property
    def _shown_suffix(self) -> str:
        """As much of the suffix as leaves the number whole: a price without its first digits misleads."""
        if not self._suffix:
            return ""
        measure = self.fontMetrics()
        taken = measure.horizontalAdvance(self.text()) + self._stepper_width + 2 * _SUFFIX_GAP_PX
        room = self.width() - 2 * _SUFFIX_MARGIN_PX - taken
        if measure.horizontalAdvance(self._suffix) <= room:
            return self._suffix
        if room <= _LEAST_PX or any(letter.isdigit() for letter in self._suffix):
            return ""  # half a number misleads
        return measure.elidedText(self._suffix, Qt.TextElideMode.ElideRight, room)

    @property
    def _stepper_width(self) -> int:
        return _STEPPER_PX if self._has_stepper else 0

    def _suffix_width(self) -> int:
        return self.fontMetrics().horizontalAdvance(self._shown_suffix) + self._stepper_width

    def _suffix_rect(self) -> QRect:
        width = self._suffix_width()
        left = self.width() - _SUFFIX_MARGIN_PX - width
        # The steps stand at its right, and are no part of it.
        right = self._stepper_rect().left() if self._has_stepper else left + width
        return QRect(left, 0, right - left, self.height())

    def _stepper_rect(self) -> QRect:
        right = self.width() - _SUFFIX_MARGIN_PX + 3
        return QRect(right - _STEPPER_PX, 0, _STEPPER_PX, self.height())

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), FIELD_PX)

    def minimumSizeHint(self) -> QSize:
        # Without the suffix, which gives way.
        return QSize(_FIELD_LEAST_PX, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._reserve_room()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        rect = self._suffix_rect()
        if self._has_stepper:
            box = self._stepper_rect()
            icon = self._theme.pixmap("chevrons-up-down", "muted", 14, self.devicePixelRatioF())
            painter.drawPixmap(box.x() + 1, (box.height() - 14) // 2, icon)
        painter.setPen(self._theme.colors.muted)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(rect, right, self._shown_suffix)
        painter.end()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        where = event.position().toPoint()
        if event.button() is not Qt.MouseButton.LeftButton or not self.isEnabled():
            return
        if self._has_stepper and self._stepper_rect().contains(where):
            self.step_by(1 if where.y() < self.height() / 2 else -1)
        elif self._suffix and self._shown_suffix == self._suffix and self._suffix_rect().contains(where):
            rect = self._suffix_rect()
            self.suffix_clicked.emit((where.x() - rect.x()) / max(1, rect.width()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = self._suffix_rect().united(self._stepper_rect() if self._has_stepper else QRect())
        is_over = self._suffix_width() > 0 and over.contains(event.position().toPoint())
        self.setCursor(Qt.CursorShape.PointingHandCursor if is_over else Qt.CursorShape.IBeamCursor)
        super().mouseMoveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        known = self._on_letter.get(event.text().lower()) if not self.isReadOnly() else None
        if known is not None and event.text():
            figure = known()
            if figure is not None:
                self.show_value(figure)
            return
        size = _COARSE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _FINE
        steps = {
            Qt.Key.Key_Up: size,
            Qt.Key.Key_Down: -size,
            Qt.Key.Key_PageUp: _COARSE,
            Qt.Key.Key_PageDown: -_COARSE,
        }.get(Qt.Key(event.key()))
        if steps is None or self.isReadOnly():
            super().keyPressEvent(event)
        else:
            self.step_by(steps)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ChoiceField(QComboBox):
    """A combo box as tall as the other fields; the wheel scrolls the panel, not the choice."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.view().setAccessibleName(name)
        self.view().selectionModel().selectionChanged.connect(self._follow_selection)

    @Slot()
    def _follow_selection(self) -> None:
        """What assistive technology selects in the open list is what Enter takes."""
        selected = self.view().selectionModel().selectedIndexes()
        if len(selected) == 1 and selected[0] != self.view().currentIndex():
            self.view().setCurrentIndex(selected[0])

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), FIELD_PX)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
