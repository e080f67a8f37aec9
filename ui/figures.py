"""Numbers, ages and times as a trader reads them: one spelling for the whole program.

A missing figure is an em dash, minus is a real minus sign, and thousands are set apart by commas.
"""

import math
from datetime import datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from core.domain.instrument import AssetClass

Number = Decimal | float

MINUS = "\u2212"
MISSING = "\u2014"
UP_ARROW = "\u25b2"
NOT_EQUAL = "\u2260"
DOWN_ARROW = "\u25bc"
MARKET_ZONE = "America/New_York"

_S_PER_MINUTE = 60
_S_PER_HOUR = 3600
_S_PER_DAY = 86_400
_SHOWN_IN_TENTHS_S = 10
_CENTS = 2
_SUB_DOLLAR_PLACES = 4
_DIGITS = 5  # that a price below a dollar shows at the least, wherever they begin
_MOST_PLACES = 12


def fixed(value: Number | None, places: int, *, sign: bool = False) -> str:
    """`value` with exactly `places` decimals; `sign` shows a plus too. Nothing rounds to a signed zero."""
    if value is None:
        return MISSING
    text = f"{abs(value):,.{places}f}"
    if not any(digit in text for digit in "123456789"):
        return text
    if value < 0:
        return MINUS + text
    return "+" + text if sign else text


def money(value: Number | None, places: int = 2, *, sign: bool = False) -> str:
    """An amount of money, without its currency: `100,482.16`, `−4,021.50`, `+92.40`."""
    return fixed(value, places, sign=sign)


def _least_places(symbol: str) -> int:
    """How many decimals a price below a dollar has at the least: options are priced in cents."""
    return _CENTS if AssetClass.of_symbol(symbol) is AssetClass.OPTION else _SUB_DOLLAR_PLACES


def price(value: Number | None, symbol: str = "") -> str:
    """A price of the market, or an average, as it is read: two decimals from one dollar up, four below.

    Some coins cost thousandths of a cent: below a dollar there are as many decimals as show five digits.
    The price of `symbol`, where that is an option's, has only the decimals that it has, two at the least.
    """
    if value is None:
        return MISSING
    size = abs(float(value))
    if not 0 < size < 1:
        return fixed(value, _CENTS)
    places = min(_MOST_PLACES, max(_SUB_DOLLAR_PLACES, _DIGITS - 1 - math.floor(math.log10(size))))
    whole, _, decimals = fixed(value, places).partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(_least_places(symbol), '0')}"


def exact_price(value: Decimal | None, symbol: str = "") -> str:
    """A price that somebody asked for, never rounded: `price`, with more decimals where it has more."""
    if value is None:
        return MISSING
    return fixed(value, price_places(value, symbol=symbol))


def price_places(value: Decimal, beside: Decimal | None = None, symbol: str = "") -> int:
    """How many decimals show all of a price, or of a difference to the price `beside`."""
    exponent = value.normalize().as_tuple().exponent
    exact = -exponent if isinstance(exponent, int) else 0
    least = _least_places(symbol) if 0 < abs(value if beside is None else beside) < 1 else _CENTS
    return min(_MOST_PLACES, max(least, exact))


def distance(gap: Decimal, beside: Decimal, symbol: str = "") -> str:
    """How far apart two prices are, with as many decimals as the price `beside` it shows, or more."""
    return fixed(gap, price_places(gap, beside, symbol))


def percent(fraction: Number | None, places: int = 2, *, sign: bool = True) -> str:
    """A fraction as a percentage: 0.0128 is `+1.28 %`."""
    return MISSING if fraction is None else f"{fixed(fraction * 100, places, sign=sign)} %"


def quantity(value: Number | None) -> str:
    """A number of shares or coins, with no more decimals than it has: `1,500`, `0.25`, `−10`."""
    if value is None:
        return MISSING
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    text = f"{abs(exact):,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return MINUS + text if exact < 0 else text


def about(value: Decimal) -> str:
    """A number of shares or coins where there is little room: `40`, `0.75`, `≈2.06`, `<0.01`."""
    exact = quantity(value)
    rounded = round(value, 2)
    if rounded == value:
        return exact
    return f"≈{quantity(rounded)}" if rounded else "<0.01"


def direction(value: Number | None) -> int:
    """1 for gain, -1 for loss, 0 for neither."""
    if not value:
        return 0
    return 1 if value > 0 else -1


def arrow(value: Number | None) -> str:
    """The second sign of gain and loss beside the colour; empty for zero and for nothing."""
    return ("", UP_ARROW, DOWN_ARROW)[direction(value)]


def signed_money(value: Number | None, places: int = 2) -> str:
    """Gain or loss with arrow and sign: `▲ +92.40`."""
    return " ".join(filter(None, (arrow(value), money(value, places, sign=True))))


def signed_percent(fraction: Number | None, places: int = 2) -> str:
    """Relative gain or loss with arrow and sign: `▼ −0.42 %`."""
    return " ".join(filter(None, (arrow(fraction), percent(fraction, places))))


def for_ears(text: str) -> str:
    """A text for ears, with the signs that screen readers swallow as words: `▼ −4.50` is `minus 4.50`."""
    if text == MISSING:
        return "none"
    return " ".join(_spoken_word(word) for word in text.split() if word not in (UP_ARROW, DOWN_ARROW))


def _spoken_word(word: str) -> str:
    if word == NOT_EQUAL:
        return "differs"
    sign = {MINUS: "minus ", "+": "plus "}.get(word[0], "") if len(word) > 1 else ""
    return sign + word[1:] if sign else word


def age(seconds: float | None) -> str:
    """How long ago, as short as it may be: `0.2 s`, `22 s`, `3 min`, `2 h`, `4 d`."""
    if seconds is None:
        return MISSING
    if seconds < _SHOWN_IN_TENTHS_S:
        return f"{seconds:.1f} s"
    if seconds < _S_PER_MINUTE:
        return f"{int(seconds)} s"
    if seconds < _S_PER_HOUR:
        return f"{int(seconds // _S_PER_MINUTE)} min"
    if seconds < _S_PER_DAY:
        return f"{int(seconds // _S_PER_HOUR)} h"
    return f"{int(seconds // _S_PER_DAY)} d"


def countdown(seconds: float) -> str:
    """Time left as `2:14:08`, never below zero; whole days in front when there are some."""
    whole = max(0, int(seconds))
    days, rest = divmod(whole, _S_PER_DAY)
    hours, rest = divmod(rest, _S_PER_HOUR)
    minutes, left = divmod(rest, _S_PER_MINUTE)
    clock = f"{hours}:{minutes:02d}:{left:02d}"
    return f"{days} d {clock}" if days else clock


@cache
def market_zone() -> ZoneInfo:
    """The zone in which exchange times are shown: New York."""
    return ZoneInfo(MARKET_ZONE)


def market_time(at: datetime, *, milliseconds: bool = False) -> str:
    """An aware time as the exchange's wall clock: `13:45:52`."""
    local = at.astimezone(market_zone())
    return f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}" if milliseconds else f"{local:%H:%M:%S}"


def local_time(at: datetime, *, milliseconds: bool = False) -> str:
    """An aware time on this computer's wall clock."""
    local = at.astimezone()
    return f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}" if milliseconds else f"{local:%H:%M:%S}"


def rate(per_second: float | None) -> str:
    """Messages a second: `1,284`, and one decimal while there are few."""
    if per_second is None:
        return MISSING
    return f"{per_second:.1f}" if 0 < per_second < _SHOWN_IN_TENTHS_S else f"{per_second:,.0f}"


def milliseconds(value: float | None, *, sign: bool = False) -> str:
    """A short duration: `41 ms`, `3.1 ms`."""
    if value is None:
        return MISSING
    return f"{fixed(value, 1 if abs(value) < _SHOWN_IN_TENTHS_S else 0, sign=sign)} ms"
