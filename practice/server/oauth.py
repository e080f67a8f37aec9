"""The OAuth routes: authorize page, token endpoint, and the token proxy's contract for those without one."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from practice.server.access import require
from practice.server.answers import error_answer, json_answer
from practice.server.authorization import (
    Authorization,
    OAuthError,
    RedirectedError,
    Request,
    Switches,
    UnknownApplication,
)
from practice.server.client_login import client_of
from practice.server.grants import Grants
from practice.server.pages import CHOICES, consent_page, offered_choices, refused_page
from practice.server.reading import form_of

_STATUSES = {"invalid_client": (401, 40110000)}
_MEANINGS = {
    "invalid_client": "Client authentication failed.",
    "invalid_grant": "The code is invalid, expired, used, or was issued to another redirect URI.",
    "invalid_request": "A required parameter is missing.",
    "unsupported_grant_type": "Only authorization_code is offered.",
}
_OWNERS = uuid.UUID("3c1f6d0e-8a55-4f0b-9f7a-5d2f4f4d9b21")
_PRIVATE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class ExchangeRequest(msgspec.Struct, frozen=True):
    """The body of the exchange route."""

    code: str
    redirect_uri: str
    client_id: str
    code_verifier: str | None = None


class OAuthRoutes:
    """HTTP around `Authorization`."""

    def __init__(
        self,
        authorization: Authorization,
        grants: Grants,
        switches: Switches,
        *,
        always_open: bool,
        auto_approve: bool,
    ) -> None:
        self._authorization, self._grants, self._switches = authorization, grants, switches
        self._always_open, self._auto_approve = always_open, auto_approve

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_get("/oauth/authorize", self.authorize)
        app.router.add_post("/oauth/authorize", self.decide)
        app.router.add_post("/oauth/token", self.token)
        app.router.add_get("/oauth/token", self.introspect)
        app.router.add_post("/exchange", self.exchange)

    async def authorize(self, request: web.Request) -> web.Response:
        """Show the consent page, or say why not."""
        try:
            asked = self._authorization.checked(request.query)
        except UnknownApplication as problem:
            return refused_page(str(problem))
        except RedirectedError as problem:
            return error_redirect(problem.redirect_uri, problem.state, problem.error)
        if self._auto_approve and "text/html" not in request.headers.get("Accept", ""):
            return self._approved(asked, offered_choices(asked)[0])
        ticket = self._authorization.ask(asked)
        return consent_page(asked, ticket, always_open=self._always_open, automatic=self._auto_approve)

    async def decide(self, request: web.Request) -> web.Response:
        """Take the person's decision from the consent page."""
        fields = await form_of(request)
        try:
            asked = self._authorization.answered(fields.get("ticket", ""))
        except UnknownApplication as problem:
            return refused_page(str(problem))
        account = fields.get("account", "")
        if fields.get("decision") != "allow":
            return error_redirect(
                asked.redirect_uri, asked.state, OAuthError("access_denied", "The request was denied.")
            )
        if account not in offered_choices(asked):
            return refused_page("Choose one of the accounts on the page.")
        return self._approved(asked, account)

    def _approved(self, asked: Request, account: str) -> web.Response:
        most = self._switches.granted
        scopes = tuple(scope for scope in asked.scopes if most is None or scope in most)
        code = self._authorization.approve(replace(asked, scopes=scopes), CHOICES[account])
        return redirect(asked.redirect_uri, asked.state, {"code": code})

    async def token(self, request: web.Request) -> web.Response:
        """Redeem a code. A form, or the client is not recognised."""
        answer = await self._redeemed(request)
        if answer.status == 401 and "Authorization" in request.headers:
            answer.headers["WWW-Authenticate"] = 'Basic realm="token"'  # RFC 6749 section 5.2
        return answer

    async def _redeemed(self, request: web.Request) -> web.Response:
        if request.content_type != "application/x-www-form-urlencoded":
            return self._failed("invalid_client")
        fields = await form_of(request)
        application = self._authorization.application
        try:
            header = request.headers.get("Authorization", "")
            client_id, secret = client_of(fields, header, basic=self._switches.basic)
        except OAuthError as problem:
            return self._failed(problem.name)
        if client_id != application.client_id or not application.has_secret(secret):
            return self._failed("invalid_client")
        if fields.get("grant_type", "authorization_code") != "authorization_code":
            return self._failed("unsupported_grant_type")
        if "grant_type" not in fields or "code" not in fields or "redirect_uri" not in fields:
            return self._failed("invalid_request")
        try:
            return self._token_answer(
                ExchangeRequest(
                    fields["code"], fields["redirect_uri"], client_id, fields.get("code_verifier")
                )
            )
        except OAuthError as problem:
            return self._failed(problem.name)

    def _failed(self, name: str) -> web.Response:
        """A failure in the broker's envelope or, by switch, in the form of RFC 6749."""
        status, code = _STATUSES.get(name, (400, 40010000))
        if self._switches.rfc_errors:
            answer = json_answer({"error": name, "error_description": _MEANINGS.get(name, name)}, status)
        else:
            answer = error_answer(status, code, name)
        answer.headers.update(_PRIVATE)
        return answer

    async def introspect(self, request: web.Request) -> web.Response:
        """Describe the token that asks, in the shape of the broker's first guide; not RFC 7662."""
        if not self._switches.introspection:
            return error_answer(404, 40410000, "endpoint not found")
        grant = require(request, self._grants)
        answer = json_answer(
            {
                "active": True,
                "aud": self._authorization.application.name,
                "client_id": grant.client_id,
                "iat": grant.issued_at,
                "id": grant.id,
                "owner_id": str(uuid.uuid5(_OWNERS, self._authorization.application.client_id)),
                "scope": grant.scope,
                "token_type": "Bearer",
            }
        )
        answer.headers.update(_PRIVATE)
        return answer

    async def exchange(self, request: web.Request) -> web.Response:
        """The token proxy's contract, for a package that has no proxy."""
        if "Origin" in request.headers or request.content_type != "application/json":
            return _exchange_error("invalid_request", "JSON from an application is expected.")
        try:
            asked = msgspec.json.decode(await request.read(), type=ExchangeRequest)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _exchange_error("invalid_request", "The body is not the expected JSON object.")
        application = self._authorization.application
        if asked.client_id != application.client_id:
            return _exchange_error("unauthorized_client", "The client id is not known here.")
        if asked.redirect_uri not in application.redirect_uris:
            return _exchange_error("invalid_redirect_uri", "The redirect URI is not registered.")
        try:
            return self._token_answer(asked)
        except OAuthError as problem:
            return _exchange_error(problem.name, "The code is not valid any more. Sign in again.")

    def _token_answer(self, asked: ExchangeRequest) -> web.Response:
        token, grant = self._authorization.redeem(
            asked.code, asked.client_id, asked.redirect_uri, asked.code_verifier
        )
        answer = json_answer({"access_token": token, "token_type": "bearer", "scope": grant.scope})
        answer.headers.update(_PRIVATE)
        return answer


def _exchange_error(name: str, message: str) -> web.Response:
    answer = json_answer({"error": name, "message": message}, 400)
    answer.headers.update(_PRIVATE)
    return answer


def redirect(
    redirect_uri: str, state: str | None, parameters: Mapping[str, str], joint: str = ""
) -> web.Response:
    """Send the browser back to the application; `joint` is what its answer begins with, ? or & by default."""
    query = urlencode({**parameters, **({"state": state} if state is not None else {})})
    joint = joint or ("&" if "?" in redirect_uri else "?")
    return web.Response(status=302, headers={"Location": f"{redirect_uri}{joint}{query}", **_PRIVATE})


def error_redirect(redirect_uri: str, state: str | None, error: OAuthError) -> web.Response:
    """Tell the application through the browser what went wrong."""
    parameters = {"error": error.name}
    if error.description:
        parameters["error_description"] = error.description
    return redirect(redirect_uri, state, parameters)
