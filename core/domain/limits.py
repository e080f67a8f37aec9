"""The trader's own limits: what never leaves this program, whatever the broker would take (threat model O11).

Only the figures are here, which the settings keep; the start path loads them. `limit_rules` checks orders.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """None switches a limit off. Shares of things are fractions: 0.5 is half.

    `max_qty` counts shares, coins or contracts of one order, `max_value` is its value in money,
    `max_power_share` the part of the buying power that one order may take, `max_distance` how far its prices
    may lie from the last trade, `max_age_s` how old a quote may be.
    """

    max_qty: Decimal | None = None
    max_value: Decimal | None = Decimal(250_000)
    max_power_share: Decimal | None = None
    max_distance: Decimal | None = Decimal("0.85")  # a slip of one digit is 0.9 away
    max_age_s: Decimal | None = Decimal(60)
    market_orders_out_of_hours: bool = False
    max_orders_a_minute: int | None = 60
