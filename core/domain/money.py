"""Exact numbers: from the wire's text, and on the grid that prices live on."""

import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Decimal, localcontext
from functools import lru_cache

from core.domain.instrument import AssetClass

CENT = Decimal("0.01")
SUB_DOLLAR_TICK = Decimal("0.0001")
MAX_QTY_DECIMALS = 9
_FINEST_COIN_TICK = Decimal("1e-12")  # some coins cost thousandths of a cent; none is known that is finer
LARGEST = Decimal("1e15")
_FINEST = -30
_LONGEST = 64
# Commas count only where thousands are grouped: "1,5" may mean one and a half, and must never become 15.
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+|(?=\.\d))(?:\.\d*)?(?:[eE][+-]?\d{1,3})?", re.ASCII)


def decimal_from_text(text: str) -> Decimal | None:
    """Return the number that `text` spells, or None unless it is below 1e15 in size and not absurdly fine.

    Accepts what a person types (blanks around it, thousands commas) and what the broker sends.
    """
    cleaned = text.strip()
    return None if len(cleaned) > _LONGEST else _number(cleaned)


@lru_cache(maxsize=4096)  # the same quantities and prices come again and again
def _number(text: str) -> Decimal | None:
    cleaned = text.replace("\u2212", "-")
    if not _NUMBER.fullmatch(cleaned):
        return None
    number = Decimal(cleaned.replace(",", ""))
    exponent = number.as_tuple().exponent
    if abs(number) >= LARGEST or not isinstance(exponent, int) or exponent < _FINEST:
        return None
    return number


def tick_for(
    price: Decimal, asset_class: AssetClass = AssetClass.EQUITY, increment: Decimal | None = None
) -> Decimal:
    """The grid on which `price` of an instrument must lie.

    A US share: a cent from one dollar up, a hundredth of a cent below (SEC Rule 612). An option: a cent, for
    the broker documents nothing coarser; an exchange may refuse what is finer than its own (docs/ticket.md).
    A coin: its own `increment`, and almost anything until that is known.
    Source: protocol page section 3.9, "Prices".
    """
    if asset_class is AssetClass.CRYPTO:
        return increment if increment is not None and increment > 0 else _FINEST_COIN_TICK
    if asset_class is AssetClass.OPTION:
        return CENT
    return CENT if abs(price) >= 1 else SUB_DOLLAR_TICK


def increment_of(price: Decimal) -> Decimal:
    """A step for a coin whose own increment is unknown: one in its last digit, at most a cent."""
    exponent = price.normalize().as_tuple().exponent
    return min(CENT, Decimal(1).scaleb(exponent)) if isinstance(exponent, int) else CENT


def is_on_grid(
    price: Decimal, asset_class: AssetClass = AssetClass.EQUITY, increment: Decimal | None = None
) -> bool:
    """Whether the broker accepts `price` as a limit or stop price; it must be below `LARGEST` in size."""
    with localcontext(prec=60):
        return price % tick_for(price, asset_class, increment) == 0


def on_grid(
    price: float | Decimal,
    *,
    rounding: str = ROUND_HALF_EVEN,
    asset_class: AssetClass = AssetClass.EQUITY,
    increment: Decimal | None = None,
) -> Decimal:
    """Return the market price as a Decimal on the grid; a float goes by its shortest spelling."""
    exact = price if isinstance(price, Decimal) else Decimal(repr(price))
    tick = tick_for(exact, asset_class, increment)
    with localcontext(prec=60):
        return (exact / tick).to_integral_value(rounding=rounding) * tick


def step_price(
    price: Decimal,
    ticks: int,
    *,
    asset_class: AssetClass = AssetClass.EQUITY,
    increment: Decimal | None = None,
) -> Decimal:
    """Return `price` moved by whole ticks on its own grid, never below one tick."""
    rounding = ROUND_DOWN if ticks > 0 else ROUND_UP
    current = on_grid(price, rounding=rounding, asset_class=asset_class, increment=increment)
    for _ in range(abs(ticks)):
        # Going down from one dollar, the next price lies on the finer grid.
        beside = current if ticks > 0 else current - SUB_DOLLAR_TICK
        tick = tick_for(beside, asset_class, increment)
        moved = current + tick if ticks > 0 else current - tick
        if moved <= 0:
            break
        current = moved
    return current


def plain(number: Decimal) -> str:
    """Spell `number` without an exponent and without trailing zeros, as the wire wants it."""
    text = format(number or abs(number), "f")  # there is no negative zero on the wire
    return text.rstrip("0").rstrip(".") if "." in text else text
