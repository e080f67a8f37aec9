"""Turning a code into a token at the token proxy (RFC 6749 section 4.1.3, through our own proxy).

One POST, never repeated: a second use of a code may revoke what the first one gave (RFC 6749 section 4.1.2).
"""

import msgspec

from core.domain.grant import Grant, is_token
from core.domain.profile import ConnectionProfile
from core.domain.secret import Secret
from core.errors import AppError, SignInFailed
from core.protocol.call import Answer, Call, Host, Timeouts

_TIMEOUTS = Timeouts(connect_s=5.0, read_s=15.0)
_START_AGAIN = "Nothing was changed at the broker. Start the sign-in again."


class _Token(msgspec.Struct):
    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the type's name, not a secret
    scope: str | None = None


class _Refusal(msgspec.Struct):
    error: str = ""
    message: str = ""


# Fixed sentences for the proxy's fixed list: text from the network is never shown here.
_SENTENCES = {
    "invalid_grant": ("The sign-in took too long or was used before.", _START_AGAIN),
    "invalid_request": (
        "The token proxy did not understand this version of Bellwether.",
        "Look for an update.",
    ),
    "unauthorized_client": (
        "The token proxy does not serve this client id.",
        "The connection profile and the proxy belong to different publishers.",
    ),
    "invalid_redirect_uri": (
        "The token proxy does not accept this profile's redirect address.",
        "The connection profile and the proxy do not match; ask the publisher.",
    ),
    "rate_limited": ("Too many sign-ins from this network.", "Wait a minute, then start again."),
    "temporarily_unavailable": ("The broker's sign-in is not available right now.", _START_AGAIN),
    "upstream_error": ("The broker's sign-in answered something unreadable.", _START_AGAIN),
    "server_misconfigured": (
        "The token proxy is not set up correctly.",
        "Ask its publisher; it is not your fault.",
    ),
}


def exchange_code(
    profile: ConnectionProfile, code: Secret, verifier: Secret | None, *, asked: frozenset[str]
) -> Call[Grant]:
    """POST the code to the profile's token proxy; `verifier` is the PKCE one (RFC 7636), if any."""
    members = {
        "code": code.reveal(),
        "redirect_uri": profile.redirect_uri,
        "client_id": profile.client_id,
    }
    if verifier is not None:
        members["code_verifier"] = verifier.reveal()

    def read(answer: Answer) -> Grant:
        token = msgspec.json.decode(answer.body, type=_Token)
        if not is_token(token.access_token):
            raise ValueError("token of an impossible shape")
        if token.token_type.lower() != "bearer":
            raise ValueError("token of another type")
        # RFC 6749 section 5.1: scope may be left out when it is what was asked for.
        scopes = asked if token.scope is None else frozenset(token.scope.split())
        return Grant(token=Secret(token.access_token), scopes=scopes)

    return Call(
        host=Host.PROXY,
        method="POST",
        path="",
        body=msgspec.json.encode(members),
        read=read,
        failure=exchange_failure,
        changes=True,
        timeouts=_TIMEOUTS,
    )


def exchange_failure(_call: Call[Grant], answer: Answer) -> AppError:
    """Translate an answer that is not a token."""
    try:
        refusal = msgspec.json.decode(answer.body, type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        refusal = _Refusal()
    detail = f"token proxy -> {answer.status} {refusal.error[:40]!r}"
    if refusal.error in _SENTENCES:
        headline, remedy = _SENTENCES[refusal.error]
        return SignInFailed(headline, remedy, detail=detail)
    return SignInFailed(
        "The token proxy answered something Bellwether cannot read.",
        "A captive portal or a wrong proxy address can cause this. Check the connection, then start again.",
        detail=detail,
    )
