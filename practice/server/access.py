"""Authentication and scopes of REST requests."""

from aiohttp import web

from practice.engine.accounts import Environment
from practice.server.answers import error_answer
from practice.server.grants import Grant, Grants

_UNAUTHORIZED = 40110000


class Denied(Exception):
    """A request without the credentials or scope it needs; carries the answer."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


def _not_authorized(message: str) -> Denied:
    return Denied(error_answer(401, _UNAUTHORIZED, message))


def presented_grant(request: web.Request, grants: Grants) -> Grant | None:
    """What the request's headers prove; None without any. Raise `Denied` for wrong ones."""
    key, secret = request.headers.get("APCA-API-KEY-ID"), request.headers.get("APCA-API-SECRET-KEY")
    if key is not None and secret is not None:
        grant = grants.of_key(key, secret)
        if grant is None and grants.knows_key(key):
            # The broker's answer to a wrong secret has no code, and ends with a line feed.
            raise Denied(
                web.Response(
                    status=401, body=b'{"message": "unauthorized."}\n', content_type="application/json"
                )
            )
        if grant is None:
            raise _not_authorized("access key verification failed")
        return grant
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    grant = grants.of_token(token.strip())
    if grant is None:
        raise _not_authorized("request is not authorized")
    return grant


def require(
    request: web.Request, grants: Grants, environment: Environment | None = None, scope: str | None = None
) -> Grant:
    """Return the request's grant if it covers the environment and the scope, or raise `Denied`."""
    grant = presented_grant(request, grants)
    if grant is None or (environment is not None and environment not in grant.environments):
        lacks_approval = grant is not None and environment == "live" and not grants.live_approved
        raise _not_authorized(
            "Failed to authorize current action" if lacks_approval else "request is not authorized"
        )
    if scope is not None and scope not in grant.scopes:
        raise _not_authorized("token is not authorized for this scope")
    return grant
