"""The fixed list of what a caller can be told. Nothing a caller or the broker said is ever repeated."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

# aiohttp would name itself, its version and Python's; the text is fixed so that it tells nothing.
BASE_HEADERS = {"Cache-Control": "no-store", "Server": "token-proxy", "Connection": "close"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way to be refused: the code of the wire contract, the HTTP status, a sentence for a person."""

    error: str
    status: int
    message: str

    @property
    def body(self) -> dict[str, str]:
        """The JSON of the answer."""
        return {"error": self.error, "message": self.message}


class Refused(Exception):
    """Ends the handling of a request with a refusal."""

    def __init__(self, refusal: Refusal, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(refusal.error)
        self.refusal, self.headers = refusal, headers or {}


def _invalid(status: int, message: str) -> Refusal:
    return Refusal("invalid_request", status, message)


MALFORMED = _invalid(400, "The request could not be read.")
NO_QUERY = _invalid(400, "The request must not have a query; codes travel in the body only.")
BAD_BODY = _invalid(400, "The body must be one JSON object with the known fields and nothing else.")
BAD_FIELD = _invalid(400, "A field of the request is missing, too long or holds characters it must not.")
REFUSED_BY_BROKER = _invalid(400, "The broker did not accept the request. Sign in again.")
FROM_A_PAGE = _invalid(403, "Requests from web pages are not served.")
NOT_HERE = _invalid(404, "There is nothing here.")
WRONG_METHOD = _invalid(405, "This method is not allowed here.")
NO_LENGTH = _invalid(411, "The request must have a Content-Length and no transfer encoding.")
BODY_TOO_LARGE = _invalid(413, "The body is too large.")
NOT_JSON = _invalid(415, "The body must be plain application/json.")
EXPECTATION = _invalid(417, "Send the body at once, without an expectation.")
HEAD_TOO_LARGE = _invalid(431, "The headers are too large.")

WRONG_CLIENT = Refusal("unauthorized_client", 400, "This service does not serve that client id.")
WRONG_REDIRECT = Refusal("invalid_redirect_uri", 400, "That redirect URI is not registered here.")
CODE_REFUSED = Refusal(
    "invalid_grant",
    400,
    "The broker did not accept the code: it was used before or is too old. Sign in again.",
)
TOO_MANY = Refusal("rate_limited", 429, "Too many sign-ins from here. Wait a little, then sign in again.")
UNAVAILABLE = Refusal(
    "temporarily_unavailable", 503, "The broker did not answer, or not in time. Sign in again in a moment."
)
UNREADABLE = Refusal(
    "upstream_error", 502, "The broker gave an answer that cannot be used. Sign in again later."
)
MISCONFIGURED = Refusal(
    "server_misconfigured", 502, "The broker does not accept this service. Its operator has to correct that."
)
FAULT = Refusal("temporarily_unavailable", 500, "The service failed. Sign in again in a moment.")


def answer(status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a JSON answer after which the connection closes; it must not be cached."""
    response = web.Response(
        status=status,
        body=_encoded(body),
        content_type="application/json",
        headers={**BASE_HEADERS, **(headers or {})},
    )
    response.force_close()
    return response


def raw_answer(refusal: Refusal) -> bytes:
    """Return the bytes of a refusal, for a caller whose request is not worth parsing."""
    body = _encoded(refusal.body)
    head = {
        **BASE_HEADERS,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    }
    lines = [f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in head.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _encoded(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode("ascii")
