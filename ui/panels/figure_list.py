"""Names at the left, figures at the right: one line each, all aligned."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.controls.labels import ElidedLabel, PlainLabel
from ui.theme.colors import Tone

_LINE_PX = 22
_RIGHT = Qt.AlignmentFlag.AlignRight


class FigureLine:
    """One line of a list; `show` costs nothing while nothing changes."""

    def __init__(self, name: str, long_form: str = "") -> None:
        self.label = ElidedLabel(name, tone="muted")
        self.figure = PlainLabel("", align=_RIGHT)
        self.figure.set_caption(long_form or name)
        self.figure.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setFixedHeight(_LINE_PX)
        if long_form:
            self.label.set_long_form(long_form)

    def show(self, text: str, tone: Tone = "text") -> None:
        """Show a figure, on screen and to a screen reader."""
        self.figure.show_text(text, tone)

    def set_visible(self, is_visible: bool) -> None:
        """Show or hide the whole line."""
        self.label.setVisible(is_visible)
        self.figure.setVisible(is_visible)


class FigureList(QWidget):
    """Lines in the order they were added, from the top.

    Not a grid: a name has all that its own figure leaves, however long the figure of another line is.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 7, 12, 4)
        self._column.setSpacing(0)

    def add_line(self, name: str, long_form: str = "") -> FigureLine:
        """Add a line with a figure that is still unknown; `long_form` is what a short name stands for."""
        line = FigureLine(name, long_form)
        self._add(line.label, line.figure)
        return line

    def add_widget(self, name: str, widget: QWidget) -> None:
        """Add a line whose right side is a widget."""
        label = ElidedLabel(name, tone="muted")
        label.setFixedHeight(_LINE_PX)
        self._add(label, widget)

    def _add(self, label: ElidedLabel, figure: QWidget) -> None:
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(label, 1)
        row.addWidget(figure, 0, Qt.AlignmentFlag.AlignVCenter)
        self._column.addLayout(row)

    def close_up(self) -> None:
        """Keep the lines at the top; call it after the last one."""
        self._column.addStretch(1)
