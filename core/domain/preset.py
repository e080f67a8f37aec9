"""How a trader likes to begin an order in one symbol."""

from dataclasses import dataclass, fields
from enum import StrEnum

from core.domain.legs import OrderClass
from core.domain.order import OrderType, TimeInForce


class AmountKind(StrEnum):
    """What the number in the amount field means."""

    QTY = "qty"
    NOTIONAL = "notional"
    POWER = "power"  # percent of the buying power
    RISK = "risk"  # money lost between entry and stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """The choices of a ticket that make sense again: everything but side and prices. `amount` is as typed."""

    type: OrderType = OrderType.LIMIT
    order_class: OrderClass = OrderClass.SIMPLE
    time_in_force: TimeInForce = TimeInForce.DAY
    amount_kind: AmountKind = AmountKind.QTY
    amount: str = ""
    extended_hours: bool = False

    @classmethod
    def of_table(cls, table: object) -> "Preset | None":
        """Read a preset from the settings file; None for what is no preset of ours."""
        if not isinstance(table, dict):
            return None
        try:
            return cls(
                type=OrderType(table.get("type", "limit")),
                order_class=OrderClass(table.get("order_class", "simple")),
                time_in_force=TimeInForce(table.get("time_in_force", "day")),
                amount_kind=AmountKind(table.get("amount_kind", "qty")),
                amount=str(table.get("amount", ""))[:24],
                extended_hours=table.get("extended_hours") is True,
            )
        except ValueError:
            return None

    def table(self) -> dict[str, str | bool]:
        """Spell the preset for the settings file."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value if isinstance(value, bool) else str(value) for name, value in values.items()}
