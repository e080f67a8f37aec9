"""One sign-in attempt: judges every address the broker's page wants to go to, and believes one answer.

Whether addresses come from an embedded page, a loopback listener or a test is not its business, as long
as each is the engine's own canonical text.
"""

import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args
from urllib.parse import unquote_to_bytes

from core.protocol.signin.addresses import host_of, is_printable, origin_of
from core.protocol.signin.lines import AttemptLine, CodeGrant, Declined, DeclineReason, Failed

LIFETIME_S: Final = 600.0
MAX_URL_LENGTH: Final = 8192
_MAX_CODE_LENGTH: Final = 2048
_MAX_SITE_LENGTH: Final = 300
_AT_MOST_ONCE: Final = frozenset({"code", "state", "error", "iss"})
_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DECLINE_REASONS: Final[dict[str, DeclineReason]] = {reason: reason for reason in get_args(DeclineReason)}

RefusalReason = Literal["other_site", "other_scheme", "too_long", "unreadable", "over"]


@dataclass(frozen=True, slots=True)
class Refused:
    """Do not go there; the attempt lives. `site` is a host, or a scheme with its colon, to show as text."""

    reason: RefusalReason
    site: str = ""


Verdict = CodeGrant | Declined | Failed | Refused | None


class _MalformedAnswer(ValueError):
    """The query of the callback cannot be believed."""


class SignInAttempt:
    """Made for one authorize request and used up by the first callback, right or wrong."""

    def __init__(
        self,
        *,
        redirect_uri: str,
        state: str,
        sign_in_origins: Iterable[str],
        issuer: str | None,
        clock: Callable[[], float],
        lifetime_s: float = LIFETIME_S,
    ) -> None:
        """Start the attempt's lifetime now, by `clock`, which counts monotonic seconds."""
        self._redirect_uri = redirect_uri
        self._state = state
        self._sign_in_origins = frozenset(sign_in_origins)
        self._issuer = issuer
        self._clock = clock
        self._ends_at = clock() + min(lifetime_s, LIFETIME_S)
        self._is_over = False

    @classmethod
    def of(cls, line: AttemptLine, clock: Callable[[], float]) -> "SignInAttempt":
        """Return the attempt that a line describes, its lifetime starting now."""
        return cls(
            redirect_uri=line.redirect_uri,
            state=line.state,
            sign_in_origins=line.sign_in_origins,
            issuer=line.issuer,
            clock=clock,
            lifetime_s=line.deadline_s,
        )

    @property
    def remaining_s(self) -> float:
        """Seconds until a right answer comes too late; 0 once the attempt is over."""
        return 0.0 if self._is_over else max(0.0, self._ends_at - self._clock())

    def end(self) -> None:
        """Burn the state: after Cancel no answer is believed any more."""
        self._is_over = True

    def receive_url(self, encoded_url: str) -> Verdict:
        """Judge the address the main frame is about to go to.

        None means: a page of the broker, let it load. `Refused`: do not go, the attempt lives. Everything
        else ends the attempt, is given once, and the address must not be loaded either.
        """
        if len(encoded_url) > MAX_URL_LENGTH:
            return Refused("too_long")
        if not is_printable(encoded_url):
            return Refused("unreadable")
        address, mark, rest = _cut_at_query(encoded_url)
        if address == self._redirect_uri:
            query, _, fragment = rest.partition("#") if mark == "?" else ("", "", rest)
            return self._receive_answer(query, fragment)
        origin = origin_of(encoded_url)
        if origin in self._sign_in_origins:
            return None if self.remaining_s > 0 else Refused("over")
        return _refusal(encoded_url, origin)

    def _receive_answer(self, query: str, fragment: str) -> CodeGrant | Declined | Failed:
        has_time = self.remaining_s > 0
        self._is_over = True
        if not has_time:
            return Failed("expired")
        try:
            values = _answer_values(query)
            # State before everything else: an answer without it is nobody's answer to us.
            if not hmac.compare_digest(values.get("state", "").encode(), self._state.encode()):
                return Failed("state_mismatch")
            if _names_a_token(fragment):
                return Failed("malformed_answer")
            return self._believe(values)
        except _MalformedAnswer:
            return Failed("malformed_answer")

    def _believe(self, values: dict[str, str]) -> CodeGrant | Declined | Failed:
        issuer, code, error = values.get("iss"), values.get("code"), values.get("error")
        # RFC 9207. A profile that names no issuer has one broker and its own list of origins, so that an
        # `iss` it cannot compare says nothing; refusing it would break the day a broker starts to send it.
        if issuer is not None and self._issuer is not None and issuer != self._issuer:
            return Failed("malformed_answer")
        if "access_token" in values or (code is None) == (error is None):
            return Failed("malformed_answer")
        if error:
            return Declined(_DECLINE_REASONS.get(error, "other"))
        if not code or len(code) > _MAX_CODE_LENGTH:
            return Failed("malformed_answer")
        return CodeGrant(code)


def _cut_at_query(encoded_url: str) -> tuple[str, str, str]:
    """Cut at the first `?` or `#`: what stands before, the mark, what follows."""
    for position, character in enumerate(encoded_url):
        if character in "?#":
            return encoded_url[:position], character, encoded_url[position + 1 :]
    return encoded_url, "", ""


def _answer_values(query: str) -> dict[str, str]:
    """Read the query once, on `&` only. Names that matter come at most once, in printable ASCII."""
    values: dict[str, str] = {}
    for pair in query.split("&"):
        raw_name, _, raw_value = pair.partition("=")
        name, value = _decoded(raw_name), _decoded(raw_value)
        if name in _AT_MOST_ONCE and (name in values or not is_printable(value)):
            raise _MalformedAnswer
        values[name] = value
    return values


def _decoded(text: str) -> str:
    if _BROKEN_ESCAPE.search(text):
        raise _MalformedAnswer
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    except UnicodeDecodeError:
        raise _MalformedAnswer from None


def _names_a_token(fragment: str) -> bool:
    """Tell whether a fragment tries to hand over a token; its values are never read."""
    return any(
        unquote_to_bytes(pair.partition("=")[0]).lower() == b"access_token" for pair in fragment.split("&")
    )


def _refusal(encoded_url: str, origin: str | None) -> Refused:
    scheme, colon, rest = encoded_url.partition(":")
    if scheme not in ("http", "https"):
        return Refused("other_scheme", f"{scheme}{colon}"[:_MAX_SITE_LENGTH])
    if origin is not None:
        return Refused("other_site", host_of(origin)[-_MAX_SITE_LENGTH:])
    # User-info or an odd authority: name what follows the last @, which is where the request would go.
    authority = re.split(r"[/?#]", rest.removeprefix("//"), maxsplit=1)[0]
    return Refused("other_site", authority.rpartition("@")[2][-_MAX_SITE_LENGTH:])
