"""The one call to the broker's token endpoint, and what its answer comes to.

Exactly one call per exchange, never repeated: a code that arrives twice may revoke the token it bought the
first time (RFC 6749, section 4.1.2). The broker's words choose among fixed refusals and go no further.
"""

import asyncio
import json
import logging
import re
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import aiohttp

from token_proxy.answers import (
    CODE_REFUSED,
    MISCONFIGURED,
    REFUSED_BY_BROKER,
    UNAVAILABLE,
    UNREADABLE,
    Refusal,
    Refused,
)
from token_proxy.config import Config
from token_proxy.exchange import Exchange

LARGEST_ANSWER = 16 * 1024
# RFC 6749, section 5.2. What only our own registration can cause is our own fault, not the caller's.
REFUSALS = {
    "invalid_grant": CODE_REFUSED,
    "invalid_request": REFUSED_BY_BROKER,
    "invalid_scope": REFUSED_BY_BROKER,
    "invalid_client": MISCONFIGURED,
    "unauthorized_client": MISCONFIGURED,
    "unsupported_grant_type": MISCONFIGURED,
    "server_error": UNAVAILABLE,
    "temporarily_unavailable": UNAVAILABLE,
}


def _is_token(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[\x21-\x7e]{1,4096}", value) is not None


def _is_bearer(value: object) -> bool:
    return isinstance(value, str) and value.lower() == "bearer"


def _is_scope(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[\x20-\x7e]{0,1024}", value) is not None


def _is_seconds(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53


# All that an answer may hold: whether it must, and what it must look like.
TOKEN_FIELDS: dict[str, tuple[bool, Callable[[object], bool]]] = {
    "access_token": (True, _is_token),
    "token_type": (True, _is_bearer),
    "scope": (True, _is_scope),
    "expires_in": (False, _is_seconds),
    "refresh_token": (False, _is_token),
}

log = logging.getLogger(__name__)


class Broker:
    """Redeems codes at the configured token endpoint. Make and close it inside the running loop."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._session = aiohttp.ClientSession(
            # A new connection for each exchange: one from a pool may turn out closed after the code was sent.
            connector=aiohttp.TCPConnector(limit=0, force_close=True, ssl=ssl.create_default_context()),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # the caller's deadline is the only one
            trust_env=False,
            auto_decompress=False,
            read_bufsize=LARGEST_ANSWER,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Content-Type": "application/x-www-form-urlencoded",
                "User-Agent": "token-proxy",
            },
        )

    async def close(self) -> None:
        """Let go of the sockets."""
        await self._session.close()

    async def redeem(self, exchange: Exchange, deadline: float) -> dict[str, str | int]:
        """Return the token's fields, or raise `Refused`; done by `deadline` (loop time) either way."""
        try:
            async with asyncio.timeout_at(deadline):
                status, body = await self._ask(_form(exchange, self._config))
        except TimeoutError:
            log.warning("the broker did not answer in time")
            raise Refused(UNAVAILABLE) from None
        except aiohttp.ClientSSLError as error:
            log.error("no trusted TLS connection to the broker (%s)", type(error).__name__)  # noqa: TRY400
            raise Refused(UNREADABLE) from None
        except (aiohttp.ClientPayloadError, aiohttp.ClientResponseError) as error:
            log.warning("the broker's answer broke off or is not HTTP (%s)", type(error).__name__)
            raise Refused(UNREADABLE) from None
        except (aiohttp.ClientError, OSError) as error:
            log.warning("the broker could not be reached (%s)", type(error).__name__)
            raise Refused(UNAVAILABLE) from None
        return verdict(status, body)

    async def _ask(self, form: bytes) -> tuple[int, bytes]:
        async with self._session.post(self._config.token_url, data=form, allow_redirects=False) as response:
            body = bytearray()
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > LARGEST_ANSWER:
                    response.close()
                    log.warning("the broker's answer is larger than %d bytes", LARGEST_ANSWER)
                    raise Refused(UNREADABLE)
            return response.status, bytes(body)


def _form(exchange: Exchange, config: Config) -> bytes:
    fields = {
        "grant_type": "authorization_code",
        "code": exchange.code,
        "client_id": config.client_id,
        "client_secret": config.client_secret.reveal(),
        "redirect_uri": exchange.redirect_uri,
    }
    if exchange.code_verifier is not None:
        fields["code_verifier"] = exchange.code_verifier
    return urlencode(fields).encode("ascii")


def verdict(status: int, body: bytes) -> dict[str, str | int]:
    """Return the allowed fields of a good answer; raise `Refused` with a fixed refusal for any other."""
    fields = _object(body)
    if status == 200:
        if token := _token_fields(fields):
            return token
        log.warning("the broker's answer is not a token")
        raise Refused(UNREADABLE)
    refusal = _refusal(status, fields)
    if refusal is MISCONFIGURED:
        log.error(
            "the broker does not accept this proxy: check client_id, client_secret and the registration"
        )
    else:
        log.info("the broker refused: status %d, %s", status, refusal.error)
    raise Refused(refusal)


def _refusal(status: int, fields: dict[str, Any]) -> Refusal:
    if status >= 500 or status == 429:
        return UNAVAILABLE
    if status >= 400:
        # The RFC's own form first, then the broker's envelope, which carries the RFC's code as its message.
        for name in (fields.get("error"), fields.get("message")):
            if isinstance(name, str) and name.strip() in REFUSALS:
                return REFUSALS[name.strip()]
        if status == 401:
            return MISCONFIGURED  # the only credentials in the request are ours
    return UNREADABLE


def _token_fields(fields: dict[str, Any]) -> dict[str, str | int] | None:
    """Return the allowed fields and nothing else; None if one is missing or not what it should be."""
    token: dict[str, str | int] = {}
    for name, (is_required, is_good) in TOKEN_FIELDS.items():
        value: Any = fields.get(name)
        if value is None and not is_required:
            continue
        if not is_good(value):
            return None
        token[name] = value
    return token


def _object(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}
