"""The environment badge: an outline for paper, a filled surface for live, and always the word."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.domain.environment import Environment
from ui import words
from ui.controls.labels import PlainLabel
from ui.theme.theme import Theme

_PAD_PX = 9
_RADIUS_PX = 4
_HEIGHT_PX = 22


class Badge(PlainLabel):
    """A word in a rounded frame; painted, so that nothing can restyle what it says by accident."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(font=theme.fonts.small, parent=parent)
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def surface(self) -> tuple[QColor | None, QColor, QColor]:
        """The colours of the surface (None for none), the frame and the text."""
        colors = self._theme.colors
        return None, colors.line, colors.muted

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 2 * _PAD_PX, _HEIGHT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        surface, frame, text = self.surface()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(frame, 1))
        painter.setBrush(surface if surface is not None else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS_PX, _RADIUS_PX)
        painter.setPen(text)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()


class EnvironmentBadge(Badge):
    """`PAPER \u00b7\u00b73F7A` in an amber outline, `LIVE \u00b7\u00b71234` on red."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._environment = Environment.PAPER
        self.setFont(theme.fonts.small_strong)

    @property
    def environment(self) -> Environment:
        """Which environment the badge names."""
        return self._environment

    def show_account(self, environment: Environment, short_number: str) -> None:
        """Name the environment and the account's last four characters."""
        self._environment = environment
        label = words.account_label(environment, short_number)
        self.show_text(label.upper())
        self.setAccessibleName(label)  # capitals may be spelt letter by letter
        self.update()

    def surface(self) -> tuple[QColor | None, QColor, QColor]:
        colors = self._theme.colors
        if self._environment is Environment.LIVE:
            return colors.live, colors.live, QColor("#ffffff")
        return None, colors.warning, colors.warning
