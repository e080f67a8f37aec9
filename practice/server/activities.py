"""/v2/account/activities: what happened to the account, a page at a time."""

from datetime import UTC, date, datetime
from typing import cast

from aiohttp import web
from multidict import MultiMapping

from practice.engine.activities import (
    FILL,
    KNOWN_TYPES,
    Activity,
    Direction,
    Trade,
    UnknownActivity,
    Wanted,
    types_of,
)
from practice.engine.clock import SECOND
from practice.engine.hours import new_york_day
from practice.engine.text import plain
from practice.server.answers import json_answer
from practice.server.reading import BadValue, instant_of, list_of, one_of, whole_of
from practice.server.trading import Desk
from practice.server.wire import Json, timestamp

_MOST_ROWS = 100
_DAY = 86_400 * SECOND


class ActivityRoutes:
    """The activities of one environment's account."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._activities = desk, desk.brokerage.activities

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix."""
        app.router.add_get(f"{prefix}/v2/account/activities", self.listed)
        app.router.add_get(f"{prefix}/v2/account/activities/{{activity_type}}", self.listed)

    async def listed(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request)
        query = request.query
        wanted = _wanted(query, request.match_info.get("activity_type"))
        direction = one_of(query.get("direction"), "direction", ("asc", "desc"), "desc")
        size = whole_of(query.get("page_size"), "page_size", _MOST_ROWS, _MOST_ROWS, strict=True)
        token = query.get("page_token") or None
        try:
            page = self._activities.of(account).page(wanted, cast(Direction, direction), size, token)
        except UnknownActivity:
            raise BadValue("page_token is not the id of an activity") from None
        return json_answer([activity_json(activity) for activity in page])


def activity_json(activity: Activity) -> Json:
    """An activity as the broker writes it: trades one way, everything else another."""
    if activity.trade:
        return _trade_json(activity, activity.trade)
    optional: Json = {
        "activity_sub_type": activity.sub_type,
        "symbol": activity.instrument.compact_symbol if activity.instrument else None,
        "qty": plain(activity.qty) if activity.qty is not None else None,
        "price": plain(activity.price) if activity.price is not None else None,
        "per_share_amount": plain(activity.per_share) if activity.per_share is not None else None,
        "group_id": activity.group_id,
    }
    return {
        "id": activity.id,
        "activity_type": activity.type,
        "date": new_york_day(activity.at).isoformat(),
        "created_at": timestamp(activity.at),
        "net_amount": plain(activity.net_amount),
        "description": activity.description,
        "status": activity.status,
        "currency": "USD",
        **{name: value for name, value in optional.items() if value is not None},
    }


def _trade_json(activity: Activity, trade: Trade) -> Json:
    return {
        "id": activity.id,
        "activity_type": activity.type,
        "transaction_time": timestamp(activity.at),
        "type": "fill" if trade.is_last else "partial_fill",
        "price": plain(activity.price) if activity.price is not None else None,
        "qty": plain(activity.qty) if activity.qty is not None else None,
        "side": trade.side,
        "symbol": activity.instrument.symbol if activity.instrument else None,
        "leaves_qty": plain(trade.leaves_qty),
        "order_id": trade.order_id,
        "cum_qty": plain(trade.cum_qty),
        "order_status": trade.order_status,
    }


def _wanted(query: MultiMapping[str], only: str | None) -> Wanted:
    after, until = day_or_instant(query, "after"), day_or_instant(query, "until")
    on = None
    if (moment := day_or_instant(query, "date")) is not None:
        if after is not None or until is not None:
            raise BadValue("date cannot be used with after or until")
        midnight = moment - moment % _DAY
        on = (midnight, midnight + _DAY)
    return Wanted(
        types=_types(query, only), after=after, until=until, on=on, order_id=query.get("order_id") or None
    )


def _types(query: MultiMapping[str], only: str | None) -> frozenset[str] | None:
    named = [only] if only is not None else list_of(query.get("activity_types"))
    category = one_of(query.get("category"), "category", ("trade_activity", "non_trade_activity"), "")
    if named and category:
        raise BadValue("category and activity_types are mutually exclusive")
    if category:
        return frozenset({FILL}) if category == "trade_activity" else KNOWN_TYPES - {FILL}
    names = frozenset(name.upper() for name in named)
    if unknown := sorted(names - KNOWN_TYPES):
        raise BadValue(f"invalid activity type: {unknown[0][:40]}")
    return types_of(names) if names else None


def day_or_instant(query: MultiMapping[str], name: str) -> int | None:
    """A time of a query; a bare date is its midnight in UTC, in which activities are dated."""
    value = query.get(name)
    try:
        if value and len(value) == len("2026-01-31"):
            return _midnight(date.fromisoformat(value))
    except (ValueError, OverflowError):
        raise BadValue(f"invalid {name}: {value} is not a date") from None
    return instant_of(value, name)


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * SECOND
