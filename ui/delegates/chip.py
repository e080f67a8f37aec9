"""A word on a tint, such as Long, Short, Buy and Sell."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from ui.delegates.cell import CellDelegate
from ui.delegates.drawing import chip_box, draw_chip
from ui.models.column import Cell
from ui.theme.colors import Colors


class ChipDelegate(CellDelegate):
    """The tone chooses the tint; the word is the sign for those who see no colours."""

    def draw(self, painter: QPainter, box: QRectF, cell: Cell, _row: object) -> None:
        if not cell.text:
            return
        colors = self.style.theme.colors
        measure = self.style.small
        chip = chip_box(measure, cell.text, box.center().y(), right=box.right())
        draw_chip(painter, chip, cell.text, measure, tint_for(colors, cell.tone), colors.tone(cell.tone))


def tint_for(colors: Colors, tone: str) -> QColor:
    """Return the tint that goes under a word of `tone`."""
    tints = {"up": colors.up_tint, "down": colors.down_tint, "warning": colors.warning_tint}
    return tints.get(tone, colors.raised)
