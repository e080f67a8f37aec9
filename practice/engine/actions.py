"""What companies do to their shares: splits, dividends, spin-offs, new names, as facts of the seed.

Prices follow splits and spin-offs, adjusted history is made from these facts, and the corporate actions that
are served are the same ones. All splits and spin-offs lie before the prices of the instrument list: today's
price is the one in the list, give or take its walk. Mergers and the like happen to invented companies only.
"""

import uuid
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from practice.engine.chance import chance_of
from practice.engine.exchange_days import closing_time
from practice.engine.instruments import Instrument

ActionKind = Literal[
    "cash_dividend",
    "forward_split",
    "reverse_split",
    "stock_dividend",
    "spin_off",
    "name_change",
    "unit_split",
    "cash_merger",
    "stock_merger",
    "stock_and_cash_merger",
    "redemption",
    "worthless_removal",
    "rights_distribution",
    "partial_call",
    "reorganization",
]

FIRST_YEAR, LAST_YEAR = 2016, 2029
_LAST_SPLIT_YEAR = 2025
_IDS = uuid.UUID("0b3f2f39-6a0f-4bb5-9a39-2a2d2c1c7d55")
_CALM_MONTHS = (2, 3, 4, 5, 8, 10)  # in which no Tuesday or Wednesday is a holiday
_FORWARD, _REVERSE = (2, 2, 3, 4, 5, 10), (4, 5, 10, 20)
_RENAMED = {  # real ones: the symbol now, the symbol before, and the first day of the new one
    "META": ("FB", date(2022, 6, 9)),
    "BKNG": ("PCLN", date(2018, 2, 27)),
    "ELV": ("ANTM", date(2022, 6, 28)),
    "WBD": ("DISCA", date(2022, 4, 11)),
    "XYZ": ("SQ", date(2025, 1, 21)),
    "RTX": ("UTX", date(2020, 4, 3)),
}
_KNOWN_SPLITS = {  # the real ones that every trader remembers, instead of the seed's
    "AAPL": ((date(2020, 8, 31), 4),),
    "AMZN": ((date(2022, 6, 6), 20),),
    "AVGO": ((date(2024, 7, 15), 10),),
    "GOOG": ((date(2022, 7, 18), 20),),
    "GOOGL": ((date(2022, 7, 18), 20),),
    "NFLX": ((date(2025, 11, 17), 10),),
    "NVDA": ((date(2021, 7, 20), 4), (date(2024, 6, 10), 10)),
    "TSLA": ((date(2020, 8, 31), 5), (date(2022, 8, 25), 3)),
    "WMT": ((date(2024, 2, 26), 3),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One corporate action. `day` is the ex-date or, where there is none, the effective one.

    `multiple` is what a share became: 4 after a split four for one, 0.1 after one for ten, 1.05 after a stock
    dividend of five per cent. `cash` is paid for each share, `part` of the price went into a spin-off.
    """

    kind: ActionKind
    symbol: str
    day: date
    multiple: Decimal = Decimal(1)
    cash: Decimal = Decimal(0)
    part: Decimal = Decimal(0)
    special: bool = False
    other_symbol: str = ""  # the company spun off, the former symbol, the acquirer
    record: date | None = None
    payable: date | None = None

    @property
    def id(self) -> str:
        return str(uuid.uuid5(_IDS, f"{self.kind}/{self.symbol}/{self.day}"))

    @property
    def price_ratio(self) -> Decimal:
        """What the price just before is multiplied by to compare with the one after; cash left out."""
        return (1 - self.part) / self.multiple


class Actions:
    """All corporate actions of a seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._reshaping = lru_cache(maxsize=None)(self._drawn_reshaping)
        self._dividends = lru_cache(maxsize=None)(self._drawn_dividends)

    def reshaping(self, instrument: Instrument) -> tuple[Action, ...]:
        """The splits, stock dividends and spin-offs of an instrument, in order of time."""
        return self._reshaping(instrument) if instrument.asset_class == "us_equity" else ()

    def _drawn_reshaping(self, instrument: Instrument) -> tuple[Action, ...]:
        if known := _KNOWN_SPLITS.get(instrument.symbol):
            return tuple(self._split(instrument, day, Decimal(multiple)) for day, multiple in known)
        chance = chance_of(self._seed, instrument.symbol, "reshaping")
        year = chance.randint(FIRST_YEAR + 1, _LAST_SPLIT_YEAR)
        day = _calm_day(year, chance.choice(_CALM_MONTHS), chance.randrange(14))
        lot, price = chance.random(), instrument.price(instrument.base_ticks)
        if lot < 0.14 and price > 40:
            return (self._split(instrument, day, Decimal(chance.choice(_FORWARD))),)
        if lot < 0.30 and price < 15:
            return (self._split(instrument, day, 1 / Decimal(chance.choice(_REVERSE))),)
        if lot > 0.975 and not instrument.is_fund:
            part = Decimal(chance.randint(4, 12)) / 100
            return (_around(day, kind="spin_off", symbol=instrument.symbol, part=part,
                            other_symbol=f"{instrument.symbol[:3]}SP"),)  # fmt: skip
        if lot > 0.965 and not instrument.is_fund:
            multiple = 1 + Decimal(chance.choice((2, 5, 10))) / 100
            return (_around(day, kind="stock_dividend", symbol=instrument.symbol, multiple=multiple),)
        return ()

    def _split(self, instrument: Instrument, day: date, multiple: Decimal) -> Action:
        kind: ActionKind = "forward_split" if multiple > 1 else "reverse_split"
        return _around(day, kind=kind, symbol=instrument.symbol, multiple=multiple)

    def price_factor(self, instrument: Instrument, day: date) -> Decimal:
        """What today's kind of share cost then, per dollar: 4 before a split four for one."""
        factor = Decimal(1)
        for action in self.reshaping(instrument):
            if day < action.day:
                factor /= action.price_ratio
        return factor

    def dividends(self, instrument: Instrument, first: date, last: date) -> list[Action]:
        """The cash dividends with ex-dates in a span of days, in order of time."""
        every = self._dividends(instrument)
        start = bisect_left(every, first, key=lambda action: action.day)
        return list(every[start : bisect_right(every, last, start, key=lambda action: action.day)])

    def _drawn_dividends(self, instrument: Instrument) -> tuple[Action, ...]:
        """All dividends of all years: they are asked for again and again, and take a while to make."""
        chance = chance_of(self._seed, instrument.symbol, "dividends")
        pays = chance.random() < (0.75 if instrument.is_fund else 0.55)
        part, phase = Decimal(chance.randint(8, 100)) / 10_000, chance.randrange(3)  # of the price, a quarter
        day_of_month, symbol = chance.randrange(14), instrument.symbol
        if not pays or instrument.asset_class != "us_equity" or instrument.exchange == "OTC":
            return ()
        found = []
        for year in range(FIRST_YEAR, LAST_YEAR + 1):
            for month in range(1 + phase, 13, 3):
                day = _calm_day(year, month, day_of_month)
                while closing_time(day) is None:  # a day of mourning
                    day += timedelta(days=1)
                usual = instrument.price(instrument.base_ticks) * self.price_factor(instrument, day)
                cash = max(Decimal("0.01"), (usual * part).quantize(Decimal("0.01")))
                found.append(_around(day, kind="cash_dividend", symbol=symbol, cash=cash))
        return tuple(found)

    def of(self, instrument: Instrument, first: date, last: date) -> list[Action]:
        """Everything an instrument does in a span of days, in order of time."""
        found = [action for action in self.reshaping(instrument) if first <= action.day <= last]
        found += self.dividends(instrument, first, last)
        if renamed := _RENAMED.get(instrument.symbol):
            former, day = renamed
            if first <= day <= last:
                found.append(
                    Action(kind="name_change", symbol=instrument.symbol, day=day, other_symbol=former)
                )
        return sorted(found, key=lambda action: action.day)

    def elsewhere(self, first: date, last: date) -> list[Action]:
        """What happens to invented companies that nobody can trade, so that every kind occurs."""
        found = []
        for year in range(max(first.year, FIRST_YEAR), min(last.year, LAST_YEAR) + 1):
            chance = chance_of(self._seed, "elsewhere", year)
            for number, kind in enumerate(_ELSEWHERE):
                day = _calm_day(year, chance.choice(_CALM_MONTHS), chance.randrange(14))
                action = _around(
                    day,
                    kind=kind,
                    symbol=f"ZSIM{'ABCDEFGHI'[number]}",
                    multiple=Decimal(chance.randint(2, 40)) / 10,
                    cash=Decimal(chance.randint(50, 4000)) / 100,
                    other_symbol=f"ZSIM{'QRSTUVWXY'[number]}",
                )
                if first <= day <= last:
                    found.append(action)
        return sorted(found, key=lambda action: action.day)


_ELSEWHERE: tuple[ActionKind, ...] = (
    "unit_split",
    "cash_merger",
    "stock_merger",
    "stock_and_cash_merger",
    "redemption",
    "worthless_removal",
    "rights_distribution",
    "partial_call",
    "reorganization",
)


def former_symbol(symbol: str, day: date) -> str:
    """What a company was called on a day that has this symbol now."""
    former, changed = _RENAMED.get(symbol, (symbol, date.min))
    return former if day < changed else symbol


def symbol_now(symbol: str, day: date) -> str | None:
    """The symbol now of the company that was called so on a day; None when nobody was."""
    for current, (former, changed) in _RENAMED.items():
        if symbol == former:
            return current if day < changed else None
        if symbol == current and day < changed:
            return None
    return symbol


def _calm_day(year: int, month: int, number: int) -> date:
    """A Tuesday or Wednesday of the month's second or third week."""
    first = date(year, month, 5)
    days = [day for n in range(14) if (day := first + timedelta(days=n)).weekday() in {1, 2}]
    return days[number % len(days)]


def _around(day: date, **terms: Any) -> Action:
    return Action(day=day, record=day, payable=_weekday(day + timedelta(days=16)), **terms)


def _weekday(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)
