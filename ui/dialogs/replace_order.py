"""New terms for a working order: only what the broker lets one change, and exactly what will be sent."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QWidget

from core.domain.choices import Aspect, why_not
from core.domain.environment import Environment
from core.domain.finding import Finding
from core.domain.instrument import AssetClass
from core.domain.money import CENT, increment_of, plain, step_price
from core.domain.order import Order, TimeInForce
from core.domain.problem import Problem
from core.domain.replacement import after_change, change_problems
from core.domain.request import ReplaceRequest
from core.domain.sizing import step_quantity
from ui import finding_words, order_words, sentences, words
from ui.controls.choices import choose, exclude
from ui.controls.fields import ChoiceField, FigureField, spell_price
from ui.controls.labels import PlainLabel
from ui.dialogs.question import Question
from ui.theme.theme import Theme


def _nothing_found(_change: ReplaceRequest) -> Sequence[Finding]:
    return ()


class ReplaceDialog(Question):
    """Asks for a new total quantity, prices, trailing distance and time; what stays as it is is not sent.

    `check` tells what the trader's own limits say of the order as it would become.
    """

    replace_requested = Signal(object)  # ReplaceRequest

    def __init__(
        self,
        theme: Theme,
        order: Order,
        environment: Environment,
        short_number: str,
        parent: QWidget | None = None,
        *,
        check: Callable[[ReplaceRequest], Sequence[Finding]] = _nothing_found,
    ) -> None:
        # Before the base class is ready there is no `self.tr`.
        translate = QCoreApplication.translate
        super().__init__(
            theme,
            translate("ReplaceDialog", "Change this order?"),
            translate("ReplaceDialog", "Send the change"),
            parent=parent,
        )
        self._order, self._check = order, check
        self._fields: dict[str, FigureField] = {}
        self.add_account(environment, short_number)
        self.add_text(sentences.order_sentence(order))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for name, label, value, step in (
            ("qty", self.tr("Total quantity"), order.qty, step_quantity),
            ("limit_price", self.tr("Limit price"), order.limit_price, self._step),
            ("stop_price", self.tr("Stop price"), self._stop, self._step),
            ("trail", self._trail_label(order), self._trail, _step_trail),
        ):
            if value is None:
                continue
            field = FigureField(label, theme, step=step, has_stepper=True)
            field.spell_with(plain if name == "qty" else partial(spell_price, symbol=order.symbol))
            field.show_value(value)
            field.value_changed.connect(self._on_edit)
            row = grid.rowCount()
            title = PlainLabel(label, tone="muted")
            title.setBuddy(field)
            grid.addWidget(title, row, 0)
            grid.addWidget(field, row, 1)
            self._fields[name] = field
        self.time_in_force = self._times()
        title = PlainLabel(self.tr("Time in force"), tone="muted")
        title.setBuddy(self.time_in_force)
        grid.addWidget(title, grid.rowCount(), 0)
        grid.addWidget(self.time_in_force, grid.rowCount() - 1, 1)
        self.body.addLayout(grid)
        self.says = self.add_text("")
        self.add_text(
            self.tr(
                "The broker makes a new order of it. If the old one fills first, the fill stands "
                "and the change is refused."
            )
        )
        self.confirmed.connect(self._request_replace)
        self._on_edit()
        # The price is what is changed most; the last field is the stop's where there is one.
        first = list(self._fields.values())[-1]
        first.setFocus()
        first.selectAll()

    def field(self, name: str) -> FigureField:
        """The entry of `qty`, `limit_price` or `stop_price`; KeyError where the order has none."""
        return self._fields[name]

    def request(self) -> ReplaceRequest:
        """The changed terms only."""
        chosen = self.time_in_force.currentData()
        return ReplaceRequest(
            order_id=self._order.id,
            symbol=self._order.symbol,
            qty=self._changed("qty", self._order.qty),
            time_in_force=None if chosen == self._order.time_in_force else TimeInForce(chosen),
            limit_price=self._changed("limit_price", self._order.limit_price),
            stop_price=self._changed("stop_price", self._stop),
            trail=self._changed("trail", self._trail),
        )

    def objection(self) -> str:
        """Why the change cannot be sent, in words; empty when it can."""
        if any(field.value is None for field in self._fields.values()):
            return self.tr("Every field needs a number.")
        request = self.request()
        if problems := request.problems():
            return order_words.problem(problems[0])
        if changes := change_problems(self._order, request):
            return order_words.change_problem(changes[0])
        stopping = [finding for finding in self._check(request) if finding.verdict.stops]
        return finding_words.sentence(stopping[0]) if stopping else ""

    @property
    def may_confirm(self) -> bool:
        """Whether something sensible has changed."""
        return not self.objection()

    def _changed(self, name: str, known: Decimal | None) -> Decimal | None:
        field = self._fields.get(name)
        return None if field is None or field.value == known else field.value

    @property
    def _stop(self) -> Decimal | None:
        """The stop that can be changed: that of a trailing order follows the market."""
        return None if self._trail is not None else self._order.stop_price

    @property
    def _trail(self) -> Decimal | None:
        order = self._order
        return order.trail_price if order.trail_price is not None else order.trail_percent

    def _trail_label(self, order: Order) -> str:
        return self.tr("Trail by $") if order.trail_price is not None else self.tr("Trail by %")

    def _step(self, price: Decimal | None, steps: int) -> Decimal | None:
        if price is None or price <= 0:
            return None
        asset_class = AssetClass.of_symbol(self._order.symbol)
        before = self._order.limit_price or self._order.stop_price or price
        increment = increment_of(before) if asset_class is AssetClass.CRYPTO else None
        return step_price(price, steps, asset_class=asset_class, increment=increment)

    def _times(self) -> ChoiceField:
        """Every time in force; those that do not go with the order are greyed out with the reason."""
        field = ChoiceField(self.tr("Time in force"))
        now = after_change(self._order, ReplaceRequest(order_id=self._order.id))
        for tif in TimeInForce:
            field.addItem(words.time_in_force(tif), tif.value)
            problem = None if now is None else why_not(now, Aspect.TIME_IN_FORCE, time_in_force=tif)
            if problem is not None and tif != self._order.time_in_force:
                exclude(field, tif.value, order_words.problem(problem))
        if field.findData(self._order.time_in_force) < 0:
            field.addItem(words.outside_text(self._order.time_in_force), self._order.time_in_force)
        choose(field, self._order.time_in_force)
        field.currentIndexChanged.connect(self._on_edit)
        return field

    @Slot()
    def _on_edit(self) -> None:
        objection = self.objection()
        self.deed.setEnabled(self.is_armed and not objection)
        request = self.request()
        if objection:
            is_bad = not all(problem is Problem.NOTHING_CHANGED for problem in request.problems())
            self.says.show_text(objection, "warning" if is_bad or not request.problems() else "muted")
            return
        listed = ", ".join(
            f"{sentences.field_label(name)} {sentences.field_value(value)}"
            for name, value in sentences.sent_members(request.body("")).items()
        )
        self.says.show_text(self.tr("Will be sent: {terms}").format(terms=listed), "text")

    @Slot()
    def _request_replace(self) -> None:
        self.replace_requested.emit(self.request())


def _step_trail(value: Decimal | None, steps: int) -> Decimal | None:
    return max(CENT, (value or Decimal(0)) + steps * CENT)
