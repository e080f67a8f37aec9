"""The base of all cell delegates: reads the row, leaves the background to the view, draws the content."""

from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QAbstractItemDelegate, QAbstractItemView, QStyleOptionViewItem, QToolTip

from core.clock import continuous_ns
from ui.delegates.drawing import PADDING_PX, TextMeasure
from ui.models.column import Cell, CellKind
from ui.models.column_model import ColumnModel
from ui.theme.theme import Theme
from ui.theme.tokens import ROW_PX

_BLANK_PX = 0.5


class CellStyle:
    """What all delegates of a view share: the theme and text widths in its fonts."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.base = TextMeasure(theme.fonts.base)
        self.strong = TextMeasure(theme.fonts.strong)
        self.small = TextMeasure(theme.fonts.small)
        self.tints_changes = True
        self.now_ns = continuous_ns  # as of every row's `flash_until_ns`


class CellDelegate(QAbstractItemDelegate):
    """Draws the cells of columns of one kind; `draw` gets the row's cell and its box inside the padding.

    The view draws selection, hover and hairlines row by row before any cell, so nothing is drawn twice.
    """

    def __init__(self, style: CellStyle, model: ColumnModel[Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.style = style
        self.model = model
        self.wanted_px = 0.0  # the widest content that did not fit its cell; the view sets it back
        self.needed_px = 0.0  # the widest part of such content that must not be cut; the view sets it back

    def draw(self, painter: QPainter, box: QRectF, cell: Cell, row: Any) -> None:
        """Draw `cell`; the painter's pen, brush and font are free to change."""
        raise NotImplementedError

    def fits(self, width: float, box: QRectF) -> bool:
        """Whether content of `width` has room in `box`; remembers what has not, so that the view makes room.

        Half a pixel of blank at the edge of a letter is no reason to cut the word.
        """
        if width <= box.width() + _BLANK_PX:
            return True
        self.wanted_px = max(self.wanted_px, width)
        return False

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        """Tell what a column that was made too narrow by hand cannot show, where it says nothing else."""
        if event.type() is QEvent.Type.ToolTip and not index.data(Qt.ItemDataRole.ToolTipRole):
            text = self.model.cell(index.row(), index.column()).text
            is_cut = self.style.base.width(text) > QRectF(option.rect).width() - 2 * PADDING_PX
            if text and is_cut and self.model.columns[index.column()].kind is not CellKind.ACTIONS:
                QToolTip.showText(event.globalPos(), text, view)
                return True
        return super().helpEvent(event, view, option, index)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = index.row()
        box = QRectF(option.rect).adjusted(PADDING_PX, 0, -PADDING_PX, 0)
        self.draw(painter, box, self.model.cell(place, index.column()), self.model.row_at(place))

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, ROW_PX)
