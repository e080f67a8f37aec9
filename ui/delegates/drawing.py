"""The marks that cells and small widgets share: arrows, chips, pills, dots."""

from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPolygonF

PADDING_PX = 7.0
ARROW_WIDTH_PX = 11.0
ARROW_HEIGHT_PX = 9.0
ARROW_GAP_PX = 6.0
CHIP_PADDING_PX = 6.0
CHIP_HEIGHT_PX = 18.0
CHIP_RADIUS_PX = 4.0
PILL_GAP_PX = 6.0
ELLIPSIS = "\u2026"


class TextMeasure:
    """Widths of texts in one font, remembered: the same figures come again and again."""

    _LIMIT = 4096

    def __init__(self, font: QFont) -> None:
        self.font = font
        self._metrics = QFontMetricsF(font)
        self._half_capital = self._metrics.capHeight() / 2
        self._widths: dict[str, float] = {}

    def width(self, text: str) -> float:
        """Return the advance of `text` in logical pixels."""
        known = self._widths.get(text)
        if known is None:
            if len(self._widths) >= self._LIMIT:
                self._widths.clear()
            known = self._widths[text] = self._metrics.horizontalAdvance(text)
        return known

    def baseline(self, middle: float) -> float:
        """Return the baseline, on a whole pixel, that centres capitals and figures on `middle`."""
        return round(middle + self._half_capital)

    def elided(self, text: str, width: float) -> str:
        """Return `text`, or as much of it as fits `width` with an ellipsis."""
        if self.width(text) <= width:
            return text
        return self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


@cache
def _arrow(rises: bool) -> QPolygonF:
    tip, foot = (0.0, ARROW_HEIGHT_PX) if rises else (ARROW_HEIGHT_PX, 0.0)
    return QPolygonF([QPointF(0, foot), QPointF(ARROW_WIDTH_PX / 2, tip), QPointF(ARROW_WIDTH_PX, foot)])


def draw_arrow(painter: QPainter, left: float, middle: float, color: QColor, *, rises: bool) -> None:
    """Draw a filled triangle whose box starts at `left` and is centred on `middle`."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    top = middle - ARROW_HEIGHT_PX / 2
    painter.translate(left, top)
    painter.drawPolygon(_arrow(rises))
    painter.translate(-left, -top)


def chip_width(measure: TextMeasure, text: str) -> float:
    """Return how wide a chip with `text` is."""
    return measure.width(text) + 2 * CHIP_PADDING_PX


def chip_box(measure: TextMeasure, text: str, middle: float, *, left: float = 0, right: float = 0) -> QRectF:
    """Return where a chip with `text` goes: from `left`, or ending at `right` when that is given."""
    width = chip_width(measure, text)
    start = right - width if right else left
    return QRectF(start, round(middle - CHIP_HEIGHT_PX / 2), width, CHIP_HEIGHT_PX)


def draw_chip(
    painter: QPainter, box: QRectF, text: str, measure: TextMeasure, fill: QColor, color: QColor
) -> None:
    """Draw `text` on a rounded tint that fills `box`."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawRoundedRect(box, CHIP_RADIUS_PX, CHIP_RADIUS_PX)
    draw_text(painter, box.left() + CHIP_PADDING_PX, box.center().y(), text, measure, color)


def draw_text(
    painter: QPainter, left: float, middle: float, text: str, measure: TextMeasure, color: QColor
) -> None:
    """Draw one line of text from `left`, centred on `middle`."""
    painter.setPen(color)
    painter.setFont(measure.font)
    painter.drawText(QPointF(left, measure.baseline(middle)), text)
