"""Prices of options, made from those of their underlyings at the same instant.

A quote of the underlying is a quote of every option on it. An option trades in the first moments of a
minute, while the minute's opening quote is in force: that one is known from the underlying's bar, so the
trades of a day, and therefore its bars, cost no drawing of ticks.
"""

import bisect
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from operator import attrgetter
from typing import Protocol

from practice.engine import pricing
from practice.engine.chance import chance_of
from practice.engine.clock import MICROSECOND, MILLISECOND, MINUTE
from practice.engine.days import Days
from practice.engine.hours import Session, Timetable, at
from practice.engine.instruments import Contract, Instrument
from practice.engine.minutes import OPENING_QUOTE_LASTS, Minute
from practice.engine.pricing import Smile, Valuation, years_between
from practice.engine.tape import Bar, Quote, Trade, bar_of

VENUES = "CNAPQXZB"
_by_time = attrgetter("at")
_MOST_TRADES = 350
_TRADING_DAYS = 252
_FAR = 5  # sessions without a trade before one


class Underlyings(Protocol):
    """What options need to know of their underlyings; the market."""

    seed: int
    timetable: Timetable

    def days(self, instrument: Instrument) -> Days: ...

    def quote(self, instrument: Instrument, instant: int) -> Quote: ...

    def minute(self, instrument: Instrument, at: int) -> Minute | None: ...

    def opening_quote(self, instrument: Instrument, session: Session, index: int) -> Quote: ...

    def is_halted(self, instrument: Instrument, at: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class Manner:
    """How the options of one underlying are priced and traded."""

    smile: Smile
    half_spread: float  # of the value
    trades_a_day: float  # of the busiest contract


class OptionManners:
    """The manner of each underlying's options."""

    def __init__(self, underlyings: Underlyings) -> None:
        self._market = underlyings
        self._known: dict[str, Manner] = {}

    def of(self, underlying: Instrument) -> Manner:
        """Busy underlyings have tight and busy options."""
        if manner := self._known.get(underlying.symbol):
            return manner
        character = self._market.days(underlying).character
        chance = chance_of(self._market.seed, "smile", underlying.symbol)
        busy = min(1.0, character.trades_per_minute / 110)
        smile = Smile(
            level=character.sigma * math.sqrt(_TRADING_DAYS) * chance.uniform(0.95, 1.15),
            skew=chance.uniform(0.14, 0.2) if underlying.is_fund else chance.uniform(0.07, 0.14),
            curve=chance.uniform(0.2, 0.35),
            front=chance.uniform(0.05, 0.2),
        )
        manner = Manner(smile, 0.004 + 0.012 * (1 - busy), 40 + 300 * busy)
        return self._known.setdefault(underlying.symbol, manner)


def end_of(timetable: Timetable, expiry: date) -> int:
    """The instant from which contracts are no more: the close of their last day."""
    session = None if timetable.hours.always_open else timetable.hours.on(expiry)
    return session.close if session else at(expiry, time(16))


class OptionPrices:
    """What one contract prints, as a pure function like all prices."""

    def __init__(
        self, instrument: Instrument, contract: Contract, market: Underlyings, manners: OptionManners
    ) -> None:
        self._contract, self._market, self._timetable = contract, market, market.timetable
        self._symbol, self._manner = instrument.symbol, manners.of(contract.underlying)
        self._salt, self._strike = zlib.crc32(self._symbol.encode()), float(contract.strike)
        self.ends_at = end_of(self._timetable, contract.expiry)
        self._trades = lru_cache(maxsize=4)(self._trades_of_day)

    def forget(self) -> None:
        """Draw trades again when they are asked for again: the underlying's halts have changed."""
        self._trades.cache_clear()

    def is_trading(self, instant: int) -> bool:
        """Whether the contract trades at an instant: only in ordinary hours, and only until it expires."""
        return instant < self.ends_at and self._timetable.is_open(instant)

    def _in_hours(self, instant: int) -> int:
        """The instant whose prices are in force: options show the last ones of ordinary hours."""
        instant = min(instant, self.ends_at - 1)
        session = self._timetable.last_started(instant)
        if instant < session.open:
            session = self._timetable.before(session.day)
        return min(instant, session.close - 1)

    def quote(self, instant: int) -> Quote:
        """The best bid and offer in force."""
        return self._priced(self._market.quote(self._contract.underlying, self._in_hours(instant)))

    def valuation(self, instant: int) -> Valuation:
        """Implied volatility and Greeks at the underlying's quote."""
        underlying = self._contract.underlying
        quote = self._market.quote(underlying, self._in_hours(instant))
        return pricing.valuation(
            _middle(underlying, quote),
            self._strike,
            years_between(quote.at, self.ends_at),
            self._manner.smile,
            call=self._contract.is_call,
        )

    def _priced(self, of_underlying: Quote) -> Quote:
        worth = 100 * pricing.value(
            _middle(self._contract.underlying, of_underlying),
            self._strike,
            years_between(of_underlying.at, self.ends_at),
            self._manner.smile,
            call=self._contract.is_call,
        )
        half = 0.6 + worth * self._manner.half_spread
        bid = max(1, math.floor(worth - half))
        mixed = (self._salt ^ (of_underlying.at // MICROSECOND)) * 0x9E3779B1
        return Quote(
            of_underlying.at,
            bid,
            1 + (mixed >> 8) % 60,
            VENUES[(mixed >> 16) % len(VENUES)],
            max(bid + 1, math.ceil(worth + half)),
            1 + (mixed >> 20) % 60,
            VENUES[(mixed >> 24) % len(VENUES)],
        )

    def _trades_of_day(self, session: Session) -> list[Trade]:
        """All trades of a day; there is one at least, when options open, unless a halt forbids it."""
        minutes = (min(session.close, self.ends_at) - session.open) // MINUTE
        if minutes < 1:
            return []
        chance = chance_of(self._market.seed, self._symbol, "trades", session.day)
        more = int(self._usual_trades(session) * chance.uniform(0.5, 1.5) + chance.random())
        first = (session.open - session.start) // MINUTE
        picked = sorted(chance.choices(range(minutes), k=min(more, _MOST_TRADES)))
        trades: list[Trade] = []
        number = session.open // MINUTE * 1000
        for n, minute in enumerate([0, *picked]):
            quote = self._opening_quote(session, first + minute)
            begin = session.open + minute * MINUTE + MICROSECOND
            moment = begin + chance.randrange(MILLISECOND, OPENING_QUOTE_LASTS)
            bought = chance.random() < 0.5
            lots = 1 + int(chance.expovariate(0.25))
            venue = VENUES[chance.randrange(len(VENUES))]
            price = quote.ask if bought else quote.bid
            trades.append(Trade(moment, price, lots, venue, number + n, bought))
        trades.sort(key=_by_time)
        return [t for t in trades if not self._market.is_halted(self._contract.underlying, t.at)]

    def _opening_quote(self, session: Session, index: int) -> Quote:
        return self._priced(self._market.opening_quote(self._contract.underlying, session, index))

    def _usual_trades(self, session: Session) -> float:
        """Contracts near the money and near their end trade most."""
        underlying, manner = self._contract.underlying, self._manner
        days = self._market.days(underlying)
        before = underlying.number(days.bar(self._timetable.before(session.day)).close)
        years = years_between(session.start, self.ends_at)
        distance = math.log(self._strike / before) / (manner.smile.level * math.sqrt(years + 0.02))
        return manner.trades_a_day * math.exp(-distance * distance - 4.0 * years)

    def _sessions_back_from(self, instant: int) -> Iterator[Session]:
        session = self._timetable.last_started(min(instant, self.ends_at - 1))
        for _ in range(_FAR):
            yield session
            session = self._timetable.before(session.day)

    def trade(self, instant: int) -> Trade:
        """The last trade."""
        for session in self._sessions_back_from(instant):
            trades = self._trades(session)
            if count := bisect.bisect_right(trades, instant, key=_by_time):
                return trades[count - 1]
        raise LookupError(f"no trade of {self._symbol} at {instant}")

    def minute(self, start: int) -> Minute | None:
        """The prints of the minute that starts then; None when options are closed."""
        session = self._timetable.current(start)
        if session is None or not self.is_trading(start):
            return None
        underlying = self._market.minute(self._contract.underlying, start)
        if underlying is None:
            return None
        quotes = [self._priced(quote) for quote in underlying.quotes]
        return Minute(quotes, self.trades_in(start))

    def trades_in(self, start: int) -> Sequence[Trade]:
        """The trades of the minute that starts then, which cost less than its quotes."""
        session = self._timetable.current(start)
        trades = self._trades(session) if session else ()
        first = bisect.bisect_left(trades, start, key=_by_time)
        return trades[first : bisect.bisect_left(trades, start + MINUTE, first, key=_by_time)]

    def minutes_of(self, session: Session, start: int, stop: int) -> list[Bar]:
        """Bars of the minutes with trades that begin in [start, stop) and are complete then."""
        found: dict[int, list[Trade]] = {}
        for trade in self._trades(session):
            begin = trade.at - trade.at % MINUTE
            if start <= begin and begin + MINUTE <= stop:
                found.setdefault(begin, []).append(trade)
        return [bar_of(trades, begin) for begin, trades in found.items()]

    def day_so_far(self, session: Session, instant: int) -> Bar | None:
        """The bar of a session's trades until an instant; None before the first."""
        done = [trade for trade in self._trades(session) if trade.at <= instant]
        return bar_of(done, session.start) if done else None

    def whole_day(self, session: Session) -> Bar:
        """The bar of a session from beginning to end, or of the last trade before it."""
        last = self.trade(session.close - 1)
        return self.day_so_far(session, session.end) or bar_of([last], session.start)

    def minute_bar(self, instant: int) -> Bar:
        """The latest completed minute in which something traded."""
        for session in self._sessions_back_from(instant):
            if bars := self.minutes_of(session, session.start, instant):
                return bars[-1]
        raise LookupError(f"no trade of {self._symbol} before {instant}")


def _middle(underlying: Instrument, quote: Quote) -> float:
    return float((quote.bid + quote.ask) / 2 / 10**underlying.digits)
