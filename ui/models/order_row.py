"""One line of the orders table: an order, a leg of one, or an intent that the broker has not shown yet."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from core.domain.intent import Intent, IntentKind, IntentState
from core.domain.money import decimal_from_text
from core.domain.order import Order, OrderStatus

NS_PER_S = 1_000_000_000
_ON_THE_WAY = frozenset({IntentState.DRAFT, IntentState.JOURNALED, IntentState.SENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """What the table shows; `order` or `intent` is what it stands for.

    `key` is the client order id, so that a line keeps its selection when the broker's order takes the place
    of the intent. `change` is an unfinished replace or cancel of this order.
    """

    key: str
    symbol: str
    side: str
    type: str
    time_in_force: str
    at: datetime | None
    qty: Decimal | None = None
    notional: Decimal | None = None
    filled_qty: Decimal = Decimal(0)
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_percent: Decimal | None = None
    average_price: Decimal | None = None
    order: Order | None = None
    intent: Intent | None = None
    change: Intent | None = None
    parent_key: str = ""

    @property
    def is_leg(self) -> bool:
        """Whether the line belongs under another."""
        return bool(self.parent_key)

    @property
    def is_working(self) -> bool:
        """Whether it may still trade, as far as anybody knows."""
        if self.order is not None:
            return self.order.is_open
        return self.intent is not None and not self.intent.state.is_settled

    @property
    def is_filled(self) -> bool:
        """Whether it is over and traded, in whole or in part."""
        return self.order is not None and not self.order.is_open and self.order.filled_qty > 0

    @property
    def waiting(self) -> Intent | None:
        """What is under way about this line: its own placing, or a change to it."""
        return self.change or self.intent

    @property
    def is_unknown(self) -> bool:
        """Whether something was sent whose outcome has to be found out."""
        return self.waiting is not None and self.waiting.state is IntentState.UNKNOWN

    @property
    def is_on_the_way(self) -> bool:
        """Whether something is being sent, and no answer is due yet."""
        return self.waiting is not None and self.waiting.state in _ON_THE_WAY

    @property
    def is_refused(self) -> bool:
        """Whether the broker did not take it, or it never left."""
        if self.order is not None:
            return self.order.status is OrderStatus.REJECTED
        settled = (IntentState.REFUSED, IntentState.NEVER_SENT)
        return self.intent is not None and self.intent.state in settled

    @property
    def may_cancel(self) -> bool:
        """Whether asking for a cancel makes sense now."""
        return self.order is not None and self.order.is_cancelable and self.change is None

    @property
    def may_replace(self) -> bool:
        """Whether asking for new terms makes sense now."""
        return self.order is not None and self.order.is_replaceable and self.change is None


class _Terms(msgspec.Struct):
    """The members of an order's body that the table shows; we wrote it ourselves, as text."""

    symbol: str = ""
    side: str = ""
    type: str = ""
    time_in_force: str = ""
    qty: str = ""
    limit_price: str = ""
    stop_price: str = ""


def key_of_order(order: Order) -> str:
    """Return the key of an order's line."""
    return order.client_order_id or order.id


def row_of_order(order: Order, change: Intent | None = None, parent_key: str = "") -> OrderRow:
    """Return the line for what the broker reports."""
    return OrderRow(
        key=key_of_order(order),
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        at=order.submitted_at,
        qty=order.qty,
        notional=order.notional,
        filled_qty=order.filled_qty,
        limit_price=order.limit_price,
        stop_price=order.stop_price if order.stop_price is not None else order.trail_price,
        trail_percent=order.trail_percent,
        average_price=order.filled_avg_price,
        order=order,
        change=change,
        parent_key=parent_key,
    )


def row_of_intent(intent: Intent) -> OrderRow:
    """Return the line for an order that was asked for, in the terms that were or will be sent."""
    terms = msgspec.json.decode(intent.body, type=_Terms)
    return OrderRow(
        key=intent.client_order_id,
        symbol=intent.symbol or terms.symbol,
        side=terms.side,
        type=terms.type,
        time_in_force=terms.time_in_force,
        at=datetime.fromtimestamp(intent.created_ns / NS_PER_S, tz=UTC),
        qty=decimal_from_text(terms.qty),
        limit_price=decimal_from_text(terms.limit_price),
        stop_price=decimal_from_text(terms.stop_price),
        intent=intent,
    )


def is_pending_change(intent: Intent) -> bool:
    """Whether `intent` is a replace or cancel whose outcome is still open."""
    is_change = intent.kind in (IntentKind.REPLACE, IntentKind.CANCEL)
    is_open = intent.state in _ON_THE_WAY or intent.state is IntentState.UNKNOWN
    return is_change and is_open
