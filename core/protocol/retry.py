"""Whether and when to try again: pure functions, obeyed by the loops in `core.net`."""

from core.domain.connection import RefusalReason

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
# The broker holds the slot of a half-dead connection for about 90 s (protocol page section 6.5).
CONNECTION_LIMIT_WAIT_S = 5.0
# After these, trying again with the same token and feed cannot help.
HOPELESS = frozenset(
    {RefusalReason.TOKEN_REFUSED, RefusalReason.PLAN_LACKS_FEED, RefusalReason.SCOPE_MISSING}
)


def reconnect_wait_s(attempt: int, reason: RefusalReason, chance: float) -> float:
    """Seconds until the next connection attempt; `attempt` counts failures since the last success, from 1.

    Grows twofold from half a second to thirty, spread by `chance` (0 to 1) between half and all of it, so
    that many clients do not return at the same moment.
    """
    base = FIRST_WAIT_S * 2.0 ** min(max(attempt, 1) - 1, 10)
    if reason is RefusalReason.CONNECTION_LIMIT:
        base = max(base, CONNECTION_LIMIT_WAIT_S)
    return min(base, LONGEST_WAIT_S) * (0.5 + 0.5 * chance)


def look_up_wait_s(attempt: int, chance: float) -> float:
    """Seconds until an order of unknown fate is looked up again; fast at first, never giving up."""
    return min(0.25 * 2.0 ** min(attempt, 10), 15.0) * (0.75 + 0.25 * chance)


def reread_wait_s(attempt: int, chance: float) -> float:
    """Seconds until a failed read (account, positions, orders) is tried again."""
    return min(2.0 ** min(attempt, 6), LONGEST_WAIT_S) * (0.5 + 0.5 * chance)
