"""Intents: what the trader asked for, and what evidence says became of it.

An intent is made at the click with the one client order id it will ever have. The tables of moves below are
the only way its state changes; UNKNOWN ends by evidence alone (threat model section 6). docs/orders.md shows
the same tables, and a test compares them.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec
from msgspec.structs import replace

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
# The broker shows an order that we believed ended otherwise: it is right, and nothing else leads back. The
# order book lets an order return from its end only by a look-up, or with a larger filled quantity.
CORRECTIONS: dict[IntentState, frozenset[IntentState]] = {
    state: (frozenset({S.WORKING}) | _ENDS) - {state} for state in (*sorted(_ENDS), S.NEVER_SENT)
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


class Intent(msgspec.Struct, frozen=True, kw_only=True):
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
    request_id: str = ""  # the broker's id of the request that it refused, which its support asks for
    last_lookup_ns: int | None = None  # when the broker last said it does not know this id
    sendings: int = 1  # how often the request left: more than once only by a person's Retry
    is_in_flight: bool = False  # a request is on its way or queued; never kept in the journal
    is_let_go: bool = False  # a person said to stop asking; unknown all the same

    @property
    def terms(self) -> Mapping[str, object]:
        """What the body says; empty for a cancel."""
        if not self.body:
            return {}
        terms: object = msgspec.json.decode(self.body)
        return terms if isinstance(terms, dict) else {}

    def moved_to(
        self,
        state: IntentState,
        *,
        at_ns: int,
        order_id: str | None = None,
        reason: str = "",
        request_id: str = "",
    ) -> "Intent":
        """Return this intent in `state`, or raise IllegalMove."""
        if state not in MOVES[self.state]:
            raise IllegalMove(f"{self.client_order_id}: {self.state} -> {state}")
        return self._in(state, at_ns, order_id=order_id, reason=reason, request_id=request_id)

    def after_order(self, order: Order, *, at_ns: int) -> "Intent":
        """Return this intent after the broker showed `order`: the one with our id, or a cancel's target.

        The order is proof that the request arrived, whatever was believed before.
        """
        state = _STATE_OF_STATUS.get(order.status, S.WORKING)
        if state is self.state and self.order_id == order.id:
            return self
        reachable = MOVES[self.state] | CORRECTIONS.get(self.state, frozenset()) | {self.state}
        if self.state is S.DRAFT or state in reachable:
            reason = order.reject_reason if state is S.REFUSED else ""
            return self._in(state, at_ns, order_id=order.id, reason=reason)
        raise IllegalMove(f"{self.client_order_id}: {self.state} -> {state}")

    def _in(
        self, state: IntentState, at_ns: int, *, order_id: str | None, reason: str, request_id: str = ""
    ) -> "Intent":
        return replace(
            self,
            state=state,
            since_ns=self.since_ns if state is self.state else at_ns,
            order_id=order_id or self.order_id,
            reason=reason or self.reason,
            request_id=request_id or self.request_id,
            is_let_go=self.is_let_go and state is self.state,
        )


def drafted(
    *,
    kind: IntentKind,
    client_order_id: str,
    symbol: str,
    body: bytes,
    target_order_id: str | None,
    environment: Environment,
    account_id: str,
    at_ns: int,
) -> Intent:
    """Return a new intent that is about to be journaled and sent."""
    return Intent(
        client_order_id=client_order_id,
        kind=kind,
        environment=environment,
        account_id=account_id,
        symbol=symbol,
        body=body,
        state=S.DRAFT,
        created_ns=at_ns,
        since_ns=at_ns,
        target_order_id=target_order_id,
    )
