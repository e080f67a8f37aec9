"""/v1beta3/crypto: bars, quotes, trades, the latest of each, order books and snapshots of coins."""

import re
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from practice.engine.history import Span, bars, ticks
from practice.engine.instruments import Instrument
from practice.engine.tape import Quote, Trade
from practice.server.answers import json_answer
from practice.server.market_data.desk import DataDesk, wanted_symbols
from practice.server.market_data.paging import page, window_of
from practice.server.market_data.stocks import timeframe_in
from practice.server.reading import BadValue
from practice.server.tape_wire import (
    Fields,
    bar_fields,
    book_fields,
    quote_fields,
    trade_fields,
    window_start,
)

LOCATIONS = ("us", "us-1", "us-2", "eu-1", "bs-1")
_PAIR = re.compile(r"[A-Z0-9]+x?/[A-Z]+")


class CoinRoutes:
    """The crypto routes of the data host. They need no credentials; wrong ones are refused."""

    def __init__(self, desk: DataDesk) -> None:
        self._desk, self._market = desk, desk.market

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix."""
        base = f"{prefix}/v1beta3/crypto/{{loc}}"
        add = app.router.add_get
        add(f"{base}/{{kind:bars|quotes|trades}}", self.history)
        add(f"{base}/latest/{{kind:bars|quotes|trades|orderbooks}}", self.latest)
        add(f"{base}/snapshots", self.snapshots)

    def _enter(self, request: web.Request) -> int:
        if (location := request.match_info["loc"]) not in LOCATIONS:
            raise BadValue(f"invalid location: {location[:20]}")
        return self._desk.enter_openly(request)

    def _pairs(self, request: web.Request) -> dict[str, Instrument]:
        symbols = wanted_symbols(request)
        for symbol in symbols:
            if not _PAIR.fullmatch(symbol):
                raise BadValue(f"invalid symbol: {symbol[:40]} does not match ^[A-Z]+x?/[A-Z]+$")
        found = ((symbol, self._desk.instruments.get(symbol)) for symbol in symbols)
        return {symbol: one for symbol, one in found if one and one.is_crypto}

    async def history(self, request: web.Request) -> web.Response:
        now, kind, pairs = self._enter(request), request.match_info["kind"], self._pairs(request)
        timeframe = timeframe_in(request) if kind == "bars" else None
        hours = self._desk.coin_hours
        window = window_of(request, hours.midnight(hours.day_of(now)), now)

        def rows(symbol: str, span: Span) -> Iterator[Any]:
            if timeframe:
                return bars(self._market, pairs[symbol], timeframe, span)
            return ticks(self._market, pairs[symbol], Quote if kind == "quotes" else Trade, span)

        found, token = await page(list(pairs), rows, window, now)
        wired = {symbol: [_fields(pairs[symbol], row) for row in rows_] for symbol, rows_ in found.items()}
        return json_answer({kind: wired, "next_page_token": token})

    def _latest(self, kind: str, one: Instrument, now: int) -> Fields:
        if kind == "quotes":
            return quote_fields(one, self._market.quote(one, now))
        if kind == "trades":
            return trade_fields(one, self._market.trade(one, now))
        if kind == "orderbooks":
            return book_fields(one, self._market.book(one, now))
        return bar_fields(one, self._market.minute_bar(one, now), window_start)

    async def latest(self, request: web.Request) -> web.Response:
        now, kind = self._enter(request), request.match_info["kind"]
        return json_answer(
            {kind: {s: self._latest(kind, one, now) for s, one in self._pairs(request).items()}}
        )

    async def snapshots(self, request: web.Request) -> web.Response:
        now = self._enter(request)
        found = {symbol: self._snapshot(one, now) for symbol, one in self._pairs(request).items()}
        return json_answer({"snapshots": found})

    def _snapshot(self, one: Instrument, now: int) -> dict[str, Any]:
        today = self._market.day_bar(one, now)
        before = self._market.previous_day_bar(one, now)
        return {
            "latestTrade": self._latest("trades", one, now),
            "latestQuote": self._latest("quotes", one, now),
            "minuteBar": self._latest("bars", one, now),
            "dailyBar": bar_fields(one, today, window_start) if today else None,
            "prevDailyBar": bar_fields(one, before, window_start),
        }


def _fields(one: Instrument, row: Any) -> Fields:
    if isinstance(row, Quote):
        return quote_fields(one, row)
    return trade_fields(one, row) if isinstance(row, Trade) else bar_fields(one, row, window_start)
