"""A line edit with a faint word at its right end: a unit, a hint, a market."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from ui.theme.theme import Theme

_MARGIN_PX = 10
_GAP_PX = 8


class SuffixEdit(QLineEdit):
    """The suffix is painted, takes no clicks and no focus, and yields to long text by being clipped away."""

    def __init__(self, theme: Theme, name: str, suffix: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._suffix = ""
        self.setAccessibleName(name)
        self.set_suffix(suffix)
        theme.changed.connect(self.update)

    @property
    def suffix(self) -> str:
        """The word shown at the right."""
        return self._suffix

    def set_suffix(self, suffix: str) -> None:
        """Show `suffix`; an empty one shows nothing."""
        if suffix == self._suffix:
            return
        self._suffix = suffix
        width = self.fontMetrics().horizontalAdvance(suffix)
        self.setTextMargins(0, 0, width + _GAP_PX if suffix else 0, 0)
        self.setAccessibleDescription(suffix)
        self.update()

    def set_invalid(self, is_invalid: bool) -> None:
        """Show or clear the frame of a value that cannot be used."""
        if bool(self.property("invalid")) == is_invalid:
            return
        self.setProperty("invalid", is_invalid)
        self.style().unpolish(self)
        self.style().polish(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._suffix:
            return
        painter = QPainter(self)
        painter.setPen(self._theme.colors.muted)
        painter.drawText(
            self.rect().adjusted(_MARGIN_PX, 0, -_MARGIN_PX, 0),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            self._suffix,
        )
        painter.end()
