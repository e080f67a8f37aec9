"""What every dialog shares: window-modal, plain text, buttons at the right, never a nested event loop."""

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.domain.environment import Environment
from ui import words
from ui.controls.badge import EnvironmentBadge
from ui.controls.buttons import ActionButton
from ui.controls.labels import PlainLabel
from ui.controls.scrolling import ContentArea
from ui.theme.theme import Theme

_MARGIN_PX = 20
_WIDTH_PX = 440
_EDGE_PX = 6  # between a scroll bar and the dialog's edge
_SIDE_PX = _MARGIN_PX - _EDGE_PX
_BAR_PX = 10  # a scroll bar, as the style sheet has it
_BOTTOM_PX, _SPACING_PX, _BUTTON_PX = 16, 14, 32
_LEAST_BODY_PX = 80
_TITLE_BAR_PX = 40  # what the window system puts around a dialog


class DialogBody(ContentArea):
    """What stands between heading and buttons: whole where the screen has room for it, else scrolled.

    It insists on the height of its content, so that a dialog grows with what it says. The scroll bar stands
    in the dialog's margin: content keeps its width when it comes, and never lies under it.
    """

    def __init__(self) -> None:
        self._content = QWidget()
        self.column = QVBoxLayout(self._content)
        self.column.setContentsMargins(0, 0, _SIDE_PX, 0)
        self.column.setSpacing(12)
        super().__init__(self._content)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.verticalScrollBar().rangeChanged.connect(self._make_room_for_bar)

    @property
    def is_scrolled(self) -> bool:
        """Whether there is more than can be seen at once."""
        return self.verticalScrollBar().maximum() > 0

    def sizeHint(self) -> QSize:
        dialog = self.parentWidget()
        least = 0 if dialog is None else dialog.minimumWidth() - _MARGIN_PX - _EDGE_PX
        width = max(self._content.sizeHint().width(), least)
        at = self.viewport().width() if self.isVisible() else width
        height = self._content.heightForWidth(at) if self._content.hasHeightForWidth() else 0
        return QSize(width, max(height, self._content.minimumSizeHint().height()))

    def minimumSizeHint(self) -> QSize:
        dialog = self.parentWidget()
        most = dialog.most_body_px() if isinstance(dialog, DialogFrame) else _LEAST_BODY_PX
        height = min(self.sizeHint().height(), max(most, _LEAST_BODY_PX))
        return QSize(self._content.minimumSizeHint().width(), height)

    @Slot()
    def _make_room_for_bar(self) -> None:
        self.column.setContentsMargins(0, 0, _SIDE_PX - (_BAR_PX if self.is_scrolled else 0), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


class DialogFrame(QDialog):
    """A heading, a body to fill, and buttons. Show it with `open()`; it deletes itself when closed.

    On a small screen the body scrolls; heading and account, buttons, and what has to be done before them in
    the `foot`, stay in sight.
    """

    def __init__(self, theme: Theme, heading: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._account = ""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(heading)
        self.setMinimumWidth(_WIDTH_PX)
        self.heading = PlainLabel(heading, font=theme.fonts.sized(16, strong=True), wrap=True)
        self.heading.setContentsMargins(0, 0, _SIDE_PX, 0)
        self._head = QVBoxLayout()
        self._head.setSpacing(12)
        self._head.addWidget(self.heading)
        self.middle = DialogBody()
        self.middle.setAccessibleName(heading)
        self.body = self.middle.column
        self.foot = QVBoxLayout()
        self.foot.setContentsMargins(0, 0, _SIDE_PX, 0)
        self.foot.setSpacing(8)
        self._buttons = QHBoxLayout()
        self._buttons.setContentsMargins(0, 0, _SIDE_PX, 0)
        self._buttons.setSpacing(8)
        self._buttons.addStrut(_BUTTON_PX)  # or a tall body would squeeze them to the style sheet's least
        self._buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _EDGE_PX, _BOTTOM_PX)
        column.setSpacing(_SPACING_PX)
        column.addLayout(self._head)
        column.addWidget(self.middle)
        column.addStretch(1)
        column.addLayout(self.foot)
        column.addLayout(self._buttons)
        self._take_quit()

    def most_body_px(self) -> int:
        """How tall the body may be, so that heading and buttons stay on the screen."""
        width = (self.width() if self.isVisible() else self.minimumWidth()) - _MARGIN_PX - _EDGE_PX
        others = _MARGIN_PX + _BOTTOM_PX + 4 * _SPACING_PX + _BUTTON_PX
        for part in (self._head, self.foot):
            wrapped = part.heightForWidth(width) if part.hasHeightForWidth() else 0
            others += max(wrapped, part.minimumSize().height())
        return self.screen().availableGeometry().height() - others - _TITLE_BAR_PX

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
        self._head.addWidget(badge, 0, Qt.AlignmentFlag.AlignLeft)

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
        button = ActionButton(
            text, kind=kind, font=self.theme.fonts.strong if kind else None, height=_BUTTON_PX
        )
        button.setDefault(is_default)
        self._buttons.addWidget(button)
        return button

    def add_cancel(self, text: str = "") -> ActionButton:
        """Add the button that leaves everything as it is; Escape does the same."""
        button = self.add_button(text or self.tr("Cancel"))
        button.clicked.connect(self.reject)
        return button

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Qt opens a window at two thirds of the screen at most, and squeezes what wraps into that.
        layout = self.layout()
        if layout is not None and layout.hasHeightForWidth():
            room = self.screen().availableGeometry().height() - _TITLE_BAR_PX
            self.resize(self.width(), max(self.height(), min(layout.totalHeightForWidth(self.width()), room)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        # A line of its own: not every window system frames a dialog, and on the window it would drown.
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.colors.panel)
        painter.setPen(self.theme.colors.line)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
