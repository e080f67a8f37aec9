"""What an answer says about the broker's request limit (protocol page section 1.5)."""

import re
from email.utils import parsedate_to_datetime

from core.domain.request_budget import RateFacts
from core.protocol.call import Answer

_TOO_MANY = 429
_NUMBER = re.compile(r"[0-9]{1,12}", re.ASCII)


def retry_after_s(answer: Answer) -> float | None:
    """Seconds that the broker asks us to wait; None if it names none, or a date."""
    seconds = _number(answer, "retry-after")
    return None if seconds is None or seconds >= 1_000_000 else float(seconds)


def rate_facts(answer: Answer) -> RateFacts:
    """The answer's word on the limit. Never raises on what a header may hold."""
    return RateFacts(
        is_refusal=answer.status == _TOO_MANY,
        retry_after_s=retry_after_s(answer),
        limit=_number(answer, "x-ratelimit-limit"),
        remaining=_number(answer, "x-ratelimit-remaining"),
        reset_s=_reset_s(answer),
    )


def _reset_s(answer: Answer) -> float | None:
    """Seconds from the answer to the reset, by the broker's own clock: ours may be wrong."""
    reset, date = _number(answer, "x-ratelimit-reset"), answer.headers.get("date", "")
    if reset is None:
        return None
    try:
        return max(0.0, reset - parsedate_to_datetime(date).timestamp())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _number(answer: Answer, name: str) -> int | None:
    text = answer.headers.get(name, "").strip()
    return int(text) if _NUMBER.fullmatch(text) else None
