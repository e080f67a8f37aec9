"""How old a price is: faint while fresh, an amber chip once stale."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from ui.delegates.cell import CellDelegate
from ui.delegates.drawing import CHIP_PADDING_PX, chip_box, draw_chip, draw_text
from ui.delegates.text import figure_left
from ui.models.column import Cell


class AgeDelegate(CellDelegate):
    """A warning tone draws the chip; its figures stay where the plain ones end."""

    def draw(self, painter: QPainter, box: QRectF, cell: Cell, _row: object) -> None:
        colors = self.style.theme.colors
        middle = box.center().y()
        if cell.tone == "warning":
            measure = self.style.small
            chip = chip_box(measure, cell.text, middle, right=box.right() + CHIP_PADDING_PX / 2)
            draw_chip(painter, chip, cell.text, measure, colors.warning_tint, colors.warning)
            return
        measure = self.style.base
        left = figure_left(measure, box, cell.text)
        draw_text(painter, left, middle, cell.text, measure, colors.tone(cell.tone))
