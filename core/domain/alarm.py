"""What the trader has to be told at once, because an order is not what it should be."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class AlarmKind(StrEnum):
    """What is wrong (threat model O10)."""

    OVERFILL = "overfill"  # more changed hands than the order was for
    TOTAL_FELL = "total_fell"  # the broker says less was filled than before, without saying why
    BUSTED = "busted"  # an execution was undone
    CORRECTED = "corrected"  # an execution's price or quantity was changed afterwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """`filled_qty` is the broker's total, `qty` what the order was for (None for one given in money)."""

    kind: AlarmKind
    order_id: str
    symbol: str
    qty: Decimal | None
    filled_qty: Decimal
