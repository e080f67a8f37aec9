"""How many to trade: for a part of the buying power, or for the money that a stop may cost."""

from decimal import ROUND_DOWN, Decimal

from core.domain.instrument import AssetClass, Instrument
from core.domain.money import MAX_QTY_DECIMALS

_FINEST = Decimal(1).scaleb(-MAX_QTY_DECIMALS)


def lot_of(
    asset_class: AssetClass, instrument: Instrument | None = None, *, fractions: bool = False
) -> Decimal:
    """The step in which quantities of an instrument come: one, or as fine as fractions go."""
    if asset_class is AssetClass.CRYPTO:
        step = None if instrument is None else instrument.min_trade_increment
        return step if step is not None and step > 0 else _FINEST
    may_split = fractions and asset_class is AssetClass.EQUITY
    return _FINEST if may_split and instrument is not None and instrument.fractionable else Decimal(1)


def whole_lots(qty: Decimal, lot: Decimal) -> Decimal:
    """`qty` rounded down to whole lots, never below zero."""
    if qty <= 0:
        return Decimal(0)
    return (qty / lot).to_integral_value(rounding=ROUND_DOWN) * lot


def size_for_power(share: Decimal, power: Decimal, unit_cost: Decimal, lot: Decimal) -> Decimal:
    """The quantity that takes `share` (0.25 is a quarter) of the buying power at `unit_cost` each."""
    if unit_cost <= 0 or share <= 0 or power <= 0:
        return Decimal(0)
    return whole_lots(min(share, Decimal(1)) * power / unit_cost, lot)


def size_for_risk(
    risk: Decimal, entry: Decimal, stop: Decimal, lot: Decimal, multiplier: Decimal = Decimal(1)
) -> Decimal:
    """The quantity that loses at most `risk` money between `entry` and `stop`; zero where they are equal."""
    distance = abs(entry - stop) * multiplier
    return Decimal(0) if distance == 0 or risk <= 0 else whole_lots(risk / distance, lot)


def step_quantity(quantity: Decimal | None, steps: int, lot: Decimal = Decimal(1)) -> Decimal:
    """Whole lots up or down, never below one; a fraction of one first goes to its whole number."""
    current = whole_lots(quantity or Decimal(0), lot)
    return max(lot, current + steps * lot)
