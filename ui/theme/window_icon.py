"""The program's icon, with the environment on it: what the task bar shows must not be mistaken either."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPen

from core.domain.environment import Environment
from ui.theme.theme import Theme

_SIZES = (16, 24, 32, 48, 64, 128, 256)
_BADGE_PART = 0.56  # of the icon's side
_LETTERS = {Environment.PAPER: "P", Environment.LIVE: "L"}


def window_icon(theme: Theme, environment: Environment | None = None) -> QIcon:
    """The icon by itself, or with a ring and P for paper, a filled square and L for live."""
    icon = QIcon()
    for size in _SIZES:
        pixmap = theme.pixmap("bellwether", "accent", size).copy()  # the theme keeps its own
        if environment is not None:
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            _draw_badge(painter, theme, environment, float(size))
            painter.end()
        icon.addPixmap(pixmap)
    return icon


def _draw_badge(painter: QPainter, theme: Theme, environment: Environment, size: float) -> None:
    side, line = size * _BADGE_PART, max(1.0, size / 20)
    box = QRectF(size - side, size - side, side, side).adjusted(line / 2, line / 2, -line / 2, -line / 2)
    colors = theme.colors
    if environment is Environment.LIVE:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.live)
        painter.drawRoundedRect(box, side / 6, side / 6)
        painter.setPen(QColor("#ffffff"))
    else:
        painter.setPen(QPen(colors.warning, line))
        painter.setBrush(colors.panel)
        painter.drawEllipse(box)
        painter.setPen(colors.warning)
    font = QFont(painter.font())
    font.setBold(True)
    font.setPixelSize(max(7, int(side * 0.72)))
    painter.setFont(font)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, _LETTERS[environment])
