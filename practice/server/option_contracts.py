"""/v2/options/contracts: the option contracts there are."""

import asyncio
import base64
import binascii
import zlib
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from aiohttp import web

from practice.engine.clock import HOUR
from practice.engine.contracts import Terms
from practice.engine.hours import new_york_day
from practice.engine.instruments import Contract, Instrument
from practice.engine.refusals import not_found
from practice.engine.text import plain
from practice.server.answers import json_answer
from practice.server.reading import BadValue, decimal_of, flag_of, list_of, one_of, whole_of
from practice.server.trading import Desk

_USUAL, _MOST = 100, 10_000
_AT_A_STRETCH = 50
_PAST = 28 * 24 * HOUR  # how long expired contracts are listed as inactive


class OptionContractRoutes:
    """The option contracts of one environment."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._market = desk, desk.brokerage.market
        self._instruments = desk.brokerage.instruments

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix."""
        app.router.add_get(f"{prefix}/v2/options/contracts", self.contracts)
        app.router.add_get(f"{prefix}/v2/options/contracts/{{name}}", self.contract)

    async def contract(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        name = request.match_info["name"]
        found = self._instruments.find(name)
        if found is None or found.contract is None:
            raise not_found(f"option contract {name[:40]} not found")
        return json_answer(self._written(found, found.contract, self._desk.brokerage.now, deliver=True))

    async def contracts(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        now, query = self._desk.brokerage.now, request.query
        wanted = _Wanted(query, new_york_day(now))
        room = whole_of(query.get("limit"), "limit", _USUAL, _MOST)
        begin = _place(query.get("page_token"))
        deliver = flag_of(query.get("show_deliverables"), "show_deliverables")
        found: list[Terms] = []
        # In order of their symbols: whoever wants a hundred need not wait for all there are.
        for underlying in sorted(self._instruments.optionable(), key=lambda one: one.symbol):
            if wanted.underlyings and underlying.symbol not in wanted.underlyings:
                continue
            listed_at = now - _PAST if wanted.inactive else now
            for terms in self._market.terms(self._instruments, underlying, listed_at):
                expired = self._market.end_of(terms.expiry) <= now
                if expired == wanted.inactive and wanted.takes(terms) and terms.symbol >= begin:
                    found.append(terms)
            if len(found) > room:
                break
            await asyncio.sleep(0)  # hundreds of contracts each; the streams go on meanwhile
        written = []
        for number, terms in enumerate(found[:room], 1):
            one = self._instruments.contract(terms)
            if one.contract:
                written.append(self._written(one, one.contract, now, deliver=deliver))
            if number % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)
        rest = found[room:]
        token = base64.urlsafe_b64encode(rest[0].symbol.encode()).decode() if rest else None
        return json_answer({"option_contracts": written, "next_page_token": token})

    def _written(self, one: Instrument, contract: Contract, now: int, *, deliver: bool) -> dict[str, Any]:
        close = self._market.previous_day_bar(one, min(now, self._market.expires_at(one) - 1))
        closed_on = new_york_day(close.at).isoformat()
        fields: dict[str, Any] = {
            "id": one.asset_id,
            "symbol": one.symbol,
            "name": one.name,
            "status": "active" if now < self._market.expires_at(one) else "inactive",
            "tradable": now < self._market.expires_at(one),
            "expiration_date": contract.expiry.isoformat(),
            "root_symbol": contract.underlying.symbol,
            "underlying_symbol": contract.underlying.symbol,
            "underlying_asset_id": contract.underlying.asset_id,
            "type": contract.right,
            "style": "american",
            "strike_price": plain(contract.strike),
            "multiplier": str(one.multiplier),
            "size": str(one.multiplier),
            "open_interest": str(zlib.crc32(one.symbol.encode()) % 9_000 + close.lots),
            "open_interest_date": closed_on,
            "close_price": plain(one.price(close.close)),
            "close_price_date": closed_on,
            "ppind": True,
        }
        if deliver:
            fields["deliverables"] = [_shares(one, contract)]
        return fields


class _Wanted:
    """Which contracts a request is about; raises `BadValue`."""

    def __init__(self, query: Mapping[str, str], today: date) -> None:
        self.underlyings = {symbol.upper() for symbol in list_of(query.get("underlying_symbols"))}
        self.inactive = one_of(query.get("status"), "status", ("active", "inactive"), "active") == "inactive"
        self._right = one_of(query.get("type"), "type", ("call", "put"), "")
        self._style = one_of(query.get("style"), "style", ("american", "european"), "american")
        self._root = (query.get("root_symbol") or "").upper()
        self._lowest = decimal_of(query.get("strike_price_gte"), "strike_price_gte")
        self._highest = decimal_of(query.get("strike_price_lte"), "strike_price_lte")
        self._pennies = flag_of(query.get("ppind"), "ppind", True)
        exact = _day(query.get("expiration_date"), "expiration_date")
        first = _day(query.get("expiration_date_gte"), "expiration_date_gte")
        last = _day(query.get("expiration_date_lte"), "expiration_date_lte")
        if not (exact or first or last or self.inactive):
            last = today + timedelta(days=(5 - today.weekday()) % 7 or 7)  # the weekend that comes
        self._first, self._last = exact or first or date.min, exact or last or date.max

    def takes(self, terms: Terms) -> bool:
        return (
            self._first <= terms.expiry <= self._last
            and self._right in {"", terms.right}
            and self._style == "american"
            and self._pennies
            and self._root in {"", terms.root}
            and (self._lowest is None or terms.strike >= self._lowest)
            and (self._highest is None or terms.strike <= self._highest)
        )


def _shares(one: Instrument, contract: Contract) -> dict[str, Any]:
    return {
        "type": "equity",
        "symbol": contract.underlying.symbol,
        "asset_id": contract.underlying.asset_id,
        "amount": str(one.multiplier),
        "allocation_percentage": "100",
        "settlement_type": "T+1",
        "settlement_method": "CCC",
        "delayed_settlement": False,
    }


def _day(value: str | None, name: str) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        raise BadValue(f"invalid {name}: {value[:40]} is not a date") from None


def _place(token: str | None) -> str:
    try:
        return base64.b64decode(token or "", altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise BadValue("invalid page_token") from None
