"""Exact numbers: from the wire's text, and on the grid that prices live on."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Decimal, InvalidOperation, localcontext

CENT = Decimal("0.01")
SUB_DOLLAR_TICK = Decimal("0.0001")
MAX_QTY_DECIMALS = 9
_LARGEST = Decimal("1e15")


def decimal_from_text(text: str) -> Decimal | None:
    """Return the number that `text` spells, or None unless it is finite, plain and below 1e15 in size.

    Accepts what a person types (blanks around it, thousands commas) and what the broker sends.
    """
    cleaned = text.strip().replace(",", "").replace("\u2212", "-")
    try:
        number = Decimal(cleaned)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= _LARGEST:
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
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
