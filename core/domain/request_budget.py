"""How many requests may still be made, so that none that matters is ever refused for being one too many.

Stays below the broker's own limit, keeps a share for cancels and look-ups, and obeys what the broker says:
429, Retry-After and the X-RateLimit headers (threat model O13, protocol page section 1.5). Pure: the time is
passed in, in nanoseconds of a monotonic clock.
"""

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

NS_PER_S = 1_000_000_000
WINDOW_NS = 60 * NS_PER_S
DOCUMENTED_LIMIT = 200  # requests a minute and account
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
# A broker may ask for patience, not for silence: its windows last a minute, so that what asks for more than
# ten of them is a mistake, and would keep cancels from leaving.
LONGEST_OBEYED_S = 600.0


class Urgency(IntEnum):
    """What a request is for; a smaller number goes first."""

    CANCEL = 0
    LOOK_UP = 1
    RECONCILE = 2  # new orders wait for it after a cut
    ORDER = 3
    READ = 4


# The part of the broker's limit up to which requests of a kind may use it, whoever used it so far.
_SHARES = {
    Urgency.CANCEL: 0.95,
    Urgency.LOOK_UP: 0.90,
    Urgency.RECONCILE: 0.85,
    Urgency.ORDER: 0.75,
    Urgency.READ: 0.55,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RateFacts:
    """What one answer said about the limit; None where it said nothing. Seconds count from the answer."""

    is_refusal: bool = False  # 429
    retry_after_s: float | None = None
    limit: int | None = None
    remaining: int | None = None
    reset_s: float | None = None


class RequestBudget:
    """The requests of one account to one host, over the last minute."""

    def __init__(self, limit: int = DOCUMENTED_LIMIT) -> None:
        self._limit = limit
        self._spent_ns: deque[int] = deque()
        self._paused_until_ns: int | None = None
        self._refusals = 0
        # What others used of the same limit, as far as the broker told, and until when that counts.
        self._others = 0
        self._others_until_ns = 0

    @property
    def limit(self) -> int:
        """Requests a minute, as the broker last said."""
        return self._limit

    def is_paused(self, now_ns: int) -> bool:
        """Whether the broker has refused a request for being one too many, and has yet to be obeyed."""
        return self._paused_until_ns is not None and now_ns < self._paused_until_ns

    def used(self, now_ns: int) -> int:
        """Requests of the last minute that count against the limit, other programs' included."""
        while self._spent_ns and now_ns - self._spent_ns[0] >= WINDOW_NS:
            self._spent_ns.popleft()
        return len(self._spent_ns) + (self._others if now_ns < self._others_until_ns else 0)

    def wait_s(self, urgency: Urgency, now_ns: int) -> float:
        """Seconds until a request of this kind may be made; 0 if it may be made now."""
        pause_ns = 0
        if self._paused_until_ns is not None:
            pause_ns = max(0, self._paused_until_ns - now_ns)
        room_ns = self._until_room_ns(self._most(urgency), now_ns)
        return max(pause_ns, room_ns) / NS_PER_S

    def spend(self, now_ns: int) -> None:
        """A request is made now."""
        self._spent_ns.append(now_ns)

    def take(self, facts: RateFacts, now_ns: int) -> None:
        """Obey what an answer said."""
        if facts.limit is not None and facts.limit > 0:
            self._limit = facts.limit
        if facts.remaining is not None:
            own = self.used(now_ns) - (self._others if now_ns < self._others_until_ns else 0)
            self._others = max(0, self._limit - facts.remaining - own)
            self._others_until_ns = now_ns + int(_bounded(facts.reset_s, 60.0, LONGEST_PAUSE_S) * NS_PER_S)
        if not facts.is_refusal:
            self._refusals = 0
            return
        self._refusals += 1
        said_s = facts.retry_after_s if facts.retry_after_s is not None else facts.reset_s
        unsaid_s = min(FIRST_PAUSE_S * 2.0 ** min(self._refusals - 1, 10), LONGEST_PAUSE_S)
        until_ns = now_ns + int(_bounded(said_s, unsaid_s, LONGEST_OBEYED_S) * NS_PER_S)
        self._paused_until_ns = max(until_ns, self._paused_until_ns or until_ns)

    def _most(self, urgency: Urgency) -> int:
        return max(1, int(self._limit * _SHARES[urgency]))

    def _until_room_ns(self, most: int, now_ns: int) -> int:
        excess = self.used(now_ns) + 1 - most
        if excess <= 0:
            return 0
        if excess <= len(self._spent_ns):
            room_ns = self._spent_ns[excess - 1] + WINDOW_NS - now_ns
        else:
            room_ns = WINDOW_NS
        others_ns = self._others_until_ns - now_ns
        # What others used stops counting at once, which may be sooner than our own oldest.
        if others_ns > 0 and len(self._spent_ns) + 1 <= most:
            room_ns = min(room_ns, others_ns)
        return max(1, room_ns)


def _bounded(told_s: float | None, otherwise_s: float, most_s: float) -> float:
    return min(max(0.0, otherwise_s if told_s is None else told_s), most_s)
