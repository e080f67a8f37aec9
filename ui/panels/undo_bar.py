"""One line that says what was just done, and takes it back on demand."""

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui.controls.labels import ElidedLabel
from ui.theme.buttons import LinkButton

SHOWN_MS = 8_000


class UndoBar(QWidget):
    """Hidden until something is offered; goes by itself after a while, the offer's key stays."""

    undo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = ElidedLabel("", tone="muted")
        undo = LinkButton(self.tr("Undo"), tone="accent")
        undo.setToolTip(self.tr("Put it back (Ctrl+Z)"))
        undo.clicked.connect(self.undo_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 2)
        row.addWidget(self._label, 1)
        row.addWidget(undo)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOWN_MS)
        self._timer.timeout.connect(self.withdraw)
        self.hide()

    def offer(self, text: str) -> None:
        """Say what was done."""
        self._label.show_text(text)
        self.setAccessibleName(text)
        self.show()
        self._timer.start()

    @Slot()
    def withdraw(self) -> None:
        """Hide the offer."""
        self._timer.stop()
        self.hide()
