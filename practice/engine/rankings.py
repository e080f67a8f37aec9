"""How an instrument stands on its day: what the screener's lists are made of."""

from dataclasses import dataclass

from practice.engine.instruments import Instrument
from practice.engine.market import Market
from practice.engine.tape import Bar


@dataclass(frozen=True, slots=True)
class Standing:
    """One instrument on the day in progress or, before it opens, on the last one."""

    instrument: Instrument
    day: Bar
    previous_close: int

    @property
    def price(self) -> float:
        return self.instrument.number(self.day.close)

    @property
    def change(self) -> float:
        """In dollars, since the close before."""
        return self.price - self.instrument.number(self.previous_close)

    @property
    def percent_change(self) -> float:
        return (self.day.close / self.previous_close - 1) * 100


def standing(market: Market, instrument: Instrument, instant: int) -> Standing:
    """The standing at an instant."""
    timetable, prices = market.timetable_of(instrument), market.of(instrument)
    session = timetable.last_started(instant)
    day = prices.day_so_far(session, instant) if instant > session.open else None
    if day is None:
        session = timetable.before(session.day)
        day = prices.whole_day(session)
    return Standing(instrument, day, prices.whole_day(timetable.before(session.day)).close)
