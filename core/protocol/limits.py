"""What an answer says about the broker's request limit (protocol page section 1.5)."""

import re
from email.utils import parsedate_to_datetime

from core.domain.request_budget import RateFacts
from core.protocol.call import Answer

_TOO_MANY = 429
_NUMBER = re.compile(r"[0-9]{1,12}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?", re.ASCII)


def retry_after_s(answer: Answer) -> float | None:
    """Seconds that the broker asks us to wait, as a number or until a date; None if it names none."""
    text = answer.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    until_s, now_s = _date_s(text), _date_s(answer.headers.get("date", ""))
    return None if until_s is None or now_s is None else max(0.0, until_s - now_s)


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
    reset, now_s = _number(answer, "x-ratelimit-reset"), _date_s(answer.headers.get("date", ""))
    return None if reset is None or now_s is None else max(0.0, reset - now_s)


def _date_s(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _number(answer: Answer, name: str) -> int | None:
    text = answer.headers.get(name, "").strip()
    return int(text) if _NUMBER.fullmatch(text) else None
