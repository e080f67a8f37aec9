"""Words at the left and figures at the right."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRectF
from PySide6.QtGui import QPainter

from ui.delegates.cell import CellDelegate, CellStyle
from ui.delegates.drawing import (
    ARROW_GAP_PX,
    ARROW_WIDTH_PX,
    ELLIPSIS,
    PADDING_PX,
    TextMeasure,
    chip_box,
    draw_arrow,
    draw_chip,
    draw_text,
)
from ui.models.column import Cell
from ui.models.column_model import ColumnModel

_MIN_BADGE_GAP_PX = 6.0


class TextDelegate(CellDelegate):
    """A word, elided at its end; what a row's words must keep asks for room of its own."""

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
        color = self.style.theme.colors.tone(cell.tone)
        text = self.shown(cell.text, row, box)
        draw_text(painter, box.left(), box.center().y(), text, self.style.base, color)

    def shown(self, text: str, row: object, box: QRectF) -> str:
        """As much of `text` as has room in `box`."""
        measure = self.style.base
        if self.fits(measure.width(text), box):
            return text
        shown = measure.elided(text, box.width())
        must = "" if self._must is None else self._must(row)
        if not must:
            return shown
        # With room for a digit more: what must be kept is an age, and nothing should jump when it has two.
        self.needed_px = max(self.needed_px, measure.width(must) + measure.width("0"))
        return shown if shown.startswith(must) else measure.elided(must, box.width())


class FigureDelegate(CellDelegate):
    """A number at the right edge: whole, or not at all, for a part of one reads as another number."""

    def draw(self, painter: QPainter, box: QRectF, cell: Cell, _row: object) -> None:
        measure = self.style.base
        text = cell.text if self.fits(measure.width(cell.text), box) else ELLIPSIS
        left = figure_left(measure, box, text)
        color = self.style.theme.colors.tone(cell.tone)
        draw_text(painter, left, box.center().y(), text, measure, color)


class RemarkedDelegate(FigureDelegate):
    """A number with a badge, a remark on it, in amber before it where there is room."""

    def draw(self, painter: QPainter, box: QRectF, cell: Cell, row: object) -> None:
        super().draw(painter, box, cell, row)
        if cell.badge:
            draw_remark(self.style, painter, box, cell.badge, figure_left(self.style.base, box, cell.text))


class PriceDelegate(RemarkedDelegate):
    """A price: tinted for a moment when it moves; its badge is the age of a stale one.

    Rows carry `moved` (up 1, down -1) and `flash_until_ns`; both may be missing.
    """

    def draw(self, painter: QPainter, box: QRectF, cell: Cell, row: object) -> None:
        colors = self.style.theme.colors
        if self.style.tints_changes and getattr(row, "flash_until_ns", 0) > self.style.now_ns():
            tint = colors.up_flash if getattr(row, "moved", 0) > 0 else colors.down_flash
            painter.fillRect(box.adjusted(-PADDING_PX / 2, 3, PADDING_PX / 2, -4), tint)
        super().draw(painter, box, cell, row)


class ChangeDelegate(CellDelegate):
    """A gain or loss: sign, colour and an arrow that follows the tone."""

    def draw(self, painter: QPainter, box: QRectF, cell: Cell, _row: object) -> None:
        measure = self.style.base
        color = self.style.theme.colors.tone(cell.tone)
        rises = self._rises(cell)
        mark = 0.0 if rises is None else ARROW_GAP_PX + ARROW_WIDTH_PX
        text = cell.text if self.fits(mark + measure.width(cell.text), box) else ELLIPSIS
        left = figure_left(measure, box, text)
        middle = box.center().y()
        if rises is not None:
            draw_arrow(painter, left - mark, middle, color, rises=rises)
        draw_text(painter, left, middle, text, measure, color)
        if cell.badge:
            draw_remark(self.style, painter, box, cell.badge, left - mark)

    @staticmethod
    def _rises(cell: Cell) -> bool | None:
        """The sign in the text decides, so that a stale, faint figure keeps its arrow."""
        if cell.text.startswith("+"):
            return True
        return False if cell.text.startswith("\u2212") else None


def draw_remark(style: CellStyle, painter: QPainter, box: QRectF, remark: str, figure_start: float) -> None:
    """A remark on a figure, in amber before it, where there is room."""
    colors = style.theme.colors
    right = figure_start - _MIN_BADGE_GAP_PX
    badge = chip_box(style.small, remark, box.center().y(), right=right)
    if badge.left() >= box.left() - PADDING_PX:
        draw_chip(painter, badge, remark, style.small, colors.warning_tint, colors.warning)


def figure_left(measure: TextMeasure, box: QRectF, text: str) -> float:
    """Return where a figure starts that ends at the right edge of `box`.

    Not rounded: so the last digits of all rows fall on the same fractions of a pixel and stand in line.
    """
    return box.right() - measure.width(text)
