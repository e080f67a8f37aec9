"""Days and minutes of one instrument, as a pure function of seed, symbol and date.

A day's bar is drawn first, then cut into hours, and those into minutes, in such a way that the parts add up
to the whole. Years of daily bars therefore cost nothing, a minute costs one hour, and all agree to the cent.
"""

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from practice.engine.actions import Actions
from practice.engine.chance import chance_of
from practice.engine.clock import HOUR, MINUTE
from practice.engine.hours import Session, Timetable
from practice.engine.instruments import Instrument
from practice.engine.tape import Bar

Temper = Literal["quiet", "usual", "wild"]

# Period in days, swing in daily sigmas.
_WAVES = ((1, 1.0), (3, 1.2), (9, 1.9), (31, 3.2), (97, 5.0), (401, 8.0))
_FADING = tuple(math.exp(-age / 7) for age in range(30))  # of a jump, day by day
_WILD_CHANCE, _QUIET_CHANCE = 0.025, 0.15
_TEMPERS: dict[Temper, tuple[float, float]] = {  # how wide a day is, and how busy
    "quiet": (0.5, 0.6),
    "usual": (1.0, 1.0),
    "wild": (1.8, 2.4),
}
_EVEN = [1.0] * 60
LEAST_TRADES = 4  # a minute's open, high, low and close need a trade each


@dataclass(frozen=True, slots=True)
class Character:
    """How an instrument moves and trades."""

    sigma: float  # of a day's logarithmic return
    trades_per_minute: float
    quotes_per_trade: float
    spread: int  # ticks, the usual one


def character(seed: int, instrument: Instrument) -> Character:
    """Busy names move less, trade more and quote tighter."""
    chance = chance_of(seed, "character", instrument.symbol)
    millions = instrument.daily_lots / 1e6
    base = 0.00004 if instrument.is_pegged else 0.022 if instrument.is_crypto else 0.013
    base = 0.006 if instrument.is_fund else base
    busy = min(1.0, max(0.0, math.log10(max(millions, 0.1)) / 2))  # 0 at a million shares, 1 at a hundred
    price = instrument.base_ticks
    usual = price / (40_000 + 160_000 * busy)  # about two cents on $1,000 for the busiest
    return Character(
        sigma=base * chance.uniform(0.8, 1.6),
        trades_per_minute=LEAST_TRADES + 110 * busy**2 * chance.uniform(0.8, 1.2),
        quotes_per_trade=chance.uniform(2.0, 3.0),
        spread=max(1, round(usual + (1 - busy) * 0.8)),
    )


def split(
    chance: random.Random, whole: Bar, shape: Sequence[float], step: int, sigma: float, least: int
) -> list[Bar]:
    """Cut a bar into consecutive ones that add up to it exactly, one for each weight of `shape`.

    They begin at its open, end at its close, touch its high and low and share its volume about as the weights
    say; each has at least `least` trades, of at least one lot. `sigma` is that of the whole bar's logarithmic
    return.
    """
    count = len(shape)
    marks = _marks(chance, count, whole, sigma)
    highs, lows = _wicks(chance, marks, whole, sigma)
    weights = [weight * (0.4 + 1.2 * chance.random()) for weight in shape]
    trades = [least + share for share in _shares(whole.trades - least * count, weights)]
    spare = _shares(whole.lots - whole.trades, weights)
    return [
        Bar(
            at=whole.at + n * step,
            open=marks[n],
            high=highs[n],
            low=lows[n],
            close=marks[n + 1],
            lots=spare[n] + trades[n],
            trades=trades[n],
            typical=(marks[n] + highs[n] + lows[n] + marks[n + 1]) / 4,
        )
        for n in range(count)
    ]


def _wicks(chance: random.Random, marks: list[int], whole: Bar, sigma: float) -> tuple[list[int], list[int]]:
    reach = whole.open * sigma / math.sqrt(len(marks) - 1) * 0.8
    highs, lows = [], []
    for opened, closed in itertools.pairwise(marks):
        body = (opened, closed) if opened > closed else (closed, opened)
        highs.append(min(whole.high, body[0] - int(math.log(1.0 - chance.random()) * reach)))
        lows.append(max(whole.low, body[1] + int(math.log(1.0 - chance.random()) * reach)))
    highs[max(range(len(highs)), key=highs.__getitem__)] = whole.high
    lows[min(range(len(lows)), key=lows.__getitem__)] = whole.low
    return highs, lows


def _marks(chance: random.Random, count: int, whole: Bar, sigma: float) -> list[int]:
    """Prices at the boundaries: a walk from the open to the close, kept inside high and low."""
    step, level, walk = sigma / math.sqrt(count), 0.0, [0.0]
    for _ in range(count):
        level += chance.gauss(0.0, step)
        walk.append(level)
    drift = (math.log(whole.close / whole.open) - level) / count
    prices = [whole.open * math.exp(level + drift * n) for n, level in enumerate(walk)]
    top, bottom = max(whole.open, whole.close), min(whole.open, whole.close)
    up = _squeeze(max(prices) - top, whole.high - top)
    down = _squeeze(bottom - min(prices), bottom - whole.low)
    marks = [
        round(top + (p - top) * up if p > top else bottom - (bottom - p) * down if p < bottom else p)
        for p in prices
    ]
    marks[0], marks[-1] = whole.open, whole.close
    return marks


def _squeeze(excursion: float, room: float) -> float:
    return 1.0 if excursion <= room else room / excursion


def _shares(total: int, weights: list[float]) -> list[int]:
    """Split a whole number by weights, exactly."""
    scale, running, given, shares = total / sum(weights), 0.0, 0, []
    for weight in weights:
        running += weight * scale
        share = int(running + 0.5) - given
        shares.append(share)
        given += share
    shares[-1] += total - given
    if shares[-1] < 0:  # the rounding of the sum may leave the last one a unit short
        shares[shares.index(max(shares))] += shares[-1]
        shares[-1] = 0
    return shares


class Days:
    """Daily bars and day paths of one instrument."""

    def __init__(self, seed: int, instrument: Instrument, timetable: Timetable, actions: Actions) -> None:
        self._seed, self._actions = seed, actions
        self._is_reshaped = bool(actions.reshaping(instrument))
        self._instrument, self._timetable = instrument, timetable
        self._name = instrument.symbol  # under which chance knows it
        self.character = self._drawn_character()
        self._lattice = lru_cache(maxsize=4096)(self._lattice_point)
        self._jump = lru_cache(maxsize=4096)(self._jump_point)
        self.bar = lru_cache(maxsize=1024)(self._bar)
        self._hours = lru_cache(maxsize=16)(self._split_day)
        self._minutes = lru_cache(maxsize=48)(self._split_hour)

    def _drawn_character(self) -> Character:
        return character(self._seed, self._instrument)

    def _lattice_point(self, period: int, index: int) -> float:
        return chance_of(self._seed, self._name, period, index).gauss(0.0, 1.0)

    def _jump_point(self, ordinal: int) -> float:
        """By how many daily sigmas news moves the price on a day: nothing on most."""
        chance = chance_of(self._seed, self._name, "jump", ordinal)
        if chance.random() >= _WILD_CHANCE:
            return 0.0
        return chance.choice((-1.0, 1.0)) * chance.uniform(1.5, 3.5)

    def temper(self, day: date) -> Temper:
        """Whether a day is quiet, wild or neither."""
        if self._jump(day.toordinal()):
            return "wild"
        chance = chance_of(self._seed, self._name, "temper", day)
        return "quiet" if chance.random() < _QUIET_CHANCE else "usual"

    def _factor(self, day: date) -> float:
        return float(self._actions.price_factor(self._instrument, day)) if self._is_reshaped else 1.0

    def _close(self, session: Session) -> int:
        """The close of a session in the shares of its day."""
        ordinal = session.day.toordinal()
        swing = sum(self._jump(ordinal - age) * fading for age, fading in enumerate(_FADING))
        for period, weight in _WAVES:
            index, offset = divmod(ordinal, period)
            part = offset / period
            here, there = self._lattice(period, index), self._lattice(period, index + 1)
            swing += weight * 0.6 * (here + (there - here) * part)
        price = self._instrument.base_ticks * math.exp(self.character.sigma * swing)
        return max(20, round(price * self._factor(session.day)))

    def _bar(self, session: Session) -> Bar:
        chance = chance_of(self._seed, self._name, "day", session.day)
        earlier, jump = self._timetable.before(session.day), self._jump(session.day.toordinal())
        sigma, before = self.character.sigma, self._close(earlier)
        if self._is_reshaped:
            before = max(20, round(before * self._factor(session.day) / self._factor(earlier.day)))
        gap = 0.0 if self._timetable.hours.always_open else chance.gauss(0.5 * jump * sigma, sigma * 0.3)
        opened, closed = max(20, round(before * math.exp(gap))), self._close(session)
        width, haste = _TEMPERS[self.temper(session.day)]
        room = sigma * opened * width
        high = max(opened, closed) + max(2, round(abs(chance.gauss(0.3, 0.25)) * room))
        low = min(opened, closed) - max(2, round(abs(chance.gauss(0.3, 0.25)) * room))
        mood = chance.uniform(0.7, 1.4) * haste
        trades = round(self.character.trades_per_minute * mood * session.minutes)
        trades = max(trades, LEAST_TRADES * session.minutes)
        return Bar(
            at=session.start,
            open=opened,
            high=high,
            low=max(2, low),
            close=closed,
            lots=max(round(self._instrument.daily_lots * mood / self._factor(session.day)), trades),
            trades=trades,
            typical=(opened + high + low + closed) / 4,
        )

    def _split_day(self, session: Session) -> list[Bar]:
        chance = chance_of(self._seed, self._name, "hours", session.day)
        shape = [sum(self._shape(session, index)) / 60 for index in range(session.minutes // 60)]
        return split(chance, self.bar(session), shape, HOUR, self.character.sigma, LEAST_TRADES * 60)

    def _shape(self, session: Session, hour: int) -> list[float]:
        """How busy the minutes of an hour are: openings and closes most, and least outside of them."""
        if self._timetable.hours.always_open:
            return _EVEN
        first, length = session.start + hour * HOUR, session.close - session.open
        places = [(first + n * MINUTE - session.open) / length for n in range(60)]
        return [0.6 + 1.8 * (2 * x - 1) ** 4 if 0 <= x < 1 else 0.05 for x in places]

    def _split_hour(self, session: Session, index: int) -> list[Bar]:
        chance = chance_of(self._seed, self._name, "minutes", session.day, index)
        sigma = self.character.sigma / math.sqrt(session.minutes / 60)
        shape = self._shape(session, index)
        return split(chance, self._hours(session)[index], shape, MINUTE, sigma, LEAST_TRADES)

    def so_far(self, session: Session, instant: int) -> list[Bar]:
        """The full hours of a session until an instant, then the full minutes: together all there was."""
        hours, minutes = divmod((instant - session.start) // MINUTE, 60)
        whole = self._hours(session)[:hours]
        return [*whole, *self._minutes(session, hours)[:minutes]] if minutes else whole

    def minute(self, session: Session, index: int) -> Bar:
        """The bar of one minute, counted from the session's start."""
        hour, minute = divmod(index, 60)
        return self._minutes(session, hour)[minute]
