"""The frame of every panel: a rounded sheet with a title row that says what it shows and what can be done."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ui.controls.labels import ElidedLabel, PlainLabel
from ui.theme.theme import Theme
from ui.theme.tokens import PANEL_RADIUS_PX, PANEL_TITLE_PX

_CHIP_PX = 9
_CHIP_RADIUS_PX = 3.0
_SIDE_PX = 11
_CORNER_MARGIN_PX = 3  # content that fills its box would cut the round corners
_FRAME_PX = 1


class Sheet(QFrame):
    """Paints the panel colour with round corners, a line around it and one under the title row."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.has_frame = True
        theme.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self.has_frame:
            return
        colors = self.theme.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colors.line, _FRAME_PX))
        painter.setBrush(colors.panel)
        edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(edge, PANEL_RADIUS_PX, PANEL_RADIUS_PX)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.fillRect(_FRAME_PX, PANEL_TITLE_PX, self.width() - 2 * _FRAME_PX, 1, colors.line)
        painter.end()


class LinkChip(QWidget):
    """The small square that says which panels follow the same symbol."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setFixedSize(QSize(_CHIP_PX, _CHIP_PX))
        theme.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colors.link)
        painter.drawRoundedRect(QRectF(self.rect()), _CHIP_RADIUS_PX, _CHIP_RADIUS_PX)
        painter.end()


class Panel(Sheet):
    """A sheet with a title row. It draws its own, so its dock shows none.

    `title_actions` holds what stands at the right of the title row. A host with a row of tabs calls
    `embed` and places `title_actions` itself. `count` is for the pill of such a tab.
    """

    title_changed = Signal()  # title, subtitle or count

    def __init__(
        self, theme: Theme, title: str, parent: QWidget | None = None, *, is_linked: bool = False
    ) -> None:
        super().__init__(theme, parent)
        self._title, self._subtitle, self._count, self._overdue = title, "", "", ""
        self.setAccessibleName(title)
        self._title_label = PlainLabel(title, font=theme.fonts.strong)
        self._subtitle_label = ElidedLabel("", tone="muted")
        self.title_actions = QWidget(self)
        self._actions = QHBoxLayout(self.title_actions)
        self._actions.setContentsMargins(0, 0, 0, 0)
        self._actions.setSpacing(6)
        self._actions.addStretch(1)
        self._title_row = self._make_title_row(is_linked=is_linked)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(_FRAME_PX, 0, _FRAME_PX, _CORNER_MARGIN_PX)
        self._outer.setSpacing(0)
        self._outer.addWidget(self._title_row)
        self._outer.addLayout(self.body, 1)

    def _make_title_row(self, *, is_linked: bool) -> QWidget:
        row = QWidget(self)
        # The title row's own height and the line under it.
        row.setFixedHeight(PANEL_TITLE_PX + 1)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(_SIDE_PX, 1, 6, 0)
        layout.setSpacing(10)
        if is_linked:
            layout.addWidget(LinkChip(self.theme, row))
        layout.addWidget(self._title_label)
        self._badges = QHBoxLayout()
        layout.addLayout(self._badges)
        layout.addWidget(self._subtitle_label, 1)
        layout.addWidget(self.title_actions)
        return row

    @property
    def title(self) -> str:
        """What the panel is."""
        return self._title

    @property
    def subtitle(self) -> str:
        """What it shows now."""
        return self._subtitle

    @property
    def count(self) -> str:
        """A number worth showing on a tab; may be empty."""
        return self._count

    def set_subtitle(self, subtitle: str) -> None:
        """Say what is shown now."""
        if subtitle != self._subtitle:
            self._subtitle = subtitle
            self._subtitle_label.show_text(subtitle)
            self.title_changed.emit()

    @property
    def overdue(self) -> str:
        """The age of what is counted, where it should have ended by now; mostly empty."""
        return self._overdue

    def set_count(self, count: str, overdue: str = "") -> None:
        """Say how many, and for how long that has been wrong; shown by a host with tabs."""
        if (count, overdue) != (self._count, self._overdue):
            self._count, self._overdue = count, overdue
            self.title_changed.emit()

    def add_title_action(self, widget: QWidget) -> None:
        """Put a control at the right end of the title row."""
        self._actions.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def add_title_badge(self, widget: QWidget) -> None:
        """Put something to read beside the title."""
        self._badges.addWidget(widget)

    def embed(self) -> None:
        """Give up frame and title row to a host that has both."""
        self.has_frame = False
        self._title_row.hide()
        self._outer.setContentsMargins(0, 0, 0, 0)
        self.update()
