"""The Broker API's OAuth routes: partners learn about clients, and get codes and tokens for accounts."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from aiohttp import web

from practice.engine.accounts import Environment
from practice.server.access import Denied
from practice.server.answers import error_answer, json_answer, no_content
from practice.server.authorization import Application, Authorization, Request
from practice.server.grants import GENERAL, SCOPES, Grants

_UNAUTHORIZED, _UNPROCESSABLE = 40110000, 42210000


@dataclass(frozen=True, slots=True)
class PartnerKey:
    """What a partner's backend proves itself with."""

    key: str
    secret: str = field(repr=False)

    @property
    def header(self) -> str:
        """The value of its Authorization header."""
        return "Basic " + base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()

    def is_proven_by(self, header: str) -> bool:
        """Whether an Authorization header holds this key and secret."""
        scheme, _, proof = header.partition(" ")
        try:
            shown = base64.b64decode(proof.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(shown, f"{self.key}:{self.secret}".encode())


def new_partner_key(name: str) -> PartnerKey:
    """A key that follows from a name, and a secret of this start's own."""
    return PartnerKey("CK" + name[:18].upper(), secrets.token_hex(20))


class GrantRequest(msgspec.Struct, frozen=True):
    """The body with which a partner asks for a code or a token."""

    client_id: str
    client_secret: str
    redirect_uri: str
    scope: str
    account_id: str


class PartnerRoutes:
    """/v1/oauth of the Broker API. `accounts` says which environment an account belongs to."""

    def __init__(
        self,
        key: PartnerKey,
        authorization: Authorization,
        grants: Grants,
        accounts: Mapping[str, Environment],
    ) -> None:
        self._key, self._authorization, self._grants = key, authorization, grants
        self._accounts = accounts

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_get("/v1/oauth/clients/{client_id}", self.client)
        app.router.add_post("/v1/oauth/authorize", self.authorize)
        app.router.add_post("/v1/oauth/token", self.token)
        app.router.add_delete("/v1/oauth/token/{token_id}", self.end)

    def _enter(self, request: web.Request) -> Application:
        if not self._key.is_proven_by(request.headers.get("Authorization", "")):
            raise _denied("request is not authorized")
        return self._authorization.application

    async def client(self, request: web.Request) -> web.Response:
        """Describe an application, to be shown on the partner's page."""
        application, query = self._enter(request), request.query
        if request.match_info["client_id"] != application.client_id:
            raise _denied("client does not exist or you do not have access to it")
        if query.get("response_type", "code") not in {"code", "token"}:
            raise _unprocessable("response_type is code or token")
        self._check(application, query.get("redirect_uri"), query.get("scope", ""))
        return json_answer(
            {
                "client_id": application.client_id,
                "name": application.name,
                "description": "A desktop trading client",
                "url": "https://bellwether.invalid",
                "terms_of_use": "",
                "privacy_policy": "",
                "status": "ACTIVE",
                "redirect_uri": list(application.redirect_uris),
                "live_trading_approved": self._grants.live_approved,
            }
        )

    async def authorize(self, request: web.Request) -> web.Response:
        """Issue a code for an account."""
        asked, scopes, environment = await self._asked(request)
        wanted = Request(
            application=self._authorization.application,
            redirect_uri=asked.redirect_uri,
            state=None,
            scopes=scopes,
            environment=environment,
            challenge=None,
        )
        code = self._authorization.approve(wanted, (environment,))
        return _private(
            {
                "code": code,
                "client_id": asked.client_id,
                "redirect_uri": asked.redirect_uri,
                "scope": " ".join(scopes),
            }
        )

    async def token(self, request: web.Request) -> web.Response:
        """Issue a token for an account at once."""
        asked, scopes, environment = await self._asked(request)
        token, grant = self._grants.issue(scopes, (environment,), asked.client_id)
        return _private({"access_token": token, "token_type": "Bearer", "scope": grant.scope})

    async def end(self, request: web.Request) -> web.Response:
        """End the token with an id; introspection tells the ids."""
        self._enter(request)
        if not self._grants.revoke(request.match_info["token_id"]):
            return error_answer(404, 40410000, "token not found")
        return no_content()

    async def _asked(self, request: web.Request) -> tuple[GrantRequest, tuple[str, ...], Environment]:
        application = self._enter(request)
        try:
            asked = msgspec.json.decode(await request.read(), type=GrantRequest)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Denied(error_answer(400, 40010000, "request body format is invalid")) from error
        if asked.client_id != application.client_id or not application.has_secret(asked.client_secret):
            raise _denied("client does not exist, or its secret is wrong")
        self._check(application, asked.redirect_uri, asked.scope)
        environment = self._accounts.get(asked.account_id)
        if environment is None:
            raise _unprocessable("account_id is not one of your accounts")
        return asked, tuple(dict.fromkeys(asked.scope.split())), environment

    def _check(self, application: Application, redirect_uri: str | None, scope: str) -> None:
        if redirect_uri is not None and redirect_uri not in application.redirect_uris:
            raise _unprocessable("redirect_uri is not registered for this client")
        if not set(scope.split()) <= {GENERAL, *SCOPES}:
            raise _unprocessable("scope is invalid")


def _private(body: dict[str, str]) -> web.Response:
    answer = json_answer(body)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _denied(message: str) -> Denied:
    return Denied(error_answer(401, _UNAUTHORIZED, message))


def _unprocessable(message: str) -> Denied:
    return Denied(error_answer(422, _UNPROCESSABLE, message))
