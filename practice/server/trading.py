"""The trading API of one environment: account, positions, assets, clock and calendar."""

from dataclasses import asdict
from datetime import date, timedelta

import msgspec
from aiohttp import web

from practice.engine.accounts import Account, Configurations, Environment
from practice.engine.brokerage import Brokerage
from practice.engine.clock import Clock
from practice.engine.hours import new_york_day
from practice.engine.instruments import Instrument
from practice.engine.refusals import Refusal, malformed, not_found
from practice.server.access import require
from practice.server.answers import json_answer
from practice.server.calendar import calendar_days
from practice.server.grants import Grants
from practice.server.market_data.corporate_actions import cusip_of
from practice.server.order_entry import closing_qty
from practice.server.reading import BadValue, flag_of, list_of, one_of
from practice.server.wire import (
    Json,
    account_json,
    asset_json,
    new_york_timestamp,
    order_json,
    position_json,
)

_ASSET_CLASSES = (
    "us_equity", "us_option", "crypto", "crypto_perp", "treasury", "corporate", "global_equity", "us_index",
    "ipo",
)  # fmt: skip


class Desk:
    """One environment's account as REST handlers see it: authenticated, and up to date."""

    def __init__(
        self, brokerage: Brokerage, account: Account, environment: Environment, grants: Grants, clock: Clock
    ) -> None:
        self.brokerage, self.account, self.environment = brokerage, account, environment
        self._grants, self._clock = grants, clock

    def enter(self, request: web.Request, scope: str | None = None) -> Account:
        """Check the credentials and let everything happen that is due; raise `Denied`."""
        require(request, self._grants, self.environment, scope)
        self.brokerage.floor.advance(self._clock.now())
        return self.account

    def asset(self, instrument: Instrument) -> Json:
        """An asset as it is now."""
        is_halted = self.brokerage.market.is_halted_at_night(instrument, self.brokerage.now)
        return asset_json(instrument, is_halted_at_night=is_halted)


class _Changes(msgspec.Struct, forbid_unknown_fields=False):
    suspend_trade: bool | None = None
    no_shorting: bool | None = None
    fractional_trading: bool | None = None
    max_margin_multiplier: str | None = None
    max_options_trading_level: int | msgspec.UnsetType | None = msgspec.UNSET  # null sets no limit
    trade_confirm_email: str | None = None
    ptp_no_exception_entry: bool | None = None
    disable_overnight_trading: bool | None = None


class AccountRoutes:
    """/v2/account and what it holds."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._brokerage = desk, desk.brokerage

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix."""
        router = app.router
        router.add_get(f"{prefix}/v2/account", self.account)
        router.add_get(f"{prefix}/v2/account/configurations", self.configurations)
        router.add_patch(f"{prefix}/v2/account/configurations", self.configure)
        router.add_get(f"{prefix}/v2/positions", self.positions)
        router.add_delete(f"{prefix}/v2/positions", self.close_all)
        router.add_get(f"{prefix}/v2/positions/{{symbol:.+}}", self.position)
        router.add_delete(f"{prefix}/v2/positions/{{symbol:.+}}", self.close)
        router.add_post(f"{prefix}/v2/positions/{{symbol:.+}}/exercise", self.exercise)
        router.add_post(f"{prefix}/v2/positions/{{symbol:.+}}/do-not-exercise", self.do_not_exercise)

    async def account(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request)
        return json_answer(account_json(account, self._brokerage.figures(account), self._brokerage.now))

    async def configurations(self, request: web.Request) -> web.Response:
        return json_answer(asdict(self._desk.enter(request).configurations))

    async def configure(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request, "account:write")
        try:
            changes = msgspec.json.decode(await request.read(), type=_Changes)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise malformed("request body format is invalid") from error
        if changes.max_margin_multiplier not in {None, "1", "2", "4"}:
            raise BadValue("max_margin_multiplier must be 1, 2 or 4")
        if changes.trade_confirm_email not in {None, "all", "none"}:
            raise BadValue("trade_confirm_email must be all or none")
        level = changes.max_options_trading_level
        if level not in {msgspec.UNSET, None, 0, 1, 2, 3}:
            raise BadValue("max_options_trading_level must be between 0 and 3")
        given = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not None}
        if changes.max_options_trading_level is None:
            given["max_options_trading_level"] = None
        elif changes.max_options_trading_level is msgspec.UNSET:
            del given["max_options_trading_level"]
        given["max_options_trading_level"] = (
            account.configurations.max_options_trading_level if level is msgspec.UNSET else level
        )
        changed = Configurations(**{**asdict(account.configurations), **given})
        self._brokerage.configure(account, changed)
        return json_answer(asdict(account.configurations))

    async def positions(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request)
        held = account.positions.values()
        return json_answer([position_json(account, position, self._brokerage) for position in held])

    def _named(self, request: web.Request) -> Instrument:
        instrument = self._brokerage.instruments.find(request.match_info["symbol"])
        if instrument is None:
            raise not_found(f"symbol not found: {request.match_info['symbol'][:40]}")
        return instrument

    async def position(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request)
        position = account.positions.get(self._named(request).symbol)
        if position is None:
            raise not_found("position does not exist")
        return json_answer(position_json(account, position, self._brokerage))

    async def close(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request, "trading")
        instrument = self._named(request)
        held = account.held(instrument)
        qty = closing_qty(request.query, abs(held), whole_only=held < 0 or instrument.is_option)
        return json_answer(order_json(self._brokerage.close_position(account, instrument, qty)))

    async def exercise(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request, "trading")
        self._brokerage.settlements.exercise(account, self._named(request))
        return web.Response(status=200)

    async def do_not_exercise(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request, "trading")
        self._brokerage.settlements.do_not_exercise(account, self._named(request))
        return web.Response(status=200)

    async def close_all(self, request: web.Request) -> web.Response:
        account = self._desk.enter(request, "trading")
        if flag_of(request.query.get("cancel_orders"), "cancel_orders"):
            self._brokerage.cancel_all(list(account.open_orders.values()))
            # The shares are free once the venue has the cancellations; the closing orders wait for that.
            self._brokerage.floor.hurry_cancels(account)
        results = []
        for position in list(account.positions.values()):
            try:
                order = self._brokerage.close_position(account, position.instrument)
                status, body = 200, order_json(order)
            except Refusal as refusal:
                status = refusal.status
                body = {"code": refusal.code, "message": refusal.message, **refusal.extra}
            results.append({"symbol": position.instrument.compact_symbol, "status": status, "body": body})
        return json_answer(results, 207)


class CatalogueRoutes:
    """Assets, clock and calendar."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._brokerage = desk, desk.brokerage

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix."""
        app.router.add_get(f"{prefix}/v2/assets", self.assets)
        app.router.add_get(f"{prefix}/v2/assets/{{symbol:.+}}", self.asset)
        app.router.add_get(f"{prefix}/v2/clock", self.clock)
        app.router.add_get(f"{prefix}/v2/calendar", self.calendar)

    async def assets(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        query = request.query
        wanted_class = one_of(query.get("asset_class"), "asset_class", _ASSET_CLASSES, "us_equity")
        exchange, attributes = query.get("exchange"), set(list_of(query.get("attributes")))
        one_of(query.get("status"), "status", ("active", "inactive"), "active")
        if query.get("status") == "inactive":
            return json_answer([])
        assets = [
            self._desk.asset(instrument)
            for instrument in self._brokerage.instruments.values()
            if instrument.asset_class == wanted_class and (not exchange or instrument.exchange == exchange)
        ]
        return json_answer([a for a in assets if not attributes or attributes & set(a["attributes"])])

    async def asset(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        name = request.match_info["symbol"]
        instrument = self._brokerage.instruments.find(name) or self._of_cusip(name)
        if instrument is None:
            raise not_found(f"asset not found for {name[:40]}")
        return json_answer(self._desk.asset(instrument))

    def _of_cusip(self, number: str) -> Instrument | None:
        stocks = (one for one in self._brokerage.instruments.values() if not one.is_crypto)
        return next((one for one in stocks if cusip_of(one.symbol) == number), None)

    async def clock(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        now, timetable = self._brokerage.now, self._brokerage.market.timetable
        return json_answer(
            {
                "timestamp": new_york_timestamp(now),
                "is_open": timetable.is_open(now),
                "next_open": new_york_timestamp(timetable.next_open(now)),
                "next_close": new_york_timestamp(timetable.next_close(now)),
            }
        )

    async def calendar(self, request: web.Request) -> web.Response:
        self._desk.enter(request)
        one_of(request.query.get("date_type"), "date_type", ("trading", "settlement"), "trading")
        today = new_york_day(self._brokerage.now)
        first = _day_of(request.query.get("start"), "start", today - timedelta(days=365))
        last = _day_of(request.query.get("end"), "end", today + timedelta(days=365))
        by_settlement = request.query.get("date_type", "").lower() == "settlement"
        return json_answer(calendar_days(first, last, by_settlement=by_settlement))


def _day_of(value: str | None, name: str, default: date) -> date:
    if not value:
        return default
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        raise BadValue(f"invalid {name}: {value[:40]} is not a date") from None
