"""A choice of one among few, shown side by side in one frame."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from ui.theme.colors import Tone


class Segment(NamedTuple):
    """One choice: `value` is what the program calls it; `tone` up or down tints it while chosen."""

    value: Hashable
    text: str
    tone: Tone = "text"


class Segments(QFrame):
    """Exactly one segment is chosen at any time; arrow keys move the choice, Tab leaves.

    `chosen` is emitted for the person's choices and for `choose` alike, with the segment's value.
    """

    chosen = Signal(object)  # Hashable: the value of the segment

    def __init__(
        self, name: str, segments: Sequence[Segment], parent: QWidget | None = None, *, stretch: bool = True
    ) -> None:
        super().__init__(parent)
        self.setObjectName("segments")
        self.setAccessibleName(name)
        self._values = [segment.value for segment in segments]
        self._group = QButtonGroup(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for place, segment in enumerate(segments):
            button = QPushButton(segment.text, self)
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setProperty("place", _place(place, len(segments)))
            button.setProperty("tone", segment.tone)
            button.setProperty("plain", True)
            button.setAccessibleDescription(name)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus if place == 0 else Qt.FocusPolicy.NoFocus)
            if stretch:
                button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._group.addButton(button, place)
            layout.addWidget(button)
        self._group.button(0).setChecked(True)
        self._group.idToggled.connect(self._on_group_toggled)

    @property
    def value(self) -> Hashable:
        """The value of the chosen segment."""
        return self._values[self._group.checkedId()]

    def choose(self, value: Hashable) -> None:
        """Choose the segment with `value`; raises ValueError for a value that no segment has."""
        self._group.button(self._values.index(value)).setChecked(True)

    def set_text(self, value: Hashable, text: str) -> None:
        """Change what a segment shows, such as a count."""
        self._group.button(self._values.index(value)).setText(text)

    def button(self, value: Hashable) -> QPushButton:
        """Return the button of a segment, to disable it or explain it with a tool tip."""
        found = self._group.button(self._values.index(value))
        if not isinstance(found, QPushButton):
            raise TypeError("a segment is a push button")
        return found

    @Slot(int, bool)
    def _on_group_toggled(self, place: int, is_checked: bool) -> None:
        button = self._group.button(place)
        # Only the chosen segment is a tab stop, as with radio buttons.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus if is_checked else Qt.FocusPolicy.NoFocus)
        if is_checked:
            self.chosen.emit(self._values[place])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        place = (self._group.checkedId() + step) % len(self._values)
        while not self._group.button(place).isEnabled() and place != self._group.checkedId():
            place = (place + step) % len(self._values)
        button = self._group.button(place)
        button.setChecked(True)
        button.setFocus(Qt.FocusReason.TabFocusReason)


def _place(place: int, count: int) -> str:
    if count == 1:
        return "only"
    if place == 0:
        return "first"
    return "last" if place == count - 1 else "inner"
