"""A small line of recent prices, without axes: which way, and how evenly."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap, QPolygonF

from ui.delegates.cell import CellDelegate, CellStyle
from ui.models.column import Cell
from ui.models.column_model import ColumnModel
from ui.theme.colors import Tone

_WIDTH_PX = 58
_LEAST_WIDTH_PX = 24
_HEIGHT_PX = 16
_INSET_PX = 2
_LINE_PX = 1.2
_PICTURES_KEPT = 512


class SparklineDelegate(CellDelegate):
    """Rows carry `history`, a tuple, oldest first.

    Stroking an antialiased line takes 0.13 ms, a pixmap 3 us, and prices tick far more often than histories
    grow: so each line is drawn once, and again when its history, tone or screen changes.
    """

    def __init__(self, style: CellStyle, model: ColumnModel[Any], parent: QObject | None = None) -> None:
        super().__init__(style, model, parent)
        self._pictures: dict[tuple[Sequence[float], Tone, int, float], QPixmap] = {}
        style.theme.changed.connect(self._pictures.clear)

    def draw(self, painter: QPainter, box: QRectF, cell: Cell, row: object) -> None:
        history: tuple[float, ...] = getattr(row, "history", ())
        width = min(_WIDTH_PX, int(box.width()))
        if len(history) < 2 or width < _LEAST_WIDTH_PX:
            return
        picture = self._picture(history, cell.tone, width, painter.device().devicePixelRatio())
        painter.drawPixmap(
            QPointF(round(box.right()) - width, round(box.center().y()) - _HEIGHT_PX // 2), picture
        )

    def _picture(self, history: tuple[float, ...], tone: Tone, width: int, ratio: float) -> QPixmap:
        key = (history, tone, width, ratio)
        known = self._pictures.get(key)
        if known is None:
            if len(self._pictures) >= _PICTURES_KEPT:
                self._pictures.clear()
            known = self._pictures[key] = self._drawn(history, tone, width, ratio)
        return known

    def _drawn(self, history: tuple[float, ...], tone: Tone, width: int, ratio: float) -> QPixmap:
        picture = QPixmap(round(width * ratio), round(_HEIGHT_PX * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.style.theme.colors.tone(tone), _LINE_PX))
        painter.translate(_INSET_PX, _INSET_PX)
        painter.drawPolyline(laid_out(history, width - 2 * _INSET_PX, _HEIGHT_PX - 2 * _INSET_PX))
        painter.end()
        return picture


def laid_out(values: Sequence[float], width: float, height: float) -> QPolygonF:
    """Return the line through `values`, as high as the box; a flat one runs in the middle."""
    low, high = min(values), max(values)
    if high == low:
        return QPolygonF([QPointF(0, height / 2), QPointF(width, height / 2)])
    step = width / (len(values) - 1)
    scale = height / (high - low)
    return QPolygonF([QPointF(i * step, (high - value) * scale) for i, value in enumerate(values)])
