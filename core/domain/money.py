"""Exact numbers: from the wire's text, and on the grid that prices live on."""

import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Decimal, localcontext

CENT = Decimal("0.01")
SUB_DOLLAR_TICK = Decimal("0.0001")
MAX_QTY_DECIMALS = 9
_LARGEST = Decimal("1e15")
_FINEST = -30
_LONGEST = 64
# Commas count only where thousands are grouped: "1,5" may mean one and a half, and must never become 15.
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+|(?=\.\d))(?:\.\d*)?(?:[eE][+-]?\d{1,3})?", re.ASCII)


def decimal_from_text(text: str) -> Decimal | None:
    """Return the number that `text` spells, or None unless it is below 1e15 in size and not absurdly fine.

    Accepts what a person types (blanks around it, thousands commas) and what the broker sends.
    """
    cleaned = text.strip().replace("\u2212", "-")
    if len(cleaned) > _LONGEST or not _NUMBER.fullmatch(cleaned):
        return None
    number = Decimal(cleaned.replace(",", ""))
    exponent = number.as_tuple().exponent
    if abs(number) >= _LARGEST or not isinstance(exponent, int) or exponent < _FINEST:
        return None
    return number


def tick_for(price: Decimal) -> Decimal:
    """The price grid of a US share: a cent from one dollar up, a hundredth of a cent below.

    Source: protocol page section 3.9, "Prices" (SEC Rule 612).
    """
    return CENT if abs(price) >= 1 else SUB_DOLLAR_TICK


def is_on_grid(price: Decimal) -> bool:
    """Whether the broker accepts `price` as a limit or stop price of a US share."""
    with localcontext(prec=40):
        return price % tick_for(price) == 0


def on_grid(price: float | Decimal, *, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """Return the market price as a Decimal on the grid; a float goes by its shortest spelling."""
    exact = price if isinstance(price, Decimal) else Decimal(repr(price))
    return exact.quantize(tick_for(exact), rounding=rounding)


def step_price(price: Decimal, ticks: int) -> Decimal:
    """Return `price` moved by whole ticks on its own grid, never below one tick."""
    current = on_grid(price, rounding=ROUND_DOWN if ticks > 0 else ROUND_UP)
    for _ in range(abs(ticks)):
        tick = tick_for(current) if ticks > 0 else tick_for(current - SUB_DOLLAR_TICK)
        moved = current + tick if ticks > 0 else current - tick
        if moved <= 0:
            break
        current = moved
    return current


def plain(number: Decimal) -> str:
    """Spell `number` without an exponent and without trailing zeros, as the wire wants it."""
    text = format(number or abs(number), "f")  # there is no negative zero on the wire
    return text.rstrip("0").rstrip(".") if "." in text else text
