"""What the trader has to be told at once, because an order or position is not what it should be."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class AlarmKind(StrEnum):
    """What is wrong (threat model O10), or hidden from us."""

    OVERFILL = "overfill"  # more changed hands than the order was for
    TOTAL_FELL = "total_fell"  # the broker says less was filled than before, without saying why
    BUSTED = "busted"  # an execution was undone
    CORRECTED = "corrected"  # an execution's price or quantity was changed afterwards
    UNREADABLE_ORDER = "unreadable_order"  # the broker lists orders that this version cannot read
    UNREADABLE_POSITION = "unreadable_position"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """`filled_qty` is the broker's total, `qty` what the order was for (None for one given in money).

    Of what cannot be read there is only how many (`count`), and the ids or symbols of those that have one.
    """

    kind: AlarmKind
    order_id: str = ""
    symbol: str = ""
    qty: Decimal | None = None
    filled_qty: Decimal = Decimal(0)
    count: int = 1
    names: tuple[str, ...] = ()
