"""How much a ticket orders: a quantity, money, a part of the buying power, or the money a stop may cost."""

from decimal import Decimal

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.domain.circumstances import Circumstances
from core.domain.forecast import expected_price, multiplier_of
from core.domain.holding_rules import closes, free_qty
from core.domain.instrument import AssetClass
from core.domain.legs import OrderClass
from core.domain.money import plain
from core.domain.order import TimeInForce
from core.domain.preset import AmountKind
from core.domain.request import OrderRequest
from core.domain.sizing import lot_of, size_for_power, size_for_risk, step_quantity, whole_lots
from ui import figures
from ui.controls.choices import choose, label_for_ears
from ui.controls.fields import ChoiceField, FigureField
from ui.theme.theme import Theme

LABEL_PX = 100
_PERCENT = Decimal(100)
_STEPS = {AmountKind.NOTIONAL: Decimal(100), AmountKind.POWER: Decimal(5), AmountKind.RISK: Decimal(10)}


class AmountRow(QWidget):
    """The kind of amount where other rows have their label, and the number beside it."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lot = Decimal(1)
        self.kind = ChoiceField(self.tr("Kind of amount"))
        self.kind.addItem(self.tr("Quantity"), AmountKind.QTY.value)
        self.kind.addItem(self.tr("Amount"), AmountKind.NOTIONAL.value)
        self.kind.addItem(self.tr("Percent"), AmountKind.POWER.value)
        self.kind.addItem(self.tr("Risk"), AmountKind.RISK.value)
        self.kind.setFixedWidth(LABEL_PX)
        label_for_ears(self.kind, self)
        self.field = FigureField(self.tr("Quantity"), theme, step=self._step, has_stepper=True)
        self.field.spell_with(plain)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.kind)
        row.addWidget(self.field, 1)
        self.kind.currentIndexChanged.connect(self._on_kind)
        self.field.value_changed.connect(self.changed)

    @property
    def chosen_kind(self) -> AmountKind:
        """What the number means."""
        return AmountKind(self.kind.currentData())

    def choose_kind(self, kind: AmountKind) -> None:
        """Let the number mean something else."""
        choose(self.kind, kind.value)

    def amounts(self, draft: OrderRequest, around: Circumstances) -> tuple[Decimal | None, Decimal | None]:
        """The quantity and the notional of `draft`, which is complete but for these; at most one is given."""
        value, kind = self.field.value, self.chosen_kind
        if value is None or kind is AmountKind.QTY:
            return value, None
        if kind is AmountKind.NOTIONAL:
            return None, value
        price = expected_price(draft, around)
        if price is None or not price.is_finite() or price <= 0:
            return None, None
        lot = self._lot_for(draft, around)
        if kind is AmountKind.POWER:
            size = self._share(draft, around, value / _PERCENT, price, lot)
        else:
            size = _risked(draft, around, value, price, lot)
        return (size or None), None

    def show_meaning(self, request: OrderRequest, around: Circumstances) -> None:
        """Say beside the number what it counts, and what it comes to."""
        self._lot = lot_of(request.asset_class, around.instrument)
        unit = self._unit(request)
        comes_to = "" if request.qty is None else f"{figures.quantity(request.qty)} {unit}"
        match self.chosen_kind:
            case AmountKind.QTY:
                suffix = unit
            case AmountKind.NOTIONAL:
                suffix = self.tr("USD")
            case AmountKind.POWER if closes(request, around):
                suffix = " \u00b7 ".join(filter(None, (self.tr("% of position"), comes_to)))
            case AmountKind.POWER:
                suffix = " \u00b7 ".join(filter(None, (self.tr("% of power"), comes_to)))
            case _:
                needs_stop = request.stop_loss is None or request.stop_loss.stop_price is None
                missing = self.tr("needs a stop loss") if needs_stop else ""
                suffix = " \u00b7 ".join(filter(None, (self.tr("USD at risk"), missing or comes_to)))
        self.field.set_suffix(suffix)

    def _unit(self, request: OrderRequest) -> str:
        match request.asset_class:
            case AssetClass.CRYPTO:
                return request.symbol.partition("/")[0]
            case AssetClass.OPTION:
                return self.tr("contracts")
            case _:
                return self.tr("shares")

    def _lot_for(self, draft: OrderRequest, around: Circumstances) -> Decimal:
        """Sizes that we work out are whole shares: fractions are for those who type them."""
        return lot_of(draft.asset_class, around.instrument)

    def _share(
        self, draft: OrderRequest, around: Circumstances, share: Decimal, price: Decimal, lot: Decimal
    ) -> Decimal:
        if closes(draft, around):
            free = free_qty(draft, around)
            may_split = draft.time_in_force is TimeInForce.DAY and draft.order_class is OrderClass.SIMPLE
            step = lot_of(draft.asset_class, around.instrument, fractions=may_split)
            # All of it is all of it, also where it ends in a fraction.
            return free if share >= 1 else whole_lots(share * free, step if free < 1 else lot)
        account = around.account
        if account is None:
            return Decimal(0)
        special = {
            AssetClass.CRYPTO: account.non_marginable_buying_power,
            AssetClass.OPTION: account.options_buying_power,
        }.get(draft.asset_class)
        power = account.buying_power if special is None else special
        return size_for_power(share, power or Decimal(0), price * multiplier_of(draft, around), lot)

    def _step(self, value: Decimal | None, steps: int) -> Decimal | None:
        step = _STEPS.get(self.chosen_kind)
        if step is not None:
            return max(step, (value or Decimal(0)) + steps * step)
        # A coin's own increment is far too fine to step by.
        return step_quantity(value, steps) if self._lot >= 1 else _step_coin(value, steps)

    @Slot()
    def _on_kind(self) -> None:
        self.field.setAccessibleName(self.kind.currentText())
        self.changed.emit()


def _step_coin(value: Decimal | None, steps: int) -> Decimal:
    """One more or less in the last digit that stands there: 0.25 becomes 0.26."""
    current = value or Decimal(0)
    exponent = current.as_tuple().exponent
    digit = Decimal(1).scaleb(min(exponent, 0) if isinstance(exponent, int) else 0)
    moved = current + steps * digit
    return moved if moved > 0 else current or digit


def _risked(
    draft: OrderRequest, around: Circumstances, risk: Decimal, price: Decimal, lot: Decimal
) -> Decimal:
    stop = None if draft.stop_loss is None else draft.stop_loss.stop_price
    if stop is None or not stop.is_finite():
        return Decimal(0)
    return size_for_risk(risk, price, stop, lot, multiplier_of(draft, around))
