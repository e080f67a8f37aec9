"""The symbol of a row, strong, with what is held of it in a small pill."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from ui.delegates.cell import CellDelegate
from ui.delegates.drawing import CHIP_PADDING_PX, PILL_GAP_PX, chip_box, draw_chip, draw_text
from ui.models.column import Cell

_LEAST_PILL_TEXT_PX = 26.0  # two digits, a point and the ellipsis


class SymbolDelegate(CellDelegate):
    """A long quantity is elided before the symbol is, and never vanishes."""

    def draw(self, painter: QPainter, box: QRectF, cell: Cell, _row: object) -> None:
        colors = self.style.theme.colors
        middle = box.center().y()
        room = box.width()
        badge, pill_width = cell.badge, 0.0
        if badge:
            spare = room - self.style.strong.width(cell.text) - PILL_GAP_PX - 2 * CHIP_PADDING_PX
            badge = self.style.small.elided(badge, max(spare, _LEAST_PILL_TEXT_PX))
            pill_width = chip_box(self.style.small, badge, middle).width()
            room -= pill_width + PILL_GAP_PX
        text = self.style.strong.elided(cell.text, room)
        draw_text(painter, box.left(), middle, text, self.style.strong, colors.tone(cell.tone))
        if badge:
            left = box.left() + self.style.strong.width(text) + PILL_GAP_PX
            pill = QRectF(left, round(middle - 8), pill_width, 16)
            draw_chip(painter, pill, badge, self.style.small, colors.raised, colors.muted)
