"""The control port's switches of the authorization server."""

from typing import Literal

import msgspec
from aiohttp import web

from practice.server.answers import json_answer
from practice.server.authorization import Switches


class SwitchOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays as it is."""

    errors: Literal["envelope", "rfc6749"] | None = None
    introspection: bool | None = None


class OAuthSwitchRoutes:
    """GET and POST /oauth."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_get("/oauth", self.shown)
        app.router.add_post("/oauth", self.change)

    async def shown(self, _: web.Request) -> web.Response:
        """GET /oauth: how the switches stand."""
        return json_answer(
            {
                "errors": "rfc6749" if self._switches.rfc_errors else "envelope",
                "introspection": self._switches.introspection,
            }
        )

    async def change(self, request: web.Request) -> web.Response:
        """POST /oauth {"errors", "introspection"}: from now on."""
        order = msgspec.json.decode(await request.read(), type=SwitchOrder)
        if order.errors is not None:
            self._switches.rfc_errors = order.errors == "rfc6749"
        if order.introspection is not None:
            self._switches.introspection = order.introspection
        return await self.shown(request)
