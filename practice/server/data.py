"""Market data over REST: the latest prints, snapshots and historical bars of stocks."""

import asyncio
import base64
import binascii
from datetime import time
from typing import Any

from aiohttp import web

from practice.engine.brokerage import Brokerage
from practice.engine.clock import Clock
from practice.engine.history import Span, Timeframe, bars, timeframe_of
from practice.engine.hours import at, new_york_day
from practice.engine.instruments import Instrument
from practice.engine.refusals import not_found
from practice.server.access import require
from practice.server.answers import json_answer
from practice.server.grants import Grants
from practice.server.reading import BadValue, instant_of, list_of, one_of, whole_of
from practice.server.tape_wire import Fields, bar_fields, quote_fields, trade_fields, window_start

_MOST_BARS, _BARS_AT_A_STRETCH = 10_000, 250


class DataRoutes:
    """/v2/stocks and below."""

    def __init__(self, brokerage: Brokerage, grants: Grants, clock: Clock) -> None:
        self._brokerage, self._market = brokerage, brokerage.market
        self._grants, self._clock = grants, clock

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix; those for many symbols before those for one."""
        base = f"{prefix}/v2/stocks"
        add = app.router.add_get
        add(f"{base}/bars", self.many_bars)
        add(f"{base}/snapshots", self.many_snapshots)
        add(f"{base}/{{kind:quotes|trades|bars}}/latest", self.many_latest)
        add(f"{base}/{{symbol}}/bars", self.one_bars)
        add(f"{base}/{{symbol}}/snapshot", self.one_snapshot)
        add(f"{base}/{{symbol}}/{{kind:quotes|trades|bars}}/latest", self.one_latest)

    def _enter(self, request: web.Request) -> int:
        require(request, self._grants, scope="data")
        one_of(
            request.query.get("feed"),
            "feed",
            ("iex", "sip", "delayed_sip", "otc", "boats", "overnight"),
            "iex",
        )
        return self._clock.now()

    def _stock(self, symbol: str) -> Instrument | None:
        instrument = self._brokerage.instruments.get(symbol.upper())
        return instrument if instrument and not instrument.is_crypto else None

    def _one(self, request: web.Request) -> Instrument:
        instrument = self._stock(request.match_info["symbol"])
        if instrument is None:
            raise not_found(f"asset not found for {request.match_info['symbol'][:40]}")
        return instrument

    def _many(self, request: web.Request) -> list[Instrument]:
        symbols = list_of(request.query.get("symbols"))
        if not symbols:
            raise BadValue("symbols is required")
        found = (self._stock(symbol) for symbol in sorted({symbol.upper() for symbol in symbols}))
        return [instrument for instrument in found if instrument]

    def _latest(self, kind: str, instrument: Instrument, now: int) -> Fields:
        if kind == "quotes":
            return quote_fields(instrument, self._market.quote(instrument, now))
        if kind == "trades":
            return trade_fields(instrument, self._market.trade(instrument, now))
        return bar_fields(instrument, self._market.minute_bar(instrument, now), window_start)

    async def many_latest(self, request: web.Request) -> web.Response:
        now, kind = self._enter(request), request.match_info["kind"]
        found = {one.symbol: self._latest(kind, one, now) for one in self._many(request)}
        return json_answer({kind: found})

    async def one_latest(self, request: web.Request) -> web.Response:
        now, kind = self._enter(request), request.match_info["kind"]
        instrument = self._one(request)
        latest = self._latest(kind, instrument, now)
        return json_answer({"symbol": instrument.symbol, kind.removesuffix("s"): latest})

    def _snapshot(self, instrument: Instrument, now: int) -> dict[str, Any]:
        today = self._market.day_bar(instrument, now)
        before = self._market.previous_day_bar(instrument, now)
        return {
            "latestTrade": self._latest("trades", instrument, now),
            "latestQuote": self._latest("quotes", instrument, now),
            "minuteBar": self._latest("bars", instrument, now),
            "dailyBar": bar_fields(instrument, today, _midnight) if today else None,
            "prevDailyBar": bar_fields(instrument, before, _midnight),
        }

    async def many_snapshots(self, request: web.Request) -> web.Response:
        now = self._enter(request)
        return json_answer({one.symbol: self._snapshot(one, now) for one in self._many(request)})

    async def one_snapshot(self, request: web.Request) -> web.Response:
        now, instrument = self._enter(request), self._one(request)
        return json_answer({"symbol": instrument.symbol, **self._snapshot(instrument, now)})

    async def many_bars(self, request: web.Request) -> web.Response:
        now = self._enter(request)
        found, token = await self._history(self._many(request), request, now)
        return json_answer({"bars": found, "next_page_token": token})

    async def one_bars(self, request: web.Request) -> web.Response:
        now, instrument = self._enter(request), self._one(request)
        found, token = await self._history([instrument], request, now)
        rows = found.get(instrument.symbol, [])
        return json_answer({"symbol": instrument.symbol, "bars": rows, "next_page_token": token})

    async def _history(
        self, instruments: list[Instrument], request: web.Request, now: int
    ) -> tuple[dict[str, list[Fields]], str | None]:
        query = request.query
        timeframe = self._timeframe(query.get("timeframe"))
        newest_first = one_of(query.get("sort"), "sort", ("asc", "desc"), "asc") == "desc"
        room = whole_of(query.get("limit"), "limit", 1000, _MOST_BARS)
        start = instant_of(query.get("start"), "start")
        end = instant_of(query.get("end"), "end")
        start = at(new_york_day(now), time()) if start is None else start
        if end is not None and end < start:
            raise BadValue("end should not be before start")
        end = now if end is None else end
        resumed = page_of(query.get("page_token"))
        found: dict[str, list[Fields]] = {}
        for instrument in instruments:
            first, last = start, end
            if resumed is not None:
                if instrument.symbol < resumed[0]:
                    continue
                if instrument.symbol == resumed[0]:
                    first, last = (first, resumed[1]) if newest_first else (resumed[1], last)
            span = Span(start=first, end=last, now=now, newest_first=newest_first)
            for bar in bars(self._market, instrument, timeframe, span):
                if room == 0:
                    return found, page_token(instrument.symbol, bar.at)
                found.setdefault(instrument.symbol, []).append(bar_fields(instrument, bar, window_start))
                room -= 1
                if room % _BARS_AT_A_STRETCH == 0:
                    await asyncio.sleep(0)  # long histories must not hold up the streams
        return found, None

    def _timeframe(self, text: str | None) -> Timeframe:
        if not text:
            raise BadValue("timeframe is required")
        timeframe = timeframe_of(text)
        if timeframe is None:
            raise BadValue(f"invalid timeframe: {text[:20]}")
        return timeframe


def _midnight(instant: int) -> str:
    return window_start(at(new_york_day(instant), time()))


def page_token(symbol: str, instant: int) -> str:
    """Where the next page begins."""
    return base64.urlsafe_b64encode(f"{symbol}|{instant}".encode()).decode()


def page_of(token: str | None) -> tuple[str, int] | None:
    """Read a page token; raise `BadValue` for one that is not ours."""
    if not token:
        return None
    try:
        symbol, _, instant = base64.urlsafe_b64decode(token.encode()).decode("ascii").partition("|")
        return symbol, int(instant)
    except (binascii.Error, ValueError):
        raise BadValue("invalid page_token") from None
