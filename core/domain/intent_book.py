"""The order book of intents: every piece of evidence goes in here, and what to do about it comes out.

Pure: no clock, no randomness, no I/O, no Qt. Evidence may come in any order, twice, or late; the same
evidence in another order ends in the same book. Nothing here sends anything, and no step asks for it.
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from core.domain.alarm import Alarm, AlarmKind
from core.domain.book import OrderBook, Source, Taken
from core.domain.event import Fill, OrderEvent
from core.domain.evidence import (
    AskAbout,
    Failure,
    FailureKind,
    Gathering,
    Outcome,
    Reread,
    StopAsking,
    WriteDown,
)
from core.domain.intent import Intent, IntentKind, IntentState
from core.domain.order import Order, OrderStatus
from core.domain.reading import Reading

S = IntentState
# Retry is offered while the broker's "I do not know it" is no older than this.
NOT_FOUND_IS_RECENT_NS = 60_000_000_000
REMEMBERED_EVENTS = 20_000
_ON_THE_WAY = frozenset({S.DRAFT, S.JOURNALED, S.SENT})
_UNANSWERED = frozenset({S.SENT, S.UNKNOWN})


class IntentBook:
    """The intents and orders of one account.

    The methods are the kinds of evidence. Each returns what changed and the steps to take; the caller obeys.
    """

    def __init__(self) -> None:
        self.orders = OrderBook()
        self._intents: dict[str, Intent] = {}
        self._own_ids: set[str] = set()
        self._about: dict[str, list[str]] = {}  # the intents that replace or cancel an order
        self._since_ns: dict[str, int] = {}  # monotonic, when the present state was reached
        self._not_found_ns: dict[str, int] = {}  # monotonic
        self._seen_events: dict[tuple[str, ...], None] = {}
        self._executions: dict[str, list[Fill]] = {}
        self._undone: set[str] = set()  # ids of executions that were undone or corrected

    # What is known.

    @property
    def intents(self) -> Mapping[str, Intent]:
        """The intents made or restored in this run, by client order id, oldest first."""
        return self._intents

    @property
    def open_intents(self) -> tuple[Intent, ...]:
        """The intents that are not settled, oldest first."""
        return tuple(intent for intent in self._intents.values() if not intent.state.is_settled)

    def is_own(self, order: Order) -> bool:
        """Whether the order, or the one it is a leg of, was placed through our journal."""
        if order.client_order_id in self._own_ids:
            return True
        parent = None if order.parent_id is None else self.orders.get(order.parent_id)
        return parent is not None and parent.client_order_id in self._own_ids

    def executions(self, order_id: str) -> tuple[Fill, ...]:
        """What the stream told of an order's executions, save those that were undone, and as corrected.

        The order's own totals count, not their sum.
        """
        return tuple(self._executions.get(order_id, ()))

    def age_ns(self, client_order_id: str, now: Reading) -> int:
        """For how long the intent has been in its state; an unsettled one of an earlier run counts on."""
        return max(0, now.monotonic_ns - self._since_ns[client_order_id])

    def may_retry(self, client_order_id: str, now: Reading) -> bool:
        """Whether a person may send the intent once more, under the same id.

        Only while its fate is unknown, no request is on its way, and the broker has lately said, after the
        newest sending, that it does not know the id.
        """
        intent = self._intents.get(client_order_id)
        told_ns = self._not_found_ns.get(client_order_id)
        if intent is None or told_ns is None or intent.state is not S.UNKNOWN or intent.is_in_flight:
            return False
        return now.monotonic_ns - told_ns <= NOT_FOUND_IS_RECENT_NS

    def waiting_cancel(self, order_id: str) -> Intent | None:
        """A cancel of the order that has not been answered yet."""
        for key in self._about.get(order_id, ()):
            intent = self._intents[key]
            if intent.kind is IntentKind.CANCEL and intent.state in _ON_THE_WAY:
                return intent
        return None

    # What the trader and the journal do.

    def restored(self, intents: Iterable[Intent], own_ids: Iterable[str], now: Reading) -> Outcome:
        """Take what an earlier run left open. What may have been sent is unknown until it is looked up."""
        done = Gathering()
        self._own_ids.update(own_ids)
        for intent in intents:
            key = intent.client_order_id
            age_ns = max(0, now.wall_ns - intent.since_ns)
            self._add(intent, now.monotonic_ns - age_ns)
            done.intents[key] = None
            if intent.state in (S.JOURNALED, S.SENT):
                self._move(key, S.UNKNOWN, now, done)
            done.do(AskAbout(key))
            seen = self.orders.get(intent.target_order_id or "")
            self._consider(self.orders.by_client_order_id(key) or seen, now, done)
        return self._outcome(done)

    def drafted(self, intent: Intent, now: Reading) -> Outcome:
        """The trader asked for something new; its id must never have been used."""
        if intent.client_order_id in self._own_ids:
            raise ValueError(f"the id {intent.client_order_id} was used before")
        self._own_ids.add(intent.client_order_id)
        self._add(replace(intent, is_in_flight=True), now.monotonic_ns)
        return Outcome(intents=(self._intents[intent.client_order_id],))

    def departed(self, client_order_id: str, now: Reading) -> Outcome:
        """The intent is on disk and its request has left, or may have. No news when it is a retry."""
        done = Gathering()
        if self._intents[client_order_id].state is S.DRAFT:
            self._move(client_order_id, S.JOURNALED, now, done, is_noted=False)
            self._move(client_order_id, S.SENT, now, done, is_noted=False)
        return self._outcome(done)

    def retried(self, client_order_id: str, now: Reading) -> Outcome:
        """A person sends the same intent once more. Raises ValueError unless `may_retry`."""
        if not self.may_retry(client_order_id, now):
            raise ValueError(f"{client_order_id} may not be sent again")
        intent = self._intents[client_order_id]
        del self._not_found_ns[client_order_id]
        self._intents[client_order_id] = replace(
            intent, sendings=intent.sendings + 1, is_in_flight=True, is_let_go=False
        )
        done = Gathering(intents={client_order_id: None})
        done.do(AskAbout(client_order_id))
        return self._outcome(done)

    def let_go(self, client_order_id: str) -> Outcome:
        """A person says to stop asking about an intent. It stays unknown, and evidence still counts."""
        intent = self._intents.get(client_order_id)
        if intent is None or intent.state is not S.UNKNOWN or intent.is_in_flight or intent.is_let_go:
            return Outcome()
        intent = replace(intent, is_let_go=True)
        self._intents[client_order_id] = intent
        return Outcome(intents=(intent,), steps=(StopAsking(client_order_id), WriteDown(intent)))

    # What came of it.

    def answered(self, client_order_id: str, order: Order | None, now: Reading) -> Outcome:
        """The request was answered: with its order, or with nothing, for a cancel that was asked for."""
        done = Gathering()
        self._landed(client_order_id)
        if order is not None:
            self._take((order,), Source.ANSWER, now, done)
            if self._intents[client_order_id].state in _UNANSWERED:
                # An answer about some other order says nothing about this one.
                self._move(client_order_id, S.UNKNOWN, now, done)
                done.do(AskAbout(client_order_id))
        elif not self._intents[client_order_id].state.is_settled:
            # A cancel is done when the order says so, so read the order again.
            self._move(client_order_id, S.WORKING, now, done)
            done.do(AskAbout(client_order_id))
        return self._outcome(done)

    def failed(self, client_order_id: str, failure: Failure, now: Reading) -> Outcome:
        """The request brought no order."""
        done = Gathering()
        intent = self._landed(client_order_id)
        key, kind = client_order_id, failure.kind
        if intent.state.is_settled:
            return Outcome()
        if intent.state is S.WORKING:
            # The stream or a list was faster than the answer, and knows better: the broker has it.
            done.do(AskAbout(key))
        elif intent.sendings > 1 or intent.state is S.UNKNOWN:
            # It says nothing about the sendings before this one: their order may be what it was refused for.
            self._move(key, S.UNKNOWN, now, done, failure=failure)
            done.do(AskAbout(key, at_once=kind is FailureKind.DUPLICATE))
        elif kind is FailureKind.NOT_SENT:
            self._move(key, S.NEVER_SENT, now, done, failure=failure)
        elif intent.state is S.DRAFT:
            # Nothing leaves before the journal has it.
            self._move(key, S.NEVER_SENT, now, done, failure=failure)
        elif kind is FailureKind.REFUSED or (
            kind is FailureKind.ALREADY_OVER and intent.kind is IntentKind.REPLACE
        ):
            self._move(key, S.REFUSED, now, done, failure=failure)
            if intent.target_order_id is not None:
                done.do(Reread(intent.target_order_id))
        elif kind is FailureKind.ALREADY_OVER and intent.kind is IntentKind.CANCEL:
            self._move(key, S.WORKING, now, done, failure=failure)
            done.do(AskAbout(key, at_once=True))
        else:
            self._move(key, S.UNKNOWN, now, done, failure=failure)
            done.do(AskAbout(key))
        return self._outcome(done)

    def found(self, client_order_id: str, order: Order, now: Reading) -> Outcome:
        """A look-up of the intent was answered with an order."""
        done = Gathering()
        self._take((order,), Source.LOOK_UP, now, done)
        intent = self._intents[client_order_id]
        is_open_cancel = intent.kind is IntentKind.CANCEL and not intent.state.is_settled
        if not intent.is_let_go and (intent.state in _UNANSWERED or is_open_cancel):
            done.do(AskAbout(client_order_id))
        else:
            done.do(StopAsking(client_order_id))
        return self._outcome(done)

    def not_found(self, client_order_id: str, now: Reading) -> Outcome:
        """The broker does not know the intent's id. No proof: the request may still be on its way.

        A replace is the exception once its target has ended without it: then it can no longer be accepted.
        """
        done = Gathering()
        intent = self._intents[client_order_id]
        if intent.state.is_settled:
            done.do(StopAsking(client_order_id))
            return self._outcome(done)
        self._intents[client_order_id] = replace(intent, last_lookup_ns=now.wall_ns)
        done.intents[client_order_id] = None
        if not intent.is_in_flight:
            self._not_found_ns[client_order_id] = now.monotonic_ns
            self._conclude_replace(intent, now, done)
        if self._intents[client_order_id].is_let_go:
            done.do(StopAsking(client_order_id))
        else:
            done.do(AskAbout(client_order_id))
        return self._outcome(done)

    def listed(self, orders: Iterable[Order], now: Reading) -> Outcome:
        """A list of orders was read. What it leaves out proves nothing."""
        done = Gathering()
        self._take(tuple(orders), Source.LIST, now, done)
        return self._outcome(done)

    def reread(self, order: Order, now: Reading) -> Outcome:
        """One order was read by the broker's id."""
        done = Gathering()
        self._take((order,), Source.LOOK_UP, now, done)
        return self._outcome(done)

    def heard(self, events: Iterable[OrderEvent], now: Reading) -> Outcome:
        """The order stream spoke."""
        done = Gathering()
        for event in events:
            is_new = event.identity not in self._seen_events
            if is_new:
                self._remember(event)
            if event.is_correction and is_new:
                self._note_correction(event, done)
            self._take((event.order,), Source.EVENT, now, done)
            if is_new:
                self._note_fills(event, done)
                self._note_rejection(event, now, done)
        return self._outcome(done)

    # How evidence is folded in.

    def _add(self, intent: Intent, since_ns: int) -> None:
        self._intents[intent.client_order_id] = intent
        self._since_ns[intent.client_order_id] = since_ns
        if intent.target_order_id is not None:
            self._about.setdefault(intent.target_order_id, []).append(intent.client_order_id)

    def _landed(self, key: str) -> Intent:
        """No request of the intent is on its way any more."""
        intent = replace(self._intents[key], is_in_flight=False)
        self._intents[key] = intent
        return intent

    def _take(self, orders: tuple[Order, ...], source: Source, now: Reading, done: Gathering) -> None:
        taken: Taken = self.orders.take_all(orders, source)
        done.orders |= dict.fromkeys(taken.changed)
        done.alarms += taken.alarms
        for order_id in taken.doubted:
            done.do(Reread(order_id))
        ids: dict[str, None] = {}
        for order in orders:
            ids[order.id] = None
            ids |= dict.fromkeys([leg.id for leg in order.legs])
        for order_id in ids | dict.fromkeys(taken.changed):
            self._consider(self.orders.get(order_id), now, done)

    def _consider(self, order: Order | None, now: Reading, done: Gathering) -> None:
        """Let what the book believes of an order settle the intents that are about it."""
        if order is None:
            return
        placed = self._intents.get(order.client_order_id)
        if placed is not None and placed.kind is not IntentKind.CANCEL:
            self._follow(placed, order, now, done)
        if order.status.is_final:
            for key in self._about.get(order.id, ()):
                intent = self._intents[key]
                if intent.kind is IntentKind.CANCEL and not intent.state.is_settled:
                    self._follow(intent, order, now, done)

    def _follow(self, intent: Intent, order: Order, now: Reading, done: Gathering) -> None:
        after = intent.after_order(order, at_ns=now.wall_ns)
        if after is intent and intent.state.is_settled:
            return
        if intent.kind is not IntentKind.CANCEL or after.state.is_settled:
            done.do(StopAsking(intent.client_order_id))
        if after is not intent:
            self._store(after, intent.state, now, done)

    def _conclude_replace(self, intent: Intent, now: Reading, done: Gathering) -> None:
        target = self.orders.get(intent.target_order_id or "")
        if intent.kind is not IntentKind.REPLACE or intent.state is not S.UNKNOWN:
            return
        if target is None or not target.status.is_final:
            return
        if target.status is OrderStatus.REPLACED:
            other = self.orders.get(target.replaced_by or "")
            if other is None:
                if target.replaced_by:
                    done.do(Reread(target.replaced_by))
                return
            if other.client_order_id == intent.client_order_id:
                return
        reason = "The order ended before it could be replaced."
        failure = Failure(kind=FailureKind.REFUSED, reason=reason)
        self._move(intent.client_order_id, S.REFUSED, now, done, failure=failure)

    def _move(
        self,
        key: str,
        state: IntentState,
        now: Reading,
        done: Gathering,
        *,
        failure: Failure | None = None,
        is_noted: bool = True,
    ) -> None:
        intent = self._intents[key]
        reason, request_id = ("", "") if failure is None else (failure.reason, failure.request_id)
        after = intent.moved_to(state, at_ns=now.wall_ns, reason=reason, request_id=request_id)
        self._store(after, intent.state, now, done, is_noted=is_noted)

    def _store(
        self, after: Intent, before: IntentState, now: Reading, done: Gathering, *, is_noted: bool = True
    ) -> None:
        key = after.client_order_id
        self._intents[key] = after
        done.intents[key] = None
        if after.state is not before:
            self._since_ns[key] = now.monotonic_ns
        if after.state.is_settled:
            done.do(StopAsking(key))
        # What was never journaled has nothing to be written down to; what has an order was.
        is_journaled = before is not S.DRAFT or after.order_id is not None
        if is_noted and is_journaled and after.state is not before:
            done.do(WriteDown(after))

    # Executions.

    def _remember(self, event: OrderEvent) -> None:
        self._seen_events[event.identity] = None
        if len(self._seen_events) > REMEMBERED_EVENTS:
            self._seen_events.pop(next(iter(self._seen_events)))

    def _note_fills(self, event: OrderEvent, done: Gathering) -> None:
        for fill in event.fills:
            if fill.execution_id in self._undone:
                continue  # the news of its end was faster
            self._executions.setdefault(fill.order_id, []).append(fill)
            done.fills.append(fill)

    def _note_correction(self, event: OrderEvent, done: Gathering) -> None:
        order = event.order
        kind = AlarmKind.BUSTED if event.event == "trade_bust" else AlarmKind.CORRECTED
        self.orders.correct(order)
        self._revise_executions(event)
        done.alarms.append(
            Alarm(
                kind=kind, order_id=order.id, symbol=order.symbol, qty=order.qty, filled_qty=order.filled_qty
            )
        )
        done.do(Reread(order.id))

    def _revise_executions(self, event: OrderEvent) -> None:
        """Only an execution that is named can be struck out; without a name the totals alone are right."""
        if not event.previous_execution_id:
            return
        self._undone.add(event.previous_execution_id)
        kept = self._executions.get(event.order.id, [])
        kept = [fill for fill in kept if fill.execution_id != event.previous_execution_id]
        if event.instead is not None and event.instead.execution_id not in self._undone:
            kept.append(event.instead)
        self._executions[event.order.id] = kept

    def _note_rejection(self, event: OrderEvent, now: Reading, done: Gathering) -> None:
        """The venue refused a cancel or replace that the broker had taken, whether or not we know of that."""
        if event.event not in ("order_cancel_rejected", "order_replace_rejected"):
            return
        about = [self._intents[key] for key in self._about.get(event.order.id, ())]
        waiting = [one for one in about if not one.state.is_settled and one.state is not S.DRAFT]
        if event.event == "order_cancel_rejected":
            cancels = [one for one in waiting if one.kind is IntentKind.CANCEL]
            # One that was taken before is meant rather than the next, which is still on its way.
            for intent in [one for one in cancels if one.state is S.WORKING] or cancels[:1]:
                reason = "The exchange refused the cancel; the order works on."
                failure = Failure(kind=FailureKind.REFUSED, reason=reason)
                self._move(intent.client_order_id, S.REFUSED, now, done, failure=failure)
        else:
            for intent in waiting:
                if intent.kind is not IntentKind.CANCEL:
                    done.do(AskAbout(intent.client_order_id, at_once=True))

    def _outcome(self, done: Gathering) -> Outcome:
        known = self.orders.orders
        return Outcome(
            # From lists, which an order waits for less long than for generators.
            orders=tuple([known[order_id] for order_id in done.orders]),
            intents=tuple([self._intents[key] for key in done.intents]),
            fills=tuple(done.fills),
            alarms=tuple(done.alarms),
            # The newest word about asking counts: an intent that settled on the way is not asked about.
            steps=tuple([step for step in done.steps if not self._is_moot(step)]),
        )

    def _is_moot(self, step: object) -> bool:
        if not isinstance(step, AskAbout):
            return False
        intent = self._intents[step.client_order_id]
        return intent.state.is_settled
