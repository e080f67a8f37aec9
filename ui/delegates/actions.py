"""What can be done with a row, at its right end: icons that come with the pointer, or a word that stays."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from ui.delegates.cell import CellDelegate, CellStyle
from ui.delegates.drawing import TextMeasure, draw_text
from ui.models.column import Cell, RowAction
from ui.models.column_model import ColumnModel
from ui.theme.colors import Tone

_BUTTON_PX = 20.0
_ICON_PX = 14
_GAP_PX = 4.0
_WORD_PADDING_PX = 6.0
_RADIUS_PX = 4.0


class Pointed(NamedTuple):
    """The row under the pointer or the keyboard, and the action under the pointer."""

    place: int = -1
    code: str = ""


class ActionsDelegate(CellDelegate):
    """The view keeps `pointed` and `current` up to date and asks `action_at` where a click went."""

    def __init__(
        self, style: CellStyle, model: ColumnModel[Any], column: int, parent: QObject | None = None
    ) -> None:
        super().__init__(style, model, parent)
        self._column = column
        self.pointed = Pointed()
        self.current = -1

    def actions_of(self, row: Any) -> tuple[RowAction, ...]:
        """Return what `row` offers now."""
        actions = self.model.columns[self._column].actions
        return () if actions is None else actions(row)

    def action_at(self, place: int, box: QRectF, point: QPointF) -> RowAction | None:
        """Return the action of the row at `place` whose button holds `point`."""
        for action, button in _buttons(self.style.base, self.actions_of(self.model.row_at(place)), box):
            if button.contains(point):
                return action
        return None

    def draw(self, painter: QPainter, box: QRectF, _cell: Cell, row: object) -> None:
        colors = self.style.theme.colors
        is_pointed = self._is_at(row, self.pointed.place)
        is_current = self._is_at(row, self.current)
        for action, button in _buttons(self.style.base, self.actions_of(row), box):
            if action.icon and not (is_pointed or is_current):
                continue
            is_hot = is_pointed and action.code == self.pointed.code
            if is_hot:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colors.line)
                painter.drawRoundedRect(button, _RADIUS_PX, _RADIUS_PX)
            tone: Tone = "text" if is_hot else "muted"
            if action.icon:
                ratio = painter.device().devicePixelRatio()
                pixmap = self.style.theme.pixmap(action.icon, tone, _ICON_PX, ratio)
                inset = (_BUTTON_PX - _ICON_PX) / 2
                painter.drawPixmap(button.topLeft() + QPointF(inset, inset), pixmap)
            else:
                left = button.left() + _WORD_PADDING_PX
                draw_text(painter, left, button.center().y(), action.text, self.style.base, colors.tone(tone))

    def _is_at(self, row: object, place: int) -> bool:
        # Not by `place_of`: after a sort that would number every row before the first one is painted.
        is_there = 0 <= place < self.model.rowCount()
        return is_there and self.model.key_at(place) == self.model.key_of(row)


def _buttons(
    measure: TextMeasure, actions: tuple[RowAction, ...], box: QRectF
) -> Iterator[tuple[RowAction, QRectF]]:
    """Yield each action with its button, from the right end of `box` leftwards."""
    right = box.right() + _WORD_PADDING_PX
    for action in reversed(actions):
        width = _BUTTON_PX if action.icon else measure.width(action.text) + 2 * _WORD_PADDING_PX
        top = round(box.center().y() - _BUTTON_PX / 2)
        yield action, QRectF(right - width, top, width, _BUTTON_PX)
        right -= width + _GAP_PX


def actions_width(measure: TextMeasure, actions: tuple[RowAction, ...]) -> float:
    """Return the room that `actions` take side by side."""
    widths = [
        _BUTTON_PX if action.icon else measure.width(action.text) + 2 * _WORD_PADDING_PX for action in actions
    ]
    return sum(widths) + _GAP_PX * max(0, len(widths) - 1)
