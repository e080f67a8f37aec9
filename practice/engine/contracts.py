"""Which option contracts there are: the symbols of OCC, the weeks they expire, the strikes they have.

A rule here depends on the day and the underlying's price alone; what a contract is worth is another matter.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from practice.engine.exchange_days import LAST_YEAR, closing_time

Right = Literal["call", "put"]

MOST_STRIKE = Decimal("99999.999")
_SYMBOL = re.compile(r"([A-Z]{1,6})(\d{2})(\d{2})(\d{2})([CP])(\d{8})")
_WEEKS, _MONTHS, _YEARS = 6, 3, 2
_FIRST, _LAST = date(2016, 1, 1), date(LAST_YEAR + _YEARS, 12, 31)  # as far as prices reach, and chains
_STEPS = (  # below this price strikes are that far apart
    (Decimal(12), Decimal("0.5")),
    (Decimal(90), Decimal(1)),
    (Decimal(180), Decimal("2.5")),
    (Decimal(1000), Decimal(5)),
    (Decimal(3000), Decimal(10)),
)
_WIDEST = Decimal(25)
_NEAR, _FAR = Decimal("0.12"), Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Terms:
    """What the symbol of a contract says."""

    root: str
    expiry: date
    right: Right
    strike: Decimal

    @property
    def symbol(self) -> str:
        thousandths = int(self.strike * 1000)
        return f"{self.root}{self.expiry:%y%m%d}{self.right[0].upper()}{thousandths:08d}"


def terms_of(symbol: str) -> Terms | None:
    """Read an OCC symbol without padding; None for anything else."""
    match = _SYMBOL.fullmatch(symbol)
    if match is None:
        return None
    root, year, month, day, letter, thousandths = match.groups()
    try:
        expiry = date(2000 + int(year), int(month), int(day))
    except ValueError:
        return None
    return Terms(root, expiry, "call" if letter == "C" else "put", Decimal(thousandths) / 1000)


def strike_step(price: Decimal) -> Decimal:
    """How far apart the strikes of an underlying are whose usual price this is."""
    return next((step for limit, step in _STEPS if price < limit), _WIDEST)


def could_be_listed(terms: Terms, usual_price: Decimal) -> bool:
    """Whether a contract of these terms is listed at some time; a chain lists fewer."""
    if not usual_price / 5 <= terms.strike <= usual_price * 5 or terms.strike % strike_step(usual_price):
        return False
    if not _FIRST <= terms.expiry <= _LAST:
        return False
    monday = terms.expiry - timedelta(days=terms.expiry.weekday())
    return terms.expiry == week_s_expiry(monday)


@lru_cache(maxsize=2048)
def week_s_expiry(monday: date) -> date:
    """The last trading day of a week."""
    days = (monday + timedelta(days=n) for n in (4, 3, 2, 1))
    return next((day for day in days if closing_time(day)), monday)


def _third_friday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)


def expiries(today: date) -> list[date]:
    """The expiries that are listed on a day: weeks, then months, quarters, and two Januaries."""
    monday = today - timedelta(days=today.weekday())
    found = {week_s_expiry(monday + timedelta(weeks=n)) for n in range(_WEEKS + 1)}
    for ahead in range(12 * (_YEARS + 1)):
        year, month = today.year + (today.month - 1 + ahead) // 12, (today.month - 1 + ahead) % 12 + 1
        if ahead <= _MONTHS or (ahead <= 12 and month % 3 == 0) or month == 1:
            friday = _third_friday(year, month)
            found.add(week_s_expiry(friday - timedelta(days=friday.weekday())))
    return sorted(day for day in found if day >= today)


def strikes(price: Decimal, usual_price: Decimal, days_left: int) -> list[Decimal]:
    """The strikes around a price: every step nearby, every second or fifth further out in price or time."""
    step = strike_step(usual_price)
    far = min(_FAR, Decimal("0.3") + Decimal(days_left) / 300)
    first, last = int(price * (1 - far) / step), int(price * (1 + far) / step) + 1
    coarse = 2 if days_left < 120 else 5
    return [
        step * n
        for n in range(max(first, 1), last + 1)
        if (abs(step * n - price) <= price * _NEAR and coarse == 2) or n % coarse == 0
    ]


def listed(root: str, today: date, price: Decimal, usual_price: Decimal) -> list[Terms]:
    """Every contract of an underlying that is listed on a day, by expiry, right and strike."""
    found: list[Terms] = []
    for expiry in expiries(today):
        around = strikes(price, usual_price, (expiry - today).days)
        calls = [Terms(root, expiry, "call", strike) for strike in around]
        calls = [terms for terms in calls if could_be_listed(terms, usual_price)]
        found += calls
        found += [Terms(root, expiry, "put", terms.strike) for terms in calls]
    return found
