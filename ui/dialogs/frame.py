"""What every dialog shares: window-modal, plain text, buttons at the right, never a nested event loop."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from core.domain.environment import Environment
from ui import words
from ui.controls.badge import EnvironmentBadge
from ui.controls.buttons import ActionButton
from ui.controls.labels import PlainLabel
from ui.theme.theme import Theme

_MARGIN_PX = 20
_WIDTH_PX = 440


class DialogFrame(QDialog):
    """A heading, a body to fill, and buttons. Show it with `open()`; it deletes itself when closed."""

    def __init__(self, theme: Theme, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._account = ""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(heading)
        self.setMinimumWidth(_WIDTH_PX)
        self.heading = PlainLabel(heading, font=theme.fonts.sized(16, strong=True), wrap=True)
        self.body = QVBoxLayout()
        self.body.setSpacing(12)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, 16)
        column.setSpacing(14)
        column.addWidget(self.heading)
        column.addLayout(self.body)
        column.addStretch(1)
        column.addLayout(self._buttons)
        self._take_quit()

    def _take_quit(self) -> None:
        """A dialog keeps the keyboard from its window, but nobody must be kept from leaving."""
        window = self.parentWidget()
        for action in () if window is None else window.window().actions():
            if action.menuRole() is QAction.MenuRole.QuitRole:
                self.addAction(action)

    def add_account(self, environment: Environment, short_number: str) -> None:
        """Name the account that is meant, in the badge's colour and word, and in the window's title."""
        self.name_account(environment, short_number)
        badge = EnvironmentBadge(self.theme)
        badge.show_account(environment, short_number)
        self.body.addWidget(badge, 0, Qt.AlignmentFlag.AlignLeft)

    def name_account(self, environment: Environment, short_number: str) -> None:
        """Name the account in the window's title only."""
        self._account = words.account_label(environment, short_number)
        self.entitle(self.windowTitle())

    def entitle(self, title: str) -> None:
        """Call the window `title`; where an account is meant, its environment and number are told too."""
        self.setWindowTitle(" - ".join(filter(None, (title, self._account))))

    def add_text(self, text: str) -> PlainLabel:
        """Add a muted paragraph to the body."""
        label = PlainLabel(text, tone="muted", wrap=True)
        self.body.addWidget(label)
        return label

    def add_button(self, text: str, *, kind: str = "", is_default: bool = False) -> ActionButton:
        """Add a button at the right end of the row."""
        button = ActionButton(text, kind=kind, font=self.theme.fonts.strong if kind else None, height=32)
        button.setDefault(is_default)
        self._buttons.addWidget(button)
        return button

    def add_cancel(self, text: str = "") -> ActionButton:
        """Add the button that leaves everything as it is; Escape does the same."""
        button = self.add_button(text or self.tr("Cancel"))
        button.clicked.connect(self.reject)
        return button

    def paintEvent(self, _event: QPaintEvent) -> None:
        # A line of its own: not every window system frames a dialog, and on the window it would drown.
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.colors.panel)
        painter.setPen(self.theme.colors.line)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
