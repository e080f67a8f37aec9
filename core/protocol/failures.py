"""What a broker's refusal means for a person.

The broker reuses its numeric codes for unrelated problems and sometimes answers HTML, so the status comes
first, then the text (protocol page section 1.4). Its words are shown as plain text and cut short.
"""

import re
from typing import TypeVar

import msgspec

from core.errors import (
    AlreadyOver,
    AlreadyThere,
    AppError,
    BadAnswer,
    NotCovered,
    NotFound,
    NotPermitted,
    OrderRefused,
    OutcomeUnknown,
    Overloaded,
    SignInExpired,
)
from core.protocol.call import Answer, Call
from core.protocol.limits import retry_after_s

Result = TypeVar("Result")

MAX_FOREIGN_TEXT = 300
_SCOPE_WORDS = ("not authorized for this scope", "failed to authorize current action")
# "client_order_id must be unique" is what was seen. Any other way to say so must not pass for a refusal: an
# order is believed dead by it that is alive.
_DUPLICATE = re.compile(
    r"client.?order.?id\b.*\b(unique|exists?|duplicated?|already|used|taken)\b|duplicate client",
    re.IGNORECASE,
)
_SERVER_ERRORS = 500
# In any other state, pending_replace for one, the order works on and the cancel is refused.
_OVER = re.compile(
    r"order is already in \W?(filled|cancell?ed|expired|replaced|rejected|pending_cancel)\W? state",
    re.IGNORECASE,
)
# Refusals that prove nothing was done. Others (408, 499, ...) may come from something in between, and a
# conflict (409) may be one with the very order that was sent.
_EXPLICIT = frozenset({400, 403, 404, 405, 410, 413, 415, 422})


class _Envelope(msgspec.Struct):
    message: str | None = None
    error: str | None = None


def foreign_text(text: str) -> str:
    """Make text from elsewhere safe to show: printable characters, one line, at most 300 of them."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:MAX_FOREIGN_TEXT]


def broker_words(answer: Answer) -> str | None:
    """The broker's own sentence from an error body, or None if the body is not one of its envelopes."""
    try:
        envelope = msgspec.json.decode(answer.body, type=_Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return foreign_text(envelope.message or envelope.error or "") or None


def broker_failure(call: Call[Result], answer: Answer) -> AppError:
    """Translate an answer of the trading or data host that is not a usable success."""
    words = broker_words(answer)
    detail = (
        f"{call.method} {call.path.split('?')[0]} -> {answer.status} request {answer.request_id or 'none'}"
    )
    failure = _failure(call, answer, words, detail)
    failure.request_id = answer.request_id
    return failure


def _failure(call: Call[Result], answer: Answer, words: str | None, detail: str) -> AppError:
    if answer.status == 401:
        return _unauthorized(words, detail)
    if answer.status == 429:
        return Overloaded(
            "The broker is limiting requests.",
            "Nothing was accepted. Wait a moment and try again.",
            detail=detail,
            retry_after_s=retry_after_s(answer),
        )
    if answer.status in _EXPLICIT and words is not None:
        return _refused(call, answer, words, detail)
    if call.changes:
        return OutcomeUnknown(
            "The broker's answer could not be read, so the outcome is unknown.",
            "Bellwether is looking the order up by its id. It sends nothing again by itself.",
            detail=detail,
        )
    if answer.status >= _SERVER_ERRORS:
        return Overloaded("The broker has a problem of its own.", "Bellwether keeps trying.", detail=detail)
    return BadAnswer(
        "The broker answered something Bellwether cannot read.", "Try again in a moment.", detail=detail
    )


def _unauthorized(words: str | None, detail: str) -> AppError:
    if words and any(phrase in words.lower() for phrase in _SCOPE_WORDS):
        return NotCovered(
            "This sign-in does not cover that.",
            "Sign in again and allow it on the broker's page.",
            detail=f"{detail} {words}",
        )
    return SignInExpired(
        "The broker no longer accepts this sign-in.",
        "Sign in again to go on.",
        detail=f"{detail} {words or ''}",
    )


def _refused(call: Call[Result], answer: Answer, words: str, detail: str) -> AppError:
    failure = _refusal(call, answer, words, detail)
    failure.broker_words = words
    return failure


def _refusal(call: Call[Result], answer: Answer, words: str, detail: str) -> AppError:
    if answer.status == 404:
        return NotFound(f"The broker does not know it: {words}", detail=detail)
    if call.changes:
        if _DUPLICATE.search(words):
            return AlreadyThere(
                "The broker says it has this order already.",
                "Bellwether is looking it up by its id.",
                detail=detail,
            )
        request = f" (request {answer.request_id})" if answer.request_id else ""
        refused = AlreadyOver if _OVER.search(words) else OrderRefused
        return refused(
            f"The broker refused: {words}", f"No order was placed or changed{request}.", detail=detail
        )
    refusal = NotCovered if answer.status == 403 else NotPermitted
    return refusal(f"The broker refused: {words}", detail=detail)
