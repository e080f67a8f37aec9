"""Signing in at a broker's own page: what we ask, what may come back, and how two processes say so.

`authorize` builds the address that is opened, `attempt` judges every address the page wants to go to,
`lines` is what the trading process and the sign-in window say to each other. Nothing here knows a
window, a web engine or a socket; clock and randomness come from outside.
"""

from core.protocol.signin.addresses import host_of, is_loopback_url, origin_of
from core.protocol.signin.attempt import LIFETIME_S, MAX_URL_LENGTH, Refused, SignInAttempt, Verdict
from core.protocol.signin.authorize import (
    AuthorizeRequest,
    Environment,
    authorize_url,
    code_challenge,
    new_state,
    new_verifier,
)
from core.protocol.signin.lines import (
    MAX_LINE_LENGTH,
    AttemptLine,
    CodeGrant,
    Declined,
    DeclineReason,
    Failed,
    FailReason,
    Outcome,
    SignInLineInvalid,
    decode_attempt,
    decode_outcome,
    encode_attempt,
    encode_outcome,
)

__all__ = [
    "LIFETIME_S",
    "MAX_LINE_LENGTH",
    "MAX_URL_LENGTH",
    "AttemptLine",
    "AuthorizeRequest",
    "CodeGrant",
    "DeclineReason",
    "Declined",
    "Environment",
    "FailReason",
    "Failed",
    "Outcome",
    "Refused",
    "SignInAttempt",
    "SignInLineInvalid",
    "Verdict",
    "authorize_url",
    "code_challenge",
    "decode_attempt",
    "decode_outcome",
    "encode_attempt",
    "encode_outcome",
    "host_of",
    "is_loopback_url",
    "new_state",
    "new_verifier",
    "origin_of",
]
