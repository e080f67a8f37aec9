"""How old a figure may be before it must not look like news.

One rule for every cell: a price is stale when its stream is not live, or when nothing was heard of it for
longer than STALE_S. Account figures come by REST and have limits of their own.
"""

from enum import IntEnum

AGEING_S = 5.0
STALE_S = 15.0
ACCOUNT_STALE_S = 90.0
NS_PER_S = 1_000_000_000


class Freshness(IntEnum):
    """Ordered, so that a derived figure takes the largest of its inputs."""

    FRESH = 0
    AGEING = 1
    STALE = 2
    ABSENT = 3


def age_s(received_ns: int | None, now_ns: int) -> float | None:
    """Seconds since `received_ns` (both on the monotonic clock), or None when nothing was received."""
    return None if received_ns is None else max(0.0, (now_ns - received_ns) / NS_PER_S)


def freshness_of(received_ns: int | None, now_ns: int, *, stream_is_live: bool) -> Freshness:
    """Judge a streamed price."""
    age = age_s(received_ns, now_ns)
    if age is None:
        return Freshness.ABSENT
    if not stream_is_live or age > STALE_S:
        return Freshness.STALE
    return Freshness.AGEING if age > AGEING_S else Freshness.FRESH
