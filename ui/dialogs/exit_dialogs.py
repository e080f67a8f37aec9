"""Leaving a position in part, or with exits that wait: asked about with exactly what will be sent."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from core.domain.environment import Environment
from core.domain.finding import Finding
from core.domain.instrument import AssetClass, Instrument
from core.domain.money import plain, step_price
from core.domain.order import TimeInForce
from core.domain.position import Position
from core.domain.protection import Exit, ExitProblem, exit_problems, exit_request, exits_for, result_at
from core.domain.request import OrderRequest, closing_request
from core.domain.sizing import lot_of, step_quantity, whole_lots
from ui import figures, finding_words, order_words, sentences
from ui.controls.buttons import ActionButton
from ui.controls.fields import FigureField, spell_price
from ui.controls.labels import PlainLabel
from ui.controls.segmented import Segment, SegmentedControl
from ui.dialogs.question import Question
from ui.dialogs.terms import TermsTable
from ui.instrument_words import short_name
from ui.theme.theme import Theme

_SHARES = (25, 50, 75, 100)
_PERCENT = Decimal(100)
_WIDTH_PX = 540
Judge = Callable[[OrderRequest], Finding | None]


class ExitQuestion(Question):
    """A question whose order is typed in it; the terms listed are those that are sent."""

    order_confirmed = Signal(object)  # OrderRequest

    def __init__(
        self,
        theme: Theme,
        heading: str,
        position: Position,
        environment: Environment,
        short_number: str,
        judge: Judge,
        instrument: Instrument | None,
        parent: QWidget | None = None,
    ) -> None:
        kind = "buy" if position.is_short else "sell"
        deed = QCoreApplication.translate("ExitQuestion", "Send")
        super().__init__(theme, heading, deed, kind=kind, parent=parent)
        self.position, self._judge, self._instrument = position, judge, instrument
        self._asset_class = AssetClass.of_symbol(position.market_symbol)
        has_fraction = position.qty != position.qty.to_integral_value()
        self.lot = lot_of(self._asset_class, instrument, fractions=has_fraction)
        self.setMinimumWidth(_WIDTH_PX)
        self.add_account(environment, short_number)
        self.qty = self._quantity_field(position.closable_qty)
        self._fields = QGridLayout()
        self._fields.setHorizontalSpacing(12)
        self._fields.setVerticalSpacing(8)
        self._fields.setColumnStretch(1, 1)
        self._labels: dict[QWidget, PlainLabel] = {}
        self.body.addLayout(self._fields)
        self.terms = TermsTable(theme, {})
        self._listed: dict[str, str | bool] = {}
        self.says = PlainLabel("", tone="muted", wrap=True)

    def finish(self) -> None:
        """Add what stands under the fields, and show the order as it is; for the end of `__init__`."""
        self.body.addWidget(self.terms)
        self.body.addWidget(self.says)
        self.confirmed.connect(self._send)
        self.refresh()

    def request(self) -> OrderRequest:
        """The order as the fields say, complete or not."""
        raise NotImplementedError

    def objection(self) -> str:
        """Why it must not be sent, besides the order's own problems; empty when it may."""
        return ""

    def remark(self) -> str:
        """What the trader should know of an order that may be sent."""
        return ""

    @property
    def may_confirm(self) -> bool:
        """Whether the order is complete, and nobody objects."""
        return not self._why_not()

    def add_field(self, label: str, field: QWidget) -> None:
        """Add a line to the fields."""
        title = PlainLabel(label, tone="muted")
        title.setBuddy(field)
        row = self._fields.rowCount()
        self._fields.addWidget(title, row, 0)
        self._fields.addWidget(field, row, 1)
        self._labels[field] = title

    def show_field(self, field: QWidget, *, is_shown: bool) -> None:
        """Show or hide a line of the fields."""
        field.setVisible(is_shown)
        self._labels[field].setVisible(is_shown)

    def price_field(self, label: str) -> FigureField:
        """A field that steps on the instrument's own grid, from the mark where it is empty."""
        field = FigureField(label, self.theme, step=self._step)
        field.spell_with(partial(spell_price, symbol=self.position.symbol))
        field.value_changed.connect(self.refresh)
        return field

    @property
    def mark(self) -> Decimal | None:
        """The price that steps begin from; subclasses know one."""
        return self.position.current_price

    @Slot()
    def refresh(self) -> None:
        """Say again what will be sent, or why it cannot."""
        reason = self._why_not()
        self.deed.setEnabled(self.is_armed and not reason)
        request = self.request()
        is_complete = not request.problems()
        terms = sentences.sent_members(request.body("")) if is_complete else {}
        self.terms.setVisible(is_complete)
        if terms != self._listed:
            self._listed = terms
            self.terms.replace(terms)
        self.deed.show_text(sentences.request_sentence(request))
        self.says.show_text(reason or self.remark(), "warning" if reason else "muted")

    def _why_not(self) -> str:
        request = self.request()
        if problems := request.problems():
            return order_words.problem(problems[0])
        if own := self.objection():
            return own
        finding = self._judge(request)
        return "" if finding is None or not finding.verdict.stops else finding_words.sentence(finding)

    def _quantity_field(self, most: Decimal) -> FigureField:
        def step(quantity: Decimal | None, steps: int) -> Decimal | None:
            return min(most, step_quantity(quantity, steps, max(self.lot, Decimal(1))))

        field = FigureField(self.tr("Quantity"), self.theme, step=step, has_stepper=True)
        field.spell_with(plain)
        field.set_suffix(self.tr("of {qty}").format(qty=figures.quantity(most)))
        field.value_changed.connect(self.refresh)
        return field

    def _step(self, price: Decimal | None, steps: int) -> Decimal | None:
        start = self.mark if price is None or price <= 0 else price
        if start is None or start <= 0:
            return None
        increment = None if self._instrument is None else self._instrument.price_increment
        return step_price(start, steps, asset_class=self._asset_class, increment=increment)

    @Slot()
    def _send(self) -> None:
        self.order_confirmed.emit(self.request())


class ClosePartDialog(ExitQuestion):
    """Closes a quantity, or a share of what is free, at market."""

    def __init__(
        self,
        theme: Theme,
        position: Position,
        environment: Environment,
        short_number: str,
        judge: Judge,
        instrument: Instrument | None,
        parent: QWidget | None = None,
    ) -> None:
        heading = QCoreApplication.translate("ClosePartDialog", "Close a part of {symbol}?").format(
            symbol=short_name(position.symbol)
        )
        super().__init__(theme, heading, position, environment, short_number, judge, instrument, parent)
        self.add_field(self.tr("Quantity"), self.qty)
        row = QHBoxLayout()
        self.shares: dict[int, ActionButton] = {}
        for share in _SHARES:
            button = ActionButton(f"{share} %")
            button.setAccessibleName(self.tr("{share} percent of what is free").format(share=share))
            button.clicked.connect(lambda _checked=False, share=share: self.choose_share(share))
            row.addWidget(button)
            self.shares[share] = button
        self.body.addLayout(row)
        self.finish()
        self.choose_share(_SHARES[1])
        self.qty.setFocus()

    def choose_share(self, share: int) -> None:
        """Take a share of what is free, in percent, rounded down to what can be traded; 100 is exact."""
        free = self.position.closable_qty
        part = free if share == _SHARES[-1] else whole_lots(free * share / _PERCENT, self.lot)
        self.qty.show_value(part)

    def request(self) -> OrderRequest:
        return closing_request(self.position, self.qty.value or Decimal(0))

    def objection(self) -> str:
        value = self.qty.value
        if value is not None and value > self.position.closable_qty:
            return self.tr("Only {qty} are free to be closed.").format(
                qty=figures.quantity(self.position.closable_qty)
            )
        return ""

    def remark(self) -> str:
        left = abs(self.position.qty) - (self.qty.value or Decimal(0))
        return self.tr("A market order: it fills at whatever price the market gives. {qty} stay.").format(
            qty=figures.quantity(left)
        )


class ProtectDialog(ExitQuestion):
    """Adds a take profit, a stop loss, or both as one OCO group."""

    def __init__(
        self,
        theme: Theme,
        position: Position,
        environment: Environment,
        short_number: str,
        judge: Judge,
        instrument: Instrument | None,
        mark: Decimal | None,
        parent: QWidget | None = None,
    ) -> None:
        heading = QCoreApplication.translate("ProtectDialog", "Protect {symbol}?").format(
            symbol=short_name(position.symbol)
        )
        super().__init__(theme, heading, position, environment, short_number, judge, instrument, parent)
        self._mark = mark
        names = {
            Exit.BOTH: self.tr("Both (OCO)"),
            Exit.GAIN: self.tr("Take profit"),
            Exit.LOSS: self.tr("Stop loss"),
        }
        self.kind = SegmentedControl(
            self.tr("Which exits"), [Segment(kind.value, names[kind]) for kind in exits_for(position)]
        )
        self.kind.setFixedHeight(32)
        self.gain = self.price_field(self.tr("Take profit"))
        self.loss = self.price_field(self.tr("Stop loss"))
        self.loss_limit = self.price_field(self.tr("Stop loss limit"))
        self._is_coin = self._asset_class is AssetClass.CRYPTO
        self.loss_limit.setPlaceholderText(
            self.tr("The worst price to leave at") if self._is_coin else self.tr("None: at market")
        )
        self.time = SegmentedControl(
            self.tr("How long it works"),
            [Segment(TimeInForce.GTC.value, self.tr("Good till cancelled"))]
            + ([] if self._is_coin else [Segment(TimeInForce.DAY.value, self.tr("Day"))]),
        )
        self.time.setFixedHeight(32)
        for label, field in (
            (self.tr("Exits"), self.kind),
            (self.tr("Quantity"), self.qty),
            (self.tr("Take profit"), self.gain),
            (self.tr("Stop loss"), self.loss),
            (self.tr("Loss limit"), self.loss_limit),
            (self.tr("Works"), self.time),
        ):
            self.add_field(label, field)
        self.qty.show_value(position.closable_qty)
        self.finish()
        self.kind.chosen.connect(self._on_kind)
        self.time.chosen.connect(self.refresh)
        self._on_kind()
        self.gain.setFocus()

    @property
    def mark(self) -> Decimal | None:
        return self._mark

    @property
    def exits(self) -> Exit:
        """Which exits are chosen."""
        return Exit(self.kind.choice)

    def request(self) -> OrderRequest:
        return exit_request(
            self.position,
            self.exits,
            qty=self.qty.value,
            gain=self.gain.value,
            loss=self.loss.value,
            loss_limit=Decimal("NaN") if self.loss_limit.is_garbled else self.loss_limit.value,
            time_in_force=TimeInForce(self.time.choice),
        )

    def objection(self) -> str:
        problems = exit_problems(
            self.position,
            self.exits,
            qty=self.qty.value,
            gain=self.gain.value,
            loss=self.loss.value,
            mark=self._mark,
        )
        texts = {
            ExitProblem.GAIN_WRONG_SIDE: self.tr("The take profit lies where it would fill at once."),
            ExitProblem.LOSS_WRONG_SIDE: self.tr("The stop loss lies where it would leave at once."),
            ExitProblem.GROUP_NEEDS_WHOLE: self.tr("Both exits together take whole shares only."),
            ExitProblem.QTY_ABOVE_FREE: self.tr("Only {qty} are free: other orders hold the rest.").format(
                qty=figures.quantity(self.position.closable_qty)
            ),
        }
        return texts[problems[0]] if problems else ""

    def remark(self) -> str:
        if self.exits is Exit.BOTH:
            return self.tr("When one fills, the broker cancels the other.")
        return self.tr("It waits at the broker until its price is reached, or you cancel it.")

    @Slot()
    def refresh(self) -> None:
        super().refresh()
        qty = self.qty.value
        for field in (self.gain, self.loss):
            price = field.value
            if qty is None or price is None or price <= 0:
                field.set_suffix("")
            else:
                earned = result_at(self.position, price, qty)
                field.set_suffix(figures.signed_money(earned))

    @Slot()
    def _on_kind(self) -> None:
        exits = self.exits
        self.show_field(self.gain, is_shown=exits is not Exit.LOSS)
        for field in (self.loss, self.loss_limit):
            self.show_field(field, is_shown=exits is not Exit.GAIN)
        self.refresh()
