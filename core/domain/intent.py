"""Intents: what the trader asked for, and what evidence says became of it.

An intent is made at the click with the one client order id it will ever have. The table of moves below is
the only way its state changes; UNKNOWN ends by evidence alone (threat model section 6).
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from core.domain.environment import Environment
from core.domain.order import Order, OrderStatus


class IntentKind(StrEnum):
    """What the intent does to orders."""

    PLACE = "place"
    REPLACE = "replace"
    CANCEL = "cancel"


class IntentState(StrEnum):
    """Where an intent stands."""

    DRAFT = "draft"
    JOURNALED = "journaled"
    SENT = "sent"
    UNKNOWN = "unknown"
    WORKING = "working"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REPLACED = "replaced"
    REFUSED = "refused"
    NEVER_SENT = "never_sent"  # proven: the connection was not there, no byte left

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is to be found out by looking it up."""
        return self not in _UNSETTLED


S = IntentState
_UNSETTLED = frozenset({S.DRAFT, S.JOURNALED, S.SENT, S.UNKNOWN, S.WORKING})
_ENDS = frozenset({S.FILLED, S.CANCELED, S.EXPIRED, S.REPLACED, S.REFUSED})

MOVES: dict[IntentState, frozenset[IntentState]] = {
    S.DRAFT: frozenset({S.JOURNALED, S.NEVER_SENT}),
    # A crash leaves JOURNALED behind although the bytes may have left, so evidence counts here too.
    S.JOURNALED: frozenset({S.SENT, S.UNKNOWN, S.NEVER_SENT, S.WORKING}) | _ENDS,
    S.SENT: frozenset({S.UNKNOWN, S.WORKING, S.NEVER_SENT}) | _ENDS,
    S.UNKNOWN: frozenset({S.UNKNOWN, S.WORKING}) | _ENDS,
    S.WORKING: frozenset({S.WORKING}) | _ENDS,
    S.FILLED: frozenset(),
    S.CANCELED: frozenset(),
    S.EXPIRED: frozenset(),
    S.REPLACED: frozenset(),
    S.REFUSED: frozenset(),
    S.NEVER_SENT: frozenset(),
}

_STATE_OF_STATUS: dict[OrderStatus, IntentState] = {
    OrderStatus.FILLED: S.FILLED,
    OrderStatus.CANCELED: S.CANCELED,
    OrderStatus.EXPIRED: S.EXPIRED,
    OrderStatus.REPLACED: S.REPLACED,
    OrderStatus.REJECTED: S.REFUSED,
}


class IllegalMove(Exception):
    """A move that the table does not have: a bug, or evidence that contradicts itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One thing the trader asked for, bound to one account for good.

    `body` is the exact JSON that was or will be sent; `target_order_id` is the order that a replace or
    cancel is about; `since_ns` is when this state was reached, nanoseconds since 1970 UTC.
    """

    client_order_id: str
    kind: IntentKind
    environment: Environment
    account_id: str
    symbol: str
    body: bytes
    state: IntentState
    created_ns: int
    since_ns: int
    target_order_id: str | None = None
    order_id: str | None = None  # the broker's, once known
    reason: str = ""  # the broker's own words for a refusal, or ours for never sent
    last_lookup_ns: int | None = None  # when the broker last said it does not know this id

    def moved_to(
        self, state: IntentState, *, at_ns: int, order_id: str | None = None, reason: str = ""
    ) -> "Intent":
        """Return this intent in `state`, or raise IllegalMove."""
        if state not in MOVES[self.state]:
            raise IllegalMove(f"{self.client_order_id}: {self.state} -> {state}")
        return replace(
            self,
            state=state,
            since_ns=self.since_ns if state is self.state else at_ns,
            order_id=order_id or self.order_id,
            reason=reason or self.reason,
        )

    def after_order(self, order: Order, *, at_ns: int) -> "Intent":
        """Return this intent after the broker showed `order`, which carries our id.

        Late evidence about a settled intent changes nothing here: the order itself is what is shown.
        """
        state = _STATE_OF_STATUS.get(order.status, S.WORKING)
        if self.state.is_settled:
            return self
        return self.moved_to(state, at_ns=at_ns, order_id=order.id)
