"""What the log may show of bodies and queries: nothing that signs anybody in."""

from typing import Any
from urllib.parse import parse_qsl

import msgspec

_SECRETS = {
    "access_token", "client_secret", "code", "code_challenge", "code_verifier", "key", "key_id",
    "oauth_token", "password", "refresh_token", "secret", "secret_key", "state", "ticket", "token",
    "username",
}  # fmt: skip
REMOVED = "(removed)"


def redacted(value: Any) -> Any:
    """Decoded JSON or MessagePack with its secrets replaced. Numbers stay: the code of an error is none."""
    if isinstance(value, dict):
        return {
            name: REMOVED if name in _SECRETS and isinstance(inner, str) else redacted(inner)
            for name, inner in value.items()
        }
    return [redacted(inner) for inner in value] if isinstance(value, list) else value


def redacted_query(query: str) -> str:
    """A query string, decoded, its secrets replaced."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return "&".join(f"{name}={REMOVED if name in _SECRETS else value}" for name, value in pairs)


def redacted_body(body: bytes, content_type: str) -> str:
    """A body as text. What cannot be read is not shown, for nobody knows what it holds."""
    if not body:
        return ""
    if content_type == "application/x-www-form-urlencoded":
        return redacted_query(body.decode("utf-8", "replace"))
    try:
        return msgspec.json.encode(redacted(msgspec.json.decode(body))).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return f"({len(body)} bytes that are no JSON)"


def redacted_frame(frame: bytes | str, *, packed: bool) -> str:
    """A frame of a stream as text."""
    try:
        if packed and isinstance(frame, bytes):
            decoded = msgspec.msgpack.decode(frame)
        else:
            decoded = msgspec.json.decode(frame)
        return msgspec.json.encode(redacted(decoded)).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return f"({len(frame)} bytes that mean nothing)"
