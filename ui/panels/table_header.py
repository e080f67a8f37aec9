"""The title row of a table: faint, small, with the sort direction as a small arrow."""

from math import ceil
from typing import Any

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from ui.delegates.actions import actions_width
from ui.delegates.cell import CellStyle
from ui.delegates.drawing import (
    ARROW_GAP_PX,
    ARROW_WIDTH_PX,
    CHIP_PADDING_PX,
    PADDING_PX,
    PILL_GAP_PX,
    chip_width,
    draw_arrow,
    draw_text,
)
from ui.models.column import CellKind, Column, RowAction
from ui.theme.tokens import HEADER_PX

_SORT_MARK_PX = 14.0
_SPARKLINE_PX = 50.0
_PILL_SAMPLE = "0.25"


class TableHeader(QHeaderView):
    """Paints itself, since a style's header brings frames and shading with it."""

    def __init__(
        self, style: CellStyle, columns: tuple[Column[Any], ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._style = style
        self._columns = columns
        self.setFixedHeight(HEADER_PX)
        self.setSectionsClickable(True)
        self.setMinimumSectionSize(24)
        self.setHighlightSections(False)
        self.setSectionsMovable(False)
        self.setMouseTracking(True)
        style.theme.changed.connect(self.viewport().update)

    def wanted_width(self, place: int, content: float) -> int:
        """Return the width at which neither title, sample nor `content`, in pixels, of a column is cut."""
        column = self._columns[place]
        return self._around(column, max(content, _content_width(self._style, column, column.sample)))

    def least_width(self, place: int, content: float, needed: float = 0) -> int:
        """Return the width below which a column has to go: figures stay whole, words keep what they must.

        `needed` is what rows say that they must, in pixels.
        """
        column = self._columns[place]
        if column.kind is CellKind.SYMBOL and column.least:
            without_pill = self._style.strong.width(column.least)
            return self._around(column, max(without_pill, needed))
        if column.kind in (CellKind.TEXT, CellKind.SYMBOL):
            least = _content_width(self._style, column, column.least or column.sample)
            return self._around(column, max(least, needed))
        return self.wanted_width(place, content)

    def _around(self, column: Column[Any], content: float) -> int:
        title = self._style.small.width(column.title) + (_SORT_MARK_PX if column.sort is not None else 0)
        return ceil(max(title, content) + 2 * PADDING_PX)

    def paintSection(self, painter: QPainter, rect: QRect, place: int) -> None:
        column = self._columns[place]
        colors = self._style.theme.colors
        measure = self._style.small
        box = QRectF(rect).adjusted(PADDING_PX, 0, -PADDING_PX, 0)
        is_sorted = self.isSortIndicatorShown() and self.sortIndicatorSection() == place
        color = colors.text if is_sorted else colors.muted if self._is_hovered(rect, column) else colors.faint
        text = measure.elided(column.title, box.width())
        left = round(box.right() - measure.width(text)) if column.is_right_aligned else box.left()
        draw_text(painter, left, box.center().y(), text, measure, color)
        if is_sorted:
            rises = self.sortIndicatorOrder() is Qt.SortOrder.AscendingOrder
            mark = left - _SORT_MARK_PX if column.is_right_aligned else left + measure.width(text) + 4
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(mark + 2, box.center().y())
            painter.scale(0.7, 0.7)
            draw_arrow(painter, 0, 0, colors.muted, rises=rises)
            painter.restore()

    def _is_hovered(self, rect: QRect, column: Column[Any]) -> bool:
        if column.sort is None or not self.sectionsClickable() or not self.underMouse():
            return False
        return rect.contains(self.viewport().mapFromGlobal(self.cursor().pos()))

    def sizeHint(self) -> QSize:
        return QSize(self.length(), HEADER_PX)


def _content_width(style: CellStyle, column: Column[Any], sample: str) -> float:
    kind = column.kind
    if kind is CellKind.SPARKLINE:
        return _SPARKLINE_PX
    if kind is CellKind.ACTIONS:
        return actions_width(style.base, sample_actions(column))
    if kind is CellKind.CHIP:
        return style.small.width(sample) + 2 * CHIP_PADDING_PX
    if kind is CellKind.SYMBOL:
        pill = 0.0 if column.badge is None else chip_width(style.small, _PILL_SAMPLE) + PILL_GAP_PX
        return style.strong.width(sample) + pill
    if kind is CellKind.AGE:
        return max(style.base.width(sample), chip_width(style.small, sample) - CHIP_PADDING_PX)
    width = style.base.width(sample)
    return width + ARROW_WIDTH_PX + ARROW_GAP_PX if kind is CellKind.CHANGE else width


def sample_actions(column: Column[Any]) -> tuple[RowAction, ...]:
    """Return actions as wide as a row's can be: the sample names them, split at blanks."""
    if column.sample.startswith("icons:"):
        return tuple(RowAction(str(i), "", "x") for i in range(int(column.sample.removeprefix("icons:"))))
    return (RowAction("", column.sample),)
