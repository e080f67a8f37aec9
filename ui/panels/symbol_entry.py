"""The field that a new symbol is typed into: opens under a panel's title, says why a symbol is refused."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from core.errors import AppError
from ui import words
from ui.controls.announce import announce
from ui.controls.labels import PlainLabel, restyle
from ui.theme.buttons import IconButton
from ui.theme.theme import Theme

_LONGEST_SYMBOL = 21


class SymbolEntry(QWidget):
    """Hidden until opened. Enter asks for the symbol, Escape closes; it stays open until it is answered."""

    symbol_entered = Signal(str)
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._awaited = ""
        self.field = QLineEdit()
        self.field.setAccessibleName(self.tr("Symbol to add"))
        self.field.setPlaceholderText(self.tr("Symbol, then Enter"))
        self.field.setMaxLength(_LONGEST_SYMBOL)
        self.note = PlainLabel("", tone="warning", wrap=True)
        self.note.hide()
        close = IconButton(theme, "x", self.tr("Close"))
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.field, 1)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 6)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.note)
        self.field.returnPressed.connect(self._enter)
        self.field.textEdited.connect(self._begin_again)
        close.clicked.connect(self._close)
        self.hide()

    @property
    def awaited(self) -> str:
        """The symbol that was entered and not answered yet."""
        return self._awaited

    def open_entry(self) -> None:
        """Show the field, empty, with the cursor in it."""
        self.field.clear()
        self._begin_again()
        self.show()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_entry(self) -> None:
        """Hide the field without a word."""
        self._awaited = ""
        self.hide()

    def accept(self) -> None:
        """The symbol is on the list: be ready for the next one."""
        self._awaited = ""
        self.field.clear()
        self._say("")

    def show_refusal(self, error: AppError) -> None:
        """Say why the symbol was not taken, and let it be corrected."""
        self._awaited = ""
        self._say(words.outside_text(f"{error.headline} {error.remedy}".strip()))
        self.field.selectAll()
        self.show()

    def _say(self, text: str) -> None:
        self.note.show_text(text)
        self.note.setVisible(bool(text))
        announce(self.note, text)
        self.field.setAccessibleDescription(text)
        if bool(self.field.property("invalid")) != bool(text):
            self.field.setProperty("invalid", bool(text))
            restyle(self.field)

    @Slot()
    def _begin_again(self) -> None:
        self._say("")

    @Slot()
    def _enter(self) -> None:
        symbol = self.field.text().strip().upper()
        if symbol:
            self._awaited = symbol
            self.symbol_entered.emit(symbol)

    @Slot()
    def _close(self) -> None:
        self.close_entry()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)
