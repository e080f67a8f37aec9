"""The fields of an order ticket: what the trader fills in, as an `OrderRequest`."""

from decimal import ROUND_DOWN, Decimal

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QCheckBox, QGridLayout, QVBoxLayout, QWidget

from core.domain.money import plain, step_price
from core.domain.order import OrderType, Side, TimeInForce
from core.domain.request import OrderRequest
from ui import figures, words
from ui.controls.fields import ChoiceField, FigureField, spell_price
from ui.controls.labels import PlainLabel
from ui.controls.segmented import Segment, SegmentedControl
from ui.panels.ticket_outlook import Market
from ui.theme.theme import Theme

TYPES = (OrderType.MARKET, OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT)
TIMES_IN_FORCE = (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)
_IMMEDIATE = frozenset({TimeInForce.IOC, TimeInForce.FOK})
_LABEL_PX = 92


def step_quantity(quantity: Decimal | None, steps: int) -> Decimal:
    """Whole shares up or down, never below one; a fraction first goes to its whole number."""
    current = (quantity or Decimal(0)).to_integral_value(rounding=ROUND_DOWN)
    return max(Decimal(1), current + steps)


class TicketForm(QWidget):
    """Side, type, quantity, prices and time in force of one order; knows no service.

    `changed` is every edit, by the trader or by a method here. Market prices only help to fill in.
    """

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._symbol = ""
        self._market = Market()
        strong = theme.fonts.base
        self.side = SegmentedControl(
            self.tr("Side"),
            (
                Segment(Side.BUY, words.side(Side.BUY), "up"),
                Segment(Side.SELL, words.side(Side.SELL), "down"),
            ),
            font=strong,
        )
        self.side.setFixedHeight(34)
        self.type = SegmentedControl(
            self.tr("Order type"), [Segment(kind, words.order_type(kind)) for kind in TYPES]
        )
        self.type.setFixedHeight(32)
        self.type.choose(OrderType.LIMIT)
        self.quantity = FigureField(self.tr("Quantity"), theme, step=step_quantity, has_stepper=True)
        self.quantity.spell_with(plain)
        self.quantity.set_suffix(self.tr("shares"))
        self.limit_price = FigureField(self.tr("Limit price"), theme, step=self._step_price)
        self.stop_price = FigureField(self.tr("Stop price"), theme, step=self._step_price)
        for field in (self.limit_price, self.stop_price):
            field.spell_with(spell_price)
        self.time_in_force = ChoiceField(self.tr("Time in force"))
        for kind in TIMES_IN_FORCE:
            self.time_in_force.addItem(words.time_in_force(kind), kind.value)
        self.extended_hours = QCheckBox(self.tr("Also outside regular hours"))
        self._arrange()
        self._connect()
        self._show_what_applies()

    @property
    def symbol(self) -> str:
        """The instrument the order is about; empty until one is chosen."""
        return self._symbol

    def set_symbol(self, symbol: str) -> None:
        """Start on another instrument: prices of the old one are cleared, the quantity stays."""
        if symbol == self._symbol:
            return
        self._symbol = symbol
        self._market = Market()
        self.limit_price.clear()
        self.stop_price.clear()
        self._show_quote()
        self.changed.emit()

    def show_market(self, market: Market) -> None:
        """Take the newest bid and ask: they stand beside the limit price and are where stepping starts."""
        self._market = market
        self._show_quote()

    def request(self) -> OrderRequest:
        """What the fields say now, complete or not; a field that is not shown says nothing."""
        kind = OrderType(self.type.choice)
        needs_limit = kind in (OrderType.LIMIT, OrderType.STOP_LIMIT)
        needs_stop = kind in (OrderType.STOP, OrderType.STOP_LIMIT)
        return OrderRequest(
            symbol=self._symbol,
            side=Side(self.side.choice),
            type=kind,
            qty=self.quantity.value,
            time_in_force=TimeInForce(self.time_in_force.currentData()),
            limit_price=self.limit_price.value if needs_limit else None,
            stop_price=self.stop_price.value if needs_stop else None,
            extended_hours=kind is OrderType.LIMIT and self.extended_hours.isChecked(),
        )

    def set_editable(self, editable: bool) -> None:
        """Allow or forbid every edit: while an order is on its way its terms must stay readable."""
        for control in (
            self.side,
            self.type,
            self.quantity,
            self.limit_price,
            self.stop_price,
            self.time_in_force,
            self.extended_hours,
        ):
            control.setEnabled(editable)

    def _arrange(self) -> None:
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnMinimumWidth(0, _LABEL_PX)
        self._grid.setColumnStretch(1, 1)
        self._labels: dict[QWidget, PlainLabel] = {}
        for row, (text, control) in enumerate(
            (
                (self.tr("Quantity"), self.quantity),
                (self.tr("Limit price"), self.limit_price),
                (self.tr("Stop price"), self.stop_price),
                (self.tr("Time in force"), self.time_in_force),
                (self.tr("Extended hours"), self.extended_hours),
            )
        ):
            label = PlainLabel(text, tone="muted")
            label.setBuddy(control)
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(control, row, 1)
            self._labels[control] = label
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.side)
        column.addWidget(self.type)
        column.addLayout(self._grid)

    def _connect(self) -> None:
        self.side.chosen.connect(self._on_edit)
        self.type.chosen.connect(self._on_edit)
        self.quantity.value_changed.connect(self._on_edit)
        self.limit_price.value_changed.connect(self._on_edit)
        self.stop_price.value_changed.connect(self._on_edit)
        self.time_in_force.currentIndexChanged.connect(self._on_edit)
        self.extended_hours.toggled.connect(self._on_edit)
        self.limit_price.suffix_clicked.connect(self._take_quote)

    @Slot()
    def _on_edit(self) -> None:
        self._show_what_applies()
        self.changed.emit()

    def _show_what_applies(self) -> None:
        kind = OrderType(self.type.choice)
        takes_limit = kind in (OrderType.LIMIT, OrderType.STOP_LIMIT)
        takes_stop = kind in (OrderType.STOP, OrderType.STOP_LIMIT)
        for control, applies in (
            (self.limit_price, takes_limit),
            (self.stop_price, takes_stop),
            (self.extended_hours, kind is OrderType.LIMIT),
        ):
            control.setVisible(applies)
            self._labels[control].setVisible(applies)
        self._allow_times(takes_stop)
        works_long = self.time_in_force.currentData() not in _IMMEDIATE
        self.extended_hours.setToolTip(
            "" if works_long else self.tr("Only with Day and Good till cancelled.")
        )

    def _allow_times(self, takes_stop: bool) -> None:
        """Grey out what the broker's rules exclude, with the reason; a chosen one stays and is explained."""
        model = self.time_in_force.model()
        if not isinstance(model, QStandardItemModel):
            raise TypeError("a combo box made its own model until now")
        for row, kind in enumerate(TIMES_IN_FORCE):
            is_excluded = takes_stop and kind in _IMMEDIATE
            item = model.item(row)
            item.setEnabled(not is_excluded)
            item.setToolTip(self.tr("Market and limit orders only.") if is_excluded else "")

    def _show_quote(self) -> None:
        bid, ask = self._market.bid, self._market.ask
        is_known = bid is not None or ask is not None
        self.limit_price.set_suffix(f"{figures.price(bid)} \u00d7 {figures.price(ask)}" if is_known else "")
        self.limit_price.setToolTip(
            self.tr("Click the bid or the ask to use it. Arrow keys move by the price grid.")
            if is_known
            else ""
        )

    @Slot(object)
    def _take_quote(self, where: float) -> None:
        price = self._market.bid if where < 0.5 else self._market.ask
        if price is not None:
            self.limit_price.show_value(price)
            self.limit_price.setFocus(Qt.FocusReason.MouseFocusReason)

    def _step_price(self, price: Decimal | None, steps: int) -> Decimal | None:
        if price is not None and price > 0:
            return step_price(price, steps)
        side = Side(self.side.choice)
        # An empty field starts on the side of the market where the order would rest.
        return self._market.bid if side is Side.BUY else self._market.ask
