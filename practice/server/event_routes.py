"""Server-sent events of one environment: activities, and what happens to orders."""

from contextlib import suppress

import msgspec
from aiohttp import web

from practice.engine.accounts import Account
from practice.engine.activities import Activity
from practice.engine.updates import Update
from practice.server.access import require
from practice.server.answers import error_answer
from practice.server.background import running
from practice.server.event_log import EventLog
from practice.server.event_source import EventReader, EventResponse
from practice.server.event_span import span_of
from practice.server.event_wire import activity_event_json, is_told, trade_event_json
from practice.server.grants import Grants
from practice.server.sockets import Outbox, Sockets, Traffic, endpoint_of
from practice.server.trading import Desk

_MOST_WAITING_BYTES = 16_000_000
_PATIENCE_S = 60.0


class EventRoutes:
    """/v2beta1/events/activities and /v2/events/trades."""

    def __init__(self, desk: Desk, grants: Grants, sockets: Sockets, traffic: Traffic) -> None:
        self._desk, self._grants = desk, grants
        self._sockets, self._traffic = sockets, traffic
        self._activities, self._trades = EventLog(), EventLog()
        brokerage = desk.brokerage
        for activity in brokerage.activities.of(desk.account):
            self._note_activity(desk.account, activity)
        brokerage.activities.listen(self._note_activity)
        brokerage.floor.listen(self._note_update)

    def add_to(self, app: web.Application, prefix: str) -> None:
        """Register the routes under a prefix."""
        app.router.add_get(f"{prefix}/v2beta1/events/activities", self.activities, allow_head=False)
        app.router.add_get(f"{prefix}/v2/events/trades", self.trades, allow_head=False)

    def _note_activity(self, account: Account, activity: Activity) -> None:
        if account is self._desk.account and is_told(activity):
            frame = msgspec.json.encode(activity_event_json(account, activity))
            self._activities.add(activity.event_id, activity.at, frame)

    def _note_update(self, update: Update) -> None:
        if update.account is self._desk.account:
            frame = msgspec.json.encode(trade_event_json(update))
            self._trades.add(update.id, update.noted_at, frame)

    async def activities(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, self._activities)

    async def trades(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, self._trades)

    async def _serve(self, request: web.Request, log: EventLog) -> web.StreamResponse:
        self._desk.enter(request)
        grant = require(request, self._grants)
        if self._traffic.faults.in_force("refuse_login", endpoint_of(request)):
            return error_answer(401, 40110000, "request is not authorized")
        span = span_of(request.query)
        wire = EventResponse()
        outbox = Outbox(
            wire, request, self._traffic, _MOST_WAITING_BYTES, packed=False, patience_s=_PATIENCE_S
        )
        outbox.grant = grant
        reader = EventReader(log, span, outbox, lambda: self._desk.brokerage.now)
        await wire.response.prepare(request)
        self._sockets.add("events", reader, request)
        try:
            # Whoever reads may leave at any moment: that is how such a connection ends.
            with suppress(ConnectionError):
                async with running(reader.run()):
                    await outbox.run()
        finally:
            self._sockets.remove("events", reader)
        return wire.response
