"""Whatever evidence comes, in whatever order: the book is of one mind, and asks while it does not know."""

from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.domain.book import Source
from core.domain.evidence import AskAbout, Failure, FailureKind, Outcome, StopAsking, WriteDown
from core.domain.intent import IntentKind, IntentState
from core.domain.intent_book import IntentBook
from core.domain.order import Order, OrderStatus
from core.domain.reading import Reading
from tests.core.builders import after, event, order
from tests.core.domain.histories import STATES, draft

S = IntentState
PLACED, CHANGED, CANCELLED = "bw-1", "bw-2", "bw-3"
KEYS = st.sampled_from([PLACED, CHANGED, CANCELLED])
_ORDER_OF = {PLACED: "o-1", CHANGED: "o-2"}


@st.composite
def orders(draw: st.DrawFn) -> Order:
    key = draw(st.sampled_from([PLACED, CHANGED, "foreign"]))
    return order(
        _ORDER_OF.get(key, "o-9"),
        client_order_id=key,
        status=draw(st.sampled_from(OrderStatus)),
        filled_qty=Decimal(draw(st.integers(0, 10))),
        updated_at=draw(st.none() | st.integers(0, 20).map(after)),
        replaced_by=draw(st.sampled_from([None, "o-2", "o-9"])),
    )


class AnyEvidence(RuleBasedStateMachine):
    """A place, a replace and a cancel of the same order, and all that may be told of them."""

    def __init__(self) -> None:
        super().__init__()
        self.book = IntentBook()
        self.now = 0
        self.asking: set[str] = set()
        self.totals: dict[str, Decimal] = {}
        self.written: dict[str, IntentState] = {}
        self.was_sent_again = False
        for key, kind, target in [
            (PLACED, IntentKind.PLACE, None),
            (CHANGED, IntentKind.REPLACE, "o-1"),
            (CANCELLED, IntentKind.CANCEL, "o-1"),
        ]:
            self.book.drafted(draft(key, kind, target), self.tick())

    def tick(self) -> Reading:
        self.now += 1
        return Reading(self.now * 1_000_000, self.now * 1_000_000)

    def obey(self, outcome: Outcome) -> None:
        for step in outcome.steps:
            match step:
                case AskAbout(key):
                    self.asking.add(key)
                case StopAsking(key):
                    self.asking.discard(key)
                case WriteDown(intent):
                    self.written[intent.client_order_id] = intent.state
        for seen in outcome.orders:
            assert seen == self.book.orders.get(seen.id)
        for intent in outcome.intents:
            assert intent == self.book.intents[intent.client_order_id]

    @rule(key=KEYS)
    def it_leaves(self, key: str) -> None:
        if self.book.intents[key].state is S.DRAFT:
            self.obey(self.book.departed(key, self.tick()))

    @rule(key=KEYS, seen=orders())
    def it_is_answered(self, key: str, seen: Order) -> None:
        if self.book.intents[key].is_in_flight and self.book.intents[key].state is not S.DRAFT:
            self.obey(self.book.answered(key, None if key == CANCELLED else seen, self.tick()))

    @rule(key=KEYS, kind=st.sampled_from(FailureKind))
    def it_fails(self, key: str, kind: FailureKind) -> None:
        if self.book.intents[key].is_in_flight:
            before = self.book.intents[key].state
            self.obey(self.book.failed(key, Failure(kind=kind), self.tick()))
            if before is S.UNKNOWN:
                assert self.book.intents[key].state is S.UNKNOWN

    @rule(key=KEYS, seen=orders())
    def it_is_looked_up(self, key: str, seen: Order) -> None:
        self.obey(self.book.found(key, seen, self.tick()))

    @rule(key=KEYS)
    def it_is_not_found(self, key: str) -> None:
        before = self.book.intents[key].state
        self.obey(self.book.not_found(key, self.tick()))
        if key != CHANGED:
            assert self.book.intents[key].state is before

    @rule(key=KEYS)
    def a_person_tries_again(self, key: str) -> None:
        now = self.tick()
        if self.book.may_retry(key, now):
            self.obey(self.book.retried(key, now))

    @rule(key=KEYS)
    def a_person_lets_go(self, key: str) -> None:
        self.obey(self.book.let_go(key))

    @rule(seen=orders(), source=st.sampled_from([Source.LIST, Source.LOOK_UP]))
    def an_order_is_read(self, seen: Order, source: Source) -> None:
        if source is Source.LIST:
            self.obey(self.book.listed((seen,), self.tick()))
        else:
            self.obey(self.book.reread(seen, self.tick()))

    @rule(
        seen=orders(),
        name=st.sampled_from(["new", "fill", "canceled", "order_cancel_rejected", "order_replace_rejected"]),
        execution=st.sampled_from([{}, {"execution_id": "e-1", "qty": Decimal(1), "price": Decimal(2)}]),
    )
    def the_stream_speaks(self, seen: Order, name: str, execution: dict[str, Any]) -> None:
        self.obey(self.book.heard((event(name, seen, **execution),), self.tick()))

    @invariant()
    def an_intent_stands_where_its_order_does(self) -> None:
        for key in (PLACED, CHANGED):
            known = self.book.orders.by_client_order_id(key)
            if known is not None:
                assert self.book.intents[key].state is STATES.get(known.status, S.WORKING)

    @invariant()
    def what_is_unknown_is_asked_about_unless_a_person_let_it_go(self) -> None:
        for key, intent in self.book.intents.items():
            if intent.state is S.UNKNOWN and not intent.is_in_flight:
                assert (key in self.asking) != intent.is_let_go
            if intent.state.is_settled:
                assert key not in self.asking

    @invariant()
    def no_total_ever_falls(self) -> None:
        for order_id, known in self.book.orders.orders.items():
            assert known.filled_qty >= self.totals.get(order_id, Decimal(0))
            self.totals[order_id] = known.filled_qty

    @invariant()
    def the_journal_knows_how_everything_ended(self) -> None:
        for key, intent in self.book.intents.items():
            if key in self.written:
                assert self.written[key] is intent.state


TestAnyEvidence = AnyEvidence.TestCase
TestAnyEvidence.settings = settings(max_examples=60, stateful_step_count=30)
