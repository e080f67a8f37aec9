"""Rules that one figure of an order must keep, whatever the rest of it says."""

from decimal import Decimal, localcontext

from core.domain.instrument import AssetClass
from core.domain.money import LARGEST, MAX_QTY_DECIMALS, is_on_grid
from core.domain.problem import Problem

# Protocol page section 3.9, "Quantities" and "Crypto specifics".
LEAST_NOTIONAL = Decimal(1)
LEAST_CRYPTO_NOTIONAL = Decimal(10)
LARGEST_CRYPTO_NOTIONAL = Decimal(200_000)
_WHOLE_PERCENT = Decimal(100)


def is_usable(number: Decimal) -> bool:
    """Whether it is a number at all, and below 1e15 in size, so that arithmetic with it is exact."""
    return number.is_finite() and abs(number) < LARGEST


def is_whole(number: Decimal) -> bool:
    """Whether there is no fraction; `number` must be usable."""
    return number == number.to_integral_value()


def has_at_most(number: Decimal, decimals: int) -> bool:
    """Whether `number`, which must be usable, can be written with so many decimals."""
    with localcontext(prec=60):
        return number % Decimal(1).scaleb(-decimals) == 0


def qty_problems(qty: Decimal | None) -> list[Problem]:
    """What is wrong with a quantity by itself."""
    if qty is None:
        return [Problem.QTY_MISSING]
    if not is_usable(qty):
        return [Problem.NUMBER_TOO_LARGE]
    if qty <= 0:
        return [Problem.QTY_NOT_POSITIVE]
    return [] if has_at_most(qty, MAX_QTY_DECIMALS) else [Problem.QTY_TOO_FINE]


def notional_problems(notional: Decimal, asset_class: AssetClass) -> list[Problem]:
    """What is wrong with an amount of money to trade for."""
    if asset_class is AssetClass.OPTION:
        return [Problem.NOTIONAL_NOT_FOR_OPTIONS]
    if not is_usable(notional):
        return [Problem.NUMBER_TOO_LARGE]
    if notional <= 0:
        return [Problem.NOTIONAL_NOT_POSITIVE]
    is_crypto = asset_class is AssetClass.CRYPTO
    if notional < (LEAST_CRYPTO_NOTIONAL if is_crypto else LEAST_NOTIONAL):
        return [Problem.NOTIONAL_TOO_SMALL]
    if is_crypto and notional > LARGEST_CRYPTO_NOTIONAL:
        return [Problem.NOTIONAL_TOO_LARGE]
    return [] if has_at_most(notional, 2) else [Problem.NOTIONAL_TOO_FINE]


def price_problems(
    price: Decimal | None, asset_class: AssetClass, *, missing: Problem, off_grid: Problem
) -> list[Problem]:
    """What is wrong with a price; a coin's own grid is not known here, only that it must be above zero."""
    if price is None:
        return [missing]
    if not is_usable(price):
        return [Problem.NUMBER_TOO_LARGE]
    if price <= 0:
        return [Problem.PRICE_NOT_POSITIVE]
    return [] if is_on_grid(price, asset_class) else [off_grid]


def trail_problems(trail_price: Decimal | None, trail_percent: Decimal | None) -> list[Problem]:
    """What is wrong with the distance of a trailing stop: exactly one spelling of it is given."""
    if trail_price is not None and trail_percent is not None:
        return [Problem.TRAIL_BOTH]
    trail = trail_price if trail_price is not None else trail_percent
    if trail is None:
        return [Problem.TRAIL_MISSING]
    if not is_usable(trail):
        return [Problem.NUMBER_TOO_LARGE]
    if trail <= 0:
        return [Problem.TRAIL_NOT_POSITIVE]
    if trail_price is not None and not is_on_grid(trail):
        return [Problem.TRAIL_OFF_GRID]
    if trail_percent is not None and trail >= _WHOLE_PERCENT:
        return [Problem.TRAIL_PERCENT_TOO_LARGE]
    return [] if has_at_most(trail, 4) else [Problem.TRAIL_OFF_GRID]
