"""The exits of a ticket's order: take profit and stop loss, both in sight while they are part of it."""

from collections.abc import Callable
from decimal import Decimal

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QGridLayout, QWidget

from core.domain.choices import Aspect, why_not
from core.domain.legs import OrderClass, StopLoss, TakeProfit
from core.domain.order import OrderType
from core.domain.preset import Exits
from core.domain.request import OrderRequest
from ui import figures, order_words
from ui.controls.choices import choose, exclude
from ui.controls.fields import ChoiceField, FigureField, spell_price
from ui.controls.labels import PlainLabel
from ui.panels.ticket_amount import LABEL_PX
from ui.theme.theme import Theme

Step = Callable[[Decimal | None, int], Decimal | None]


_OF_CLASS = {
    OrderClass.SIMPLE: Exits.NONE,
    OrderClass.BRACKET: Exits.BOTH,
    OrderClass.OTO: Exits.LOSS,
    OrderClass.OCO: Exits.ONLY,
}


class ExitFields(QWidget):
    """A choice and up to three prices; knows no market but what `step` begins from."""

    changed = Signal()

    def __init__(self, theme: Theme, step: Step, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = ChoiceField(self.tr("Exits"))
        for code, text in (
            (Exits.NONE, self.tr("None")),
            (Exits.BOTH, self.tr("Bracket (profit and loss)")),
            (Exits.GAIN, self.tr("OTO (take profit)")),
            (Exits.LOSS, self.tr("OTO (stop loss)")),
            (Exits.ONLY, self.tr("OCO (exit a position)")),
        ):
            self.choice.addItem(text, code.value)
        self.choice.setMinimumContentsLength(12)
        self.choice.setSizeAdjustPolicy(ChoiceField.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.take_profit = FigureField(self.tr("Take profit"), theme, step=step, has_stepper=True)
        self.stop_loss = FigureField(self.tr("Stop loss"), theme, step=step, has_stepper=True)
        self.stop_limit = FigureField(self.tr("Stop loss limit"), theme, step=step, has_stepper=True)
        self.stop_limit.setPlaceholderText(self.tr("None: at market"))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(8)
        grid.setColumnMinimumWidth(0, LABEL_PX)
        grid.setColumnStretch(1, 1)
        self._labels: dict[QWidget, PlainLabel] = {}
        for row, (text, control) in enumerate(
            (
                (self.tr("Exits"), self.choice),
                (self.tr("Take profit"), self.take_profit),
                (self.tr("Stop loss"), self.stop_loss),
                (self.tr("Loss limit"), self.stop_limit),
            )
        ):
            label = PlainLabel(text, tone="muted")
            label.setBuddy(control)
            grid.addWidget(label, row, 0)
            grid.addWidget(control, row, 1)
            self._labels[control] = label
        for field in self.prices:
            field.spell_with(spell_price)
            field.value_changed.connect(self.changed)
        self.choice.currentIndexChanged.connect(self._on_choice)
        self._show_what_applies()

    @property
    def prices(self) -> tuple[FigureField, ...]:
        """The price fields, shown or not."""
        return (self.take_profit, self.stop_loss, self.stop_limit)

    @property
    def chosen(self) -> Exits:
        """What goes along with the order."""
        return Exits(self.choice.currentData())

    def choose(self, exits: Exits) -> None:
        """Let other exits go along."""
        choose(self.choice, exits.value)

    def choose_class(self, order_class: OrderClass) -> None:
        """Let the usual exits of a class go along."""
        if self.chosen.order_class is not order_class:
            self.choose(_OF_CLASS[order_class])

    def legs(self) -> tuple[TakeProfit | None, StopLoss | None]:
        """The legs as the fields say, complete or not."""
        exits = self.chosen
        gain = loss = None
        if exits in (Exits.BOTH, Exits.GAIN, Exits.ONLY):
            gain = TakeProfit(limit_price=self.take_profit.value)
        if exits in (Exits.BOTH, Exits.LOSS, Exits.ONLY):
            # What is no number must not go missing as if nothing had been asked for.
            limit = Decimal("NaN") if self.stop_limit.is_garbled else self.stop_limit.value
            loss = StopLoss(stop_price=self.stop_loss.value, limit_price=limit)
        return gain, loss

    def clear_prices(self) -> None:
        """Forget prices of another instrument."""
        for field in self.prices:
            field.clear()

    def show_distances(self, entry: Decimal | None) -> None:
        """Say beside each price how far it lies from where the order would fill."""
        for field in self.prices:
            price = field.value
            if entry is None or entry <= 0 or price is None:
                field.set_suffix("")
            else:
                field.set_suffix(figures.percent(price / entry - 1))

    def allow(self, request: OrderRequest) -> None:
        """Grey out the classes that do not go with the rest of the order."""
        for exits in Exits:
            kind = OrderType.LIMIT if exits is Exits.ONLY else request.type
            problem = why_not(request, Aspect.ORDER_CLASS, order_class=exits.order_class, type=kind)
            exclude(self.choice, exits.value, "" if problem is None else order_words.problem(problem))

    @Slot()
    def _on_choice(self) -> None:
        self._show_what_applies()
        self.changed.emit()

    def _show_what_applies(self) -> None:
        exits = self.chosen
        has_gain = exits in (Exits.BOTH, Exits.GAIN, Exits.ONLY)
        has_loss = exits in (Exits.BOTH, Exits.LOSS, Exits.ONLY)
        for field, applies in (
            (self.take_profit, has_gain),
            (self.stop_loss, has_loss),
            (self.stop_limit, has_loss),
        ):
            field.setVisible(applies)
            self._labels[field].setVisible(applies)
