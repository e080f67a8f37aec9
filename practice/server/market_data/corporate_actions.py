"""/v1/corporate-actions: what companies did to their shares, from the facts that prices follow."""

import asyncio
import zlib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from aiohttp import web

from practice.engine.actions import FIRST_YEAR, LAST_YEAR, Action, ActionKind
from practice.engine.hours import new_york_day
from practice.server.answers import json_answer
from practice.server.market_data.desk import DataDesk, day_of
from practice.server.market_data.paging import Place, limit_of, place_of
from practice.server.reading import BadValue, list_of, one_of

Fields = dict[str, Any]
_KINDS: tuple[str, ...] = get_args(ActionKind)
_USUAL, _MOST = 100, 1000
_AT_A_STRETCH = 25  # instruments


class CorporateActionRoutes:
    """The corporate actions of the data host."""

    def __init__(self, desk: DataDesk) -> None:
        self._desk, self._actions = desk, desk.market.actions

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix."""
        app.router.add_get(f"{prefix}/v1/corporate-actions", self.corporate_actions)
        app.router.add_get(f"{prefix}/v1beta1/corporate-actions", self.corporate_actions)

    async def corporate_actions(self, request: web.Request) -> web.Response:
        now = self._desk.enter(request)
        room, place = limit_of(request, _USUAL, _MOST), place_of(request.query.get("page_token"))
        newest_first = one_of(request.query.get("sort"), "sort", ("asc", "desc"), "asc") == "desc"
        found = sorted(await self._chosen(request, now), key=_order, reverse=newest_first)
        if place:
            begin = (date.fromordinal(_ordinal(place)), place.symbol)
            found = [one for one in found if (_order(one) <= begin if newest_first else _order(one) >= begin)]
        rest = found[room:]
        lists: dict[str, list[Fields]] = {}
        for action in found[:room]:
            lists.setdefault(f"{action.kind}s", []).append(_fields(action))
        token = Place(rest[0].id, rest[0].day.toordinal(), 0).token if rest else None
        return json_answer({"corporate_actions": lists, "next_page_token": token})

    async def _chosen(self, request: web.Request, now: int) -> list[Action]:
        query = request.query
        ids, symbols, cusips = (set(list_of(query.get(name))) for name in ("ids", "symbols", "cusips"))
        kinds = set(list_of(query.get("types")))
        region = one_of(query.get("region"), "region", ("us", "non_us", "all"), "us")
        if unknown := kinds - set(_KINDS):
            raise BadValue(f"invalid type: {min(unknown)[:40]}")
        start, end = day_of(query.get("start"), "start"), day_of(query.get("end"), "end")
        if ids and (symbols or cusips or kinds or start or end or query.get("region")):
            raise BadValue("ids cannot be combined with other filters")
        if ids:
            every = await self._between(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31), frozenset())
            return [action for action in every if action.id in ids]
        today = new_york_day(now)
        first, last = start or today, end or today
        if last < first:
            raise BadValue("end should not be before start")
        if region == "non_us":
            return []
        return [
            action
            for action in await self._between(first, last, frozenset(symbols))
            if (not kinds or action.kind in kinds)
            and (not symbols or not symbols.isdisjoint((action.symbol, action.other_symbol)))
            and (not cusips or cusip_of(action.symbol) in cusips)
        ]

    async def _between(self, first: date, last: date, symbols: frozenset[str]) -> list[Action]:
        names = symbols & self._desk.instruments.keys() if symbols else self._desk.instruments.keys()
        found = self._actions.elsewhere(first, last)
        for number, name in enumerate(names, 1):
            found += self._actions.of(self._desk.instruments[name], first, last)
            if number % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)
        return found


def _order(action: Action) -> tuple[date, str]:
    return action.day, action.id


def _ordinal(place: Place) -> int:
    if not date.min.toordinal() <= place.at <= date.max.toordinal():
        raise BadValue("invalid page_token")
    return place.at


def cusip_of(symbol: str) -> str:
    """An invented number of nine characters; no real one begins like this."""
    return f"SIM{zlib.crc32(symbol.encode()) % 1_000_000:06d}"


def _dates(action: Action) -> Fields:
    """When an action with an ex-date happens."""
    return {
        "process_date": (action.payable or action.day).isoformat(),
        "ex_date": action.day.isoformat(),
        "record_date": (action.record or action.day).isoformat(),
        "payable_date": (action.payable or action.day).isoformat(),
    }


def _effective(action: Action) -> Fields:
    """When an action without one happens."""
    day = action.day.isoformat()
    return {"process_date": day, "effective_date": day, "payable_date": day}


def _own(action: Action) -> Fields:
    return {"symbol": action.symbol, "cusip": cusip_of(action.symbol)}


def _pair(action: Action, one: str, other: str) -> Fields:
    return {
        f"{one}_symbol": action.symbol,
        f"{one}_cusip": cusip_of(action.symbol),
        f"{other}_symbol": action.other_symbol,
        f"{other}_cusip": cusip_of(action.other_symbol),
    }


def _rates(multiple: Decimal) -> Fields:
    if multiple >= 1:
        return {"new_rate": float(multiple), "old_rate": 1.0}
    return {"new_rate": 1.0, "old_rate": float(round(1 / multiple))}


def _reverse_split(action: Action) -> Fields:
    number = cusip_of(action.symbol)
    names = {"symbol": action.symbol, "old_cusip": f"{number[:-1]}X", "new_cusip": number}
    return names | _rates(action.multiple) | _dates(action)


def _unit_split(action: Action) -> Fields:
    warrant = f"{action.symbol}W"
    return {
        **_pair(action, "old", "new"),
        "old_rate": 1.0,
        "new_rate": 1.0,
        "alternate_symbol": warrant,
        "alternate_cusip": cusip_of(warrant),
        "alternate_rate": 0.5,
        **_effective(action),
    }


def _reorganization(action: Action) -> Fields:
    other = action.other_symbol
    moved = {
        "symbol": other,
        "cusip": cusip_of(other),
        "new_rate": float(action.multiple),
        "source_rate": 1.0,
    }
    return {**_own(action), "cash_rate": float(action.cash), "stock_movements": [moved], **_effective(action)}


def _merger(action: Action) -> Fields:
    rates = {"acquirer_rate": float(action.multiple), "acquiree_rate": 1.0}
    return _pair(action, "acquiree", "acquirer") | rates | _effective(action)


_WRITERS: dict[str, Callable[[Action], Fields]] = {
    "cash_dividend": lambda a: (
        _own(a) | {"rate": float(a.cash), "special": a.special, "foreign": False} | _dates(a)
    ),
    "forward_split": lambda a: _own(a) | _rates(a.multiple) | _dates(a),
    "reverse_split": _reverse_split,
    "stock_dividend": lambda a: _own(a) | {"rate": float(a.multiple - 1)} | _dates(a),
    "spin_off": lambda a: _pair(a, "source", "new") | {"source_rate": 1.0, "new_rate": 0.5} | _dates(a),
    "name_change": lambda a: {
        "old_symbol": a.other_symbol,
        "old_cusip": cusip_of(a.symbol),
        "new_symbol": a.symbol,
        "new_cusip": cusip_of(a.symbol),
        "process_date": a.day.isoformat(),
    },
    "unit_split": _unit_split,
    "cash_merger": lambda a: (
        _pair(a, "acquiree", "acquirer") | {"rate": float(a.cash)} | _effective(a)
    ),
    "stock_merger": _merger,
    "stock_and_cash_merger": lambda a: _merger(a) | {"cash_rate": float(a.cash)},
    "redemption": lambda a: _own(a) | {
        "rate": float(a.cash),
        "process_date": a.day.isoformat(),
        "payable_date": a.day.isoformat(),
    },
    "worthless_removal": lambda a: _own(a) | {"process_date": a.day.isoformat()},
    "rights_distribution": lambda a: (
        _pair(a, "source", "new")
        | {"rate": float(a.multiple), "expiration_date": (a.payable or a.day).isoformat()}
        | _dates(a)
    ),
    "partial_call": lambda a: _own(a) | {
        "price": float(a.cash),
        "process_date": a.day.isoformat(),
        "payable_date": a.day.isoformat(),
    },
    "reorganization": _reorganization,
}  # fmt: skip


def _fields(action: Action) -> Fields:
    return {"id": action.id, **_WRITERS[action.kind](action)}
