"""Which figures of a working order can be changed in its row, and the change that is asked for."""

from collections.abc import Hashable
from decimal import Decimal
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal

from core.domain.instrument import AssetClass
from core.domain.money import increment_of, step_price
from core.domain.request import ReplaceRequest
from core.domain.sizing import step_quantity
from ui.controls.fields import Step, spell_price
from ui.models.order_columns import LIMIT, QTY, STOP
from ui.models.order_row import OrderRow
from ui.models.orders import OrdersModel
from ui.panels.cell_editor import CellEditor
from ui.panels.table_view import TableView
from ui.theme.theme import Theme

_PREFERRED = (LIMIT, STOP, QTY)  # what is changed most


def _price_steps(symbol: str, before: Decimal) -> Step:
    """Steps on the grid of `symbol`; that of a coin is taken to be as fine as its price is now."""
    asset_class = AssetClass.of_symbol(symbol)

    def step(price: Decimal | None, steps: int) -> Decimal | None:
        if price is None or price <= 0:
            return None
        return step_price(price, steps, asset_class=asset_class, increment=increment_of(before))

    return step


def editable_figure(row: OrderRow, column: int) -> tuple[str, Decimal] | None:
    """The member of a replace that a cell stands for, and its value now; None where nothing can change."""
    if not row.may_replace:
        return None
    shown = row.shown
    figures = {
        QTY: ("qty", shown.qty),
        LIMIT: ("limit_price", shown.limit_price),
        STOP: ("stop_price", shown.stop_price),
    }
    if shown.stop_price is None or shown.type == "trailing_stop":
        trail = shown.trail_price if shown.trail_price is not None else shown.trail_percent
        figures[STOP] = ("trail", trail)
    name, value = figures.get(column, ("", None))
    return None if value is None else (name, value)


class OrderEditing(QObject):
    """One cell at a time. What it emits still has to be confirmed and checked."""

    change_requested = Signal(object)  # ReplaceRequest

    def __init__(self, theme: Theme, model: OrdersModel, view: TableView) -> None:
        super().__init__(view)
        self._theme, self._model, self._view = theme, model, view
        self.editor: CellEditor | None = None

    def edit(self, key: Hashable | None, column: int) -> bool:
        """Edit a cell; returns False, and does nothing, where it cannot be changed."""
        row = self._model.row(key)
        figure = None if row is None else editable_figure(row, column)
        if row is None or row.order is None or figure is None:
            return False
        self.close()
        member, value = figure
        order = row.order
        editor = CellEditor(
            self._view,
            self._theme,
            row.key,
            column,
            name=self.tr("{column} of the order in {symbol}").format(
                column=self._model.columns[column].title, symbol=order.symbol
            ),
            value=value,
            step=step_quantity if member == "qty" else _price_steps(order.symbol, value),
        )
        if member != "qty":
            editor.spell_with(partial(spell_price, symbol=order.symbol))
        editor.committed.connect(lambda wanted: self._ask(order.id, order.symbol, member, wanted))
        editor.left.connect(self._return)
        self.editor = editor
        editor.begin()
        return True

    def can_edit_current(self) -> bool:
        """Whether the current row has a figure that can be changed."""
        row = self._model.row(self._view.current_key)
        return row is not None and any(editable_figure(row, column) for column in _PREFERRED)

    def edit_current(self) -> None:
        """Edit the current cell, or what is changed most; asked again, the next figure of the row."""
        key, column = self._view.current_key, self._view.currentIndex().column()
        columns = [column, *_PREFERRED]
        if self.editor is not None:
            at = _PREFERRED.index(self.editor.column)
            key, columns = self.editor.key, [*_PREFERRED[at + 1 :], *_PREFERRED[: at + 1]]
        for wanted in columns:
            if self.edit(key, wanted):
                return

    def close(self) -> None:
        """End the edit that is open, without a change."""
        if self.editor is not None:
            self.editor.cancel()

    def _ask(self, order_id: str, symbol: str, member: str, value: Decimal) -> None:
        self._return()
        self.change_requested.emit(ReplaceRequest(order_id=order_id, symbol=symbol, **{member: value}))  # type: ignore[arg-type]

    def _return(self) -> None:
        self.editor = None
        self._view.setFocus(Qt.FocusReason.OtherFocusReason)
