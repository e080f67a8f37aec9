"""What an empty panel says: one line, and one thing to do about it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from ui.controls.labels import PlainLabel


class EmptyState(QWidget):
    """Shown in place of a table without rows; `acted` is emitted by its button, if it has one."""

    acted = Signal()

    def __init__(self, text: str, action: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = PlainLabel(text, tone="muted", align=Qt.AlignmentFlag.AlignHCenter, wrap=True)
        self._button = QPushButton(self)
        self._button.setAutoDefault(False)
        self._button.clicked.connect(self.acted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addStretch(2)
        layout.addWidget(self._line)
        layout.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        self.say(text, action)

    @property
    def text(self) -> str:
        """The line shown."""
        return self._line.text()

    def say(self, text: str, action: str = "") -> None:
        """Change the line and the button; an empty action hides the button."""
        self._line.show_text(text)
        self._button.setText(action)
        self._button.setAccessibleName(action or text)  # hidden, it still stands in the tree
        self._button.setVisible(bool(action))
