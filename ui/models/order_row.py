"""One line of the orders table: an order, a leg of one, or an intent that the broker has not shown yet."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from core.domain.intent import Intent, IntentKind, IntentState
from core.domain.money import decimal_from_text
from core.domain.order import Order, OrderStatus

NS_PER_S = 1_000_000_000
_ON_THE_WAY = frozenset({IntentState.DRAFT, IntentState.JOURNALED, IntentState.SENT})
_NOT_PLACED = frozenset({IntentState.REFUSED, IntentState.NEVER_SENT})


WORKING, FILLED, REFUSED, ENDED = "working", "filled", "refused", "ended"
NEVER = datetime(1, 1, 1, tzinfo=UTC)
KINDS = {status.value: ENDED if status.is_final else WORKING for status in OrderStatus}
KINDS[OrderStatus.REJECTED.value] = REFUSED


class OrderRow(msgspec.Struct, eq=False, gc=False):
    """What the table shows; `order` or `intent` is what it stands for.

    A thin cover over values that exist anyway, because there may be a hundred thousand. `key` is the client
    order id, so that a line keeps its selection when the broker's order takes the place of the intent.
    `shown` has the terms: the order itself, or what was asked for in an order's shape. `since` is when it
    was submitted or asked for. `change` is an unfinished replace or cancel of this order.
    """

    key: str
    shown: Order
    since: datetime
    kind: str
    intent: Intent | None = None
    change: Intent | None = None
    parent_key: str = ""

    @property
    def order(self) -> Order | None:
        """The broker's order, once there is one."""
        return self.shown if self.intent is None else None

    @property
    def at(self) -> datetime | None:
        """When it was submitted, or asked for."""
        return self.shown.submitted_at

    @property
    def stop_price(self) -> Decimal | None:
        """The stop, or how far a trailing one trails."""
        shown = self.shown
        return shown.stop_price if shown.stop_price is not None else shown.trail_price

    @property
    def is_leg(self) -> bool:
        """Whether the line belongs under another."""
        return bool(self.parent_key)

    @property
    def is_working(self) -> bool:
        """Whether it may still trade, as far as anybody knows."""
        return self.kind == WORKING

    @property
    def waiting(self) -> Intent | None:
        """What is under way about this line: its own placing, or a change to it."""
        return self.change or self.intent

    @property
    def is_unknown(self) -> bool:
        """Whether something was sent whose outcome has to be found out."""
        waiting = self.change or self.intent
        return waiting is not None and waiting.state is IntentState.UNKNOWN

    @property
    def is_on_the_way(self) -> bool:
        """Whether something is being sent, and no answer is due yet."""
        waiting = self.change or self.intent
        return waiting is not None and waiting.state in _ON_THE_WAY

    @property
    def is_refused(self) -> bool:
        """Whether the broker did not take it, or it never left."""
        return self.kind == REFUSED

    @property
    def may_cancel(self) -> bool:
        """Whether asking for a cancel makes sense now."""
        return self.intent is None and self.shown.is_cancelable and self.change is None

    @property
    def may_replace(self) -> bool:
        """Whether asking for new terms makes sense now."""
        return self.intent is None and self.shown.is_replaceable and self.change is None


class _Terms(msgspec.Struct):
    """The members of an order's body that the table shows; we wrote it ourselves, as text."""

    symbol: str = ""
    side: str = ""
    type: str = ""
    time_in_force: str = ""
    qty: str = ""
    notional: str = ""
    limit_price: str = ""
    stop_price: str = ""
    trail_price: str = ""
    trail_percent: str = ""
    order_class: str = "simple"


def key_of_order(order: Order) -> str:
    """Return the key of an order's line."""
    return order.client_order_id or order.id


def kind_of_order(order: Order) -> str:
    """Return WORKING, FILLED (in whole or in part, and over), REFUSED or ENDED."""
    kind = KINDS[order.status._value_]  # not `value` or the member: both go through Python, 100,000 times
    return FILLED if kind is not WORKING and order.filled_qty else kind


def row_of_order(order: Order, change: Intent | None = None, parent_key: str = "") -> OrderRow:
    """Return the line for what the broker reports."""
    key, since = order.client_order_id or order.id, order.submitted_at or NEVER
    return OrderRow(key, order, since, kind_of_order(order), None, change, parent_key)


def row_of_intent(intent: Intent) -> OrderRow:
    """Return the line for an order that was asked for, in the terms that were or will be sent."""
    terms = msgspec.json.decode(intent.body, type=_Terms)
    created = datetime.fromtimestamp(intent.created_ns / NS_PER_S, tz=UTC)
    shown = Order(
        id="",
        client_order_id=intent.client_order_id,
        symbol=intent.symbol or terms.symbol,
        side=terms.side,
        type=terms.type,
        time_in_force=terms.time_in_force,
        status=OrderStatus.UNRECOGNISED,
        status_text="",
        qty=decimal_from_text(terms.qty),
        notional=decimal_from_text(terms.notional),
        limit_price=decimal_from_text(terms.limit_price),
        stop_price=decimal_from_text(terms.stop_price),
        trail_price=decimal_from_text(terms.trail_price),
        trail_percent=decimal_from_text(terms.trail_percent),
        order_class=terms.order_class,
        submitted_at=created,
    )
    kind = WORKING
    if intent.state.is_settled:
        kind = REFUSED if intent.state in _NOT_PLACED else ENDED
    return OrderRow(intent.client_order_id, shown, created, kind, intent)


def is_pending_change(intent: Intent) -> bool:
    """Whether `intent` is a replace or cancel whose outcome is still open."""
    is_change = intent.kind in (IntentKind.REPLACE, IntentKind.CANCEL)
    is_open = intent.state in _ON_THE_WAY or intent.state is IntentState.UNKNOWN
    return is_change and is_open
