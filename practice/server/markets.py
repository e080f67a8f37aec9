"""/v3/clock and /v3/calendar: the phases of markets, those at night and abroad included."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from practice.engine.clock import SECOND
from practice.engine.exchange_days import (
    FIRST_YEAR,
    LAST_YEAR,
    NIGHT_ENDS,
    closing_time,
    session_end,
    settlement_day,
)
from practice.engine.foreign_markets import FOREIGN_MARKETS, ForeignMarket
from practice.engine.hours import NEW_YORK, NightHours, at
from practice.engine.refusals import not_found
from practice.server.answers import json_answer
from practice.server.reading import BadValue, instant_of, list_of, one_of
from practice.server.trading import Desk

_DAY = timedelta(days=1)
_LONGEST_CALENDAR = timedelta(days=3660)
_NIGHTS = NightHours()


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a market's day: [start, end), in nanoseconds."""

    name: str
    start: int
    end: int


Phases = Callable[[date], list[Phase]]


@dataclass(frozen=True, slots=True)
class _Market:
    acronym: str
    mic: str
    name: str
    phases: Phases
    timezone: str = "America/New_York"
    is_exchange: bool = True  # an American one, whose hours the simulated market may keep

    @property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.timezone)

    @property
    def fields(self) -> dict[str, str]:
        named = {"acronym": self.acronym, "name": self.name, "timezone": self.timezone}
        return {**named, "mic": self.mic} if self.mic else named


def _exchange_phases(day: date) -> list[Phase]:
    close = closing_time(day)
    if close is None:
        return []
    instants = [at(day, clock) for clock in (NIGHT_ENDS, time(9, 30), close, session_end(close))]
    names = ("pre", "core", "post")
    return [Phase(n, start, end) for n, start, end in zip(names, instants, instants[1:], strict=False)]


def _option_phases(day: date) -> list[Phase]:
    return [phase for phase in _exchange_phases(day) if phase.name == "core"]


def _overnight_phases(day: date) -> list[Phase]:
    """A night belongs to the trading day it leads to."""
    night = _NIGHTS.on(day)
    return [Phase("core", night.start, night.end)] if night else []


_NYSE = _Market("NYSE", "XNYS", "New York Stock Exchange", _exchange_phases)
_NASDAQ = _Market("NASDAQ", "XNAS", "NASDAQ", _exchange_phases)
_IEX = _Market("IEX", "IEXG", "Investors Exchange", _exchange_phases)
_OTC = _Market("OTC", "OTCM", "OTC Markets", _exchange_phases)
_OPRA = _Market("OPRA", "OPRA", "Options Price Reporting Authority", _option_phases)
_BOATS = _Market("BOATS", "BOAT", "Blue Ocean Alternative Trading System", _overnight_phases)
_OCEA = _Market("OCEA", "OCEA", "BlueOcean ATS", _overnight_phases)


def _abroad(market: ForeignMarket) -> _Market:
    def phases(day: date) -> list[Phase]:
        return [Phase(*phase) for phase in market.phases(day)]

    return _Market(market.code, market.mic, market.name, phases, market.timezone, is_exchange=False)


_MARKETS: Mapping[str, _Market] = {
    code: market
    for market in (
        *map(_abroad, FOREIGN_MARKETS), _NYSE, _NASDAQ, _IEX, _OTC, _OPRA, _BOATS, _OCEA,
    )
    for code in (market.acronym, market.mic)
    if code
}  # fmt: skip


class MarketRoutes:
    """The clocks and calendars of markets, as one environment shows them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix."""
        app.router.add_get(f"{prefix}/v3/clock", self.clock)
        app.router.add_get(f"{prefix}/v3/calendar/{{market}}", self.calendar)

    async def clock(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        instant = instant_of(request.query.get("time"), "time")
        instant = self._desk.brokerage.now if instant is None else instant
        if not FIRST_YEAR < _local(instant).year < LAST_YEAR:
            raise BadValue(f"invalid time: it lies outside of {FIRST_YEAR} to {LAST_YEAR}")
        names = list_of(request.query.get("markets")) or ["NYSE"]
        markets = [_market(name) for name in names]
        return json_answer({"clocks": [self._clock(market, instant) for market in markets]})

    def _clock(self, market: _Market, instant: int) -> dict[str, Any]:
        always_open = market.is_exchange and self._desk.brokerage.market.timetable.hours.always_open
        phases = _all_day if always_open else market.phases
        zone = market.zone
        today = _local(instant, zone).date()
        around = [phase for n in range(-1, 12) for phase in phases(today + n * _DAY)]
        current = next((phase for phase in around if phase.start <= instant < phase.end), None)
        days = [edges for n in range(-1, 12) if (edges := _core(phases(today + n * _DAY)))]
        opens = next(start for start, _ in days if start > instant)
        closes = next(end for _, end in days if end > instant)
        following = next(phase.start for phase in around if phase.start > instant)
        return {
            "market": market.fields,
            "timestamp": _text(instant, zone),
            "is_market_day": bool(phases(today)),
            "next_market_open": _text(opens, zone),
            "next_market_close": _text(closes, zone),
            "phase": current.name if current else "closed",
            "phase_until": _text(current.end if current else following, zone),
        }

    async def calendar(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        market, query = _market(request.match_info["market"]), request.query
        zone = UTC if one_of(query.get("timezone"), "timezone", ("utc",), "") else market.zone
        first = _day(query.get("start"), "start") or _local(self._desk.brokerage.now, market.zone).date()
        last = _day(query.get("end"), "end") or first + timedelta(days=7)
        if last < first:
            raise BadValue("end should not be before start")
        last = min(last, first + _LONGEST_CALENDAR)
        days = list(_days(market, first, last, zone))
        return json_answer({"market": market.fields, "calendar": days})


def _core(phases: list[Phase]) -> tuple[int, int] | None:
    core = [phase for phase in phases if phase.name == "core"]
    return (core[0].start, core[-1].end) if core else None


def _market(name: str) -> _Market:
    market = _MARKETS.get(name.upper())
    if market is None:
        raise not_found(f"market not found: {name[:20]}")
    return market


def _all_day(day: date) -> list[Phase]:
    return [Phase("core", at(day, time()), at(day + _DAY, time()))]


def _days(market: _Market, first: date, last: date, zone: tzinfo) -> Iterator[dict[str, str]]:
    first, last = max(first, date(FIRST_YEAR, 1, 2)), min(last, date(LAST_YEAR, 12, 31))
    for number in range((last - first).days + 1):
        day = first + number * _DAY
        if phases := market.phases(day):
            spans = {
                f"{name}_{edge}": _text(instant, zone)
                for name in dict.fromkeys(phase.name for phase in phases)
                for edge, instant in _edges([phase for phase in phases if phase.name == name])
            }
            settled = {"settlement_date": settlement_day(day).isoformat()} if market.is_exchange else {}
            yield {"date": day.isoformat(), **spans, **settled}


def _edges(phases: list[Phase]) -> tuple[tuple[str, int], tuple[str, int]]:
    """When a phase begins and ends; the core one goes on after lunch."""
    return ("start", phases[0].start), ("end", phases[-1].end)


def _local(instant: int, zone: tzinfo = NEW_YORK) -> datetime:
    return datetime.fromtimestamp(instant // SECOND, zone)


def _text(instant: int, zone: tzinfo = NEW_YORK) -> str:
    return _local(instant, zone).isoformat().replace("+00:00", "Z")


def _day(value: str | None, name: str) -> date | None:
    """A date of a query; beyond the years that calendars know, the nearest that is."""
    if not value:
        return None
    try:
        day = date.fromisoformat(value[:10])
    except ValueError:
        raise BadValue(f"invalid {name}: {value[:40]} is not a date") from None
    return max(date(FIRST_YEAR, 1, 1), min(day, date(LAST_YEAR + 1, 1, 1)))
