"""The symbol of a row, strong, with what is held of it in a small pill."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRectF
from PySide6.QtGui import QPainter

from ui.delegates.cell import CellDelegate, CellStyle
from ui.delegates.drawing import ELLIPSIS, PILL_GAP_PX, chip_box, chip_width, draw_chip, draw_text
from ui.models.column import Cell
from ui.models.column_model import ColumnModel


class SymbolDelegate(CellDelegate):
    """A quantity that has no room beside the symbol is an ellipsis: never a part of itself, never gone.

    What a row's symbol must keep asks for room of its own.
    """

    def __init__(
        self,
        style: CellStyle,
        model: ColumnModel[Any],
        parent: QObject | None = None,
        *,
        must: Callable[[Any], str] | None = None,
    ) -> None:
        super().__init__(style, model, parent)
        self._must = must

    def draw(self, painter: QPainter, box: QRectF, cell: Cell, row: object) -> None:
        colors = self.style.theme.colors
        middle = box.center().y()
        badge, pill_width = cell.badge, 0.0
        text, whole = cell.text, self.style.strong.width(cell.text)
        if badge:
            if not self.fits(whole + PILL_GAP_PX + chip_width(self.style.small, badge), box):
                badge = ELLIPSIS
            pill_width = chip_box(self.style.small, badge, middle).width()
            text = self.style.strong.elided(text, box.width() - pill_width - PILL_GAP_PX)
        elif not self.fits(whole, box):
            text = self.style.strong.elided(text, box.width())
        if text != cell.text and self._must is not None:
            mark = pill_width + PILL_GAP_PX if badge else 0.0
            self.needed_px = max(self.needed_px, self.style.strong.width(self._must(row)) + mark)
        draw_text(painter, box.left(), middle, text, self.style.strong, colors.tone(cell.tone))
        if badge:
            left = box.left() + self.style.strong.width(text) + PILL_GAP_PX
            pill = QRectF(left, round(middle - 8), pill_width, 16)
            draw_chip(painter, pill, badge, self.style.small, colors.raised, colors.muted)
