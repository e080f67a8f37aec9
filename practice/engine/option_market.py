"""Prices of options, made from those of their underlyings at the same instant.

A quote of the underlying is a quote of every option on it. An option trades in the first moments of a
minute, while the minute's opening quote is in force: that one is known from the underlying's bar, so the
trades of a day, and therefore its bars, cost no drawing of ticks.
"""

import bisect
import math
import zlib
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from typing import Protocol

from practice.engine import pricing
from practice.engine.chance import chance_of
from practice.engine.clock import MICROSECOND, MILLISECOND, MINUTE
from practice.engine.days import Days
from practice.engine.hours import Session, Timetable, at
from practice.engine.instruments import Contract, Instrument
from practice.engine.minutes import OPENING_QUOTE_LASTS, Minute, opening_quote
from practice.engine.pricing import Smile, Valuation, years_between
from practice.engine.tape import Bar, Quote, Trade, bar_of

VENUES = "CNAPQXZB"
_MOST_TRADES = 350
_TRADING_DAYS = 252


class Underlyings(Protocol):
    """What options need to know of their underlyings; the market."""

    seed: int
    timetable: Timetable

    def days(self, instrument: Instrument) -> Days: ...

    def quote(self, instrument: Instrument, instant: int) -> Quote: ...

    def minute(self, instrument: Instrument, at: int) -> Minute | None: ...


@dataclass(frozen=True, slots=True)
class _Manner:
    """How the options of one underlying are priced and traded."""

    smile: Smile
    half_spread: float  # of the value
    trades_a_day: float  # of the busiest contract


class OptionMarket:
    """Quotes, trades, bars and valuations of option contracts, as a pure function like all prices."""

    def __init__(self, underlyings: Underlyings) -> None:
        self._market, self._timetable = underlyings, underlyings.timetable
        self._manners: dict[str, _Manner] = {}
        self._trades = lru_cache(maxsize=4096)(self._trades_of_day)

    def _manner(self, underlying: Instrument) -> _Manner:
        if manner := self._manners.get(underlying.symbol):
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
        manner = _Manner(smile, 0.004 + 0.012 * (1 - busy), 40 + 300 * busy)
        return self._manners.setdefault(underlying.symbol, manner)

    def ends_at(self, contract: Contract) -> int:
        """The instant from which a contract is no more."""
        hours = self._timetable.hours
        session = None if hours.always_open else hours.on(contract.expiry)
        return session.close if session else at(contract.expiry, time(16))

    def is_trading(self, contract: Contract, instant: int) -> bool:
        """Whether a contract trades at an instant: only in ordinary hours, and only until it expires."""
        return instant < self.ends_at(contract) and self._timetable.is_open(instant)

    def _in_hours(self, contract: Contract, instant: int) -> int:
        """The instant whose prices are in force: options show the last ones of ordinary hours."""
        instant = min(instant, self.ends_at(contract) - 1)
        session = self._timetable.last_started(instant)
        if instant < session.open:
            session = self._timetable.before(session.day)
        return min(instant, session.close - 1)

    def quote(self, instrument: Instrument, contract: Contract, instant: int) -> Quote:
        """The best bid and offer in force."""
        instant = self._in_hours(contract, instant)
        return self._priced(instrument, contract, self._market.quote(contract.underlying, instant))

    def valuation(self, contract: Contract, instant: int) -> Valuation:
        """Implied volatility and Greeks at the underlying's quote."""
        instant, underlying = self._in_hours(contract, instant), contract.underlying
        quote = self._market.quote(underlying, instant)
        return pricing.valuation(
            _middle(underlying, quote),
            float(contract.strike),
            years_between(quote.at, self.ends_at(contract)),
            self._manner(underlying).smile,
            call=contract.is_call,
        )

    def _priced(self, instrument: Instrument, contract: Contract, of_underlying: Quote) -> Quote:
        manner = self._manner(contract.underlying)
        worth = 100 * pricing.value(
            _middle(contract.underlying, of_underlying),
            float(contract.strike),
            years_between(of_underlying.at, self.ends_at(contract)),
            manner.smile,
            call=contract.is_call,
        )
        half = 0.6 + worth * manner.half_spread
        bid = max(1, math.floor(worth - half))
        mixed = (zlib.crc32(instrument.symbol.encode()) ^ (of_underlying.at // MICROSECOND)) * 0x9E3779B1
        return Quote(
            of_underlying.at,
            bid,
            1 + (mixed >> 8) % 60,
            VENUES[(mixed >> 16) % len(VENUES)],
            max(bid + 1, math.ceil(worth + half)),
            1 + (mixed >> 20) % 60,
            VENUES[(mixed >> 24) % len(VENUES)],
        )

    def _trades_of_day(self, instrument: Instrument, contract: Contract, session: Session) -> list[Trade]:
        """All trades of a day; there is one at least, when options open."""
        end = min(session.close, self.ends_at(contract))
        minutes = (end - session.open) // MINUTE
        if minutes < 1:
            return []
        chance = chance_of(self._market.seed, instrument.symbol, "trades", session.day)
        more = int(self._usual_trades(contract, session) * chance.uniform(0.5, 1.5) + chance.random())
        first = (session.open - session.start) // MINUTE
        picked = sorted(chance.choices(range(minutes), k=min(more, _MOST_TRADES)))
        trades: list[Trade] = []
        number = session.open // MINUTE * 1000
        for n, minute in enumerate([0, *picked]):
            quote = self._opening_quote(instrument, contract, session, first + minute)
            spot = chance.randrange(MILLISECOND, OPENING_QUOTE_LASTS)
            bought = chance.random() < 0.5
            lots = 1 + int(chance.expovariate(0.25))
            venue = VENUES[chance.randrange(len(VENUES))]
            price = quote.ask if bought else quote.bid
            trades.append(Trade(quote.at + spot, price, lots, venue, number + n, bought))
        return sorted(trades, key=lambda trade: trade.at)

    def _opening_quote(
        self, instrument: Instrument, contract: Contract, session: Session, index: int
    ) -> Quote:
        days = self._market.days(contract.underlying)
        bar = days.minute(session, index)
        return self._priced(instrument, contract, opening_quote(bar, contract.underlying, days.character))

    def _usual_trades(self, contract: Contract, session: Session) -> float:
        """Contracts near the money and near their end trade most."""
        underlying = contract.underlying
        days, manner = self._market.days(underlying), self._manner(underlying)
        before = underlying.number(days.bar(self._timetable.before(session.day)).close)
        years = years_between(session.start, self.ends_at(contract))
        distance = math.log(float(contract.strike) / before) / (manner.smile.level * math.sqrt(years + 0.02))
        return manner.trades_a_day * math.exp(-distance * distance - 4.0 * years)

    def trades(self, instrument: Instrument, contract: Contract, session: Session) -> list[Trade]:
        """Every trade of a session, in order of time."""
        return self._trades(instrument, contract, session)

    def trade(self, instrument: Instrument, contract: Contract, instant: int) -> Trade:
        """The last trade."""
        instant = min(instant, self.ends_at(contract) - 1)
        session = self._timetable.last_started(instant)
        trades = self._trades(instrument, contract, session)
        if count := bisect.bisect_right(trades, instant, key=lambda trade: trade.at):
            return trades[count - 1]
        return self._trades(instrument, contract, self._timetable.before(session.day))[-1]

    def minute(self, instrument: Instrument, contract: Contract, start: int) -> Minute | None:
        """The prints of the minute that starts then; None when options are closed."""
        if not self.is_trading(contract, start):
            return None
        underlying = self._market.minute(contract.underlying, start)
        session = self._timetable.current(start)
        if underlying is None or session is None:
            return None
        quotes = [self._priced(instrument, contract, quote) for quote in underlying.quotes]
        trades = [
            trade
            for trade in self._trades(instrument, contract, session)
            if start <= trade.at < start + MINUTE
        ]
        return Minute(quotes, trades)

    def minutes_of(
        self, instrument: Instrument, contract: Contract, session: Session, start: int, stop: int
    ) -> list[Bar]:
        """Bars of the minutes with trades that begin in [start, stop) and are complete then."""
        found: dict[int, list[Trade]] = {}
        for trade in self._trades(instrument, contract, session):
            begin = trade.at - trade.at % MINUTE
            if start <= begin and begin + MINUTE <= stop:
                found.setdefault(begin, []).append(trade)
        return [bar_of(trades, begin) for begin, trades in found.items()]

    def minute_bar(self, instrument: Instrument, contract: Contract, instant: int) -> Bar:
        """The latest completed minute in which something traded."""
        session = self._timetable.last_started(instant)
        for _ in range(2):
            if bars := self.minutes_of(instrument, contract, session, session.start, instant):
                return bars[-1]
            session = self._timetable.before(session.day)
        last = self.trade(instrument, contract, instant)
        return bar_of([last], last.at - last.at % MINUTE)


def _middle(underlying: Instrument, quote: Quote) -> float:
    return float((quote.bid + quote.ask) / 2 / 10**underlying.digits)
