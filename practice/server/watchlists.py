"""/v2/watchlists, by id and by name."""

from typing import Any

from aiohttp import web

from practice.engine.instruments import Instrument
from practice.engine.refusals import not_found, unprocessable
from practice.engine.watchlists import LONGEST_NAME, Watchlist, Watchlists
from practice.server.answers import json_answer, no_content
from practice.server.reading import BadValue, json_object, text_of
from practice.server.trading import Desk
from practice.server.wire import timestamp

_SCOPE = "account:write"


class WatchlistRoutes:
    """The watchlists of one environment's account."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._brokerage = desk, desk.brokerage
        self._lists = Watchlists(desk.brokerage.floor.new_id)

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix."""
        router, base = app.router, f"{prefix}/v2/watchlists"
        router.add_get(base, self.listed)
        router.add_post(base, self.create)
        for path in (f"{base}:by_name", f"{base}/{{watchlist_id}}"):
            router.add_get(path, self.watchlist)
            router.add_put(path, self.change)
            router.add_post(path, self.append)
            router.add_delete(path, self.delete)
        router.add_delete(f"{base}/{{watchlist_id}}/{{symbol:.+}}", self.remove)

    async def listed(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request)
        return json_answer([_head(account.id, one) for one in self._lists.all()])

    async def create(self, request: web.Request) -> web.Response:
        self._desk.enter(request, _SCOPE)
        body = await json_object(request)
        name = _name_of(body)
        if name is None:
            raise BadValue("watchlist name is required")
        symbols = self._symbols_of(body) or []
        return self._whole(self._lists.create(name, symbols, self._brokerage.now))

    async def watchlist(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        return self._whole(self._named(request))

    async def change(self, request: web.Request) -> web.Response:
        self._desk.enter(request, _SCOPE)
        watchlist = self._named(request)
        body = await json_object(request)
        self._lists.change(watchlist, _name_of(body), self._symbols_of(body), self._brokerage.now)
        return self._whole(watchlist)

    async def append(self, request: web.Request) -> web.Response:
        self._desk.enter(request, _SCOPE)
        watchlist = self._named(request)
        symbol = text_of((await json_object(request)).get("symbol"), "symbol")
        if symbol is None:
            raise BadValue("symbol is required")
        self._lists.append(watchlist, self._instrument(symbol), self._brokerage.now)
        return self._whole(watchlist)

    async def remove(self, request: web.Request) -> web.Response:
        self._desk.enter(request, _SCOPE)
        watchlist, symbol = self._named(request), request.match_info["symbol"]
        instrument = self._brokerage.instruments.find(symbol)
        if instrument is None:
            raise not_found(f"symbol not found in watchlist: {symbol[:40]}")
        self._lists.remove(watchlist, instrument, self._brokerage.now)
        return self._whole(watchlist)

    async def delete(self, request: web.Request) -> web.Response:
        self._desk.enter(request, _SCOPE)
        self._lists.delete(self._named(request))
        return no_content()

    def _named(self, request: web.Request) -> Watchlist:
        if (watchlist_id := request.match_info.get("watchlist_id")) is not None:
            return self._lists.by_id(watchlist_id)
        name = request.query.get("name")
        if not name:
            raise BadValue("name is required")
        return self._lists.by_name(name)

    def _symbols_of(self, body: dict[str, Any]) -> list[Instrument] | None:
        symbols = body.get("symbols")
        if symbols is None:
            return None
        if not isinstance(symbols, list):
            raise BadValue("symbols must be a list")
        # The broker's specification allows nulls among the symbols.
        named = [text_of(symbol, "symbols") for symbol in symbols]
        return [self._instrument(symbol) for symbol in named if symbol is not None]

    def _instrument(self, symbol: str) -> Instrument:
        instrument = self._brokerage.instruments.find(symbol)
        if instrument is None:
            raise unprocessable(f'asset "{symbol[:40]}" not found')
        return instrument

    def _whole(self, watchlist: Watchlist) -> web.Response:
        assets = [self._desk.asset(instrument) for instrument in watchlist.instruments]
        return json_answer({**_head(self._desk.account.id, watchlist), "assets": assets})


def _head(account_id: str, watchlist: Watchlist) -> dict[str, Any]:
    return {
        "id": watchlist.id,
        "account_id": account_id,
        "created_at": timestamp(watchlist.created_at),
        "updated_at": timestamp(watchlist.updated_at),
        "name": watchlist.name,
    }


def _name_of(body: dict[str, Any]) -> str | None:
    name = text_of(body.get("name"), "name")
    if name is not None and len(name) > LONGEST_NAME:
        raise BadValue(f"watchlist name must be no more than {LONGEST_NAME} characters")
    return name
