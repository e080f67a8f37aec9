"""/v2/corporate_actions/announcements: the trading API's older view of corporate actions."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from aiohttp import web

from practice.engine.actions import FIRST_YEAR, LAST_YEAR, Action
from practice.engine.refusals import not_found
from practice.engine.text import plain
from practice.server.answers import json_answer
from practice.server.market_data.corporate_actions import cusip_of
from practice.server.reading import BadValue, list_of, one_of
from practice.server.trading import Desk

# What the SDK calls an action: its type and its sub-type.
_TYPES = {
    "cash_dividend": ("dividend", "cash"),
    "stock_dividend": ("dividend", "stock"),
    "forward_split": ("split", "stock_split"),
    "reverse_split": ("split", "reverse_split"),
    "unit_split": ("split", "unit_split"),
    "spin_off": ("spinoff", "spinoff"),
    "cash_merger": ("merger", "merger_completion"),
    "stock_merger": ("merger", "merger_completion"),
    "stock_and_cash_merger": ("merger", "merger_completion"),
}
_KINDS = ("dividend", "merger", "spinoff", "split")
_LONGEST = timedelta(days=90)
_NOTICE = timedelta(days=21)  # between the declaration and the ex-date


class AnnouncementRoutes:
    """The announcements of one environment."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._actions, self._instruments = desk.brokerage.market.actions, desk.brokerage.instruments

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix."""
        base = f"{prefix}/v2/corporate_actions/announcements"
        app.router.add_get(base, self.announcements)
        app.router.add_get(f"{base}/{{id}}", self.announcement)

    async def announcements(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        query = request.query
        kinds = {kind.lower() for kind in list_of(query.get("ca_types"))}
        if not kinds or not kinds <= set(_KINDS):
            raise BadValue(f"ca_types must be some of {', '.join(_KINDS)}")
        since, until = _required_day(query.get("since"), "since"), _required_day(query.get("until"), "until")
        if not timedelta(0) <= until - since <= _LONGEST:
            raise BadValue("since and until must be at most 90 days apart")
        by = one_of(
            query.get("date_type"),
            "date_type",
            ("declaration_date", "ex_date", "record_date", "payable_date"),
            "ex_date",
        )
        symbol, cusip = (query.get("symbol") or "").upper(), query.get("cusip") or ""
        found = [
            _fields(action)
            for action in self._between(since - 2 * _NOTICE, until + 2 * _NOTICE)
            if _TYPES[action.kind][0] in kinds
            and symbol in {"", action.symbol}
            and cusip in {"", cusip_of(action.symbol)}
        ]
        first, last = since.isoformat(), until.isoformat()
        return json_answer([one for one in found if first <= one[by] <= last])

    def _between(self, first: date, last: date) -> Iterator[Action]:
        every = self._actions.elsewhere(first, last)
        for instrument in self._instruments.values():
            every += self._actions.of(instrument, first, last)
        yield from (action for action in sorted(every, key=lambda a: (a.day, a.id)) if action.kind in _TYPES)

    async def announcement(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        wanted = request.match_info["id"]
        action = self._by_id.get(wanted)
        if action is None:
            raise not_found(f"announcement not found for {wanted[:40]}")
        return json_answer(_fields(action))

    @cached_property
    def _by_id(self) -> dict[str, Action]:
        """Every announcement there is; drawing them takes a moment, once."""
        every = self._between(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31))
        return {action.id: action for action in every}


def _required_day(value: str | None, name: str) -> date:
    try:
        return date.fromisoformat((value or "")[:10])
    except ValueError:
        raise BadValue(f"{name} must be a date") from None


def _fields(action: Action) -> dict[str, Any]:
    kind, sub_kind = _TYPES[action.kind]
    grows = action.multiple >= 1
    return {
        "id": action.id,
        "corporate_action_id": f"{cusip_of(action.symbol)}_{action.id[:4].upper()}",
        "ca_type": kind,
        "ca_sub_type": sub_kind,
        "initiating_symbol": action.symbol,
        "initiating_original_cusip": cusip_of(action.symbol),
        "target_symbol": action.other_symbol or action.symbol,
        "target_original_cusip": cusip_of(action.other_symbol or action.symbol),
        "declaration_date": (action.day - _NOTICE).isoformat(),
        "ex_date": action.day.isoformat(),
        "record_date": (action.record or action.day).isoformat(),
        "payable_date": (action.payable or action.day).isoformat(),
        "cash": plain(action.cash),
        "old_rate": "1" if grows else str(round(1 / action.multiple)),
        "new_rate": plain(action.multiple) if grows else "1",
    }
