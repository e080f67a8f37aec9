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


class Exits(StrEnum):
    """What goes along with an order, as a trader chooses it."""

    NONE = "none"
    BOTH = "both"
    GAIN = "gain"
    LOSS = "loss"
    ONLY = "only"  # the exits of a position that exists already

    @property
    def order_class(self) -> OrderClass:
        """The class of the order that carries them."""
        return _CLASSES[self]


_CLASSES = {
    Exits.NONE: OrderClass.SIMPLE,
    Exits.BOTH: OrderClass.BRACKET,
    Exits.GAIN: OrderClass.OTO,
    Exits.LOSS: OrderClass.OTO,
    Exits.ONLY: OrderClass.OCO,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """The choices of a ticket that make sense again: everything but side and prices. `amount` is as typed."""

    type: OrderType = OrderType.LIMIT
    exits: Exits = Exits.NONE
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
                exits=Exits(table.get("exits", "none")),
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
