"""Prices of the past as if today's shares had always been there: the scales that adjust history."""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from practice.engine.history import FIRST_DAY, Scale
from practice.engine.instruments import Instrument
from practice.engine.market import Market

Kind = Literal["split", "dividend", "spin-off"]
KINDS: tuple[Kind, ...] = ("split", "dividend", "spin-off")
_SPLITS = {"forward_split", "reverse_split", "stock_dividend"}


def scale_of(market: Market, instrument: Instrument, kinds: frozenset[Kind], today: date) -> Scale:
    """What prices and sizes of a day are multiplied by, for what has happened since until today."""
    steps: list[tuple[date, float, float]] = []  # before this day: price, shares
    for action in market.actions.of(instrument, FIRST_DAY, today):
        if action.kind in _SPLITS and "split" in kinds:
            steps.append((action.day, float(1 / action.multiple), float(action.multiple)))
        elif action.kind == "spin_off" and "spin-off" in kinds:
            steps.append((action.day, float(1 - action.part), 1.0))
        elif action.kind == "cash_dividend" and "dividend" in kinds:
            close = _close_before(market, instrument, action.day)
            steps.append((action.day, float(1 - action.cash / close), 1.0))

    @lru_cache(maxsize=4096)
    def scale(day: date) -> tuple[float, float]:
        price = shares = 1.0
        for before, of_price, of_shares in steps:
            if day < before:
                price, shares = price * of_price, shares * of_shares
        return price, shares

    return scale


def _close_before(market: Market, instrument: Instrument, day: date) -> Decimal:
    instrument = instrument.by_day or instrument
    session = market.timetable_of(instrument).before(day)
    return instrument.price(market.of(instrument).whole_day(session).close)
