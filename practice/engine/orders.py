"""An order and its life cycle."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from practice.engine.instruments import Instrument

Side = Literal["buy", "sell"]
Intent = Literal["buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close"]


class Kind(StrEnum):
    """What an order waits for."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"


class Tif(StrEnum):
    """How long an order waits."""

    DAY = "day"
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class State(StrEnum):
    """Where an order stands; the values are the broker's words."""

    ACCEPTED = "accepted"
    PENDING_NEW = "pending_new"
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REPLACED = "replaced"
    REJECTED = "rejected"


_WORKING = {State.NEW, State.PARTIALLY_FILLED}
_PENDING = {State.PENDING_CANCEL, State.PENDING_REPLACE}
_CLOSED = {State.FILLED, State.CANCELED, State.EXPIRED, State.REPLACED, State.REJECTED}

MOVES: dict[State, frozenset[State]] = {
    State.ACCEPTED: frozenset(
        {State.PENDING_NEW, State.PENDING_CANCEL, State.EXPIRED, State.CANCELED, State.REJECTED}
    ),
    State.PENDING_NEW: frozenset(
        {State.NEW, State.REJECTED, State.PENDING_CANCEL, State.CANCELED, State.EXPIRED}
    ),
    State.NEW: frozenset(_WORKING | _PENDING | {State.FILLED, State.CANCELED, State.EXPIRED, State.REJECTED}),
    State.PARTIALLY_FILLED: frozenset(
        {State.PARTIALLY_FILLED, State.FILLED, State.CANCELED, State.EXPIRED} | _PENDING
    ),
    # A request for a change may lose the race against an execution, and is then withdrawn.
    State.PENDING_CANCEL: frozenset({State.PENDING_CANCEL, State.CANCELED, State.FILLED, State.EXPIRED}),
    State.PENDING_REPLACE: frozenset(
        _WORKING | {State.PENDING_REPLACE, State.REPLACED, State.FILLED, State.CANCELED, State.EXPIRED}
    ),
    **{state: frozenset() for state in _CLOSED},
}


class IllegalMove(Exception):
    """The engine tried to move an order where its life cycle does not go."""


@dataclass(slots=True, kw_only=True)
class Order:
    """One order of one account. Times are nanoseconds since the epoch."""

    id: str
    client_order_id: str
    instrument: Instrument
    side: Side
    kind: Kind
    tif: Tif
    qty: Decimal | None  # None for an order by amount until it is filled
    notional: Decimal | None
    limit_price: Decimal | None
    stop_price: Decimal | None
    extended_hours: bool
    intent: Intent
    state: State
    created_at: int
    updated_at: int
    submitted_at: int
    expires_at: int | None
    filled_qty: Decimal = Decimal(0)
    filled_value: Decimal = Decimal(0)
    filled_at: int | None = None
    expired_at: int | None = None
    canceled_at: int | None = None
    failed_at: int | None = None
    replaced_at: int | None = None
    replaced_by: str | None = None
    replaces: str | None = None
    triggered: bool = False  # a stop whose price has been reached
    collar: Decimal | None = None  # the worst price a triggered buy stop accepts
    reserve_price: Decimal = Decimal(0)  # what one unit may cost at worst, as judged on acceptance

    @property
    def is_open(self) -> bool:
        return self.state not in _CLOSED

    @property
    def is_buy(self) -> bool:
        return self.side == "buy"

    @property
    def closes(self) -> bool:
        """Whether the order reduces a position."""
        return self.intent.endswith("close")

    @property
    def remaining(self) -> Decimal:
        """The quantity still wanted; zero for an order by amount, whose quantity is not known yet."""
        return self.qty - self.filled_qty if self.qty is not None else Decimal(0)

    @property
    def reserved(self) -> Decimal:
        """The buying power the order may still use."""
        if self.closes or self.state is State.PENDING_REPLACE:  # its successor reserves in its place
            return Decimal(0)
        if self.notional is not None:
            return self.notional - self.filled_value
        return self.remaining * self.reserve_price

    @property
    def average_price(self) -> Decimal | None:
        return self.filled_value / self.filled_qty if self.filled_qty else None

    def move_to(self, state: State, at: int) -> None:
        """Change the state, or raise `IllegalMove`."""
        if state not in MOVES[self.state]:
            raise IllegalMove(f"{self.id}: {self.state} -> {state}")
        self.state, self.updated_at = state, at
