"""The simulated market: every quote, trade and bar of every instrument, as a pure function of the seed.

What was streamed and what history says are the same prints, because both are drawn from here.
"""

import bisect
import heapq
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from operator import attrgetter
from typing import Protocol, TypeVar

from practice.engine.actions import Actions
from practice.engine.books import book_of
from practice.engine.clock import HOUR, MINUTE
from practice.engine.contracts import Terms
from practice.engine.days import Days
from practice.engine.drawn_prices import DrawnPrices
from practice.engine.halts import Halt, HaltKind, Halts
from practice.engine.hours import AlwaysOpen, CoinHours, NightHours, Session, Timetable, new_york_day
from practice.engine.instruments import Instrument, Instruments
from practice.engine.minutes import Minute, opening_quote
from practice.engine.nights import Nights
from practice.engine.option_prices import OptionManners, OptionPrices, end_of
from practice.engine.pricing import Valuation
from practice.engine.recorded_prices import RecordedPrices, days_before
from practice.engine.recording import Prints, Recording
from practice.engine.tape import Auction, Bands, Bar, Book, Quote, Status, Trade

Print = TypeVar("Print", Quote, Trade)
_by_time = attrgetter("at")
_BAND, _FUND_BAND = 0.10, 0.05


class Prices(Protocol):
    """What one instrument prints: drawn, derived from another's, or read from a recording."""

    def minute(self, at: int) -> Minute | None: ...

    def trades_in(self, at: int) -> Sequence[Trade]: ...

    def quote(self, instant: int) -> Quote: ...

    def trade(self, instant: int) -> Trade: ...

    def minute_bar(self, instant: int) -> Bar: ...

    def minutes_of(self, session: Session, start: int, stop: int) -> list[Bar]: ...

    def whole_day(self, session: Session) -> Bar: ...

    def day_so_far(self, session: Session, instant: int) -> Bar | None: ...


class Market:
    """Prices of any instrument at any time. Asking about the future is allowed; callers must not.

    Beside an exchange there is an overnight market, which prints apart: `by_night` gives an instrument as it
    is there, and everything can be asked of it too. A market that never closes has no nights; there such an
    instrument prints what it prints by day.
    """

    def __init__(self, seed: int, timetable: Timetable, recording: Recording | None = None) -> None:
        self.seed, self.timetable = seed, timetable
        self.changes = 0  # how often somebody's order has changed what will be printed
        self.actions = Actions(seed)
        self.halts = Halts(seed, self.actions)
        self._coin_timetable, self._sleepless = Timetable(CoinHours()), Timetable(AlwaysOpen())
        self.nights = None if timetable.hours.always_open else Timetable(NightHours())
        self._by_night: dict[Instrument, Instrument] = {}
        self._around = (0, 0, False)  # a span of time, and whether it is night in all of it
        self._recorded = recording.by_symbol if recording else {}
        self._drawn: dict[Instrument, DrawnPrices | RecordedPrices] = {}
        self._options: dict[str, OptionPrices] = {}
        self._ends: dict[date, int] = {}  # of options, by their last day
        self._manners = OptionManners(self)

    def timetable_of(self, instrument: Instrument) -> Timetable:
        """When an instrument trades: coins and the test symbol always do."""
        if instrument.is_crypto:
            return self._coin_timetable
        if instrument.is_night and self.nights:
            return self.nights
        return self._sleepless if instrument.is_test else self.timetable

    def _own(self, instrument: Instrument) -> DrawnPrices | RecordedPrices:
        """The prices of a stock or coin."""
        prices = self._drawn.get(instrument)
        if prices is None:
            prices = self._drawn[instrument] = self._prices_of(instrument)
        return prices

    def _prices_of(self, instrument: Instrument) -> DrawnPrices | RecordedPrices:
        if instrument.by_day and self.nights is None:
            return self._own(instrument.by_day)
        seed, timetable, prints = self.seed, self.timetable_of(instrument), self._prints_of(instrument)
        days: Days
        if instrument.by_day:
            days_around = self._own(instrument.by_day)
            days = Nights(seed, instrument, timetable, self.actions, days_around, self.timetable)
        elif prints:
            days = days_before(seed, instrument, timetable, self.actions, prints)
        else:
            days = Days(seed, instrument, timetable, self.actions)
        drawn = DrawnPrices(seed, instrument, timetable, self.halts, days)
        return RecordedPrices(instrument, timetable, self.halts, prints, drawn) if prints else drawn

    def _prints_of(self, instrument: Instrument) -> Prints | None:
        """What is recorded of an instrument: a stock's prints at night are those of the overnight market."""
        prints = self._recorded.get(instrument.symbol)
        if prints is None or self.nights is None or instrument.is_crypto:
            return prints
        quotes = [quote for quote in prints.quotes if self.is_night(quote.at) is instrument.is_night]
        trades = [trade for trade in prints.trades if self.is_night(trade.at) is instrument.is_night]
        return Prints(quotes, trades) if quotes or trades else None

    def is_recorded(self, instrument: Instrument) -> bool:
        """Whether its day is replayed from a file."""
        return bool(self._recorded) and isinstance(self._own(instrument), RecordedPrices)

    def by_night(self, instrument: Instrument) -> Instrument:
        """A stock as the overnight market knows it."""
        found = instrument if instrument.is_night else self._by_night.get(instrument)
        if found is None:
            found = self._by_night[instrument] = replace(instrument, by_day=instrument)
        return found

    def is_night(self, at: int) -> bool:
        """Whether the overnight market is open."""
        begin, end, is_night = self._around
        if not begin <= at < end:
            night = self.nights.current(at) if self.nights else None
            whole_hour = at - at % HOUR  # nights begin and end on one
            self._around = (night.start, night.end, True) if night else (whole_hour, whole_hour + HOUR, False)
            is_night = night is not None
        return is_night

    def place_of(self, instrument: Instrument, at: int) -> Instrument:
        """The instrument where it trades: that of the overnight market while that is open and takes it."""
        if self.is_night(at) and instrument.overnight_tradable:
            return self.by_night(instrument)
        return instrument

    def is_halted_at_night(self, instrument: Instrument, at: int) -> bool:
        """Whether the overnight market leaves out what it usually takes: now or, if it is shut, next time."""
        if self.nights is None or not instrument.overnight_tradable:
            return False
        start = at if self.is_night(at) else self.nights.next_open(at)
        return self.is_halted(self.by_night(instrument), start)

    def begins(self, session: Session) -> int:
        """When a trading day begins: with the night before it."""
        night = self.nights.hours.on(session.day) if self.nights else None
        return night.start if night else session.start

    def days(self, instrument: Instrument) -> Days:
        """The daily history of a stock or coin before its halts."""
        return self._own(instrument).days

    def _option(self, instrument: Instrument) -> OptionPrices | None:
        if instrument.contract is None:
            return None
        prices = self._options.get(instrument.symbol)
        if prices is None:
            prices = OptionPrices(instrument, instrument.contract, self, self._manners)
            self._options[instrument.symbol] = prices
        return prices

    def of(self, instrument: Instrument) -> Prices:
        """Everything about one instrument."""
        drawn = self._drawn.get(instrument)  # asked for most, so asked first
        return drawn or self._option(instrument) or self._own(instrument)

    def minute(self, instrument: Instrument, at: int) -> Minute | None:
        """The prints of the minute that starts at `at`; None when there are none."""
        return self.of(instrument).minute(at)

    def opening_quote(self, instrument: Instrument, session: Session, index: int) -> Quote:
        """The quote with which a minute of a stock or coin begins, at little cost."""
        if self.is_recorded(instrument):
            return self.quote(instrument, session.start + index * MINUTE)
        days = self.days(instrument)
        return opening_quote(days.minute(session, index), instrument, days.character)

    def quote(self, instrument: Instrument, instant: int) -> Quote:
        """The best bid and offer in force."""
        return self.of(instrument).quote(instant)

    def trade(self, instrument: Instrument, instant: int) -> Trade:
        """The last trade."""
        return self.of(instrument).trade(instant)

    def last_trade(self, instrument: Instrument, instant: int) -> Trade:
        """The last trade by day or by night."""
        trade = self.trade(instrument, instant)
        if self.nights and instrument.overnight_tradable and trade.at < self.nights.last_started(instant).end:
            return max(trade, self.trade(self.by_night(instrument), instant), key=_by_time)
        return trade

    def standing_quote(self, instrument: Instrument, instant: int) -> Quote:
        """The quote at which an order would be executed: the overnight market's while that is open."""
        quote, place = self.quote(instrument, instant), self.place_of(instrument, instant)
        return quote if place is instrument else max(quote, self.quote(place, instant), key=_by_time)

    def valuation(self, instrument: Instrument, instant: int) -> Valuation | None:
        """Implied volatility and Greeks of an option; None of anything else."""
        option = self._option(instrument)
        return option.valuation(instant) if option else None

    def minute_bar(self, instrument: Instrument, instant: int) -> Bar:
        """The latest completed minute in which something traded."""
        return self.of(instrument).minute_bar(instant)

    def day_bar(self, instrument: Instrument, instant: int) -> Bar | None:
        """The day so far, of the session in progress or the last one; None before its first full minute."""
        session = self.timetable_of(instrument).last_started(instant)
        return self.of(instrument).day_so_far(session, instant)

    def previous_day_bar(self, instrument: Instrument, instant: int) -> Bar:
        """The last full day before the session in progress (or before the last one)."""
        timetable = self.timetable_of(instrument)
        return self.of(instrument).whole_day(timetable.before(timetable.last_started(instant).day))

    def last_close(self, instrument: Instrument, instant: int) -> int:
        """The close of the last trading day before the one it is, which begins at night."""
        timetable = self.timetable_of(instrument)
        session = timetable.last_started(instant)
        is_over = not instrument.is_crypto and self.begins(timetable.after(session.day)) <= instant
        return self.of(instrument).whole_day(session if is_over else timetable.before(session.day)).close

    def minutes_of(self, instrument: Instrument, session: Session, start: int, stop: int) -> list[Bar]:
        """The minute bars of a session that begin in [start, stop) and are complete at `stop`."""
        return self.of(instrument).minutes_of(session, start, stop)

    def day_bars(self, instrument: Instrument, start: int, stop: int) -> list[Bar]:
        """Daily bars of the sessions that begin in [start, stop), the last one as far as it has come."""
        timetable, prices = self.timetable_of(instrument), self.of(instrument)
        sessions = timetable.sessions(timetable.hours.day_of(start), timetable.hours.day_of(stop))
        bars = (prices.day_so_far(s, stop) for s in sessions if start <= s.start < stop)
        return [bar for bar in bars if bar]

    def chain(self, instruments: Instruments, underlying: Instrument, instant: int) -> list[Instrument]:
        """The option contracts that are listed at an instant, in order of expiry, right and strike."""
        return [instruments.contract(terms) for terms in self.terms(instruments, underlying, instant)]

    def terms(self, instruments: Instruments, underlying: Instrument, instant: int) -> list[Terms]:
        """The terms of those contracts, which cost far less to make."""
        today = new_york_day(instant)
        session = self.timetable.before(today.replace(day=1))
        price = underlying.price(self.days(underlying).bar(session).close)
        listed = instruments.terms(underlying, today, price)
        return [terms for terms in listed if self.end_of(terms.expiry) > instant]

    def expires_at(self, instrument: Instrument) -> int:
        """The instant from which an option is no more."""
        contract = instrument.contract
        if contract is None:
            raise ValueError(f"{instrument.symbol} is no option")
        return self.end_of(contract.expiry)

    def end_of(self, expiry: date) -> int:
        """The instant from which options of an expiry are no more."""
        if (end := self._ends.get(expiry)) is None:
            end = self._ends[expiry] = end_of(self.timetable, expiry)
        return end

    def prints(self, instrument: Instrument, after: int, until: int) -> Iterator[Quote | Trade]:
        """Everything printed in (after, until], in order of time."""
        at, prices = after - after % MINUTE, self.of(instrument)
        while at <= until:
            if minute := prices.minute(at):
                yield from _between(minute.quotes, minute.trades, after, until)
            at += MINUTE

    def reach(self, instrument: Instrument, at: int) -> tuple[int, int] | None:
        """The lowest and the highest trade of a minute, without drawing it; None where only drawing tells.

        No offer of that minute is below the one, no bid above the other.
        """
        prices = self._own(instrument) if instrument.contract is None else None
        return prices.reach(at) if isinstance(prices, DrawnPrices) else None

    def is_open(self, instrument: Instrument, at: int, *, extended: bool = False) -> bool:
        """Whether orders execute: in a session's ordinary hours or, with `extended`, all of them; no halt."""
        session = self.timetable_of(instrument).current(at)
        if session is None or self.is_halted(instrument, at):
            return False
        return extended or session.open <= at < session.close

    def is_halted(self, instrument: Instrument, at: int) -> bool:
        """Whether trading is halted at an instant; an option's with its underlying's."""
        return self._halt_at(instrument, at) is not None

    def _halt_at(self, instrument: Instrument, at: int) -> Halt | None:
        session = self.timetable_of(instrument).current(at)
        halts = self.halts.during(instrument, session) if session else ()
        return next((halt for halt in halts if halt.covers(at)), None)

    def halt(self, instrument: Instrument, at: int, kind: HaltKind = "news", end: int | None = None) -> Halt:
        """Halt an instrument from now (or later) until `end` or `resume`; what printed before stays."""
        halt = self.halts.order(instrument, at, kind, end)
        self._forget(instrument)
        return halt

    def resume(self, instrument: Instrument, at: int) -> bool:
        """End the ordered halt that is in force; say whether there was one."""
        was_halted = self.halts.resume(instrument, at)
        self._forget(instrument)
        return was_halted

    def _forget(self, instrument: Instrument) -> None:
        self.changes += 1
        self._own(instrument).forget()
        if instrument.overnight_tradable:
            self._own(self.by_night(instrument)).forget()
        for option in self._options.values():
            option.forget()

    def book(self, instrument: Instrument, instant: int) -> Book:
        """The order book in force, its best prices those of `quote`."""
        return book_of(instrument, self.quote(instrument, instant))

    def statuses(self, instrument: Instrument, after: int, until: int) -> list[Status]:
        """Halts and resumptions in (after, until]."""
        timetable = self.timetable_of(instrument)
        sessions = timetable.sessions(timetable.hours.day_of(after), timetable.hours.day_of(until))
        said = (status for session in sessions for status in self.halts.statuses(instrument, session))
        return [status for status in said if after < status.at <= until]

    def bands(self, instrument: Instrument, after: int, until: int) -> list[Bands]:
        """The price bands of each minute of ordinary trading that begins in (after, until]."""
        if instrument.asset_class != "us_equity" or instrument.is_night:
            return []
        found, at = [], after - after % MINUTE + MINUTE
        part = _FUND_BAND if instrument.is_fund else _BAND
        while at <= until:
            if self.is_open(instrument, at):
                middle = self.minute_bar(instrument, at).typical
                found.append(Bands(at, round(middle * (1 + part)), max(1, round(middle * (1 - part)))))
            at += MINUTE
        return found

    def auction(self, instrument: Instrument, session: Session, instant: int) -> Auction:
        """The opening and closing prints of a session, as far as they have happened at an instant."""
        prices = self.of(instrument)
        opening = prices.minute(session.open) if session.open <= instant else None
        closing = prices.minute(session.close - MINUTE) if session.close <= instant else None
        return Auction(
            session.start,
            next((t for t in opening.trades if t.mark == "O" and t.at <= instant), None) if opening else None,
            next((t for t in closing.trades if t.mark == "6"), None) if closing else None,
        )


def _between(
    quotes: Sequence[Quote], trades: Sequence[Trade], after: int, until: int
) -> Iterator[Quote | Trade]:
    return heapq.merge(span(quotes, after, until), span(trades, after, until), key=_by_time)


def span(prints: Sequence[Print], after: int, until: int) -> Sequence[Print]:
    """Those prints of a minute that come in (after, until]."""
    first = bisect.bisect_right(prints, after, key=_by_time)
    return prints[first : bisect.bisect_right(prints, until, first, key=_by_time)]
