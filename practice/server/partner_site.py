"""A made-up brokerage on whose page its customers sign applications in; it asks the Broker API to do so.

It knows that API only over HTTP, like any partner, so that its requests are in the log and faults reach it.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp import web

from practice.engine.accounts import Environment
from practice.server.authorization import Application, OAuthError
from practice.server.oauth import error_redirect, redirect
from practice.server.pages import Place, Question, asking_page, login_page, refused_page
from practice.server.partner_api import PartnerKey
from practice.server.reading import form_of

USER, PASSWORD = "trader", "practice"  # printed on the page
_MOST_VISITS = 1000  # the oldest make room
_PATIENCE = aiohttp.ClientTimeout(total=30)
_PLACE = Place(
    "Practice partner",
    "You are logged in as <strong>trader</strong>. Nothing here is real, and no money can move.",
    "/partner/consent",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """An application's request on its way through the pages."""

    question: Question
    response_type: str
    state: str | None
    scope: str
    is_logged_in: bool = False


class _Refused(Exception):
    """The broker does not do what the partner asks; the text is for a person."""


class PartnerSite:
    """The partner's pages and the backend behind them."""

    def __init__(
        self,
        key: PartnerKey,
        application: Application,
        accounts: Mapping[str, Environment],
        *,
        auto_approve: bool,
    ) -> None:
        self._key, self._application, self._auto_approve = key, application, auto_approve
        self._account_ids = {environment: account_id for account_id, environment in accounts.items()}
        self._visits: dict[str, _Visit] = {}

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_get("/partner/authorize", self.authorize)
        app.router.add_post("/partner/log-in", self.log_in)
        app.router.add_post("/partner/consent", self.consent)

    async def authorize(self, request: web.Request) -> web.Response:
        """Show the log-in page, or say why not."""
        try:
            visit = await self._checked(request)
        except _Refused as problem:
            return refused_page(str(problem))
        if self._auto_approve and "text/html" not in request.headers.get("Accept", ""):
            return await self._allowed(request, visit, visit.question.choices[0])
        return login_page(visit.question.application, self._remember(visit))

    async def log_in(self, request: web.Request) -> web.Response:
        """Take user name and password; go on to the consent page."""
        fields = await form_of(request)
        visit = self._visits.pop(fields.get("ticket", ""), None)
        if visit is None:
            return refused_page("This page has been answered already, or the partner was restarted.")
        user, password = fields.get("user", ""), fields.get("password", "")
        if not (_same(user, USER) and _same(password, PASSWORD)):
            problem = "The user name or the password is wrong."
            return login_page(visit.question.application, self._remember(visit), user[:64], problem)
        return asking_page(visit.question, self._remember(replace(visit, is_logged_in=True)), _PLACE)

    async def consent(self, request: web.Request) -> web.Response:
        """Take the person's decision."""
        fields = await form_of(request)
        visit = self._visits.pop(fields.get("ticket", ""), None)
        if visit is None or not visit.is_logged_in:
            return refused_page("This page has been answered already, or you are not logged in.")
        if fields.get("decision") != "allow":
            error = OAuthError("access_denied", "The request was denied.")
            return error_redirect(visit.question.redirect_uri, visit.state, error)
        if fields.get("account", "") not in visit.question.choices:
            return refused_page("Choose one of the accounts on the page.")
        return await self._allowed(request, visit, fields["account"])

    async def _checked(self, request: web.Request) -> _Visit:
        query = request.query
        asked = {name: query[name] for name in ("response_type", "redirect_uri", "scope") if name in query}
        client_id = query.get("client_id", "")
        if "redirect_uri" not in asked or not client_id:
            raise _Refused("The request names no redirect URI or no client.")
        client = await self._broker(
            request, "GET", f"/v1/oauth/clients/{quote(client_id, safe='')}", params=asked
        )
        environment = query.get("env")
        choices = [environment] if environment in self._account_ids else list(self._account_ids)
        question = Question(
            application=str(client["name"]),
            redirect_uri=asked["redirect_uri"],
            scopes=tuple(dict.fromkeys(asked.get("scope", "").split())),
            choices=[str(choice) for choice in choices],
        )
        return _Visit(
            question=question,
            response_type=asked.get("response_type", "code"),
            state=query.get("state"),
            scope=asked.get("scope", ""),
        )

    async def _allowed(self, request: web.Request, visit: _Visit, account: str) -> web.Response:
        body = {
            "client_id": self._application.client_id,
            "client_secret": self._application.client_secret,
            "redirect_uri": visit.question.redirect_uri,
            "scope": visit.scope,
            "account_id": next(i for name, i in self._account_ids.items() if name == account),
        }
        implicit = visit.response_type == "token"
        path = "/v1/oauth/token" if implicit else "/v1/oauth/authorize"
        try:
            answer = await self._broker(request, "POST", path, json=body)
        except _Refused as problem:
            error = OAuthError("server_error", str(problem))
            return error_redirect(visit.question.redirect_uri, visit.state, error)
        if not implicit:
            return redirect(visit.question.redirect_uri, visit.state, {"code": str(answer["code"])})
        told = {name: str(answer[name]) for name in ("access_token", "token_type", "scope")}
        return redirect(visit.question.redirect_uri, visit.state, told, joint="#")

    async def _broker(self, request: web.Request, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Call the Broker API, or raise `_Refused`."""
        headers = {"Authorization": self._key.header}
        url = f"{request.scheme}://{request.host}{path}"
        try:
            async with (
                aiohttp.ClientSession(timeout=_PATIENCE) as session,
                session.request(method, url, headers=headers, allow_redirects=False, **options) as answer,
            ):
                content = await answer.json(content_type=None)
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as problem:
            raise _Refused("The broker does not answer. Try again.") from problem
        if status != 200 or not isinstance(content, dict):
            said = content.get("message") if isinstance(content, dict) else None
            raise _Refused(f"The broker refuses: {said or status}.")
        return content

    def _remember(self, visit: _Visit) -> str:
        ticket = secrets.token_urlsafe(24)
        self._visits[ticket] = visit
        while len(self._visits) > _MOST_VISITS:
            del self._visits[next(iter(self._visits))]
        return ticket


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode())
