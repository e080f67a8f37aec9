"""Nights of one stock, as a pure function of seed, symbol and date: what leads from one day to the next."""

import dataclasses
import math
from typing import Protocol

from practice.engine.actions import Actions
from practice.engine.chance import chance_of
from practice.engine.clock import HOUR, MINUTE
from practice.engine.days import LEAST_TRADES, Character, Days, character
from practice.engine.hours import Session, Timetable
from practice.engine.instruments import Instrument
from practice.engine.tape import Bar

_CALM = 0.35  # how far a night goes, in parts of a day
_THIN = 0.01  # and how much is traded
_MOST_TRADES_PER_MINUTE = 12.0
_LEAST_TICKS = 20


class Ends(Protocol):
    """The days around the nights."""

    def ends(self, session: Session) -> tuple[int, int]:
        """The prices with which a day begins and ends."""
        ...


class Nights(Days):
    """Bars and paths of the nights of a stock: thin, wide, from about one day's end to the next one's start.

    What changes from one day to the next changes at night. `instrument` is the one of the night.
    """

    def __init__(
        self,
        seed: int,
        instrument: Instrument,
        timetable: Timetable,
        actions: Actions,
        days: Ends,
        timetable_by_day: Timetable,
    ) -> None:
        super().__init__(seed, instrument, timetable, actions)
        self._days, self._timetable_by_day = days, timetable_by_day
        self._name = f"{instrument.symbol} by night"

    def _drawn_character(self) -> Character:
        by_day = character(self._seed, self._instrument)
        return dataclasses.replace(
            by_day,
            sigma=by_day.sigma * _CALM,
            trades_per_minute=min(_MOST_TRADES_PER_MINUTE, by_day.trades_per_minute * 0.1 + LEAST_TRADES),
            spread=2 * by_day.spread + 1,
        )

    def _bar(self, session: Session) -> Bar:
        chance, sigma = chance_of(self._seed, self._name, "night", session.day), self.character.sigma
        opened, closed = self._edges(session)
        opened = max(_LEAST_TICKS, round(opened * math.exp(chance.gauss(0.0, sigma * 0.2))))
        closed = max(_LEAST_TICKS, round(closed * math.exp(chance.gauss(0.0, sigma * 0.1))))
        room = sigma * opened
        high = max(opened, closed) + max(2, round(abs(chance.gauss(0.3, 0.25)) * room))
        low = min(opened, closed) - max(2, round(abs(chance.gauss(0.3, 0.25)) * room))
        mood = chance.uniform(0.7, 1.4)
        trades = max(round(self.character.trades_per_minute * mood), LEAST_TRADES) * session.minutes
        lots = self._instrument.daily_lots * _THIN * mood / self._factor(session.day)
        return Bar(
            at=session.start,
            open=opened,
            high=high,
            low=max(2, low),
            close=closed,
            lots=max(round(lots), trades),
            trades=trades,
            typical=(opened + high + low + closed) / 4,
        )

    def _edges(self, session: Session) -> tuple[int, int]:
        """The last price of the day before, in the shares of the day to come, and the first of that one."""
        coming = self._timetable_by_day.hours.on(session.day)
        if coming is None:
            raise LookupError(f"a night before {session.day}, on which nothing trades")
        earlier = self._timetable_by_day.before(session.day)
        before = self._days.ends(earlier)[1]
        if self._is_reshaped:
            before = max(_LEAST_TICKS, round(before * self._factor(session.day) / self._factor(earlier.day)))
        return before, self._days.ends(coming)[0]

    def _shape(self, session: Session, hour: int) -> list[float]:
        """How busy the minutes of an hour are: the first and the last ones most."""
        length = session.minutes
        places = [(hour * HOUR // MINUTE + n) / length for n in range(60)]
        return [0.6 + 0.8 * (2 * place - 1) ** 2 for place in places]
