"""The trader's own limits: what no ticket sends, however it is filled in."""

from dataclasses import replace
from decimal import Decimal

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from core.domain.limits import Limits
from core.domain.money import plain
from ui.controls.fields import FigureField
from ui.controls.labels import PlainLabel
from ui.dialogs.frame import DialogFrame
from ui.theme.theme import Theme

_PERCENT = Decimal(100)
_SHARES = ("max_power_share", "max_distance")
_MOST_ORDERS = Decimal(10_000)


class LimitsDialog(DialogFrame):
    """An empty field switches a limit off; `limits_chosen` tells the new ones."""

    limits_chosen = Signal(object)  # Limits

    def __init__(self, theme: Theme, limits: Limits, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("LimitsDialog", "My limits"), parent)
        self._limits = limits
        self.fields: dict[str, FigureField] = {}
        self.add_text(
            self.tr(
                "An order beyond any of these is not sent, on paper and live. "
                "Closing a position and cancelling are always possible. Leave a field empty for no limit."
            )
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for name, label, unit in (
            ("max_qty", self.tr("Quantity of one order"), self.tr("shares, coins, contracts")),
            ("max_value", self.tr("Value of one order"), self.tr("USD")),
            ("max_power_share", self.tr("Share of buying power"), self.tr("%")),
            ("max_distance", self.tr("Distance from last price"), self.tr("%")),
            ("max_age_s", self.tr("Age of the quote"), self.tr("s")),
            ("max_orders_a_minute", self.tr("Orders a minute"), ""),
        ):
            field = FigureField(label, theme, step=_step)
            field.spell_with(plain)
            field.set_suffix(unit)
            field.setPlaceholderText(self.tr("No limit"))
            field.show_value(self._shown(name))
            field.value_changed.connect(self._on_edit)
            title = PlainLabel(label, tone="muted")
            title.setBuddy(field)
            row = grid.rowCount()
            grid.addWidget(title, row, 0)
            grid.addWidget(field, row, 1)
            self.fields[name] = field
        self.body.addLayout(grid)
        self.out_of_hours = QCheckBox(self.tr("Allow market orders while the market is closed"))
        self.out_of_hours.setChecked(limits.market_orders_out_of_hours)
        self.body.addWidget(self.out_of_hours)
        self.says = self.add_text("")
        self.add_cancel()
        self.keep = self.add_button(self.tr("Keep"), kind="primary", is_default=True)
        self.keep.clicked.connect(self._keep)
        self._on_edit()

    @property
    def is_complete(self) -> bool:
        """Whether every field is empty or holds a number above zero."""
        return all(not field.text().strip() or (field.value or 0) > 0 for field in self.fields.values())

    def limits(self) -> Limits:
        """The limits as the fields say."""
        share, distance = self.fields["max_power_share"].value, self.fields["max_distance"].value
        rate = self.fields["max_orders_a_minute"].value
        return replace(
            self._limits,
            max_qty=self.fields["max_qty"].value,
            max_value=self.fields["max_value"].value,
            max_power_share=None if share is None else share / _PERCENT,
            max_distance=None if distance is None else distance / _PERCENT,
            max_age_s=self.fields["max_age_s"].value,
            max_orders_a_minute=None if rate is None else max(1, int(min(rate, _MOST_ORDERS))),
            market_orders_out_of_hours=self.out_of_hours.isChecked(),
        )

    def _shown(self, name: str) -> Decimal | None:
        value: Decimal | int | None = getattr(self._limits, name)
        if value is None:
            return None
        return Decimal(value) * _PERCENT if name in _SHARES else Decimal(value)

    @Slot()
    def _on_edit(self) -> None:
        self.keep.setEnabled(self.is_complete)
        self.says.show_text(
            "" if self.is_complete else self.tr("A limit is a number above zero, or nothing."), "warning"
        )

    @Slot()
    def _keep(self) -> None:
        if self.is_complete:
            limits = self.limits()
            self.accept()
            self.limits_chosen.emit(limits)


def _step(value: Decimal | None, steps: int) -> Decimal | None:
    return max(Decimal(1), (value or Decimal(0)) + steps)
