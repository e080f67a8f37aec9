"""ULIDs: identifiers that sort like the instants they were given at."""

import hashlib
import re

from practice.engine.clock import MILLISECOND

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [high + low for high in _DIGITS for low in _DIGITS]
_SHAPE = re.compile(f"[0-7][{_DIGITS}]{{25}}", re.IGNORECASE)
_NOISE_BYTES = 4
_LENGTH = 26


def ulid(instant: int, number: int, owner: str) -> str:
    """The ULID of the numbered thing of an owner, at an instant in nanoseconds.

    Of one owner, a later number sorts later whatever the clock says, as long as the instants do not fall.
    """
    noise = hashlib.blake2b(f"{owner}/{number}".encode(), digest_size=_NOISE_BYTES).digest()
    random_part = number << 8 * _NOISE_BYTES | int.from_bytes(noise)
    value = (instant // MILLISECOND) << 80 | random_part
    return "".join([_PAIRS[value >> shift & 1023] for shift in range(120, -1, -10)])


def checked_ulid(text: str) -> str:
    """A ULID as it is compared, or raise `ValueError`."""
    if len(text) != _LENGTH or not _SHAPE.fullmatch(text):
        raise ValueError(text)
    return text.upper()


def instant_of_ulid(checked: str) -> int:
    """The beginning of the millisecond at which a ULID was given."""
    milliseconds = 0
    for digit in checked[:10]:
        milliseconds = milliseconds * 32 + _DIGITS.index(digit)
    return milliseconds * MILLISECOND
