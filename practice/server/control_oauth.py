"""The control port's switches of the authorization server."""

from typing import Literal

import msgspec
from aiohttp import web

from practice.faults.order import Nonsense
from practice.server.answers import json_answer
from practice.server.authorization import Switches
from practice.server.grants import SCOPES, Grants


class SwitchOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays as it is."""

    errors: Literal["envelope", "rfc6749"] | None = None
    introspection: bool | None = None
    granted: str | msgspec.UnsetType | None = msgspec.UNSET  # null grants what is asked for
    live_approved: bool | None = None
    basic: bool | None = None


class OAuthSwitchRoutes:
    """GET and POST /oauth."""

    def __init__(self, switches: Switches, grants: Grants) -> None:
        self._switches, self._grants = switches, grants

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_get("/oauth", self.shown)
        app.router.add_post("/oauth", self.change)

    async def shown(self, _: web.Request) -> web.Response:
        """GET /oauth: how the switches stand."""
        most = self._switches.granted
        return json_answer(
            {
                "errors": "rfc6749" if self._switches.rfc_errors else "envelope",
                "introspection": self._switches.introspection,
                "granted": None if most is None else " ".join(scope for scope in SCOPES if scope in most),
                "live_approved": self._grants.live_approved,
                "basic": self._switches.basic,
            }
        )

    async def change(self, request: web.Request) -> web.Response:
        """POST /oauth {"errors", "introspection", "granted", "live_approved", "basic"}: from now on."""
        order = msgspec.json.decode(await request.read(), type=SwitchOrder)
        most = self._switches.granted
        if order.granted is not msgspec.UNSET:
            most = None if order.granted is None else frozenset(order.granted.split())
        if most is not None and not most <= set(SCOPES):
            raise Nonsense("granted", "known scopes: " + ", ".join(SCOPES))
        self._switches.granted = most
        if order.errors is not None:
            self._switches.rfc_errors = order.errors == "rfc6749"
        if order.introspection is not None:
            self._switches.introspection = order.introspection
        if order.basic is not None:
            self._switches.basic = order.basic
        if order.live_approved is not None:
            self._grants.live_approved = order.live_approved
        return await self.shown(request)
