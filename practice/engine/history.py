"""Historical bars of any timeframe, drawn lazily in either direction."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Literal, TypeVar

import msgspec

from practice.engine.amendments import history_trades
from practice.engine.clock import HOUR, MINUTE
from practice.engine.hours import Hours, Session
from practice.engine.instruments import Instrument
from practice.engine.market import Market
from practice.engine.tape import Auction, Bar, Quote, Trade, merged

Unit = Literal["Min", "Hour", "Day", "Week", "Month"]

# What a price and a number of shares of a day are multiplied by.
Scale = Callable[[date], tuple[float, float]]
Print = TypeVar("Print", Quote, Trade)

FIRST_DAY, FIRST_COIN_DAY, FIRST_OPTION_DAY = date(2016, 1, 1), date(2021, 1, 1), date(2024, 2, 1)
FINER = 100
_QUARTER = timedelta(weeks=13)
_OPTION_LIFE = timedelta(days=3 * 366)
_TIMEFRAME = re.compile(r"(\d{1,2})(Min|T|Hour|H|Day|D|Week|W|Month|M)")
_UNITS: dict[str, tuple[Unit, frozenset[int]]] = {
    "Min": ("Min", frozenset(range(1, 60))),
    "T": ("Min", frozenset(range(1, 60))),
    "Hour": ("Hour", frozenset(range(1, 24))),
    "H": ("Hour", frozenset(range(1, 24))),
    "Day": ("Day", frozenset({1})),
    "D": ("Day", frozenset({1})),
    "Week": ("Week", frozenset({1})),
    "W": ("Week", frozenset({1})),
    "Month": ("Month", frozenset({1, 2, 3, 4, 6, 12})),
    "M": ("Month", frozenset({1, 2, 3, 4, 6, 12})),
}


@dataclass(frozen=True, slots=True)
class Timeframe:
    """The length of a bar."""

    count: int
    unit: Unit


def timeframe_of(text: str) -> Timeframe | None:
    """Read a timeframe as the wire spells it; None when there is no such one."""
    match = _TIMEFRAME.fullmatch(text)
    if match is None:
        return None
    unit, counts = _UNITS[match[2]]
    return Timeframe(int(match[1]), unit) if int(match[1]) in counts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Bars whose windows begin in [start, end], as far as they are complete at `now`."""

    start: int
    end: int
    now: int
    newest_first: bool = False


def bars(
    market: Market, instrument: Instrument, timeframe: Timeframe, span: Span, scale: Scale | None = None
) -> Iterator[Bar]:
    """The bars of a span. A window in progress shows what it has so far.

    With a `scale` prices come in hundredths of the instrument's ticks: an adjusted price needs them.
    """
    for session_bars in _groups(market, instrument, timeframe, span, scale):
        inside = [bar for bar in session_bars if span.start <= bar.at <= span.end]
        yield from reversed(inside) if span.newest_first else inside


def _groups(
    market: Market, instrument: Instrument, timeframe: Timeframe, span: Span, scale: Scale | None
) -> Iterator[list[Bar]]:
    hours = market.timetable_of(instrument).hours
    intraday = timeframe.unit in {"Min", "Hour"}
    first = max(hours.day_of(max(span.start, 0)), first_day(instrument))
    last = hours.day_of(min(span.end, span.now))
    if not intraday:
        if instrument.is_night and timeframe.unit == "Day":
            last += timedelta(days=1)  # in winter its bar carries an earlier time than the night begins
        for begin, end in _stretches(_first_of(first, timeframe), last, timeframe, span):
            stop = min(span.now, hours.midnight(end))
            days = market.day_bars(instrument, hours.midnight(begin), stop)
            if scale:
                days = [_scaled(bar, *scale(hours.day_of(bar.at))) for bar in days]
            yield _coarse(days, timeframe, hours)
        return
    day, step = (last, -1) if span.newest_first else (first, 1)
    while first <= day <= last:
        session = hours.on(day)
        if session:
            minutes = market.minutes_of(instrument, session, session.start, span.now)
            if scale:
                minutes = [_scaled(bar, *scale(day)) for bar in minutes]
            yield _fine(minutes, hours.midnight(day), timeframe)
        day += timedelta(days=step)


def _stretches(first: date, last: date, timeframe: Timeframe, span: Span) -> list[tuple[date, date]]:
    """Spans of days, ends excluded, that no window straddles: some months each, in the order wanted."""
    found = []
    while first <= last:
        end = first + _QUARTER if timeframe.unit == "Week" else date(first.year + 1, 1, 1)
        found.append((first, end))
        first = end
    return found[::-1] if span.newest_first else found


def _scaled(bar: Bar, price: float, lots: float) -> Bar:
    price *= FINER
    return Bar(
        at=bar.at,
        open=round(bar.open * price),
        high=round(bar.high * price),
        low=round(bar.low * price),
        close=round(bar.close * price),
        lots=max(1, round(bar.lots * lots)),
        trades=bar.trades,
        typical=bar.typical * price,
    )


def ticks(market: Market, instrument: Instrument, kind: type[Print], span: Span) -> Iterator[Print]:
    """The quotes or trades of a span until `now`, a minute at a time; amended trades are marked."""
    hours, prices = market.timetable_of(instrument).hours, market.of(instrument)
    start, end = max(span.start, hours.midnight(first_day(instrument))), min(span.end, span.now)
    step = timedelta(days=-1 if span.newest_first else 1)
    day, last = hours.day_of(start), hours.day_of(end)
    if span.newest_first:
        day, last = last, day
    while start <= end:
        for at in _minutes(hours.on(day), start, end, newest_first=span.newest_first):
            found: Sequence[Quote | Trade] = ()
            if kind is Trade:
                found = history_trades(market, instrument, at)
            elif minute := prices.minute(at):
                found = minute.quotes
            inside = [tick for tick in found if isinstance(tick, kind) and start <= tick.at <= end]
            yield from reversed(inside) if span.newest_first else inside
        if day == last:
            return
        day += step


def auctions(market: Market, instrument: Instrument, span: Span) -> Iterator[Auction]:
    """The auctions of the days that a span touches, as far as they have happened at `now`."""
    timetable = market.timetable_of(instrument)
    first = max(timetable.hours.day_of(span.start), first_day(instrument))
    sessions = timetable.sessions(first, timetable.hours.day_of(min(span.end, span.now)))
    for session in reversed(sessions) if span.newest_first else sessions:
        if span.start <= session.close and timetable.hours.midnight(session.day) <= span.end:
            auction = market.auction(instrument, session, span.now)
            if auction.opening or auction.closing:
                yield auction


def finer(instrument: Instrument) -> Instrument:
    """The instrument with the ticks of scaled bars."""
    return replace(instrument, digits=instrument.digits + 2)


def _minutes(session: Session | None, start: int, end: int, *, newest_first: bool) -> Sequence[int]:
    if session is None:
        return ()
    first = max(session.start, start - start % MINUTE)
    minutes = range(first, min(session.end, end + 1), MINUTE)
    return minutes[::-1] if newest_first else minutes


def first_day(instrument: Instrument) -> date:
    """Since when there is history."""
    if instrument.contract:
        return max(FIRST_OPTION_DAY, instrument.contract.expiry - _OPTION_LIFE)
    return FIRST_COIN_DAY if instrument.is_crypto else FIRST_DAY


def _fine(minutes: list[Bar], midnight: int, timeframe: Timeframe) -> list[Bar]:
    width = timeframe.count * (MINUTE if timeframe.unit == "Min" else HOUR)
    if width == MINUTE:
        return minutes
    windows = groupby(minutes, key=lambda bar: midnight + (bar.at - midnight) // width * width)
    return [merged(list(window), start) for start, window in windows]


def _coarse(days: list[Bar], timeframe: Timeframe, hours: Hours) -> list[Bar]:
    if timeframe.unit == "Day":
        return [msgspec.structs.replace(bar, at=hours.label(hours.day_of(bar.at))) for bar in days]
    windows = groupby(days, key=lambda bar: _first_of(hours.day_of(bar.at), timeframe))
    return [merged(list(window), hours.label(first)) for first, window in windows]


def _first_of(day: date, timeframe: Timeframe) -> date:
    match timeframe.unit:
        case "Week":
            return day - timedelta(days=day.weekday())
        case "Month":
            return day.replace(month=(day.month - 1) // timeframe.count * timeframe.count + 1, day=1)
        case _:
            return day
