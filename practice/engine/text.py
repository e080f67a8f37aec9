"""Decimals as the broker writes them."""

from decimal import Decimal


def plain(value: Decimal) -> str:
    """Without exponent and without trailing zeros: 100, 0.5, 0.000615847."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
