"""What a caller may ask for: one exchange, every field checked before anything is done with it."""

import json
import re
from dataclasses import dataclass, field

from token_proxy.answers import BAD_BODY, BAD_FIELD, WRONG_CLIENT, WRONG_REDIRECT, Refused
from token_proxy.config import Config

REQUIRED = frozenset({"code", "redirect_uri", "client_id"})
KNOWN = REQUIRED | {"code_verifier"}
CODE = re.compile(r"[\x20-\x7e]{1,2048}")  # RFC 6749, appendix A.11
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636, section 4.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A checked request: everything else the broker is sent comes from the configuration."""

    code: str = field(repr=False)
    redirect_uri: str
    code_verifier: str | None = field(repr=False)


def parsed_exchange(body: bytes, config: Config) -> Exchange:
    """Return the exchange that `body` asks for, or raise `Refused`."""
    try:
        # RecursionError: eight KiB of opening brackets are deeper than the decoder goes.
        fields = json.loads(body.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Refused(BAD_BODY) from None
    if not isinstance(fields, dict) or not REQUIRED <= fields.keys() <= KNOWN:
        raise Refused(BAD_BODY)
    if not all(isinstance(value, str) for value in fields.values()):
        raise Refused(BAD_FIELD)
    if fields["client_id"] != config.client_id:
        raise Refused(WRONG_CLIENT)
    if fields["redirect_uri"] not in config.redirect_uris:
        raise Refused(WRONG_REDIRECT)
    verifier = fields.get("code_verifier")
    if not CODE.fullmatch(fields["code"]) or (verifier is not None and not VERIFIER.fullmatch(verifier)):
        raise Refused(BAD_FIELD)
    return Exchange(code=fields["code"], redirect_uri=fields["redirect_uri"], code_verifier=verifier)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field is given twice")
    return fields
