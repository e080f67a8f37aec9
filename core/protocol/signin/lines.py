"""The two lines between the trading process and the sign-in window: the attempt in, the outcome out."""

from typing import Annotated, Final, Literal, TypeVar

import msgspec

from core.protocol.signin.addresses import host_of, is_loopback_url, is_printable, origin_of
from core.protocol.signin.authorize import Environment

MAX_LINE_LENGTH: Final = 65_536

DeclineReason = Literal[
    "access_denied",
    "server_error",
    "temporarily_unavailable",
    "invalid_request",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_response_type",
    "other",
]
FailReason = Literal[
    "state_mismatch",
    "malformed_answer",
    "expired",
    "cancelled",
    "closed",
    "renderer_gone",
    "root_refused",
    "page_unreachable",
    "engine_missing",
    "bad_attempt",
]


class SignInLineInvalid(ValueError):
    """A line between the two processes is not what was agreed. The text never quotes the line."""


class CodeGrant(msgspec.Struct, frozen=True, tag_field="outcome", tag="code", forbid_unknown_fields=True):
    """The broker said yes: redeem `code` once, soon, and write it nowhere."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]

    def __repr__(self) -> str:
        return "CodeGrant(code=...)"


class Declined(msgspec.Struct, frozen=True, tag_field="outcome", tag="declined", forbid_unknown_fields=True):
    """The broker, or the person on its page, said no; nothing was granted."""

    reason: DeclineReason


class Failed(msgspec.Struct, frozen=True, tag_field="outcome", tag="failed", forbid_unknown_fields=True):
    """The attempt ended with no answer that may be believed; a new attempt needs a new state."""

    reason: FailReason


Outcome = CodeGrant | Declined | Failed

Url = Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]


class AttemptLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sign-in attempt, as the trading process hands it to the window."""

    authorize_url: Url
    redirect_uri: Url
    state: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{43,128}$")]
    sign_in_origins: Annotated[list[Url], msgspec.Meta(min_length=1, max_length=16)]
    issuer: Annotated[str, msgspec.Meta(min_length=1, max_length=512)] | None = None
    environment: Environment
    theme: Literal["dark", "light"]
    loopback_only: bool = False
    deadline_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 600.0
    centre: tuple[int, int] | None = None
    pictures: str | None = None

    def __repr__(self) -> str:
        return f"AttemptLine(environment={self.environment!r}, ...)"

    @property
    def stays_on_this_computer(self) -> bool:
        """Whether the profile said so and every address the window may load is literally loopback.

        The redirect address does not count: no request ever goes there.
        """
        addresses = (self.authorize_url, *self.sign_in_origins)
        return self.loopback_only and all(is_loopback_url(address) for address in addresses)


def _check(line: AttemptLine) -> None:
    for address in (line.authorize_url, line.redirect_uri):
        if not is_printable(address) or " " in address:
            raise SignInLineInvalid("An address is not printable ASCII.")
    for origin in line.sign_in_origins:
        if origin != origin_of(origin):
            raise SignInLineInvalid("A sign-in origin is not a plain scheme://host[:port].")
        if not origin.startswith("https://") and not is_loopback_url(origin):
            raise SignInLineInvalid("A sign-in origin is neither https nor a literal loopback address.")
    if origin_of(line.authorize_url) not in line.sign_in_origins or "#" in line.authorize_url:
        raise SignInLineInvalid("The authorize address is not on the list of sign-in origins.")
    _check_redirect(line.redirect_uri)


def _check_redirect(redirect_uri: str) -> None:
    origin = origin_of(redirect_uri)
    if origin is None or redirect_uri == origin or "?" in redirect_uri or "#" in redirect_uri:
        raise SignInLineInvalid("The redirect address is not a plain address with a path.")
    # Nothing ever goes to this address, so that the name `localhost` is as good as a literal here.
    is_local = is_loopback_url(origin) or host_of(origin) == "localhost"
    if not is_local and not origin.startswith("https://"):
        raise SignInLineInvalid("The redirect address is neither https nor on this computer.")


def encode_attempt(line: AttemptLine) -> bytes:
    """Return the line with its newline; raises `SignInLineInvalid` for an attempt that must not start."""
    encoded = msgspec.json.encode(line) + b"\n"
    decode_attempt(encoded)
    return encoded


def decode_attempt(encoded: bytes) -> AttemptLine:
    """Read the window's one line of input, strictly; raises `SignInLineInvalid`."""
    line = _decoded(encoded, _ATTEMPT)
    _check(line)
    return line


def encode_outcome(outcome: Outcome) -> bytes:
    """Return the window's one line of output, with its newline."""
    return msgspec.json.encode(outcome) + b"\n"


def decode_outcome(encoded: bytes) -> Outcome:
    """Read the window's one line of output, strictly; raises `SignInLineInvalid`."""
    outcome = _decoded(encoded, _OUTCOME)
    if isinstance(outcome, CodeGrant) and not is_printable(outcome.code):
        raise SignInLineInvalid("The code has characters that no code has.")
    return outcome


_Line = TypeVar("_Line")
_ATTEMPT: Final = msgspec.json.Decoder(AttemptLine)
_OUTCOME: Final[msgspec.json.Decoder[Outcome]] = msgspec.json.Decoder(Outcome)


def _decoded(encoded: bytes, decoder: msgspec.json.Decoder[_Line]) -> _Line:
    if len(encoded) > MAX_LINE_LENGTH:
        raise SignInLineInvalid("The line is too long.")
    try:
        return decoder.decode(encoded)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        # Only the kind of problem: msgspec's text may quote a value.
        raise SignInLineInvalid(f"The line is not the agreed JSON ({type(problem).__name__}).") from None
