"""The order book of intents: what each kind of evidence changes, and what it leads to."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from core.domain.alarm import AlarmKind
from core.domain.event import Fill, OrderEvent
from core.domain.evidence import AskAbout, Failure, FailureKind, Reread, StopAsking, WriteDown
from core.domain.intent import IntentKind, IntentState
from core.domain.intent_book import NOT_FOUND_IS_RECENT_NS, IntentBook
from core.domain.order import Order, OrderStatus
from tests.core.builders import after, event, order
from tests.core.domain.histories import KEY, at, draft

S = IntentState
Status = OrderStatus
LOST = Failure(kind=FailureKind.UNKNOWN, reason="no answer")


def ours(order_id: str = "o-1", key: str = KEY, **changes: Any) -> Order:
    return order(order_id, client_order_id=key, **changes)


@pytest.fixture
def book() -> IntentBook:
    """A book with one order on its way."""
    book = IntentBook()
    book.drafted(draft(), at(0))
    book.departed(KEY, at(1))
    return book


def working(book: IntentBook) -> IntentBook:
    book.answered(KEY, ours(), at(2))
    return book


def asked(book: IntentBook, kind: IntentKind, key: str = "bw-2") -> str:
    """A replace or cancel of o-1 on its way."""
    book.drafted(draft(key, kind, "o-1"), at(3))
    book.departed(key, at(3))
    return key


def state(book: IntentBook, key: str = KEY) -> IntentState:
    return book.intents[key].state


def test_from_click_to_wire_only_the_journal_speaks(book):
    assert state(book) is S.SENT
    assert book.intents[KEY].is_in_flight
    assert book.departed(KEY, at(2)).intents == ()


def test_an_id_is_never_used_twice(book):
    with pytest.raises(ValueError, match="used before"):
        book.drafted(draft(), at(9))


def test_an_answer_is_evidence_and_is_written_down(book):
    done = book.answered(KEY, ours(), at(5))
    assert [seen.id for seen in done.orders] == ["o-1"]
    assert done.steps == (StopAsking(KEY), WriteDown(book.intents[KEY]))
    assert (state(book), book.intents[KEY].is_in_flight) == (S.WORKING, False)


def test_an_answer_about_another_order_is_no_evidence(book):
    done = book.answered(KEY, order("o-9"), at(5))
    assert state(book) is S.UNKNOWN
    assert AskAbout(KEY) in done.steps


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (FailureKind.NOT_SENT, S.NEVER_SENT),
        (FailureKind.REFUSED, S.REFUSED),
        (FailureKind.DUPLICATE, S.UNKNOWN),
        (FailureKind.UNKNOWN, S.UNKNOWN),
        (FailureKind.ALREADY_OVER, S.UNKNOWN),
    ],
)
def test_a_failure_is_only_what_it_proves(book, kind, expected):
    done = book.failed(KEY, Failure(kind=kind, reason="because", request_id="r-1"), at(5))
    assert state(book) is expected
    assert (book.intents[KEY].reason, book.intents[KEY].request_id) == ("because", "r-1")
    assert (AskAbout(KEY) in done.steps) == (expected is S.UNKNOWN)


@pytest.mark.parametrize("kind", FailureKind)
def test_a_failure_proves_nothing_about_an_order_that_was_seen(book, kind):
    book.heard((event("new", ours()),), at(4))
    assert book.failed(KEY, Failure(kind=kind), at(5)).steps == (AskAbout(KEY),)
    assert state(book) is S.WORKING


@pytest.mark.parametrize("kind", [FailureKind.NOT_SENT, FailureKind.REFUSED])
def test_an_order_that_shows_itself_was_never_dead(book, kind):
    book.failed(KEY, Failure(kind=kind), at(5))
    book.listed((ours(),), at(6))
    assert state(book) is S.WORKING


def test_not_found_is_not_failed_and_asking_goes_on(book):
    book.failed(KEY, LOST, at(5))
    done = book.not_found(KEY, at(6))
    assert done.steps == (AskAbout(KEY),)
    assert (state(book), book.intents[KEY].last_lookup_ns) == (S.UNKNOWN, at(6).wall_ns)
    assert book.age_ns(KEY, at(9)) == 4_000_000


def test_retry_is_for_what_is_unknown_and_was_lately_not_found(book):
    assert not book.may_retry(KEY, at(2))
    book.not_found(KEY, at(3))
    book.failed(KEY, LOST, at(5))
    assert not book.may_retry(KEY, at(5))  # it was on its way when the broker was asked
    book.not_found(KEY, at(6))
    assert book.may_retry(KEY, at(7))
    late = structs.replace(at(7), monotonic_ns=at(6).monotonic_ns + NOT_FOUND_IS_RECENT_NS + 1)
    assert not book.may_retry(KEY, late)
    with pytest.raises(ValueError, match="may not be sent again"):
        book.retried(KEY, late)


@pytest.fixture
def again(book: IntentBook) -> IntentBook:
    """A book whose order a person has sent a second time."""
    book.failed(KEY, LOST, at(5))
    book.not_found(KEY, at(6))
    book.retried(KEY, at(7))
    book.departed(KEY, at(7))
    return book


def test_what_was_not_found_before_a_retry_permits_no_other(again):
    again.failed(KEY, LOST, at(8))
    assert not again.may_retry(KEY, at(8))
    again.not_found(KEY, at(9))
    assert again.may_retry(KEY, at(9))


def test_a_retry_is_the_same_intent_and_unknown_as_before(again):
    intent = again.intents[KEY]
    assert (intent.state, intent.sendings, intent.is_in_flight) == (S.UNKNOWN, 2, True)
    assert not again.may_retry(KEY, at(8))


@pytest.mark.parametrize("kind", FailureKind)
def test_no_failure_of_a_retry_says_what_became_of_the_first_sending(again, kind):
    """Even a refusal: what was sent first may hold the buying power that the second lacks."""
    done = again.failed(KEY, Failure(kind=kind, reason="insufficient buying power"), at(9))
    assert state(again) is S.UNKNOWN
    assert [step for step in done.steps if isinstance(step, AskAbout)]


def test_a_retry_that_is_answered_works(again):
    again.answered(KEY, ours(), at(9))
    assert state(again) is S.WORKING


def test_what_a_person_lets_go_is_unknown_and_not_asked_about(book):
    book.failed(KEY, LOST, at(5))
    assert book.let_go(KEY).steps == (StopAsking(KEY), WriteDown(book.intents[KEY]))
    assert state(book) is S.UNKNOWN
    assert book.not_found(KEY, at(6)).steps == (StopAsking(KEY),)
    assert book.let_go(KEY).intents == ()
    book.listed((ours(),), at(7))
    assert (state(book), book.intents[KEY].is_let_go) == (S.WORKING, False)


def test_what_an_earlier_run_left_is_unknown_until_it_is_looked_up():
    book = IntentBook()
    left = [
        structs.replace(draft("a"), state=S.JOURNALED, since_ns=at(50).wall_ns),
        structs.replace(draft("b"), state=S.UNKNOWN, since_ns=at(50).wall_ns),
        structs.replace(draft("c"), state=S.WORKING, since_ns=at(50).wall_ns),
    ]
    done = book.restored(left, {"a", "b", "c", "d"}, at(80))
    assert [book.intents[key].state for key in "abc"] == [S.UNKNOWN, S.UNKNOWN, S.WORKING]
    assert [step for step in done.steps if isinstance(step, AskAbout)] == [AskAbout(key) for key in "abc"]
    assert book.age_ns("b", at(90)) == 40_000_000
    assert book.is_own(order("x", client_order_id="d"))


def test_orders_read_before_the_journal_settle_what_it_left_open():
    book = IntentBook()
    book.listed((ours(status=Status.FILLED, filled_qty=Decimal(10)),), at(1))
    done = book.restored([structs.replace(draft(), state=S.JOURNALED)], {KEY}, at(2))
    assert state(book) is S.FILLED
    assert AskAbout(KEY) not in done.steps


def test_a_cancel_ends_when_its_order_does(book):
    cancel = asked(working(book), IntentKind.CANCEL)
    assert book.waiting_cancel("o-1") is book.intents[cancel]
    assert book.answered(cancel, None, at(5)).steps[-1] == AskAbout(cancel)
    assert book.waiting_cancel("o-1") is None
    assert book.found(cancel, ours(status=Status.PENDING_CANCEL), at(6)).steps == (
        StopAsking(KEY),
        AskAbout(cancel),
    )
    book.heard((event("canceled", ours(status=Status.CANCELED, updated_at=after(5))),), at(7))
    assert (state(book), state(book, cancel)) == (S.CANCELED, S.CANCELED)


def test_a_fill_may_win_against_a_cancel(book):
    cancel = asked(working(book), IntentKind.CANCEL)
    over = Failure(kind=FailureKind.ALREADY_OVER, reason='order is already in "filled" state')
    assert AskAbout(cancel, at_once=True) in book.failed(cancel, over, at(5)).steps
    book.found(cancel, ours(status=Status.FILLED, filled_qty=Decimal(10)), at(6))
    assert (state(book), state(book, cancel)) == (S.FILLED, S.FILLED)
    assert "already in" in book.intents[cancel].reason


def test_a_cancel_that_the_exchange_refuses_leaves_the_order_working(book):
    cancel = asked(working(book), IntentKind.CANCEL)
    book.answered(cancel, None, at(5))
    refused = event("order_cancel_rejected", ours(updated_at=after(3)))
    book.heard((refused, refused), at(6))
    assert (state(book), state(book, cancel)) == (S.WORKING, S.REFUSED)


@pytest.mark.parametrize("answer", ["asked for", "lost", "none yet"])
def test_the_exchange_may_refuse_a_cancel_before_the_broker_says_that_it_took_it(book, answer):
    cancel = asked(working(book), IntentKind.CANCEL)
    book.heard((event("order_cancel_rejected", ours(updated_at=after(3))),), at(5))
    match answer:
        case "asked for":
            book.answered(cancel, None, at(6))
        case "lost":
            book.failed(cancel, LOST, at(6))
    assert (state(book), state(book, cancel)) == (S.WORKING, S.REFUSED)


def test_the_exchange_refuses_the_cancel_that_was_taken_and_not_the_next(book):
    first = asked(working(book), IntentKind.CANCEL)
    book.answered(first, None, at(5))
    second = asked(book, IntentKind.CANCEL, "bw-3")
    book.heard((event("order_cancel_rejected", ours(updated_at=after(3))),), at(6))
    assert (state(book, first), state(book, second)) == (S.REFUSED, S.SENT)


def test_a_refused_replace_has_its_order_read_again(book):
    change = asked(working(book), IntentKind.REPLACE)
    done = book.failed(change, Failure(kind=FailureKind.REFUSED), at(5))
    assert Reread("o-1") in done.steps
    assert (state(book), state(book, change)) == (S.WORKING, S.REFUSED)


def test_a_replacement_is_an_order_of_its_own(book):
    change = asked(working(book), IntentKind.REPLACE)
    book.answered(change, ours("o-2", change, replaces="o-1"), at(5))
    replaced = ours(status=Status.REPLACED, replaced_by="o-2", updated_at=after(3))
    book.heard((event("replaced", replaced),), at(6))
    assert (state(book), state(book, change)) == (S.REPLACED, S.WORKING)


@pytest.mark.parametrize("end", [Status.FILLED, Status.CANCELED, Status.EXPIRED])
def test_a_lost_replace_cannot_arrive_any_more_once_its_order_has_ended(book, end):
    change = asked(working(book), IntentKind.REPLACE)
    book.failed(change, LOST, at(5))
    book.not_found(change, at(6))
    assert state(book, change) is S.UNKNOWN
    book.heard((event("x", ours(status=end, updated_at=after(3))),), at(7))
    assert state(book, change) is S.UNKNOWN
    book.not_found(change, at(8))
    assert state(book, change) is S.REFUSED


def test_a_lost_replace_of_a_replaced_order_waits_to_see_by_whom(book):
    change = asked(working(book), IntentKind.REPLACE)
    book.failed(change, LOST, at(5))
    book.listed((ours(status=Status.REPLACED, replaced_by="o-2", updated_at=after(3)),), at(6))
    assert Reread("o-2") in book.not_found(change, at(7)).steps
    assert state(book, change) is S.UNKNOWN
    book.reread(ours("o-2", "somebody-elses", replaces="o-1"), at(8))
    book.not_found(change, at(9))
    assert state(book, change) is S.REFUSED


def test_a_replace_that_the_exchange_refuses_is_looked_up_at_once(book):
    change = asked(working(book), IntentKind.REPLACE)
    book.failed(change, LOST, at(5))
    done = book.heard((event("order_replace_rejected", ours(updated_at=after(3))),), at(6))
    assert AskAbout(change, at_once=True) in done.steps


def test_a_final_state_is_left_by_a_look_up_alone(book):
    working(book)
    book.heard((event("canceled", ours(status=Status.CANCELED, updated_at=after(3))),), at(5))
    alive = ours(updated_at=after(9))
    assert book.heard((event("new", alive),), at(6)).steps == (Reread("o-1"),)
    assert book.listed((alive,), at(7)).steps == (Reread("o-1"),)
    assert state(book) is S.CANCELED
    book.reread(alive, at(8))
    assert state(book) is S.WORKING
    assert book.orders.orders["o-1"].is_open


def test_executions_are_known_by_their_id_and_totals_are_the_brokers(book):
    piece = ours(status=Status.PARTIALLY_FILLED, filled_qty=Decimal(4), updated_at=after(1))
    told = event("partial_fill", piece, execution_id="e-1", qty=Decimal(4), price=Decimal(2))
    done = book.heard((told, told), at(3))
    assert [fill.execution_id for fill in done.fills] == ["e-1"]
    assert book.heard((told,), at(4)).fills == ()
    assert [fill.qty for fill in book.executions("o-1")] == [Decimal(4)]


@pytest.mark.parametrize("name", ["trade_bust", "trade_correct"])
def test_an_execution_that_is_undone_alarms_once_and_a_look_up_brings_the_new_total(book, name):
    whole = ours(status=Status.FILLED, filled_qty=Decimal(10), updated_at=after(1))
    book.heard((event("fill", whole, execution_id="e-1", qty=Decimal(10), price=Decimal(2)),), at(3))
    less = ours(status=Status.PARTIALLY_FILLED, filled_qty=Decimal(6), updated_at=after(5))
    bust = event(name, less, execution_id="e-1", qty=Decimal(-4), price=Decimal(2))
    done = book.heard((bust, bust), at(4))
    assert [alarm.kind.value for alarm in done.alarms] == [
        {"trade_bust": "busted", "trade_correct": "corrected"}[name]
    ]
    assert (done.steps, done.fills, state(book)) == ((Reread("o-1"),), (), S.FILLED)
    book.reread(less, at(5))
    assert (state(book), book.orders.orders["o-1"].filled_qty) == (S.WORKING, Decimal(6))


def executed(
    execution_id: str,
    qty: int,
    price: int,
    *,
    name: str = "fill",
    previous: str = "",
    order: Order | None = None,
) -> OrderEvent:
    return event(
        name,
        order or ours(status=Status.FILLED, filled_qty=Decimal(10), updated_at=after(1)),
        execution_id=execution_id,
        qty=Decimal(qty),
        price=Decimal(price),
        previous_execution_id=previous,
    )


def shown_executions(book: IntentBook) -> list[tuple[str, Decimal, Decimal]]:
    return [(fill.execution_id, fill.qty, fill.price) for fill in book.executions("o-1")]


@pytest.mark.parametrize("bust_is_first", [True, False])
def test_an_execution_that_was_undone_is_not_shown_and_does_not_come_back(book, bust_is_first):
    over = ours(status=Status.CANCELED, updated_at=after(5))
    fill = executed("e-1", 10, 2)
    bust = executed("e-2", -10, 2, name="trade_bust", previous="e-1", order=over)
    told = [book.heard((one,), at(3)).fills for one in ((bust, fill) if bust_is_first else (fill, bust))]
    assert len([fill for fills in told for fill in fills]) == (0 if bust_is_first else 1)
    book.reread(over, at(5))
    assert (shown_executions(book), state(book)) == ([], S.CANCELED)
    assert book.orders.orders["o-1"].filled_qty == 0
    again = book.heard((executed("e-1", 10, 2),), at(6))
    assert (again.fills, state(book)) == ((), S.CANCELED)
    assert book.orders.orders["o-1"].status is Status.CANCELED


def test_what_is_undone_of_a_multi_leg_order_is_no_fill_of_its_legs(book):
    gone = Fill(
        order_id="leg",
        symbol="leg",
        side="buy",
        qty=Decimal(-1),
        price=Decimal(2),
        at=None,
        position_qty=None,
        execution_id="e-9",
    )
    over = ours(status=Status.CANCELED, updated_at=after(5))
    done = book.heard((event("trade_bust", over, leg_fills=(gone,), qty=Decimal(-1)),), at(3))
    assert (done.fills, book.executions("leg")) == ((), ())
    assert done.steps[0] == Reread("o-1")


def test_a_corrected_execution_is_shown_as_it_was_corrected(book):
    right = ours(status=Status.FILLED, filled_qty=Decimal(10), updated_at=after(5))
    book.heard((executed("e-1", 10, 2),), at(3))
    correct = executed("e-2", 10, 3, name="trade_correct", previous="e-1", order=right)
    book.heard((correct, correct), at(4))
    assert shown_executions(book) == [("e-2", Decimal(10), Decimal(3))]
    bust = executed("e-3", -10, 3, name="trade_bust", previous="e-2", order=right)
    book.heard((bust, correct), at(5))
    assert shown_executions(book) == []


def test_an_over_fill_is_an_alarm_and_a_value(book):
    over = ours(status=Status.FILLED, filled_qty=Decimal(12), updated_at=after(1))
    (alarm,) = book.heard((event("fill", over),), at(3)).alarms
    assert (alarm.kind, alarm.qty, alarm.filled_qty) == (AlarmKind.OVERFILL, Decimal(10), Decimal(12))


def test_legs_of_our_orders_are_ours_and_their_fills_are_their_own(book):
    leg = order("leg", status=Status.HELD)
    book.answered(KEY, ours(legs=(leg,)), at(3))
    filled = order("leg", status=Status.FILLED, filled_qty=Decimal(10), updated_at=after(5))
    done = book.heard((event("fill", filled, execution_id="e-7", qty=Decimal(10), price=Decimal(3)),), at(4))
    assert {seen.id for seen in done.orders} == {"o-1", "leg"}
    assert book.is_own(book.orders.orders["leg"])
    assert not book.is_own(order("foreign"))
    assert state(book) is S.WORKING


def test_the_legs_of_a_multi_leg_order_fill_one_by_one(book):
    pieces = tuple(
        Fill(
            order_id=leg,
            symbol=leg,
            side="buy",
            qty=Decimal(1),
            price=Decimal(2),
            at=None,
            position_qty=None,
            execution_id=f"e-{leg}",
        )
        for leg in ("a", "b")
    )
    assert book.heard((event("fill", ours(), leg_fills=pieces),), at(3)).fills == pieces
