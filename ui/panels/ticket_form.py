"""The fields of an order ticket: what the trader fills in, as an `OrderRequest`."""

from dataclasses import replace
from decimal import Decimal

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QGridLayout, QVBoxLayout, QWidget

from core.domain.choices import Aspect, fitted, why_not
from core.domain.circumstances import Circumstances
from core.domain.forecast import expected_price, market_price
from core.domain.instrument import AssetClass
from core.domain.legs import OrderClass
from core.domain.money import step_price, tick_for
from core.domain.order import OrderType, Side, TimeInForce
from core.domain.preset import AmountKind, Preset
from core.domain.request import OrderRequest, PositionIntent
from ui import figures, order_words, typed_words, words
from ui.controls.choices import choose, exclude, label_for_ears
from ui.controls.fields import ChoiceField, FigureField, spell_price
from ui.controls.labels import PlainLabel
from ui.controls.segmented import Segment, SegmentedControl
from ui.panels.ticket_amount import LABEL_PX, AmountRow
from ui.panels.ticket_exits import ExitFields
from ui.theme.theme import Theme

_MONEY, _PERCENT = "price", "percent"
_AS_INFERRED, _OPEN, _CLOSE = "", "open", "close"
_INTENTS = {
    (_OPEN, Side.BUY): PositionIntent.BUY_TO_OPEN,
    (_OPEN, Side.SELL): PositionIntent.SELL_TO_OPEN,
    (_CLOSE, Side.BUY): PositionIntent.BUY_TO_CLOSE,
    (_CLOSE, Side.SELL): PositionIntent.SELL_TO_CLOSE,
}
_PERCENT_STEP = Decimal("0.1")


class TicketForm(QWidget):
    """Everything about one order but its symbol's head; knows no service.

    `changed` is every edit, by the trader or by a method here. Market prices only help to fill in.
    """

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._symbol = ""
        self._around = Circumstances()
        self._allowed_for: OrderRequest | None = None
        self.side = SegmentedControl(
            self.tr("Side"),
            (
                Segment(Side.BUY, words.side(Side.BUY), "up"),
                Segment(Side.SELL, words.side(Side.SELL), "down"),
            ),
            font=theme.fonts.base,
        )
        self.side.setFixedHeight(34)
        self.type = SegmentedControl(
            self.tr("Order type"),
            [Segment(kind, words.order_type(kind, short=True)) for kind in OrderType],
            font=theme.fonts.sized(12),
        )
        self.type.setFixedHeight(32)
        for kind in OrderType:
            self.type.button(kind).setAccessibleName(f"{self.tr('Order type')}: {words.order_type(kind)}")
        self.type.choose(OrderType.LIMIT)
        self.amount = AmountRow(theme)
        self._set_aside: tuple[str, str] | None = None  # a time in force, and what stands there instead
        self._is_short = False
        limit, stop = self.tr("Limit price"), self.tr("Stop price")
        self.limit_price = FigureField(limit, theme, step=self._step_price, has_stepper=True)
        self.stop_price = FigureField(stop, theme, step=self._step_stop, has_stepper=True)
        for field in (self.limit_price, self.stop_price):
            field.spell_with(self._spell_price)
            field.take_on(
                {
                    "b": lambda: self._around.market.bid,
                    "a": lambda: self._around.market.ask,
                    "l": lambda: self._around.market.last,
                }
            )
        self.trail = FigureField(self.tr("Trailing distance"), theme, step=self._step_trail, has_stepper=True)
        self.trail_kind = ChoiceField(self.tr("Kind of trailing distance"))
        self.trail_kind.addItem(self.tr("Trail $"), _MONEY)
        self.trail_kind.addItem(self.tr("Trail %"), _PERCENT)
        self.trail_kind.setFixedWidth(LABEL_PX)
        label_for_ears(self.trail_kind, self)
        self.time_in_force = ChoiceField(self.tr("Time in force"))
        for tif in TimeInForce:
            self.time_in_force.addItem(words.time_in_force(tif), tif.value)
        self.extended_hours = QCheckBox(self.tr("Also outside regular hours"))
        self.intent = ChoiceField(self.tr("Position"))
        self.intent.addItem(self.tr("Automatic"), _AS_INFERRED)
        self.intent.addItem(self.tr("Open or add"), _OPEN)
        self.intent.addItem(self.tr("Close or reduce"), _CLOSE)
        self.exits = ExitFields(theme, self._step_price)
        self._arrange()
        self._connect()
        self._show_what_applies()

    @property
    def quantity(self) -> FigureField:
        """Where the amount is typed, whatever it counts."""
        return self.amount.field

    @property
    def symbol(self) -> str:
        """The instrument the order is about; empty until one is chosen."""
        return self._symbol

    def set_symbol(self, symbol: str, preset: Preset | None = None) -> None:
        """Start on another instrument: prices of the old one are cleared, the amount stays.

        A preset replaces what it names; choices that the new instrument's class excludes become usual ones.
        """
        if symbol == self._symbol:
            return
        self._symbol = symbol
        self._around = Circumstances()
        for field in (self.limit_price, self.stop_price, self.trail):
            field.clear()
        self.exits.clear_prices()
        choose(self.intent, _AS_INFERRED)
        self._bring_back_time_in_force()
        if preset is not None:
            self.use(preset)
        fit = fitted(self.request())
        self.type.choose(fit.type)
        before = self.time_in_force.currentData()
        choose(self.time_in_force, fit.time_in_force.value)
        if fit.time_in_force != before:
            self._set_aside = before, fit.time_in_force.value
        self.exits.choose_class(fit.order_class)
        if fit.asset_class is AssetClass.OPTION and self.amount.chosen_kind is AmountKind.NOTIONAL:
            self.amount.choose_kind(AmountKind.QTY)
            self.quantity.clear()
        self._show_what_applies()
        self.changed.emit()

    def _bring_back_time_in_force(self) -> None:
        """A look at a coin must not leave the next share's order working for three months."""
        if self._set_aside is not None and self.time_in_force.currentData() == self._set_aside[1]:
            choose(self.time_in_force, self._set_aside[0])
        self._set_aside = None

    def use(self, preset: Preset) -> None:
        """Take the choices of a preset."""
        self.type.choose(preset.type)
        self.exits.choose(preset.exits)
        choose(self.time_in_force, preset.time_in_force.value)
        self.amount.choose_kind(preset.amount_kind)
        if preset.amount:
            self.quantity.setText(preset.amount)
        self.extended_hours.setChecked(preset.extended_hours)

    def preset(self) -> Preset:
        """The choices made now, to begin with another time."""
        return Preset(
            type=OrderType(self.type.choice),
            exits=self.exits.chosen,
            time_in_force=TimeInForce(self.time_in_force.currentData()),
            amount_kind=self.amount.chosen_kind,
            amount=self.quantity.text().strip() if self.quantity.value is not None else "",
            extended_hours=self.extended_hours.isChecked(),
        )

    def show_around(self, around: Circumstances) -> None:
        """Take what is known now: prices stand beside the fields and are where stepping starts."""
        self._around = around
        self._show_quote()
        if (around.held < 0) is not self._is_short:
            self._is_short = not self._is_short
            self._show_what_applies()
        request = self.request()
        self.amount.show_meaning(request, around)
        self.exits.show_distances(self._entry(request))
        self._allow(request)

    def request(self) -> OrderRequest:
        """What the fields say now, complete or not; a field that is not shown says nothing."""
        kind, side = OrderType(self.type.choice), Side(self.side.choice)
        order_class = self.exits.chosen.order_class
        if order_class is OrderClass.OCO:
            kind = OrderType.LIMIT
        is_trailing = kind is OrderType.TRAILING_STOP
        by_percent = self.trail_kind.currentData() == _PERCENT
        take_profit, stop_loss = self.exits.legs()
        draft = OrderRequest(
            symbol=self._symbol,
            side=side,
            type=kind,
            time_in_force=TimeInForce(self.time_in_force.currentData()),
            limit_price=self.limit_price.value if kind in (OrderType.LIMIT, OrderType.STOP_LIMIT) else None,
            stop_price=self.stop_price.value if kind in (OrderType.STOP, OrderType.STOP_LIMIT) else None,
            trail_price=self.trail.value if is_trailing and not by_percent else None,
            trail_percent=self.trail.value if is_trailing and by_percent else None,
            extended_hours=not self.extended_hours.isHidden() and self.extended_hours.isChecked(),
            order_class=order_class,
            take_profit=take_profit,
            stop_loss=stop_loss,
            position_intent=None
            if self.intent.isHidden()
            else _INTENTS.get((self.intent.currentData(), side)),
        )
        if draft.order_class is OrderClass.OCO:
            draft = replace(draft, limit_price=None)
        qty, notional = self.amount.amounts(draft, self._around)
        return replace(draft, qty=qty, notional=notional)

    def complaint(self) -> str:
        """What is wrong with the first field that says no number of this instrument; empty if none does."""
        prices = (self.limit_price, self.stop_price, *self.exits.prices)
        for field in (self.quantity, self.limit_price, self.stop_price, self.trail, *self.exits.prices):
            if field.isHidden() or (field in self.exits.prices and self.exits.isHidden()):
                continue
            found = typed_words.garbled(field.accessibleName(), field.text())
            if not found and field in prices:
                found = typed_words.off_grid(field.accessibleName(), field.value, self._symbol)
            if found:
                return found
        return ""

    def set_editable(self, editable: bool) -> None:
        """Allow or forbid every edit: while an order is on its way its terms must stay readable."""
        for control in (
            self.side,
            self.type,
            self.amount,
            self.limit_price,
            self.stop_price,
            self.trail,
            self.trail_kind,
            self.time_in_force,
            self.extended_hours,
            self.intent,
            self.exits,
        ):
            control.setEnabled(editable)

    def take_price(self, price: Decimal | None) -> None:
        """Put a price of the market where this order's price goes."""
        if price is None or not self.isEnabled():
            return
        field = self.limit_price if not self.limit_price.isHidden() else self.stop_price
        if field.isHidden() or not field.isEnabled():
            return
        field.show_value(price)
        field.setFocus(Qt.FocusReason.MouseFocusReason)

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(8)
        grid.setColumnMinimumWidth(0, LABEL_PX)
        grid.setColumnStretch(1, 1)
        self._labels: dict[QWidget, QWidget] = {self.trail: self.trail_kind}
        rows: tuple[tuple[str, QWidget], ...] = (
            (self.tr("Limit price"), self.limit_price),
            (self.tr("Stop price"), self.stop_price),
            ("", self.trail),
            (self.tr("Time in force"), self.time_in_force),
            (self.tr("Extended hours"), self.extended_hours),
            (self.tr("Position"), self.intent),
        )
        for row, (text, control) in enumerate(rows):
            if control is self.trail:
                grid.addWidget(self.trail_kind, row, 0)
            else:
                label = PlainLabel(text, tone="muted")
                label.setBuddy(control)
                grid.addWidget(label, row, 0)
                self._labels[control] = label
            grid.addWidget(control, row, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.side)
        column.addWidget(self.type)
        column.addWidget(self.amount)
        column.addLayout(grid)
        column.addWidget(self.exits)

    def _connect(self) -> None:
        self.side.chosen.connect(self._on_edit)
        self.type.chosen.connect(self._on_edit)
        for field in (self.limit_price, self.stop_price, self.trail):
            field.value_changed.connect(self._on_edit)
        for choice in (self.trail_kind, self.time_in_force, self.intent):
            choice.currentIndexChanged.connect(self._on_edit)
        self.extended_hours.toggled.connect(self._on_edit)
        self.amount.changed.connect(self._on_edit)
        self.exits.changed.connect(self._on_edit)
        self.limit_price.suffix_clicked.connect(self._take_quote)

    @Slot()
    def _on_edit(self) -> None:
        self._show_what_applies()
        self.changed.emit()

    def _show_what_applies(self) -> None:
        is_exit = self.exits.chosen.order_class is OrderClass.OCO
        kind = OrderType.LIMIT if is_exit else OrderType(self.type.choice)
        is_simple = self.exits.chosen.order_class is OrderClass.SIMPLE
        asset_class = AssetClass.of_symbol(self._symbol)
        is_share = asset_class is AssetClass.EQUITY
        may_be_either = self.side.choice == Side.SELL or self._is_short
        for control, applies in (
            (self.limit_price, kind in (OrderType.LIMIT, OrderType.STOP_LIMIT) and not is_exit),
            (self.stop_price, kind in (OrderType.STOP, OrderType.STOP_LIMIT)),
            (self.trail, kind is OrderType.TRAILING_STOP),
            (self.extended_hours, kind is OrderType.LIMIT and is_share and is_simple),
            (self.intent, asset_class is AssetClass.OPTION or (is_share and may_be_either)),
        ):
            control.setVisible(applies)
            self._labels[control].setVisible(applies)
        self.exits.setVisible(is_share)
        self._allow(self.request())

    def _allow(self, request: OrderRequest) -> None:
        """Grey out what the broker's rules exclude, with the reason; a chosen one stays and is explained."""
        if request == self._allowed_for:
            return  # prices tick far more often than terms change
        self._allowed_for = request
        for tif in TimeInForce:
            problem = why_not(request, Aspect.TIME_IN_FORCE, time_in_force=tif)
            exclude(self.time_in_force, tif.value, "" if problem is None else order_words.problem(problem))
        for kind in OrderType:
            problem = why_not(request, Aspect.TYPE, type=kind)
            button = self.type.button(kind)
            button.setEnabled(problem is None or button.isChecked())
            button.setToolTip("" if problem is None else order_words.problem(problem))
        money = replace(request, qty=None, notional=Decimal(10))
        problem = why_not(money, Aspect.NOTIONAL)
        exclude(
            self.amount.kind,
            AmountKind.NOTIONAL.value,
            "" if problem is None else order_words.problem(problem),
        )
        self.exits.allow(request)
        problem = why_not(request, Aspect.EXTENDED_HOURS, extended_hours=True)
        self.extended_hours.setEnabled(problem is None or self.extended_hours.isChecked())
        sessions = self.tr(
            "From 04:00 before the open, until 20:00 after the close and, where the broker offers it, "
            "overnight from 20:00 to 04:00, New York time."
        )
        self.extended_hours.setToolTip(sessions if problem is None else order_words.problem(problem))

    def _entry(self, request: OrderRequest) -> Decimal | None:
        if request.order_class is OrderClass.OCO:
            return self._around.market.reference
        price = expected_price(request, self._around)
        return price if price is not None and price.is_finite() else None

    def _show_quote(self) -> None:
        bid, ask = self._around.market.bid, self._around.market.ask
        is_known = bid is not None or ask is not None
        quote = f"{self._spelled(bid)} \u00d7 {self._spelled(ask)}"
        self.limit_price.set_suffix(quote if is_known else "")
        self.limit_price.setToolTip(
            self.tr("Click the bid or the ask to use it. Arrow keys move by the price grid.")
            if is_known
            else ""
        )

    def _spelled(self, price: Decimal | None) -> str:
        return figures.exact_price(price, self._symbol)

    def _spell_price(self, price: Decimal) -> str:
        return spell_price(price, self._symbol)

    @Slot(object)
    def _take_quote(self, where: float) -> None:
        market = self._around.market
        self.take_price(market.bid if where < 0.5 else market.ask)

    def _stepped(self, price: Decimal, steps: int) -> Decimal:
        instrument = self._around.instrument
        asset_class = AssetClass.of_symbol(self._symbol)
        increment = None if instrument is None else instrument.price_increment
        if asset_class is AssetClass.CRYPTO and increment is None:
            increment = Decimal("0.01")  # until the coin's own is known
        return step_price(price, steps, asset_class=asset_class, increment=increment)

    def _step_price(self, price: Decimal | None, steps: int) -> Decimal | None:
        if price is not None and price > 0:
            return self._stepped(price, steps)
        market, side = self._around.market, Side(self.side.choice)
        # An empty field starts on the side of the market where the order would rest.
        return market.bid if side is Side.BUY else market.ask

    def _step_stop(self, price: Decimal | None, steps: int) -> Decimal | None:
        if price is not None and price > 0:
            return self._stepped(price, steps)
        return market_price(Side(self.side.choice), self._around)

    def _step_trail(self, value: Decimal | None, steps: int) -> Decimal | None:
        is_money, reference = self.trail_kind.currentData() == _MONEY, self._around.market.reference
        # The stop lies on the grid of the price that it follows.
        step = tick_for(Decimal(1) if reference is None else reference) if is_money else _PERCENT_STEP
        return max(step, (value or Decimal(0)) + steps * step)
