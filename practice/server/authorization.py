"""The authorization server's rules, without HTTP: clients, consent, codes, tokens."""

import base64
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from practice.engine.accounts import Environment
from practice.server.grants import SCOPES, Grant, Grants

Thing = TypeVar("Thing")

CODE_LIFE_S = 600
_MOST_WAITING = 1000  # consent pages and codes kept at a time; the oldest make room


class OAuthError(Exception):
    """A failure with its RFC 6749 name."""

    def __init__(self, name: str, description: str = "") -> None:
        super().__init__(name)
        self.name, self.description = name, description


class UnknownApplication(Exception):
    """No redirect may follow: the client or its redirect URI is not registered. The text is for a person."""


@dataclass(frozen=True, slots=True)
class Application:
    """A registered OAuth client."""

    name: str
    client_id: str
    redirect_uris: tuple[str, ...]
    client_secret: str = field(repr=False)

    def has_secret(self, secret: str) -> bool:
        """Whether this is the application's secret."""
        return hmac.compare_digest(
            secret.encode("utf-8", "surrogatepass"), self.client_secret.encode("utf-8", "surrogatepass")
        )


@dataclass(slots=True)
class Switches:
    """How the authorization server behaves where the broker's documents are silent; change it at any time."""

    rfc_errors: bool = False  # {"error": ...} as in RFC 6749, instead of the broker's envelope
    basic: bool = False  # an application may prove itself by a Basic header too
    introspection: bool = True  # the early route that describes a token; otherwise it is not there
    granted: frozenset[str] | None = None  # the scopes that are granted at most; None: what is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A valid authorize request, waiting for the person's decision."""

    application: Application
    redirect_uri: str
    state: str | None
    scopes: tuple[str, ...]
    environment: Environment | None  # None: the person chooses
    challenge: str | None


@dataclass(frozen=True, slots=True)
class _Code:
    request: Request
    environments: tuple[Environment, ...]
    expires_at: float


class Authorization:
    """Takes authorize requests, issues codes and redeems them once. `clock` counts seconds, monotonic."""

    def __init__(self, application: Application, grants: Grants, clock: Callable[[], float]) -> None:
        self.application, self._grants, self._clock = application, grants, clock
        self._waiting: dict[str, Request] = {}
        self._codes: dict[str, _Code] = {}

    def checked(self, query: Mapping[str, str]) -> Request:
        """Read an authorize request.

        Raise `UnknownApplication` when nothing may be redirected, `RedirectedError` when the error goes
        back to the application.
        """
        application = self.application
        if query.get("client_id") != application.client_id:
            raise UnknownApplication("Client authentication failed due to unknown client.")
        redirect_uri = query.get("redirect_uri", "")
        if redirect_uri not in application.redirect_uris:
            raise UnknownApplication("The redirect URI is not registered for this application.")
        state = query.get("state")
        scopes = tuple(dict.fromkeys(query.get("scope", "").split()))
        environment = query.get("env")
        challenge, method = query.get("code_challenge"), query.get("code_challenge_method")
        problem = None
        if query.get("response_type") != "code":
            problem = OAuthError("unsupported_response_type", "only the code flow is offered")
        elif not set(scopes) <= set(SCOPES):
            problem = OAuthError("invalid_scope", "known scopes: " + " ".join(SCOPES))
        elif environment not in {None, "paper", "live"}:
            problem = OAuthError("invalid_request", "env is live or paper")
        elif challenge is None and method is not None:
            problem = OAuthError("invalid_request", "code_challenge is missing")
        elif challenge is not None and (method != "S256" or len(challenge) != 43):
            problem = OAuthError("invalid_request", "code_challenge_method must be S256")
        if problem:
            raise RedirectedError(redirect_uri, state, problem)
        return Request(
            application=application,
            redirect_uri=redirect_uri,
            state=state,
            scopes=scopes,
            environment=_environment(environment),
            challenge=challenge,
        )

    def ask(self, request: Request) -> str:
        """Remember a request while its consent page is open; return the page's one-time ticket."""
        ticket = secrets.token_urlsafe(24)
        _remember(self._waiting, ticket, request)
        return ticket

    def answered(self, ticket: str) -> Request:
        """Take the request of a consent page; raise `UnknownApplication` for a page already used."""
        request = self._waiting.pop(ticket, None)
        if request is None:
            raise UnknownApplication("This page has been answered already, or the broker was restarted.")
        return request

    def approve(self, request: Request, environments: tuple[Environment, ...]) -> str:
        """Return a code for what was allowed."""
        code = str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
        _remember(self._codes, code, _Code(request, environments, self._clock() + CODE_LIFE_S))
        return code

    def redeem(self, code: str, client_id: str, redirect_uri: str, verifier: str | None) -> tuple[str, Grant]:
        """Turn a code into a token, or raise `OAuthError`. A code is spent by the first attempt."""
        issued = self._codes.pop(code, None)
        if issued is None or self._clock() > issued.expires_at:
            raise OAuthError("invalid_grant")
        request = issued.request
        if client_id != request.application.client_id or redirect_uri != request.redirect_uri:
            raise OAuthError("invalid_grant")
        if not _verified(request.challenge, verifier):
            raise OAuthError("invalid_grant")
        return self._grants.issue(request.scopes, issued.environments, client_id)


class RedirectedError(Exception):
    """A refusal that the application learns through its redirect URI."""

    def __init__(self, redirect_uri: str, state: str | None, error: OAuthError) -> None:
        super().__init__(error.name)
        self.redirect_uri, self.state, self.error = redirect_uri, state, error


def _environment(name: str | None) -> Environment | None:
    return "paper" if name == "paper" else "live" if name == "live" else None


def _verified(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None:
        return True
    digest = hashlib.sha256((verifier or "").encode("utf-8", "surrogatepass")).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return hmac.compare_digest(expected, challenge.encode("utf-8", "surrogatepass"))


def _remember(shelf: dict[str, Thing], name: str, thing: Thing) -> None:
    shelf[name] = thing
    while len(shelf) > _MOST_WAITING:
        del shelf[next(iter(shelf))]
