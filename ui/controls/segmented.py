"""A row of choices in one frame, of which exactly one is taken: side, order type, filters."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QPushButton, QSizePolicy, QWidget

_BACK = (Qt.Key.Key_Left, Qt.Key.Key_Up)
_FORWARD = (Qt.Key.Key_Right, Qt.Key.Key_Down)


@dataclass(frozen=True, slots=True)
class Segment:
    """One choice: its code, its word, and the colour it takes when chosen ("", "up" or "down")."""

    code: str
    text: str
    tone: str = ""


class SegmentedControl(QWidget):
    """Radio buttons in the shape of segments; arrow keys move, one Tab stop for the whole row."""

    chosen = Signal(object)  # str: the code, on every change by the trader or by `choose`

    def __init__(
        self,
        name: str,
        segments: Sequence[Segment],
        *,
        font: QFont | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("segments")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(name)
        self._codes = [segment.code for segment in segments]
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for index, segment in enumerate(segments):
            button = QPushButton(segment.text)
            button.setCheckable(True)
            # The group sees to that; a screen reader takes it from here that this is a radio button.
            button.setAutoExclusive(True)
            button.setAutoDefault(False)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
            button.setProperty("place", _place(index, len(segments)))
            button.setProperty("tone", segment.tone)
            if font is not None:
                button.setFont(font)
            self._group.addButton(button, index)
            row.addWidget(button, 1)
            self.relabel(segment.code, segment.text)
        self._group.button(0).setChecked(True)
        self._keep_one_tab_stop()
        self._group.idToggled.connect(self._on_toggled)

    @property
    def choice(self) -> str:
        """The code of the segment taken."""
        return self._codes[self._group.checkedId()]

    def choose(self, code: str) -> None:
        """Take the segment of that code; an unknown code is ignored."""
        if code in self._codes:
            self._group.button(self._codes.index(code)).setChecked(True)

    def relabel(self, code: str, text: str, whole: str = "") -> None:
        """Show `text` on a segment; where there is no room for the `whole`, ears and the pointer get that.

        It costs nothing when it stands there already.
        """
        button = self.button(code)
        name = f"{self.accessibleName()}: {whole or text}"
        if button.text() != text or button.accessibleName() != name:
            button.setText(text)
            button.setToolTip("" if whole == text else whole)
            button.setAccessibleName(name)

    def button(self, code: str) -> QAbstractButton:
        """The button of a segment, for tool tips and tests."""
        return self._group.button(self._codes.index(code))

    @Slot(int, bool)
    def _on_toggled(self, index: int, is_on: bool) -> None:
        if is_on:
            self._keep_one_tab_stop()
            self.chosen.emit(self._codes[index])

    def _keep_one_tab_stop(self) -> None:
        for button in self._group.buttons():
            button.setFocusPolicy(
                Qt.FocusPolicy.StrongFocus if button.isChecked() else Qt.FocusPolicy.ClickFocus
            )

    def _next(self, index: int, step: int) -> int:
        """The next segment that can be taken; where none can, the same."""
        for _ in self._codes:
            index = (index + step) % len(self._codes)
            if self._group.button(index).isEnabled():
                break
        return index

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = -1 if event.key() in _BACK else 1 if event.key() in _FORWARD else 0
        if not step:
            super().keyPressEvent(event)
            return
        button = self._group.button(self._next(self._group.checkedId(), step))
        button.setChecked(True)
        button.setFocus(Qt.FocusReason.OtherFocusReason)


def _place(index: int, count: int) -> str:
    if count == 1:
        return "only"
    return "first" if index == 0 else "last" if index == count - 1 else "inner"
