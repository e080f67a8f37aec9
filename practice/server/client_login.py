"""How an application proves at the token endpoint who it is (RFC 6749 section 2.3.1)."""

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import unquote_plus

from practice.server.authorization import OAuthError


def client_of(fields: Mapping[str, str], authorization: str, *, basic: bool) -> tuple[str, str]:
    """The id and secret that a request presents, in its form or, where `basic` is allowed, in a header.

    Raise `OAuthError`: `invalid_request` for both ways at once, `invalid_client` for a header that is not
    accepted or cannot be read.
    """
    scheme, _, proof = authorization.partition(" ")
    if scheme.lower() != "basic":
        return fields.get("client_id", ""), fields.get("client_secret", "")
    if not basic:
        raise OAuthError("invalid_client")
    if "client_secret" in fields:
        raise OAuthError("invalid_request")
    try:
        name, colon, secret = base64.b64decode(proof.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise OAuthError("invalid_client") from None
    # Each of the two is form-encoded before they are joined.
    client_id = unquote_plus(name)
    if not colon or fields.get("client_id", client_id) != client_id:
        raise OAuthError("invalid_client")
    return client_id, unquote_plus(secret)
