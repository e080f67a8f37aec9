"""The symbol of a row, strong, with what is held of it in a small pill."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from ui.delegates.cell import CellDelegate
from ui.delegates.drawing import PILL_GAP_PX, chip_box, draw_chip, draw_text
from ui.models.column import Cell


class SymbolDelegate(CellDelegate):
    """Elides the symbol before it gives up the pill: a quantity held must not vanish."""

    def draw(self, painter: QPainter, box: QRectF, cell: Cell, _row: object) -> None:
        colors = self.style.theme.colors
        middle = box.center().y()
        room = box.width()
        pill_width = 0.0
        if cell.badge:
            pill_width = chip_box(self.style.small, cell.badge, middle).width()
            room -= pill_width + PILL_GAP_PX
        text = self.style.strong.elided(cell.text, room)
        draw_text(painter, box.left(), middle, text, self.style.strong, colors.tone(cell.tone))
        if cell.badge:
            left = box.left() + self.style.strong.width(text) + PILL_GAP_PX
            pill = QRectF(left, round(middle - 8), pill_width, 16)
            draw_chip(painter, pill, cell.badge, self.style.small, colors.raised, colors.muted)
