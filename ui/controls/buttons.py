"""Buttons with the manners that a trading program needs."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QPushButton, QWidget

from ui.controls.labels import restyle


class ActionButton(QPushButton):
    """A button of one of the style sheet's kinds that a held key presses once, not thirty times a second."""

    def __init__(
        self,
        text: str,
        *,
        kind: str = "",
        tone: str = "",
        font: QFont | None = None,
        height: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        """`height` in pixels where the style sheet's own is too small for the button's weight."""
        super().__init__(parent)
        self._height = height
        self.setAutoDefault(False)
        self.setProperty("kind", kind)
        self.setProperty("tone", tone)
        if font is not None:
            self.setFont(font)
        # "&" would make a mnemonic of the next letter; company names and server text may hold one.
        self.setText(text.replace("&", "&&"))

    def set_kind(self, kind: str) -> None:
        """Change which of the style sheet's kinds the button is."""
        if self.property("kind") != kind:
            self.setProperty("kind", kind)
            restyle(self)

    def show_text(self, text: str) -> None:
        """Show `text` literally; costs nothing when it stands there already."""
        text = text.replace("&", "&&")
        if text != self.text():
            self.setText(text)

    def sizeHint(self) -> QSize:
        # The style sheet's min-height overrules setFixedHeight, but not the hint.
        hint = super().sizeHint()
        return QSize(hint.width(), max(hint.height(), self._height))

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        return QSize(hint.width(), max(hint.height(), self._height))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            event.accept()
            return
        super().keyPressEvent(event)
