"""Other currencies than the dollar, at simulated rates."""

from collections.abc import Mapping
from typing import Any

from practice.server.reading import BadValue

# Dollars for one unit; they do not move.
RATES: Mapping[str, float] = {
    "USD": 1.0,
    "EUR": 1.0850,
    "GBP": 1.2710,
    "JPY": 0.00665,
    "CAD": 0.7290,
    "AUD": 0.6520,
    "CHF": 1.1290,
    "SEK": 0.0955,
    "NOK": 0.0936,
    "TRY": 0.0243,
    "CZK": 0.0479,
    "DKK": 0.1455,
    "SGD": 0.7720,
    "HKD": 0.1285,
    "HUF": 0.00281,
    "NZD": 0.5890,
    "PLN": 0.2560,
}
_PRICES = ("o", "h", "l", "c", "vw", "p", "bp", "ap")


def currency_of(value: str | None) -> str:
    """Read an ISO code, or raise `BadValue`."""
    code = (value or "USD").upper()
    if code not in RATES:
        raise BadValue(f"invalid currency: {code[:10]}")
    return code


def converted(fields: Any, currency: str) -> Any:
    """Bars, quotes, trades and whatever holds them with their prices in another currency."""
    if currency == "USD":
        return fields
    if isinstance(fields, list):
        return [converted(item, currency) for item in fields]
    if not isinstance(fields, dict):
        return fields
    return {
        name: round(value / RATES[currency], 4)
        if name in _PRICES and isinstance(value, int | float)
        else converted(value, currency)
        for name, value in fields.items()
    }


def labelled(body: dict[str, Any], currency: str) -> dict[str, Any]:
    """An answer with its currency, which is named only when it is not the dollar."""
    return body if currency == "USD" else {**body, "currency": currency}
