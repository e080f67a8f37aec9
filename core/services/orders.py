"""The order desk: the only way an order is placed, replaced or cancelled, and what became of it.

One intent, one client order id, one request. An unanswered request leaves the outcome unknown, and that
ends by evidence alone: an answer, a look-up, a list, an event (threat model section 6). What evidence means
is decided in `core.domain.intent_book`; here it is gathered, and what follows from it is done.
docs/orders.md shows how the parts fit.
"""

import logging
import random
from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec
from PySide6.QtCore import QObject, Signal, Slot

from core.domain.account import Account
from core.domain.cancels import cancelable_orders
from core.domain.environment import Environment
from core.domain.event import Fill, OrderEvent
from core.domain.evidence import Outcome, WriteDown
from core.domain.grant import Grant
from core.domain.intent import Intent, IntentKind, IntentState, drafted
from core.domain.intent_book import IntentBook
from core.domain.maker import Maker, maker_of
from core.domain.order import Order
from core.domain.position import Position
from core.domain.reading import Reading
from core.domain.request import ReplaceRequest, closing_request
from core.domain.request_budget import Urgency
from core.domain.sendable import Sendable
from core.domain.timeline import Moment
from core.domain.trading_block import TradingBlock
from core.errors import AppError, NotFound, NotPermitted
from core.protocol.proof import failure_of
from core.services.clock import Clock
from core.services.desk_link import DeskLink
from core.services.dispatch import Dispatch, Sender
from core.services.ids_ahead import IdsAhead
from core.services.investigation import Investigation
from core.services.journal_watch import JournalWatch
from core.services.order_sender import OpenedJournal
from core.services.order_timing import OrderTiming
from core.services.timers import QtTimers, Timers
from core.services.trading_gate import TradingGate

_log = logging.getLogger(__name__)


class OrderDesk(QObject):
    """All orders and intents of one account. Lives on the GUI thread."""

    orders_changed = Signal(object)  # tuple[Order, ...]
    intents_changed = Signal(object)  # tuple[Intent, ...]
    filled = Signal(object)  # Fill
    alarmed = Signal(object)  # Alarm
    positions_read = Signal(object)  # Listing[Position]: all of them, read together with the orders
    trading_block_changed = Signal(object)  # TradingBlock
    journal_failed = Signal(object)  # StorageFailed
    has_read_orders_changed = Signal()
    own_orders_known = Signal()  # `knows_own_orders` is true from now on: `maker_of` is no more undecided

    def __init__(
        self,
        link: DeskLink,
        sender: Sender,
        clock: Clock,
        *,
        grant: Grant,
        account: Account,
        new_id: Callable[[], str],
        timers: Timers | None = None,
        chance: Callable[[], float] = random.random,
        stands_aside: bool = True,
        parent: QObject | None = None,
    ) -> None:
        """`new_id` makes a client order id that was never used before; `chance` spreads waits, 0 to 1.

        With `stands_aside` this thread lets an order leave before it draws; not where lanes run on it.
        """
        super().__init__(parent)
        self._link, self._clock = link, clock
        self._ids, self._account_id = IdsAhead(new_id), account.id
        self._untold: Intent | None = None  # a draft on its way out, shown once it has left or lingers
        timers = timers or QtTimers(self)
        self._book = IntentBook()
        self._investigation = Investigation(
            link, self._book, self._now, self._apply, clock, timers, chance, self
        )
        self._investigation.positions_read.connect(self.positions_read)
        self._investigation.orders_read_changed.connect(self.has_read_orders_changed)
        self._journal = JournalWatch(
            link,
            sender,
            timers,
            opened=self._restore,
            intents=self._book.intents.values,
            parent=self,
        )
        self._journal.failed.connect(self.journal_failed)
        self._gate = TradingGate(
            account,
            clock,
            timers,
            self._journal,
            may_trade=grant.may_trade,
            is_live=link.environment is not Environment.PAPER,
            is_ready=lambda: self._investigation.is_ready,
            budget_wait_s=lambda: link.wait_s(Urgency.ORDER),
            parent=self,
        )
        self._gate.block_changed.connect(self.trading_block_changed)
        self._journal.changed.connect(self._gate.announce)
        self._investigation.readiness_changed.connect(self._gate.announce)
        link.budget_changed.connect(self._gate.announce)
        self._dispatch = Dispatch(
            link, sender, clock, self._mark_sent, self._answered, self._failed, stands_aside=stands_aside
        )
        self.timing = OrderTiming(clock, timers, self._journal.note_moments)

    # What the desk knows.

    @property
    def orders(self) -> Mapping[str, Order]:
        """Every order seen, by the broker's id; legs too, with their `parent_id` set."""
        return self._book.orders.orders

    @property
    def open_intents(self) -> tuple[Intent, ...]:
        """Intents that are not settled, oldest first."""
        return self._book.open_intents

    def intent(self, client_order_id: str) -> Intent | None:
        """The intent with our id, if it was made or restored in this run."""
        return self._book.intents.get(client_order_id)

    def is_own(self, order: Order) -> bool:
        """Whether the order was placed through this journal, and not by another program."""
        return self._book.is_own(order)

    @property
    def has_read_orders(self) -> bool:
        """Whether every open order was read since a gap; no lock, switch or scope has a say in that."""
        return self._investigation.has_read_orders

    @property
    def knows_own_orders(self) -> bool:
        """Whether the journal was read: before, or when it is refused, nobody can say what is in it."""
        return self._journal.is_open

    def maker_of(self, order: Order) -> Maker:
        """Who placed the order."""
        return maker_of(
            order,
            self.orders.get(order.parent_id or ""),
            is_own=self._book.is_own(order),
            is_journal_read=self.knows_own_orders,
        )

    def executions(self, order_id: str) -> tuple[Fill, ...]:
        """What the stream told of an order's executions in this run; the order's own totals count."""
        return self._book.executions(order_id)

    def age_s(self, client_order_id: str) -> float:
        """For how many seconds a known intent has been in its state."""
        return self._book.age_ns(client_order_id, self._now()) / 1e9

    @property
    def trading_block(self) -> TradingBlock:
        """Why new orders are held, or NONE. Cancels are held only without a scope, journal or token."""
        return self._gate.block

    @property
    def close_block(self) -> TradingBlock:
        """Why even an order that only closes is held, or NONE: no switch or limit of the trader's own."""
        return self._gate.close_block

    @property
    def block_passes_s(self) -> float | None:
        """In how many seconds a block that passes by itself may have passed; None for the others."""
        return self._gate.wait_s

    @property
    def may_cancel(self) -> bool:
        """Whether a cancel can be sent; that takes less than a new order does."""
        return self._gate.may_cancel

    # What the trader does.

    def new_client_order_id(self) -> str:
        """Make an id for an order that is asked about first, so that its exact text can be read before."""
        return self._ids.take()

    def place(
        self, request: Sendable, *, client_order_id: str | None = None, clicked_ns: int | None = None
    ) -> Intent:
        """Send an order, once. Raises ValueError if it has problems, NotPermitted while trading is held.

        `client_order_id` is one that `new_client_order_id` made; a second order under it is a ValueError.
        The returned intent is a draft; follow `intents_changed` to see what becomes of it. `clicked_ns` is
        when the trader asked for it, by the clock's `running_ns`.
        """
        clicked_ns = self._clock.running_ns() if clicked_ns is None else clicked_ns
        self._require_open(self._gate.block_of(request))
        client_order_id = client_order_id or self._ids.take()
        if client_order_id in self._book.intents:
            raise ValueError("an order of this id was placed before")
        body = msgspec.json.encode(request.body(client_order_id))
        return self._submit(client_order_id, IntentKind.PLACE, request.symbol, body, clicked_ns=clicked_ns)

    def replace(self, request: ReplaceRequest, *, clicked_ns: int | None = None) -> Intent:
        """Ask for new terms of a working order, once. Raises as `place`, and NotFound."""
        clicked_ns = self._clock.running_ns() if clicked_ns is None else clicked_ns
        self._require_open(self.trading_block)
        order = self._known(request.order_id)
        client_order_id = self._ids.take()
        body = msgspec.json.encode(request.body(client_order_id))
        return self._submit(
            client_order_id, IntentKind.REPLACE, order.symbol, body, order.id, clicked_ns=clicked_ns
        )

    def cancel(self, order_id: str, *, clicked_ns: int | None = None) -> Intent:
        """Ask for a cancel, once. Possible whenever it can be sent at all, also while new orders are held."""
        if not self._gate.may_cancel:
            raise NotPermitted("Cancels cannot be sent right now.", detail=self.trading_block.value)
        order = self._known(order_id)
        if (waiting := self._book.waiting_cancel(order_id)) is not None:
            return waiting
        return self._submit(
            self._ids.take(), IntentKind.CANCEL, order.symbol, b"", order_id, clicked_ns=clicked_ns
        )

    def cancel_all(self, *, symbol: str | None = None, side: str | None = None) -> tuple[Intent, ...]:
        """Ask for a cancel of every open order, or those of a symbol or side, one by one.

        Each is answered for by its own intent. Legs whose parent is still open go with their parent.
        """
        chosen = cancelable_orders(self.orders, symbol=symbol, side=side)
        return tuple(self.cancel(order.id) for order in chosen)

    def retry(self, client_order_id: str) -> Intent:
        """Send an intent of unknown fate once more, byte for byte and under the same id, on a person's word.

        Raises as `place`, and NotPermitted unless `may_retry`: the broker refuses an id that it has, so that
        this can never make a second order.
        """
        if not self.may_retry(client_order_id):
            raise NotPermitted("That order cannot be sent again now.", "Look it up first.")
        self._apply(self._book.retried(client_order_id, self._now()))
        self._gate.count_order()
        intent = self._book.intents[client_order_id]
        self._dispatch.send(intent)
        return self._book.intents[client_order_id]

    def may_retry(self, client_order_id: str) -> bool:
        """Whether `retry` is possible: unknown, and lately not at the broker."""
        is_open = self.trading_block is TradingBlock.NONE
        return is_open and self._book.may_retry(client_order_id, self._now())

    def let_go(self, client_order_id: str) -> None:
        """Stop asking about an intent of unknown fate. It stays unknown; evidence still counts."""
        self._apply(self._book.let_go(client_order_id))

    def close_position(self, position: Position, qty: Decimal | None = None) -> Intent:
        """Place a market order for `qty` of a position, or all that is free of it: an order with our own id.

        Raises as `place`; ValueError when open orders hold all of it.
        """
        return self.place(closing_request(position, qty))

    def look_up(self, client_order_id: str) -> None:
        """Ask the broker now what became of an intent of unknown outcome."""
        intent = self.intent(client_order_id)
        if intent is not None and not intent.state.is_settled and intent.state is not IntentState.DRAFT:
            self._investigation.hurry(client_order_id)

    def unlock_live(self) -> None:
        """Allow orders on a live account, after the person has confirmed it by typing."""
        self._gate.unlock_live()

    def switch(self, reason: TradingBlock, *, on: bool) -> None:
        """Hold new orders for a reason of the trader's own, such as NO_NEW_ORDERS, or no longer."""
        self._gate.switch(reason, on=on)

    def limit_orders_a_minute(self, most: int | None) -> None:
        """Take no more orders and replaces than that in any minute; None takes any number."""
        self._gate.limit_orders_a_minute(most)

    # What happens to the desk.

    def start(self) -> None:
        """Open the journal; trading stays held until its open intents and the order list are read."""
        self._journal.open()
        self._investigation.start()

    def stop(self) -> None:
        """Ask nothing more."""
        self._investigation.stop()
        self.timing.stop()
        self._journal.stop()
        self._gate.stop()

    @Slot()
    def reconcile(self) -> None:
        """The order stream has (re)started: read orders by REST before new ones are taken."""
        self._investigation.reconcile()

    def compare_open(
        self, done: Callable[[tuple[str, ...]], None], failed: Callable[[AppError], None]
    ) -> None:
        """Read every open order now, and each that is open to us but not listed; then call `done`.

        It is given the ids of those that could not be read, or nothing for one without an id.
        """
        self._investigation.compare_open(done, failed)

    @Slot()
    def hold(self) -> None:
        """The order stream is down: hold new orders until it is back and the orders are read."""
        self._investigation.hold()

    @Slot()
    def wake(self) -> None:
        """The computer slept: what was held for a time, or was to be read later, is due."""
        self._investigation.look()
        self._gate.announce()

    @Slot(object)
    def take_account(self, account: Account) -> None:
        """Take the account's newest flags."""
        self._gate.take_account(account)

    @Slot(object)
    def refuse_token(self, _error: object) -> None:
        """The broker no longer takes our token: what is open is unknown from now on."""
        self._gate.refuse_token()

    @Slot(object)
    def take_events(self, events: tuple[OrderEvent, ...]) -> None:
        """Take order events in any order, duplicated or late."""
        for event in events:
            self.timing.mark(event.order.client_order_id, Moment.HEARD)
        self._apply(self._book.heard(events, self._now()))

    # From click to evidence.

    def _require_open(self, block: TradingBlock) -> None:
        if block is not TradingBlock.NONE:
            self._gate.announce()
            raise NotPermitted("Orders cannot be sent right now.", detail=block.value)

    def _known(self, order_id: str) -> Order:
        order = self._book.orders.get(order_id)
        if order is None:
            raise NotFound("That order is not known here.", "Nothing was sent.")
        return order

    def _submit(
        self,
        client_order_id: str,
        kind: IntentKind,
        symbol: str,
        body: bytes,
        target: str | None = None,
        *,
        clicked_ns: int | None,
    ) -> Intent:
        """Let a draft depart, and only then count it and show it."""
        now = self._now()
        intent = drafted(
            kind=kind,
            client_order_id=client_order_id,
            symbol=symbol,
            body=body,
            target_order_id=target,
            environment=self._link.environment,
            account_id=self._account_id,
            at_ns=now.wall_ns,
        )
        self._book.drafted(intent, now)
        intent, validated_ns = self._book.intents[client_order_id], self._clock.running_ns()

        def meanwhile() -> None:
            self.timing.begin(intent, clicked_ns, validated_ns)
            if kind is not IntentKind.CANCEL:
                self._gate.count_order()

        self._untold = intent
        self._dispatch.send(intent, meanwhile)
        self._tell_draft()
        self._gate.announce()
        return intent

    @Slot(str)
    def _mark_sent(self, client_order_id: str) -> None:
        self._untold = None  # what became of it since then is told
        self._apply(self._book.departed(client_order_id, self._now()))

    def _tell_draft(self) -> None:
        draft, self._untold = self._untold, None
        if draft is not None:
            self.intents_changed.emit((draft,))

    def _answered(self, key: str, order: Order | None, moments: Mapping[Moment, int]) -> None:
        answered_ns = self._clock.running_ns()
        self._apply(self._book.answered(key, order, self._now()))
        self.timing.take(key, {**moments, Moment.ANSWERED: answered_ns})
        self._ids.make_ahead()

    def _failed(self, key: str, error: AppError, moments: Mapping[Moment, int]) -> None:
        self.timing.take(key, moments)
        self._link.notice(error)
        _log.info("intent %s: %s", key, error)
        self._journal.fail(error)
        self._apply(self._book.failed(key, failure_of(error), self._now()))

    def _apply(self, outcome: Outcome, looked_up: str = "", *, first: bool = False) -> None:
        """Do what follows from evidence, tell, write down. `looked_up` is the intent just looked up."""
        if outcome.steps:
            self._investigation.follow(outcome.steps, looked_up, first=first)
        if outcome.orders:
            self.orders_changed.emit(outcome.orders)
        if outcome.intents:
            self.intents_changed.emit(outcome.intents)
        for fill in outcome.fills:
            self.filled.emit(fill)
        for alarm in outcome.alarms:
            _log.warning("order %s: %s", alarm.order_id, alarm.kind)
            self.alarmed.emit(alarm)
        for step in outcome.steps:
            if isinstance(step, WriteDown):  # as it is now: whoever was told may have moved it on
                self._journal.note(self._book.intents[step.intent.client_order_id])

    def _restore(self, opened: OpenedJournal) -> None:
        restored = self._book.restored(opened.unsettled, opened.known_ids, self._now())
        self._apply(restored, first=True)
        self.own_orders_known.emit()

    def _now(self) -> Reading:
        return Reading(self._clock.monotonic_ns(), self._clock.wall_ns())
