"""A word on a tint with a dot in front: the state of something at a glance."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.controls.labels import PlainLabel
from ui.delegates.chip import tint_for
from ui.delegates.drawing import CHIP_HEIGHT_PX, CHIP_PADDING_PX, CHIP_RADIUS_PX, TextMeasure, draw_text
from ui.theme.colors import Tone
from ui.theme.theme import Theme

_DOT_PX = 7.0
_DOT_GAP_PX = 5.0


class ChipLabel(PlainLabel):
    """Says one word in one tone; empty, it takes no room."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(tone="muted", parent=parent)
        self._theme = theme
        self._measure = TextMeasure(theme.fonts.small)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.hide()
        theme.changed.connect(self.update)

    def show_text(self, text: str, tone: Tone | None = None) -> None:
        """Say `text` in `tone`, or hide for an empty one."""
        super().show_text(text, tone)
        self.setVisible(bool(text))

    def sizeHint(self) -> QSize:
        width = self._measure.width(self.text()) + _DOT_PX + _DOT_GAP_PX + 2 * CHIP_PADDING_PX
        return QSize(round(width) if self.text() else 0, round(CHIP_HEIGHT_PX))

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = self._theme.colors
        tone: Tone = self.property("tone")
        color = {"up": colors.up, "down": colors.down, "warning": colors.warning}.get(tone, colors.muted)
        box = QRectF(self.rect())
        middle = box.center().y()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint_for(colors, tone))
        painter.drawRoundedRect(box, CHIP_RADIUS_PX, CHIP_RADIUS_PX)
        painter.setBrush(color)
        painter.drawEllipse(QPointF(CHIP_PADDING_PX + _DOT_PX / 2, middle), _DOT_PX / 2, _DOT_PX / 2)
        left = CHIP_PADDING_PX + _DOT_PX + _DOT_GAP_PX
        draw_text(painter, left, middle, self.text(), self._measure, color)
        painter.end()
