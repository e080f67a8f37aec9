"""/v2/account/portfolio/history: what the account was worth, as parallel arrays."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import cast

from aiohttp import web
from multidict import MultiMapping

from practice.engine.accounts import ZERO, Account
from practice.engine.activities import FILL, KNOWN_TYPES, Ledger, types_of
from practice.engine.clock import SECOND
from practice.engine.equity_history import STEPS, EquityHistory, Point, Reporting, Span, Timeframe
from practice.engine.hours import Timetable, new_york_day
from practice.server.answers import json_answer
from practice.server.reading import BadValue, flag_of, instant_of, list_of, one_of
from practice.server.trading import Desk
from practice.server.wire import Json

_PERIOD = re.compile(r"(\d{1,4})([DWMA])")
_UNIT_DAYS = {"D": 1, "W": 7, "M": 30, "A": 365}
_TIMEFRAMES: dict[str, Timeframe] = {
    name.lower(): name for name in cast(tuple[Timeframe, ...], (*STEPS, "1D"))
}
_MOST_INTRADAY_DAYS = 30
_CENT, _FINE = Decimal("0.01"), Decimal("1e-6")
_DAY, _DAY_NS = timedelta(days=1), 86_400 * SECOND


@dataclass(frozen=True, slots=True)
class _Period:
    count: int
    unit: str

    @property
    def days(self) -> int:
        return self.count * _UNIT_DAYS[self.unit]

    def first_day(self, last: date) -> date:
        """The first of the days that end with `last`."""
        if self.unit in "DW":
            return last - (self.days - 1) * _DAY
        months = last.year * 12 + last.month - 1 - self.count * (12 if self.unit == "A" else 1)
        year, month = divmod(months, 12)
        if year < 1:
            return date.min
        return min(date(year, month + 1, 1) + (last.day - 1) * _DAY, _month_end(year, month + 1)) + _DAY


class PortfolioRoutes:
    """The history of one environment's account."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._brokerage = desk, desk.brokerage
        self._history = EquityHistory(desk.brokerage, desk.account)

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the route under a prefix."""
        app.router.add_get(f"{prefix}/v2/account/portfolio/history", self.history)

    async def history(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request)
        span = _span(request.query, self._brokerage.now, self._brokerage.market.timetable)
        reset = one_of(request.query.get("pnl_reset"), "pnl_reset", ("per_day", "no_reset"), "per_day")
        types = _cashflow_types(request.query.get("cashflow_types"))
        points = self._history.points(span)
        return json_answer(
            {
                **self._figures(points, per_day=reset == "per_day" and span.timeframe != "1D"),
                "timeframe": span.timeframe,
                "cashflow": self._cashflow(account, points, types),
            }
        )

    def _figures(self, points: Sequence[Point], *, per_day: bool) -> Json:
        before = self._history.closing_before(points[0].day) if points else None
        first = before.equity if before else points[0].equity if points else ZERO
        bases = {}
        if per_day:
            for day, _ in groupby(points, key=lambda point: point.day):
                closing = self._history.closing_before(day)
                bases[day] = closing.equity if closing else first
        gains = [_cents(point.equity) - _cents(bases.get(point.day, first)) for point in points]
        parts = [
            gain / base if (base := bases.get(point.day, first)) else ZERO
            for gain, point in zip(gains, points, strict=True)
        ]
        asof = {"base_value_asof": before.day.isoformat()} if before else {}
        return {
            "timestamp": [point.at // SECOND for point in points],
            "equity": [float(_cents(point.equity)) for point in points],
            "profit_loss": [float(gain) for gain in gains],
            "profit_loss_pct": [float(part.quantize(_FINE)) for part in parts],
            "base_value": float(_cents(first)),
            **asof,
        }

    def _cashflow(
        self, account: Account, points: Sequence[Point], types: frozenset[str] | None
    ) -> dict[str, list[float]]:
        ledger = self._brokerage.activities.of(account)
        if types is None:
            flows = _flows(ledger, points, KNOWN_TYPES - {FILL})
            return {name: flow for name, flow in flows.items() if any(flow)}
        return _flows(ledger, points, types)


def _flows(ledger: Ledger, points: Sequence[Point], types: frozenset[str]) -> dict[str, list[float]]:
    """What came in and went out in each window, by type."""
    sums = {name: [ZERO] * len(points) for name in sorted(types)}
    number = 0
    for activity in ledger:
        while number < len(points) and activity.at >= points[number].until:
            number += 1
        if number < len(points) and activity.type in sums and activity.at >= points[number].at:
            sums[activity.type][number] += activity.net_amount
    return {name: [float(amount) for amount in amounts] for name, amounts in sums.items()}


def _cashflow_types(text: str | None) -> frozenset[str] | None:
    """The types asked for; None for all that occur."""
    names = frozenset(name.upper() for name in list_of(text))
    if names == {"ALL"}:
        return None
    if not names or names == {"NONE"}:
        return frozenset()
    if unknown := sorted(names - KNOWN_TYPES):
        raise BadValue(f"invalid cashflow type: {unknown[0][:40]}")
    return types_of(names) - {FILL, "TRANS", "MISC"}


def _span(query: MultiMapping[str], now: int, timetable: Timetable) -> Span:
    period = _period(query.get("period"))
    start = instant_of(query.get("start"), "start")
    end = _end(query)
    if period and start is not None and end is not None:
        raise BadValue("only two of start, end and period can be specified at the same time")
    extended = flag_of(query.get("extended_hours"), "extended_hours")
    reporting = one_of(
        query.get("intraday_reporting"),
        "intraday_reporting",
        ("market_hours", "extended_hours", "continuous"),
        "extended_hours" if extended else "market_hours",
    )
    if start is not None and period and end is None:
        end = start + period.days * _DAY_NS
    last = max(now if end is None else min(end, now), 0)
    if start is not None and start > last:
        raise BadValue("start must not be after end or in the future")
    start = None if start is None else max(start, 0)
    last_day = timetable.last_started(last).day
    period = period or _Period(1, "M")
    first_day = new_york_day(start) if start is not None else period.first_day(last_day)
    length = period.days if start is None else max(1, -((start - last) // _DAY_NS))
    timeframe = _timeframe(query.get("timeframe"), length)
    if start is None and reporting == "continuous":
        start = max(last - period.days * _DAY_NS, 0)
        first_day = new_york_day(start)
    return Span(
        first_day=first_day,
        last_day=last_day,
        start=start,
        end=last,
        timeframe=timeframe,
        reporting=cast(Reporting, reporting),
    )


def _period(text: str | None) -> _Period | None:
    if not text:
        return None
    match = _PERIOD.fullmatch(text.upper())
    if match is None or int(match[1]) == 0:
        raise BadValue(f"invalid period: {text[:40]}")
    return _Period(int(match[1]), match[2])


def _end(query: MultiMapping[str]) -> int | None:
    end, day = instant_of(query.get("end"), "end"), instant_of(query.get("date_end"), "date_end")
    if end is not None and day is not None:
        raise BadValue("end and date_end are the same and cannot both be specified")
    # The older name means the end of a day.
    return end if day is None else day + _DAY_NS - SECOND


def _timeframe(text: str | None, days: int) -> Timeframe:
    if not text:
        return "1Min" if days < 7 else "15Min" if days < _MOST_INTRADAY_DAYS else "1D"
    timeframe = _TIMEFRAMES.get(text.lower())
    if timeframe is None:
        raise BadValue(f"invalid timeframe: {text[:40]}")
    if timeframe != "1D" and days > _MOST_INTRADAY_DAYS:
        raise BadValue(f"timeframe must be 1D for more than {_MOST_INTRADAY_DAYS} days")
    return timeframe


def _month_end(year: int, month: int) -> date:
    following = date(year + month // 12, month % 12 + 1, 1)
    return following - _DAY


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT)
