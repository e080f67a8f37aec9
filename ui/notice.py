"""Notices: what happened and what to do, in a banner that takes no focus and blocks nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from core.errors import AppError, Done
from ui import words
from ui.controls.announce import announce
from ui.controls.buttons import ActionButton
from ui.controls.labels import PlainLabel
from ui.theme.theme import Theme

Kind = Literal["problem", "caution", "information"]

_MOST_SHOWN = 3
_ICONS = {
    "problem": ("circle-alert", "down"),
    "caution": ("triangle-alert", "warning"),
    "information": ("info", "accent"),
}


@dataclass(frozen=True, slots=True)
class NoticeAction:
    """A way on, offered in the banner."""

    text: str
    run: Callable[[], object]


class NoticeRow(QWidget):
    """One notice; its texts are plain and cut (threat model T10)."""

    dismissed = Signal(object)  # NoticeRow

    def __init__(
        self, theme: Theme, headline: str, remedy: str, kind: Kind, actions: Sequence[NoticeAction]
    ) -> None:
        super().__init__()
        self._theme, self._kind = theme, kind
        self.headline = PlainLabel(words.outside_text(headline), font=theme.fonts.strong, wrap=True)
        self.remedy = PlainLabel(words.outside_text(remedy), tone="muted", wrap=True)
        self.setAccessibleName(f"{self.headline.text()} {self.remedy.text()}".strip())
        self._icon = QLabel()
        self._icon.setFixedSize(16, 18)
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(self.headline)
        texts.addWidget(self.remedy)
        self.remedy.setVisible(bool(remedy))
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 7, 8, 7)
        row.setSpacing(10)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        for action in actions:
            button = ActionButton(action.text)
            button.clicked.connect(action.run)
            button.clicked.connect(self._dismiss)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        close = QToolButton()
        close.setAccessibleName(self.tr("Dismiss"))
        close.setToolTip(self.tr("Dismiss"))
        theme.set_icon(close, "x")
        close.clicked.connect(self._dismiss)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignVCenter)
        theme.changed.connect(self._dress)
        self._dress()

    @Slot()
    def _dismiss(self) -> None:
        self.dismissed.emit(self)

    @Slot()
    def _dress(self) -> None:
        name, tone = _ICONS[self._kind]
        ratio = self.devicePixelRatioF()
        self._icon.setPixmap(self._theme.pixmap(name, tone, 16, ratio))  # type: ignore[arg-type]
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = self._theme.colors
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors.raised)
        painter.fillRect(0, 0, 3, self.height(), colors.tone(_ICONS[self._kind][1]))  # type: ignore[arg-type]
        painter.fillRect(0, self.height() - 1, self.width(), 1, colors.line)
        painter.end()


class NoticeBar(QWidget):
    """The newest notices under the top bar; the same one twice stands there once."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._rows: list[NoticeRow] = []
        self.hide()

    @property
    def rows(self) -> tuple[NoticeRow, ...]:
        """What is shown, newest first."""
        return tuple(self._rows)

    def show_error(self, error: AppError, actions: Sequence[NoticeAction] = ()) -> None:
        """Show what happened; its `detail` is for the log and never shown.

        A plain AppError is something to know, `Done` good news, any other kind something that failed.
        """
        kind: Kind = "caution" if type(error) is AppError else "problem"
        if isinstance(error, Done):
            kind = "information"
        self.show_text(error.headline, error.remedy, kind, actions)

    def show_text(
        self,
        headline: str,
        remedy: str = "",
        kind: Kind = "information",
        actions: Sequence[NoticeAction] = (),
    ) -> None:
        """Show a notice; it stays until it is dismissed or older ones have to make room."""
        row = NoticeRow(self._theme, headline, remedy, kind, actions)
        for known in [r for r in self._rows if r.headline.text() == row.headline.text()]:
            self._remove(known)
        for oldest in self._rows[_MOST_SHOWN - 1 :]:
            self._remove(oldest)
        row.dismissed.connect(self._remove)
        self._rows.insert(0, row)
        self._column.insertWidget(0, row)
        self.show()
        announce(row, row.accessibleName(), is_urgent=kind == "problem")

    def dismiss_newest(self) -> None:
        """Dismiss the notice on top, if there is one."""
        if self._rows:
            self._remove(self._rows[0])

    def clear(self) -> None:
        """Dismiss everything."""
        for row in list(self._rows):
            self._remove(row)

    @Slot(object)
    def _remove(self, row: NoticeRow) -> None:
        if row in self._rows:
            self._rows.remove(row)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.setVisible(bool(self._rows))
