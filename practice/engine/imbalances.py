"""Order imbalances before auctions: the price at which an auction would happen now, told again and again."""

from collections.abc import Iterator

import msgspec

from practice.engine.chance import chance_of
from practice.engine.clock import MICROSECOND, MINUTE, SECOND
from practice.engine.instruments import Instrument
from practice.engine.market import Market

_BEFORE_OPEN, _BEFORE_CLOSE = 5 * MINUTE, 10 * MINUTE
_EVERY = 10 * SECOND
_NOISE = 0.004  # of the price, at first; none when the auction happens


class Imbalance(msgspec.Struct, frozen=True, gc=False):
    """The price an auction would have at this instant, in ticks."""

    at: int
    price: int


def imbalances(market: Market, instrument: Instrument, at: int) -> Iterator[Imbalance]:
    """What is told in the minute that starts at `at`; the test symbol rehearses it in every minute."""
    if instrument.asset_class != "us_equity" or instrument.is_night:
        return
    auction = _coming_auction(market, instrument, at)
    if auction is None:
        return
    price, left = auction
    chance = chance_of(market.seed, instrument.symbol, "imbalance", at)
    for n in range(MINUTE // _EVERY):
        instant = at + n * _EVERY + chance.randrange(0, _EVERY, MICROSECOND) + 1
        nearness = _NOISE * (left - (instant - at)) / _BEFORE_CLOSE
        yield Imbalance(instant, max(1, round(price * (1 + chance.uniform(-1, 1) * max(0.0, nearness)))))


def _coming_auction(market: Market, instrument: Instrument, at: int) -> tuple[int, int] | None:
    """The price of the auction for which imbalances are told in this minute, and the time until then."""
    timetable = market.timetable_of(instrument)
    if instrument.is_test:
        return market.minute_bar(instrument, at).close, MINUTE
    opening = timetable.current(at + _BEFORE_OPEN)
    if opening and opening.open - _BEFORE_OPEN <= at < opening.open:
        minute = market.minute(instrument, opening.open)
        return (minute.trades[0].price, opening.open - at) if minute and minute.trades else None
    session = timetable.current(at)
    if session and session.close - _BEFORE_CLOSE <= at < session.close:
        minute = market.minute(instrument, session.close - MINUTE)
        return (minute.trades[-1].price, session.close - at) if minute and minute.trades else None
    return None
