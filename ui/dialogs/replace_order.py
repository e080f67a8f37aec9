"""New terms for a working order: only what the broker lets one change, and exactly what will be sent."""

from decimal import Decimal

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QWidget

from core.domain.environment import Environment
from core.domain.money import plain, step_price
from core.domain.order import Order
from core.domain.request import ReplaceRequest
from core.domain.sizing import step_quantity
from ui import order_words, sentences
from ui.controls.fields import FigureField, spell_price
from ui.controls.labels import PlainLabel
from ui.dialogs.question import Question
from ui.theme.theme import Theme


def _step(price: Decimal | None, steps: int) -> Decimal | None:
    return None if price is None or price <= 0 else step_price(price, steps)


def _trail(order: Order) -> Decimal | None:
    return order.trail_price if order.trail_price is not None else order.trail_percent


def _plain_stop(order: Order) -> Decimal | None:
    """The stop that can be changed: that of a trailing order follows the market."""
    return None if _trail(order) is not None else order.stop_price


class ReplaceDialog(Question):
    """Asks for a new total quantity and new prices; what stays as it is is not sent."""

    replace_requested = Signal(object)  # ReplaceRequest

    def __init__(
        self,
        theme: Theme,
        order: Order,
        environment: Environment,
        short_number: str,
        parent: QWidget | None = None,
    ) -> None:
        # Before the base class is ready there is no `self.tr`.
        translate = QCoreApplication.translate
        super().__init__(
            theme,
            translate("ReplaceDialog", "Change this order?"),
            translate("ReplaceDialog", "Send the change"),
            parent=parent,
        )
        self._order = order
        self._fields: dict[str, FigureField] = {}
        self.add_account(environment, short_number)
        self.add_text(sentences.order_sentence(order))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for name, label, value, step in (
            ("qty", self.tr("Total quantity"), order.qty, step_quantity),
            ("limit_price", self.tr("Limit price"), order.limit_price, _step),
            ("stop_price", self.tr("Stop price"), _plain_stop(order), _step),
            ("trail", self.tr("Trailing distance"), _trail(order), _step),
        ):
            if value is None:
                continue
            field = FigureField(label, theme, step=step, has_stepper=name == "qty")
            field.spell_with(plain if name == "qty" else spell_price)
            field.show_value(value)
            field.value_changed.connect(self._on_edit)
            row = grid.rowCount()
            title = PlainLabel(label, tone="muted")
            title.setBuddy(field)
            grid.addWidget(title, row, 0)
            grid.addWidget(field, row, 1)
            self._fields[name] = field
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
        return ReplaceRequest(
            order_id=self._order.id,
            symbol=self._order.symbol,
            qty=self._changed("qty", self._order.qty),
            limit_price=self._changed("limit_price", self._order.limit_price),
            stop_price=self._changed("stop_price", self._order.stop_price),
            trail=self._changed("trail", _trail(self._order)),
        )

    def _changed(self, name: str, known: Decimal | None) -> Decimal | None:
        field = self._fields.get(name)
        return None if field is None or field.value == known else field.value

    @property
    def may_confirm(self) -> bool:
        """Whether something sensible has changed."""
        is_complete = all(field.value is not None for field in self._fields.values())
        return is_complete and not self.request().problems()

    @Slot()
    def _on_edit(self) -> None:
        self.deed.setEnabled(self.is_armed and self.may_confirm)
        request = self.request()
        if any(field.value is None for field in self._fields.values()):
            self.says.show_text(self.tr("Every field needs a number."), "warning")
        elif problems := request.problems():
            self.says.show_text(order_words.problem(problems[0]), "muted")
        else:
            terms = sentences.sent_members(request.body(""))
            listed = ", ".join(
                f"{sentences.field_label(name)} {sentences.field_value(value)}"
                for name, value in terms.items()
            )
            self.says.show_text(self.tr("Will be sent: {terms}").format(terms=listed), "text")

    @Slot()
    def _request_replace(self) -> None:
        self.replace_requested.emit(self.request())
