"""The address a sign-in opens: the OAuth authorize request, its state and its PKCE pair (RFC 7636)."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

Environment = Literal["paper", "live", "both"]
RandomText = Callable[[int], str]
"""Makes URL-safe text from that many random bytes; callers pass `secrets.token_urlsafe`."""

STATE_BYTES = 32
_VERIFIER_BYTES = 48  # 64 characters; RFC 7636 asks for 43 to 128
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizeRequest:
    """What a connection profile says about the page to open."""

    authorize_url: str
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    environment: Environment


def new_state(random_text: RandomText) -> str:
    """Return a fresh state of 256 bits; one attempt, one state."""
    return random_text(STATE_BYTES)


def new_verifier(random_text: RandomText) -> str:
    """Return a fresh PKCE verifier. It stays with whoever will redeem the code."""
    return random_text(_VERIFIER_BYTES)


def code_challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier; raises ValueError for one RFC 7636 does not allow."""
    if not _VERIFIER.fullmatch(verifier):
        raise ValueError("A PKCE verifier is 43 to 128 unreserved characters.")
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def authorize_url(request: AuthorizeRequest, *, state: str, challenge: str | None) -> str:
    """Return the full address to open.

    `challenge` is None only for a profile that switches PKCE off. Both environments are asked for by
    leaving `env` out: the broker's page then lets the person choose.
    """
    if "#" in request.authorize_url:
        raise ValueError("An authorize address has no fragment.")
    parameters = {
        "response_type": "code",
        "client_id": request.client_id,
        "redirect_uri": request.redirect_uri,
        "scope": " ".join(request.scopes),
        "state": state,
        "env": "" if request.environment == "both" else request.environment,
        "code_challenge": challenge or "",
        "code_challenge_method": "S256" if challenge else "",
    }
    # The broker asks for a space as %20, so the form encoding of urlencode will not do.
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items() if value)
    separator = "&" if "?" in request.authorize_url else "?"
    return f"{request.authorize_url}{separator}{query}"
