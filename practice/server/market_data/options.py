"""/v1beta1/options: bars, trades, the latest quotes and trades, snapshots and chains of contracts."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from aiohttp import web

from practice.engine.contracts import terms_of
from practice.engine.history import Span, bars, ticks
from practice.engine.instruments import Contract, Instrument
from practice.engine.pricing import Valuation
from practice.engine.tape import Bar, Trade, derived
from practice.server.answers import json_answer
from practice.server.market_data.desk import (
    DELAY,
    DataDesk,
    day_of,
    not_entitled,
    start_of_day,
    wanted_symbols,
)
from practice.server.market_data.paging import Place, limit_of, page, place_of, window_of
from practice.server.market_data.stocks import timeframe_in
from practice.server.reading import BadValue, decimal_of, instant_of, one_of
from practice.server.tape_wire import Fields, bar_fields, quote_fields, trade_fields, window_start

_MOST_CONTRACTS = 100
_USUAL_SNAPSHOTS, _MOST_SNAPSHOTS = 100, 1000
_DECIMALS = 6
_AT_A_STRETCH = 20


@dataclass(frozen=True, slots=True)
class _Moment:
    """The instants whose quotes and whose trades a feed shows."""

    quoted: int
    traded: int
    is_derived: bool  # whether the quotes are only about what was quoted


class OptionRoutes:
    """The option routes of the data host."""

    def __init__(self, desk: DataDesk) -> None:
        self._desk, self._market = desk, desk.market

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix."""
        base = f"{prefix}/v1beta1/options"
        add = app.router.add_get
        add(f"{base}/{{kind:bars|trades}}", self.history)
        add(f"{base}/{{kind:quotes|trades}}/latest", self.latest)
        add(f"{base}/snapshots", self.snapshots)
        add(f"{base}/snapshots/{{underlying}}", self.chain)

    def _contracts(self, request: web.Request) -> dict[str, Instrument]:
        symbols = wanted_symbols(request)
        if len(symbols) > _MOST_CONTRACTS:
            raise BadValue(f"too many symbols: at most {_MOST_CONTRACTS} are accepted")
        for symbol in symbols:
            if terms_of(symbol) is None:
                raise BadValue(f"invalid symbol: {symbol[:40]} is not an option symbol")
        found = ((symbol, self._desk.instruments.option(symbol)) for symbol in symbols)
        return {symbol: one for symbol, one in found if one}

    def _moment(self, request: web.Request) -> _Moment:
        """Read which feed is meant, or raise `Refusal`."""
        now, basic = self._desk.enter(request), self._desk.is_basic
        usual = "indicative" if basic else "opra"
        feed = one_of(request.query.get("feed"), "feed", ("opra", "indicative"), usual)
        if basic and feed == "opra":
            raise not_entitled("subscription does not permit querying OPRA data")
        is_derived = feed == "indicative"
        return _Moment(now, now - DELAY if is_derived else now, is_derived)

    def _quote(self, one: Instrument, moment: _Moment) -> Fields:
        quote = self._market.quote(one, moment.quoted)
        return quote_fields(one, derived(quote) if moment.is_derived else quote)

    async def history(self, request: web.Request) -> web.Response:
        now, kind, contracts = self._desk.enter(request), request.match_info["kind"], self._contracts(request)
        timeframe = timeframe_in(request) if kind == "bars" else None
        window = window_of(request, start_of_day(now), now)

        def rows(symbol: str, span: Span) -> Iterator[Any]:
            if timeframe:
                return bars(self._market, contracts[symbol], timeframe, span)
            return ticks(self._market, contracts[symbol], Trade, span)

        found, token = await page(list(contracts), rows, window, now)
        wired = {
            symbol: [_fields(contracts[symbol], row) for row in row_s] for symbol, row_s in found.items()
        }
        return json_answer({kind: wired, "next_page_token": token})

    async def latest(self, request: web.Request) -> web.Response:
        moment, kind = self._moment(request), request.match_info["kind"]
        contracts = self._contracts(request)
        if kind == "quotes":
            found = {s: self._quote(o, moment) for s, o in contracts.items()}
        else:
            found = {s: trade_fields(o, self._market.trade(o, moment.traded)) for s, o in contracts.items()}
        return json_answer({kind: found})

    async def snapshots(self, request: web.Request) -> web.Response:
        moment = self._moment(request)
        return await self._snapshots(request, list(self._contracts(request).values()), moment)

    async def chain(self, request: web.Request) -> web.Response:
        moment = self._moment(request)
        underlying = self._desk.instruments.get(request.match_info["underlying"].upper())
        keeps = _filter(request)
        chain = self._market.chain(self._desk.instruments, underlying, moment.quoted) if underlying else []
        kept = [one for one in chain if one.contract and keeps(one.contract)]
        return await self._snapshots(request, kept, moment)

    async def _snapshots(
        self, request: web.Request, contracts: list[Instrument], moment: _Moment
    ) -> web.Response:
        room = limit_of(request, _USUAL_SNAPSHOTS, _MOST_SNAPSHOTS)
        place = place_of(request.query.get("page_token"))
        since = instant_of(request.query.get("updated_since"), "updated_since")
        found: dict[str, Fields] = {}
        for one in sorted(contracts, key=lambda contract: contract.symbol):
            if place and one.symbol < place.symbol:
                continue
            if since is not None and self._market.quote(one, moment.quoted).at < since:
                continue
            if len(found) == room:
                token = Place(one.symbol, 0, 0).token
                return json_answer({"snapshots": found, "next_page_token": token})
            found[one.symbol] = self._snapshot(one, moment)
            if len(found) % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)
        return json_answer({"snapshots": found, "next_page_token": None})

    def _snapshot(self, one: Instrument, moment: _Moment) -> Fields:
        market, quoted_at, traded_at = self._market, moment.quoted, moment.traded
        today, before = market.day_bar(one, traded_at), market.previous_day_bar(one, traded_at)
        snapshot: Fields = {
            "latestTrade": trade_fields(one, market.trade(one, traded_at)),
            "latestQuote": self._quote(one, moment),
            "minuteBar": bar_fields(one, market.minute_bar(one, traded_at), window_start),
            "prevDailyBar": bar_fields(one, before, _midnight),
        }
        if today:
            snapshot["dailyBar"] = bar_fields(one, today, _midnight)
        valuation = market.valuation(one, quoted_at)
        if valuation and quoted_at < market.expires_at(one):
            snapshot |= _valued(valuation)
        return snapshot


def _valued(valuation: Valuation) -> Fields:
    names = ("delta", "gamma", "theta", "vega", "rho")
    greeks = {name: round(getattr(valuation, name), _DECIMALS) for name in names}
    return {"impliedVolatility": round(valuation.volatility, _DECIMALS), "greeks": greeks}


def _fields(one: Instrument, row: Bar | Trade) -> Fields:
    return trade_fields(one, row) if isinstance(row, Trade) else bar_fields(one, row, window_start)


def _midnight(instant: int) -> str:
    return window_start(start_of_day(instant))


def _filter(request: web.Request) -> Callable[[Contract], bool]:
    """Which contracts of a chain are wanted, or raise `BadValue`."""
    query = request.query
    right = one_of(query.get("type"), "type", ("call", "put"), "")
    lowest = decimal_of(query.get("strike_price_gte"), "strike_price_gte")
    highest = decimal_of(query.get("strike_price_lte"), "strike_price_lte")
    exact = day_of(query.get("expiration_date"), "expiration_date")
    first = day_of(query.get("expiration_date_gte"), "expiration_date_gte") or date.min
    last = day_of(query.get("expiration_date_lte"), "expiration_date_lte") or date.max
    root = (query.get("root_symbol") or "").upper()

    def keeps(contract: Contract) -> bool:
        return (
            right in {"", contract.right}
            and (lowest is None or contract.strike >= lowest)
            and (highest is None or contract.strike <= highest)
            and (exact is None or contract.expiry == exact)
            and first <= contract.expiry <= last
            and root in {"", contract.underlying.symbol}
        )

    return keeps
