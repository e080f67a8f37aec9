"""The trader's limits as a table of the settings file.

A limit is spelled as a number, or "off". What cannot be understood falls back to the default, never to "off".
"""

from decimal import Decimal

from core.domain.limits import Limits
from core.domain.money import decimal_from_text, plain

OFF = "off"
_NUMBERS = ("max_qty", "max_value", "max_power_share", "max_distance", "max_age_s")
_RATE, _HOURS = "max_orders_a_minute", "market_orders_out_of_hours"
_MOST_ORDERS = 10_000


def limits_from_table(table: object) -> Limits:
    """Read the table; unknown names are ignored."""
    if not isinstance(table, dict):
        return Limits()
    known = Limits()
    values: dict[str, Decimal | None] = {
        name: _number(table.get(name), getattr(known, name)) for name in _NUMBERS
    }
    rate = _number(
        table.get(_RATE), None if known.max_orders_a_minute is None else Decimal(known.max_orders_a_minute)
    )
    hours = table.get(_HOURS)
    return Limits(
        max_qty=values["max_qty"],
        max_value=values["max_value"],
        max_power_share=values["max_power_share"],
        max_distance=values["max_distance"],
        max_age_s=values["max_age_s"],
        max_orders_a_minute=None if rate is None else max(1, int(min(rate, Decimal(_MOST_ORDERS)))),
        market_orders_out_of_hours=hours if isinstance(hours, bool) else known.market_orders_out_of_hours,
    )


def limits_to_table(limits: Limits) -> dict[str, str | bool]:
    """Spell the limits for the file."""
    table: dict[str, str | bool] = {}
    for name in _NUMBERS:
        value: Decimal | None = getattr(limits, name)
        table[name] = OFF if value is None else plain(value)
    table[_RATE] = OFF if limits.max_orders_a_minute is None else str(limits.max_orders_a_minute)
    table[_HOURS] = limits.market_orders_out_of_hours
    return table


def _number(found: object, default: Decimal | None) -> Decimal | None:
    if isinstance(found, str) and found.strip().lower() == OFF:
        return None
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return default
    value = decimal_from_text(found if isinstance(found, str) else repr(found))
    return default if value is None or value <= 0 else value
