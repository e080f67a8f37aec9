"""Orders as the broker reports them.

Source: protocol page sections 3.6 to 3.8. Values the broker may extend at any time are kept as text beside
what we understood of them: an unknown status means "open, unknown", never a crash.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec


class Side(StrEnum):
    """Which way an order goes."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "Side":
        """The side that closes what this one opens."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """The order types the broker knows."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"


class TimeInForce(StrEnum):
    """How long an order works."""

    DAY = "day"
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    OPG = "opg"
    CLS = "cls"


class OrderStatus(StrEnum):
    """The documented statuses, and one for those that came later."""

    PENDING_NEW = "pending_new"
    ACCEPTED = "accepted"
    NEW = "new"
    ACCEPTED_FOR_BIDDING = "accepted_for_bidding"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    DONE_FOR_DAY = "done_for_day"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REPLACED = "replaced"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"
    PENDING_REVIEW = "pending_review"
    STOPPED = "stopped"
    REJECTED = "rejected"
    SUSPENDED = "suspended"
    CALCULATED = "calculated"
    HELD = "held"
    UNRECOGNISED = "unrecognised"

    @classmethod
    def of(cls, text: str) -> "OrderStatus":
        """The status that `text` names, UNRECOGNISED if the broker has a newer word."""
        try:
            return cls(text)
        except ValueError:
            return cls.UNRECOGNISED

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to the order."""
        return self in FINAL_STATUSES


FINAL_STATUSES = frozenset(
    {
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.EXPIRED,
        OrderStatus.REPLACED,
        OrderStatus.REJECTED,
    }
)
# Replace is refused in these (protocol page section 3.10), besides the final ones.
_NOT_REPLACEABLE = frozenset(
    {
        OrderStatus.ACCEPTED,
        OrderStatus.PENDING_NEW,
        OrderStatus.PENDING_CANCEL,
        OrderStatus.PENDING_REPLACE,
        OrderStatus.HELD,
        OrderStatus.UNRECOGNISED,
    }
)
# While the broker is already busy with a cancel or replace it refuses another.
_NOT_CANCELABLE = frozenset({OrderStatus.PENDING_CANCEL, OrderStatus.PENDING_REPLACE})


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One order of an account, as of `updated_at`.

    `parent_id` is set by the order book on the legs of a bracket, OCO or OTO order; the wire does not say it.
    """

    id: str
    client_order_id: str
    symbol: str
    side: str  # a Side's value; empty on the parent of a multi-leg order
    type: str  # an OrderType's value, or a newer word
    time_in_force: str
    status: OrderStatus
    status_text: str
    qty: Decimal | None = None
    notional: Decimal | None = None
    filled_qty: Decimal = Decimal(0)
    filled_avg_price: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    extended_hours: bool = False
    order_class: str = "simple"
    asset_class: str = ""
    position_intent: str = ""
    hwm: Decimal | None = None  # the extreme that a trailing stop follows
    ratio_qty: Decimal | None = None  # of a leg of a multi-leg order
    subtag: str = ""
    source: str = ""
    reject_reason: str = ""
    created_at: datetime | None = None
    submitted_at: datetime | None = None
    updated_at: datetime | None = None
    filled_at: datetime | None = None
    expires_at: datetime | None = None
    expired_at: datetime | None = None
    canceled_at: datetime | None = None
    failed_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    replaces: str | None = None
    replaced_by: str | None = None
    legs: tuple["Order", ...] = ()
    parent_id: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the order may still trade."""
        return not self.status.is_final

    @property
    def remaining(self) -> Decimal | None:
        """Quantity not yet filled; None for an order given in money."""
        return None if self.qty is None else self.qty - self.filled_qty

    @property
    def is_cancelable(self) -> bool:
        """Whether asking for a cancel makes sense now."""
        return self.is_open and self.status not in _NOT_CANCELABLE

    @property
    def is_replaceable(self) -> bool:
        """Whether the broker would take a replace now (protocol page section 3.10)."""
        return self.is_open and self.status not in _NOT_REPLACEABLE and self.notional is None
