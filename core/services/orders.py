"""The order desk: the only way an order is placed, replaced or cancelled, and what became of it.

One intent, one client order id, one request. An unanswered request leaves the outcome unknown, and that
ends by evidence alone: an answer, a look-up, a list, an event (threat model section 6).
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec
from PySide6.QtCore import QObject, Signal, Slot

from core.domain.account import Account
from core.domain.book import OrderBook
from core.domain.environment import Environment
from core.domain.event import OrderEvent
from core.domain.grant import Grant
from core.domain.intent import Intent, IntentKind, IntentState
from core.domain.order import Order
from core.domain.position import Position
from core.domain.request import OrderRequest, ReplaceRequest, closing_request
from core.domain.trading_block import TradingBlock
from core.errors import (
    AppError,
    NotFound,
    NotPermitted,
    Offline,
    OutcomeUnknown,
    SignInExpired,
    StorageFailed,
)
from core.net.lanes import Lane
from core.protocol.trading import look_up_order, read_order
from core.services.broker_link import BrokerLink
from core.services.clock import Clock
from core.services.departure import Departure
from core.services.look_ups import LookUps
from core.services.order_sender import OpenedJournal, OrderSender
from core.services.reconciliation import Reconciliation

# Journals and sends an intent on a lane, and says when the request has begun to leave.
Send = Callable[[Intent, Callable[[], None]], Order | None]

_log = logging.getLogger(__name__)
_REMEMBERED_EVENTS = 20_000


_CANCELS_POSSIBLE = (
    TradingBlock.NONE,
    TradingBlock.NOT_READY,
    TradingBlock.ACCOUNT_BLOCKED,
    TradingBlock.LIVE_LOCKED,
)


class OrderDesk(QObject):
    """All orders and intents of one account. Lives on the GUI thread."""

    orders_changed = Signal(object)  # tuple[Order, ...]
    intents_changed = Signal(object)  # tuple[Intent, ...]
    filled = Signal(object)  # Fill
    trading_block_changed = Signal(object)  # TradingBlock
    journal_failed = Signal(object)  # StorageFailed

    def __init__(
        self,
        link: BrokerLink,
        sender: OrderSender,
        clock: Clock,
        *,
        grant: Grant,
        account: Account,
        new_id: Callable[[], str],
        parent: QObject | None = None,
    ) -> None:
        """`new_id` makes a client order id that was never used before."""
        super().__init__(parent)
        self._link, self._sender, self._clock = link, sender, clock
        self._new_id = new_id
        self._account = account
        self._may_trade = grant.may_trade
        self._live_unlocked = link.environment is Environment.PAPER
        self._journal_ready = False
        self._journal_error: StorageFailed | None = None
        self._token_refused = False
        self._book = OrderBook()
        self._intents: dict[str, Intent] = {}
        self._own_ids: set[str] = set()
        self._seen_events: dict[tuple[str, ...], None] = {}
        self._last_departure: Departure | None = None
        self._look_ups = LookUps(self._look_up, clock, self)
        self._look_ups.caught_up.connect(self._announce_block)
        self._reconciliation = Reconciliation(link, self._book, self)
        self._reconciliation.orders_read.connect(self._take_orders)
        self._reconciliation.ready_changed.connect(self._announce_block)
        self._block = self.trading_block
        sender.leaving.connect(self._mark_sent)

    # What the desk knows.

    @property
    def orders(self) -> Mapping[str, Order]:
        """Every order seen, by the broker's id."""
        return self._book.orders

    @property
    def open_intents(self) -> tuple[Intent, ...]:
        """Intents that are not settled, oldest first."""
        return tuple(intent for intent in self._intents.values() if not intent.state.is_settled)

    def intent(self, client_order_id: str) -> Intent | None:
        """The intent with our id, if it was made or restored in this run."""
        return self._intents.get(client_order_id)

    def is_own(self, order: Order) -> bool:
        """Whether the order was placed through this journal, and not by another program."""
        return order.client_order_id in self._own_ids

    @property
    def trading_block(self) -> TradingBlock:
        """Why new orders are held, or NONE. Cancels are held only without a scope, journal or token."""
        if not self._may_trade:
            return TradingBlock.NO_SCOPE
        if self._token_refused:
            return TradingBlock.TOKEN_REFUSED
        if self._journal_error is not None:
            return TradingBlock.JOURNAL_FAILED
        if not self._account.can_trade:
            return TradingBlock.ACCOUNT_BLOCKED
        if not self._live_unlocked:
            return TradingBlock.LIVE_LOCKED
        if not (self._journal_ready and self._look_ups.is_caught_up and self._reconciliation.is_ready):
            return TradingBlock.NOT_READY
        return TradingBlock.NONE

    # What the trader does.

    def place(self, request: OrderRequest) -> Intent:
        """Send an order, once. Raises ValueError if it has problems, NotPermitted while trading is held.

        The returned intent is a draft; follow `intents_changed` to see what becomes of it.
        """
        self._require(TradingBlock.NONE)
        client_order_id = self._new_id()
        body = msgspec.json.encode(request.body(client_order_id))
        intent = self._draft(client_order_id, IntentKind.PLACE, request.symbol, body)
        self._submit(intent, self._link.order_lane, self._sender.place)
        return intent

    def replace(self, request: ReplaceRequest) -> Intent:
        """Ask for new terms of a working order, once. Raises as `place`, and NotFound."""
        self._require(TradingBlock.NONE)
        order = self._known(request.order_id)
        client_order_id = self._new_id()
        body = msgspec.json.encode(request.body(client_order_id))
        intent = self._draft(client_order_id, IntentKind.REPLACE, order.symbol, body, order.id)
        self._submit(intent, self._link.order_lane, self._sender.replace)
        return intent

    def cancel(self, order_id: str) -> Intent:
        """Ask for a cancel, once. Possible whenever it can be sent at all, also while new orders are held."""
        self._require(*_CANCELS_POSSIBLE)
        order = self._known(order_id)
        waiting = [
            intent
            for intent in self._intents.values()
            if intent.kind is IntentKind.CANCEL
            and intent.target_order_id == order_id
            and intent.state in (IntentState.DRAFT, IntentState.JOURNALED, IntentState.SENT)
        ]
        if waiting:
            return waiting[0]
        intent = self._draft(self._new_id(), IntentKind.CANCEL, order.symbol, b"", order_id)
        self._submit(intent, self._link.cancel_lane, self._sender.cancel)
        return intent

    def cancel_all(self) -> tuple[Intent, ...]:
        """Ask for a cancel of every open order, one by one, so that each is answered for."""
        return tuple(self.cancel(order.id) for order in self._book.open_orders() if order.is_cancelable)

    def close_position(self, position: Position) -> Intent:
        """Place a market order for all that is free of a position; an ordinary order with our own id.

        Raises as `place`; ValueError when open orders hold all of it.
        """
        return self.place(closing_request(position))

    def look_up(self, client_order_id: str) -> None:
        """Ask the broker now what became of an intent of unknown outcome."""
        intent = self._intents.get(client_order_id)
        if intent is not None and not intent.state.is_settled and intent.state is not IntentState.DRAFT:
            self._look_ups.hurry(client_order_id)

    def unlock_live(self) -> None:
        """Allow orders on a live account, after the person has confirmed it by typing."""
        self._live_unlocked = True
        self._announce_block()

    # What happens to the desk.

    def start(self) -> None:
        """Open the journal; trading stays held until its open intents and the order list are read."""
        self._link.order_lane.submit(self._sender.open, done=self._take_journal, failed=self._lose_journal)

    def stop(self) -> None:
        """Ask nothing more."""
        self._look_ups.stop()
        self._reconciliation.stop()

    @Slot()
    def reconcile(self) -> None:
        """The order stream has (re)started: read orders by REST before new ones are taken."""
        self._reconciliation.begin()

    @Slot()
    def hold(self) -> None:
        """The order stream is down: hold new orders until it is back and the orders are read."""
        self._reconciliation.hold()

    @Slot(object)
    def take_account(self, account: Account) -> None:
        """Take the account's newest flags."""
        self._account = account
        self._announce_block()

    @Slot(object)
    def refuse_token(self, _error: object) -> None:
        """The broker no longer takes our token: what is open is unknown from now on."""
        self._token_refused = True
        self._announce_block()

    @Slot(object)
    def take_events(self, events: tuple[OrderEvent, ...]) -> None:
        """Take order events in any order, duplicated or late."""
        changed: list[Order] = []
        for event in events:
            changed += [self._book.orders[order_id] for order_id in self._book.take(event.order).changed]
            self._evidence(event.order)
            if event.identity in self._seen_events:
                continue
            self._remember(event)
            if (fill := event.fill) is not None:
                self.filled.emit(fill)
        if changed:
            self.orders_changed.emit(tuple(changed))

    # From click to evidence.

    def _require(self, *allowed: TradingBlock) -> None:
        if self.trading_block not in allowed:
            raise NotPermitted("Orders cannot be sent right now.", detail=self.trading_block.value)

    def _known(self, order_id: str) -> Order:
        order = self._book.get(order_id)
        if order is None:
            raise NotFound("That order is not known here.", "Nothing was sent.")
        return order

    def _draft(
        self, client_order_id: str, kind: IntentKind, symbol: str, body: bytes, target: str | None = None
    ) -> Intent:
        now = self._clock.wall_ns()
        intent = Intent(
            client_order_id=client_order_id,
            kind=kind,
            environment=self._link.environment,
            account_id=self._account.id,
            symbol=symbol,
            body=body,
            state=IntentState.DRAFT,
            created_ns=now,
            since_ns=now,
            target_order_id=target,
        )
        self._intents[client_order_id] = intent
        self._own_ids.add(client_order_id)
        return intent

    def _submit(self, intent: Intent, lane: Lane, send: Send) -> None:
        """Hand a draft to its lane, let it depart, and only then show it."""
        key = intent.client_order_id
        departure = Departure()
        lane.submit(
            departure.of(lambda: send(intent, departure.mark)),
            done=lambda order: self._answered(key, order),
            failed=lambda e: self._failed(key, e),
        )
        departure.let_pass(after=self._last_departure)
        self._last_departure = departure
        self.intents_changed.emit((intent,))

    @Slot(str)
    def _mark_sent(self, client_order_id: str) -> None:
        self._move(client_order_id, IntentState.JOURNALED, note=False)
        self._move(client_order_id, IntentState.SENT, note=False)

    def _answered(self, key: str, order: Order | None) -> None:
        if order is not None:
            self._take_orders((order,))
            if self._intents[key].state is IntentState.SENT:
                # An answer about some other order says nothing about this one.
                self._move(key, IntentState.UNKNOWN)
                self._look_ups.begin(key)
            return
        # A cancel was asked for; it is done when the order says so, so read the order again.
        self._move(key, IntentState.WORKING)
        self._look_ups.begin(key)

    def _failed(self, key: str, error: AppError) -> None:
        self._link.notice(error)
        _log.info("intent %s: %s", key, error)
        intent = self._intents[key]
        if intent.state.is_settled:
            return
        if intent.state is IntentState.WORKING:
            # The stream or a list was faster than the answer, and knows better: the broker has it.
            self._look_ups.begin(key)
        elif isinstance(error, Offline | StorageFailed) or intent.state is IntentState.DRAFT:
            self._move(key, IntentState.NEVER_SENT, reason=error.headline)
            if isinstance(error, StorageFailed):
                self.journal_failed.emit(error)
        elif isinstance(error, NotFound) and intent.kind is not IntentKind.PLACE:
            self._move(key, IntentState.REFUSED, reason=error.headline)
        elif _is_proof(error):
            self._move(key, IntentState.REFUSED, reason=error.headline)
            if intent.kind is not IntentKind.PLACE:
                self._reconciliation.read_one(intent.target_order_id or "")
        else:
            self._move(key, IntentState.UNKNOWN, reason=error.headline)
            self._look_ups.begin(key)

    def _look_up(self, key: str) -> None:
        intent = self._intents[key]
        if intent.kind is IntentKind.CANCEL:
            call = read_order(intent.target_order_id or "")
        else:
            call = look_up_order(key)
        self._link.read(
            call, lambda order: self._found(key, order), lambda error: self._not_found(key, error)
        )

    def _found(self, key: str, order: Order) -> None:
        self._take_orders((order,))
        intent = self._intents[key]
        is_open_question = intent.state in (IntentState.SENT, IntentState.UNKNOWN)
        if is_open_question or (intent.kind is IntentKind.CANCEL and order.is_open):
            self._look_ups.again(key)
        else:
            self._look_ups.settle(key)

    def _not_found(self, key: str, error: AppError) -> None:
        intent = self._intents[key]
        if isinstance(error, NotFound) and not intent.state.is_settled:
            # No proof: the request may still arrive. Say when we looked, and go on looking.
            intent = replace(intent, last_lookup_ns=self._clock.wall_ns())
            self._intents[key] = intent
            self.intents_changed.emit((intent,))
        if isinstance(error, SignInExpired):
            self._look_ups.settle(key)
        else:
            self._look_ups.again(key, answered=isinstance(error, NotFound | NotPermitted))

    @Slot(object)
    def _take_orders(self, orders: tuple[Order, ...]) -> None:
        changed = self._book.take_all(orders).changed
        if changed:
            self.orders_changed.emit(tuple(self._book.orders[order_id] for order_id in changed))
        for order in orders:
            self._evidence(order)

    def _evidence(self, order: Order) -> None:
        """Let the broker's word about an order settle the intents that are about it."""
        if (placed := self._intents.get(order.client_order_id)) is not None:
            self._after_order(placed, order)
        if order.status.is_final:
            for intent in list(self._intents.values()):
                is_about = intent.target_order_id == order.id and intent.kind is IntentKind.CANCEL
                if is_about and not intent.state.is_settled:
                    self._after_order(intent, order)

    def _after_order(self, intent: Intent, order: Order) -> None:
        if intent.state.is_settled:
            return
        self._store(intent, intent.after_order(order, at_ns=self._clock.wall_ns()))
        if intent.kind is not IntentKind.CANCEL:
            self._look_ups.settle(intent.client_order_id)

    def _move(self, key: str, state: IntentState, *, reason: str = "", note: bool = True) -> None:
        intent = self._intents[key]
        if intent.state.is_settled:
            return
        self._store(intent, intent.moved_to(state, at_ns=self._clock.wall_ns(), reason=reason), note=note)

    def _store(self, before: Intent, after: Intent, *, note: bool = True) -> None:
        if after == before:
            return
        self._intents[after.client_order_id] = after
        if after.state.is_settled:
            self._look_ups.settle(after.client_order_id)
        if note and after.state is not before.state and before.state is not IntentState.DRAFT:
            self._link.order_lane.submit(lambda: self._sender.note(after), failed=self._note_failed)
        self.intents_changed.emit((after,))

    def _note_failed(self, error: AppError) -> None:
        # What is written already still says "sent": the next start looks it up again, so nothing is lost.
        if isinstance(error, StorageFailed):
            self.journal_failed.emit(error)

    # Start and reconciliation.

    def _take_journal(self, opened: OpenedJournal) -> None:
        self._journal_ready = True
        self._own_ids |= opened.known_ids
        for intent in opened.unsettled:
            self._intents[intent.client_order_id] = intent
        if opened.unsettled:
            self.intents_changed.emit(opened.unsettled)
        for intent in opened.unsettled:
            if intent.state in (IntentState.JOURNALED, IntentState.SENT):
                self._move(intent.client_order_id, IntentState.UNKNOWN)
            # What works is known to have arrived; only the others may be about to.
            self._look_ups.begin(intent.client_order_id, first=intent.state is not IntentState.WORKING)
        self._announce_block()

    def _lose_journal(self, error: AppError) -> None:
        self._journal_error = error if isinstance(error, StorageFailed) else StorageFailed(error.headline)
        self.journal_failed.emit(self._journal_error)
        self._announce_block()

    @Slot()
    def _announce_block(self) -> None:
        block = self.trading_block
        if block is not self._block:
            self._block = block
            self.trading_block_changed.emit(block)

    def _remember(self, event: OrderEvent) -> None:
        self._seen_events[event.identity] = None
        if len(self._seen_events) > _REMEMBERED_EVENTS:
            self._seen_events.pop(next(iter(self._seen_events)))


def _is_proof(error: AppError) -> bool:
    """Whether the error is an explicit refusal; anything unreadable or unexpected proves nothing."""
    return not isinstance(error, OutcomeUnknown) and type(error) is not AppError
