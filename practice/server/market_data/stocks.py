"""/v2/stocks: bars, quotes, trades, auctions, the latest of each, and snapshots."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from aiohttp import web

from practice.engine.actions import symbol_now
from practice.engine.adjustment import KINDS, Kind, scale_of
from practice.engine.history import Span, Timeframe, auctions, bars, finer, ticks, timeframe_of
from practice.engine.hours import new_york_day
from practice.engine.instruments import Instrument
from practice.engine.refusals import not_found
from practice.engine.tape import Bar, Quote, Trade, derived
from practice.server.answers import json_answer
from practice.server.market_data.currencies import converted, currency_of, labelled
from practice.server.market_data.desk import (
    DELAY,
    DataDesk,
    day_of,
    gathered,
    not_entitled,
    start_of_day,
    wanted_symbols,
)
from practice.server.market_data.paging import page, window_of
from practice.server.reading import BadValue, instant_of, list_of, one_of
from practice.server.tape_wire import (
    Fields,
    auction_fields,
    bar_fields,
    quote_fields,
    trade_fields,
    window_start,
)

_HISTORY_FEEDS = ("sip", "iex", "otc", "boats")
_LATEST_FEEDS = ("sip", "iex", "delayed_sip", "otc", "boats", "overnight")
_NIGHT_FEEDS = frozenset({"boats", "overnight"})
_TICKER = re.compile(r"[A-Z][A-Z0-9]*([.][A-Z0-9]+)*")
_TOO_RECENT = "subscription does not permit querying recent {} data"
Wire = Callable[[Instrument, Any], Fields]


@dataclass(frozen=True, slots=True)
class _History:
    """Which history is asked for: what its rows are and how they are written."""

    key: str
    rows: Callable[[Instrument, Span], Iterator[Any]]
    wire: Wire


@dataclass(frozen=True, slots=True)
class _Moment:
    """The instant whose latest data a feed shows, of quotes and of all else."""

    quoted: int
    traded: int
    by_night: bool
    is_derived: bool


class StockRoutes:
    """The stock routes of the data host."""

    def __init__(self, desk: DataDesk) -> None:
        self._desk, self._market = desk, desk.market

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix; those for many symbols before those for one."""
        base = f"{prefix}/v2/stocks"
        add = app.router.add_get
        add(f"{base}/snapshots", self.many_snapshots)
        add(f"{base}/{{kind:quotes|trades|bars}}/latest", self.many_latest)
        add(f"{base}/{{kind:bars|quotes|trades|auctions}}", self.many_history)
        add(f"{base}/{{symbol}}/snapshot", self.one_snapshot)
        add(f"{base}/{{symbol}}/{{kind:quotes|trades|bars}}/latest", self.one_latest)
        add(f"{base}/{{symbol}}/{{kind:bars|quotes|trades|auctions}}", self.one_history)

    def _stock(self, symbol: str, asof: date | None = None) -> Instrument | None:
        if not _TICKER.fullmatch(symbol):
            raise BadValue(f"invalid symbol: {symbol[:40]}")
        current = symbol_now(symbol, asof) if asof else symbol
        instrument = self._desk.instruments.get(current) if current else None
        return instrument if instrument and instrument.asset_class == "us_equity" else None

    def _at_night(self, instrument: Instrument | None) -> Instrument | None:
        """A stock as the overnight market knows it; None of those that it does not take."""
        tradable = instrument is not None and instrument.overnight_tradable
        return self._market.by_night(instrument) if instrument and tradable else None

    def _one(
        self, request: web.Request, asof: date | None = None, *, by_night: bool
    ) -> tuple[str, Instrument]:
        symbol = request.match_info["symbol"].upper()
        instrument = self._stock(symbol, asof)
        if by_night:
            instrument = self._at_night(instrument)
        if instrument is None:
            raise not_found(f"asset not found for {symbol[:40]}")
        return symbol, instrument

    def _many(
        self, request: web.Request, asof: date | None = None, *, by_night: bool
    ) -> dict[str, Instrument]:
        symbols = sorted({symbol.upper() for symbol in wanted_symbols(request)})
        found = [(symbol, self._stock(symbol, asof)) for symbol in symbols]
        if by_night:
            found = [(symbol, self._at_night(instrument)) for symbol, instrument in found]
        return {symbol: instrument for symbol, instrument in found if instrument}

    def _moment(self, request: web.Request) -> _Moment:
        """Read which feed is meant, or raise `Refusal`."""
        now, basic = self._desk.enter(request), self._desk.is_basic
        feed = one_of(request.query.get("feed"), "feed", _LATEST_FEEDS, "iex" if basic else "sip")
        if basic and feed == "sip":
            raise not_entitled(_TOO_RECENT.format("SIP"))
        if basic and feed in {"otc", "boats"}:
            raise not_entitled(f"subscription does not permit querying {feed.upper()} data")
        quoted = now - DELAY if feed == "delayed_sip" else now
        traded = now - DELAY if feed in {"delayed_sip", "overnight"} else now
        return _Moment(quoted, traded, feed in _NIGHT_FEEDS, feed == "overnight")

    def _latest(self, kind: str, instrument: Instrument, moment: _Moment) -> Fields:
        if kind == "quotes":
            quote = self._market.quote(instrument, moment.quoted)
            return quote_fields(instrument, derived(quote) if moment.is_derived else quote)
        if kind == "trades":
            return trade_fields(instrument, self._market.trade(instrument, moment.traded))
        return bar_fields(instrument, self._market.minute_bar(instrument, moment.traded), window_start)

    async def many_latest(self, request: web.Request) -> web.Response:
        moment, kind = self._moment(request), request.match_info["kind"]
        currency = currency_of(request.query.get("currency"))
        stocks = self._many(request, by_night=moment.by_night)
        found = await gathered(stocks, lambda one: self._latest(kind, one, moment))
        return json_answer(labelled({kind: converted(found, currency)}, currency))

    async def one_latest(self, request: web.Request) -> web.Response:
        moment, kind = self._moment(request), request.match_info["kind"]
        currency = currency_of(request.query.get("currency"))
        symbol, instrument = self._one(request, by_night=moment.by_night)
        latest = converted(self._latest(kind, instrument, moment), currency)
        return json_answer(labelled({"symbol": symbol, kind.removesuffix("s"): latest}, currency))

    def _snapshot(self, instrument: Instrument, moment: _Moment) -> dict[str, Any]:
        midnight = partial(self._midnight, instrument)
        today = self._market.day_bar(instrument, moment.traded)
        before = self._market.previous_day_bar(instrument, moment.traded)
        return {
            "latestTrade": self._latest("trades", instrument, moment),
            "latestQuote": self._latest("quotes", instrument, moment),
            "minuteBar": self._latest("bars", instrument, moment),
            "dailyBar": bar_fields(instrument, today, midnight) if today else None,
            "prevDailyBar": bar_fields(instrument, before, midnight),
        }

    def _midnight(self, instrument: Instrument, instant: int) -> str:
        hours = self._market.timetable_of(instrument).hours
        return window_start(hours.label(hours.day_of(instant)))

    async def many_snapshots(self, request: web.Request) -> web.Response:
        moment, currency = self._moment(request), currency_of(request.query.get("currency"))
        stocks = self._many(request, by_night=moment.by_night)
        found = await gathered(stocks, lambda one: self._snapshot(one, moment))
        return json_answer(converted(found, currency))

    async def one_snapshot(self, request: web.Request) -> web.Response:
        moment, currency = self._moment(request), currency_of(request.query.get("currency"))
        symbol, instrument = self._one(request, by_night=moment.by_night)
        snapshot = converted(self._snapshot(instrument, moment), currency)
        return json_answer(labelled({"symbol": symbol, **snapshot}, currency))

    async def many_history(self, request: web.Request) -> web.Response:
        now, kind = self._desk.enter(request), request.match_info["kind"]
        stocks = self._many(request, _asof(request, now), by_night=_feed_of(request, kind) in _NIGHT_FEEDS)
        found, token = await self._history(request, stocks, kind, now)
        currency = currency_of(request.query.get("currency"))
        return json_answer(labelled({kind: found, "next_page_token": token}, currency))

    async def one_history(self, request: web.Request) -> web.Response:
        now, kind = self._desk.enter(request), request.match_info["kind"]
        by_night = _feed_of(request, kind) in _NIGHT_FEEDS
        symbol, instrument = self._one(request, _asof(request, now), by_night=by_night)
        found, token = await self._history(request, {symbol: instrument}, kind, now)
        currency = currency_of(request.query.get("currency"))
        rows = found.get(symbol, [])
        return json_answer(labelled({"symbol": symbol, kind: rows, "next_page_token": token}, currency))

    async def _history(
        self, request: web.Request, instruments: Mapping[str, Instrument], kind: str, now: int
    ) -> tuple[dict[str, list[Fields]], str | None]:
        horizon = self._horizon(request, kind, now)
        window = window_of(request, start_of_day(horizon), horizon)
        history = self._rows_of(kind, request, now)
        found, token = await page(
            list(instruments), lambda symbol, span: history.rows(instruments[symbol], span), window, horizon
        )
        currency = currency_of(request.query.get("currency"))
        wired = {s: [history.wire(instruments[s], row) for row in rows] for s, rows in found.items()}
        return converted(wired, currency), token

    def _horizon(self, request: web.Request, kind: str, now: int) -> int:
        """Until when the feed may be read, or raise `Refusal`."""
        feed = _feed_of(request, kind)
        if not self._desk.is_basic or feed == "iex":
            return now
        if feed == "otc":
            raise not_entitled("subscription does not permit querying OTC data")
        end = instant_of(request.query.get("end"), "end")
        if end is not None and end > now - DELAY:
            raise not_entitled(_TOO_RECENT.format(feed.upper()))
        return now - DELAY

    def _rows_of(self, kind: str, request: web.Request, now: int) -> _History:
        market = self._market
        if kind == "quotes":
            return _History(kind, lambda one, span: ticks(market, one, Quote, span), quote_fields)
        if kind == "trades":
            return _History(kind, lambda one, span: ticks(market, one, Trade, span), trade_fields)
        if kind == "auctions":
            return _History(kind, lambda one, span: auctions(market, one, span), auction_fields)
        timeframe, adjusted = timeframe_in(request), _adjustments(request)
        today = new_york_day(now)

        def wire(one: Instrument, bar: Bar) -> Fields:
            return bar_fields(finer(one) if adjusted else one, bar, window_start)

        def rows(one: Instrument, span: Span) -> Iterator[Bar]:
            scale = scale_of(market, one, adjusted, today) if adjusted else None
            return bars(market, one, timeframe, span, scale)

        return _History(kind, rows, wire)


def _feed_of(request: web.Request, kind: str) -> str:
    """The feed whose history is asked for, or raise `BadValue`."""
    feeds = ("sip",) if kind == "auctions" else _HISTORY_FEEDS
    return one_of(request.query.get("feed"), "feed", feeds, "sip")


def timeframe_in(request: web.Request) -> Timeframe:
    """Read `timeframe`, or raise `BadValue`."""
    text = request.query.get("timeframe")
    if not text:
        raise BadValue("timeframe is required")
    timeframe = timeframe_of(text)
    if timeframe is None:
        raise BadValue(f"invalid timeframe: {text[:20]}")
    return timeframe


def _adjustments(request: web.Request) -> frozenset[Kind]:
    chosen = [word.lower() for word in list_of(request.query.get("adjustment"))]
    kinds: dict[str, Sequence[Kind]] = {"raw": (), "all": KINDS, **{kind: (kind,) for kind in KINDS}}
    for word in chosen:
        if word not in kinds:
            raise BadValue(f"invalid adjustment: {word[:40]}")
    return frozenset(kind for word in chosen for kind in kinds[word])


def _asof(request: web.Request, now: int) -> date | None:
    """The day whose symbols are meant; None when names are to be taken as they are."""
    text = request.query.get("asof")
    return None if text == "-" else day_of(text, "asof") or new_york_day(now)
