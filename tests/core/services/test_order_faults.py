"""The order desk on a broker that fails: never a second request, never "failed" on silence alone."""

import asyncio
import itertools
import threading
from decimal import Decimal

import pytest

from core.domain.intent import IntentState
from core.domain.request import ReplaceRequest
from core.domain.trading_block import TradingBlock
from core.errors import StorageFailed
from core.services import departure
from tests.fakes.broker import (
    accept,
    accept_and_babble,
    accept_and_fail,
    accept_and_garble,
    accept_and_hang,
    accept_and_lose,
    accept_and_mistake,
    hang,
    late,
    lose,
    refuse,
)
from tests.patience import PATIENCE_S

S = IntentState
impatient = pytest.mark.usefixtures("impatient")

ACCEPTED = [
    accept_and_lose,
    accept_and_hang,
    accept_and_fail,
    accept_and_babble,
    accept_and_mistake,
    accept_and_garble,
]


@impatient
@pytest.mark.parametrize("fault", ACCEPTED)
@pytest.mark.parametrize("stream", [True, False], ids=["with the stream", "without"])
def test_an_order_that_arrived_is_found_although_its_answer_was_lost(desk, broker, qtbot, fault, stream):
    broker.sends_events = stream
    broker.faults.place.append(fault)
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    assert desk.states(key) == [S.SENT, S.UNKNOWN, S.WORKING]
    assert len(broker.sent("POST")) == 1
    assert desk.desk.intent(key).order_id == broker.order_of(key)["id"]


@impatient
@pytest.mark.parametrize("fault", [lose, hang])
def test_an_order_the_broker_never_saw_stays_unknown_and_is_looked_up_again_and_again(
    desk, broker, qtbot, fault
):
    broker.faults.place.append(fault)
    key = desk.place()
    qtbot.waitUntil(lambda: len(broker.sent("GET", "/v2/orders:by_client")) >= 4)
    assert desk.state(key) is S.UNKNOWN
    assert desk.desk.intent(key).last_lookup_ns is not None
    assert len(broker.sent("POST")) == 1
    assert key in {intent.client_order_id for intent in desk.desk.open_intents}


@impatient
def test_not_found_is_no_proof_because_the_request_may_arrive_late(desk, broker, qtbot):
    broker.faults.place.append(late)
    key = desk.place()
    qtbot.waitUntil(lambda: len(broker.sent("GET", "/v2/orders:by_client")) >= 3)
    assert desk.state(key) is S.UNKNOWN
    broker.release()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    assert len(broker.sent("POST")) == 1


def test_a_look_up_that_fails_in_every_way_is_repeated_until_it_answers(desk, broker, qtbot):
    broker.sends_events = False
    broker.faults.place.append(accept_and_lose)
    broker.faults.look_up.extend(
        [lose, accept_and_babble, refuse(500, "internal"), refuse(429, "slow down"), accept_and_mistake]
    )
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    assert len(broker.sent("GET", "/v2/orders:by_client")) == 6
    assert len(broker.sent("POST")) == 1


def test_a_duplicate_id_means_that_the_broker_has_it(desk, broker, qtbot):
    async def accept_twice(broker_, request, act):
        act()
        return await refuse(422, "client_order_id must be unique")(broker_, request, act)

    broker.sends_events = False
    broker.faults.place.append(accept_twice)
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    assert S.REFUSED not in desk.states(key)
    assert len(broker.orders) == len(broker.sent("POST")) == 1


@impatient
@pytest.mark.parametrize("fault", [accept_and_lose, accept_and_hang, refuse(422, "too late to refuse")])
def test_evidence_that_was_faster_outranks_the_answer(desk, broker, qtbot, fault):
    """The stream shows the order while the answer is still on its way, and then the answer fails."""
    shown = threading.Event()

    async def show_then_fail(broker_, request, act):
        act()
        await asyncio.to_thread(shown.wait, PATIENCE_S)
        return await fault(broker_, request, dict)

    broker.sends_events = False
    broker.faults.place.append(show_then_fail)
    key = desk.place()
    qtbot.waitUntil(lambda: broker.order_of(key) is not None)
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    shown.set()
    qtbot.waitUntil(lambda: len(broker.sent("GET", "/v2/orders:by_client")) >= 1)
    assert desk.state(key) is S.WORKING
    broker.fill(broker.order_of(key)["id"])
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: desk.state(key) is S.FILLED)


def test_offline_is_the_one_failure_that_proves_nothing_left(desk, broker, qtbot):
    qtbot.waitUntil(lambda: desk.desk.trading_block is TradingBlock.NONE)
    broker.stop()
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is not S.DRAFT and desk.state(key).is_settled)
    # The kept connection may take the bytes before it is known to be dead; a new one cannot.
    if desk.state(key) is S.NEVER_SENT:
        assert "could not be reached" in desk.desk.intent(key).reason
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.NEVER_SENT)
    assert desk.states(key) == [S.SENT, S.NEVER_SENT]


def test_what_the_journal_does_not_take_is_not_sent(desk, broker, qtbot, monkeypatch):
    def full(_intent: object) -> None:
        raise StorageFailed("The order journal could not be written, so nothing was sent.")

    monkeypatch.setattr(desk.order_sender._journal, "record", full)
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.NEVER_SENT)
    assert broker.sent("POST") == []
    assert [type(error) for error in desk.journal_errors] == [StorageFailed]
    assert desk.states(key) == [S.DRAFT, S.NEVER_SENT]


def test_a_journal_that_cannot_be_opened_turns_trading_off(make_desk, broker, qtbot, tmp_path):
    (tmp_path / "paper.sqlite").write_bytes(b"this is no journal" * 100)
    desk = make_desk()
    desk.desk.start()
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: desk.desk.trading_block is TradingBlock.JOURNAL_FAILED)
    assert desk.journal_errors
    assert broker.sent("POST") == []


@impatient
def test_a_cancel_goes_out_while_an_order_hangs(desk, broker, qtbot):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    broker.faults.place.append(hang)
    stuck = desk.place()
    qtbot.waitUntil(lambda: len(broker.sent("POST")) == 2)
    cancel = desk.desk.cancel(desk.desk.intent(key).order_id)
    qtbot.waitUntil(lambda: desk.state(cancel.client_order_id) is S.CANCELED)
    assert broker.sent("DELETE") == [b""]
    qtbot.waitUntil(lambda: desk.state(stuck) is S.UNKNOWN)


@impatient
def test_an_order_that_waited_too_long_behind_another_is_not_sent_at_an_old_price(
    desk, broker, qtbot, monkeypatch
):
    """What got no answer takes seconds to be given up; a price is not worth that much."""
    broker.faults.place.append(hang)
    stuck = desk.place()
    qtbot.waitUntil(lambda: broker.sent("POST") != [])
    monkeypatch.setattr(departure, "LONGEST_WAIT_S", 1.0)  # a twentieth of that, by the desk's clock
    behind = desk.place()
    qtbot.waitUntil(lambda: desk.state(behind) is S.NEVER_SENT)
    assert desk.state(stuck) is S.UNKNOWN
    assert "waited too long" in desk.desk.intent(behind).reason
    assert desk.states(behind) == [S.DRAFT, S.NEVER_SENT]
    assert len(broker.sent("POST")) == 1


@impatient
@pytest.mark.parametrize("fault", [accept_and_lose, accept_and_hang, accept_and_fail])
def test_a_cancel_whose_answer_is_lost_is_unknown_until_the_order_says_so(desk, broker, qtbot, fault):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    broker.sends_events = False
    broker.faults.cancel.append(fault)
    cancel = desk.desk.cancel(desk.desk.intent(key).order_id).client_order_id
    qtbot.waitUntil(lambda: desk.state(cancel) is S.CANCELED)
    assert S.UNKNOWN in desk.states(cancel)
    assert desk.state(key) is S.CANCELED
    assert len(broker.sent("DELETE")) == 1


def test_a_cancel_that_never_arrived_leaves_the_order_open_and_may_be_asked_again(desk, broker, qtbot):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    order_id = desk.desk.intent(key).order_id
    broker.faults.cancel.append(lose)
    first = desk.desk.cancel(order_id).client_order_id
    qtbot.waitUntil(lambda: desk.state(first) is S.UNKNOWN)
    qtbot.waitUntil(lambda: len(broker.sent("GET", f"/v2/orders/{order_id}")) >= 2)
    assert desk.state(first) is S.UNKNOWN
    second = desk.desk.cancel(order_id).client_order_id
    assert second != first
    qtbot.waitUntil(lambda: desk.state(second) is S.CANCELED and desk.state(first) is S.CANCELED)


@impatient
@pytest.mark.parametrize("fault", [accept_and_lose, accept_and_hang, accept_and_fail])
def test_a_replacement_whose_answer_is_lost_is_found_by_its_own_id(desk, broker, qtbot, fault):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    broker.sends_events = False
    broker.faults.replace.append(fault)
    old = desk.desk.intent(key).order_id
    replacement = desk.desk.replace(ReplaceRequest(order_id=old, qty=Decimal(20))).client_order_id
    qtbot.waitUntil(lambda: desk.state(replacement) is S.WORKING)
    assert S.UNKNOWN in desk.states(replacement)
    assert len(broker.sent("PATCH")) == 1


def test_a_replacement_the_broker_refuses_leaves_the_old_order_as_it_is(desk, broker, qtbot):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    broker.faults.replace.append(refuse(422, "unable to replace order in current state"))
    old = desk.desk.intent(key).order_id
    replacement = desk.desk.replace(ReplaceRequest(order_id=old, qty=Decimal(20))).client_order_id
    qtbot.waitUntil(lambda: desk.state(replacement) is S.REFUSED)
    qtbot.waitUntil(lambda: broker.sent("GET", f"/v2/orders/{old}") != [])
    assert desk.state(key) is S.WORKING


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (refuse(404, "order not found"), S.REFUSED),
        (refuse(422, "order is not cancelable"), S.REFUSED),
        (refuse(429, "too many requests"), S.REFUSED),
        (refuse(403, "forbidden."), S.REFUSED),
    ],
)
def test_an_explicit_refusal_ends_a_cancel(desk, broker, qtbot, fault, state):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    broker.faults.cancel.append(fault)
    cancel = desk.desk.cancel(desk.desk.intent(key).order_id).client_order_id
    qtbot.waitUntil(lambda: desk.state(cancel) is state)
    assert desk.state(key) is S.WORKING


def test_asking_again_asks_now_and_never_about_what_is_settled(desk, broker, qtbot):
    broker.faults.place.append(lose)
    lost = desk.place()
    qtbot.waitUntil(lambda: desk.state(lost) is S.UNKNOWN)
    broker.faults.place.append(refuse(403, "no"))
    refused = desk.place()
    qtbot.waitUntil(lambda: desk.state(refused) is S.REFUSED)
    asked = len(broker.sent("GET", "/v2/orders:by_client"))
    desk.desk.look_up(lost)
    desk.desk.look_up(refused)
    desk.desk.look_up("nobody's")
    qtbot.waitUntil(lambda: len(broker.sent("GET", "/v2/orders:by_client")) > asked)
    assert not [path for _, path, _ in broker.requests if path.endswith(f"client_order_id={refused}")]


FAULTS = [accept, hang, lose, late, *ACCEPTED, refuse(403, "no"), refuse(500, "oops"), refuse(429, "slow")]


def test_whatever_happens_to_many_orders_each_was_sent_once_and_ends_as_the_broker_says(desk, broker, qtbot):
    """Every pair of faults in a row; then the broker recovers and everything that it has is found."""
    pairs = list(itertools.product(FAULTS, repeat=2))
    faults = [fault for pair in pairs[::3] for fault in pair]
    broker.faults.place.extend(fault for fault in faults if fault not in (hang, accept_and_hang, late))
    count = len(broker.faults.place)
    keys = [desk.place() for _ in range(count)]
    qtbot.waitUntil(lambda: len(broker.sent("POST")) == count)
    answered = {S.WORKING, S.REFUSED, S.UNKNOWN}
    qtbot.waitUntil(lambda: all(desk.state(key) in answered for key in keys))
    desk.desk.reconcile()
    has = {key for key in keys if broker.order_of(key) is not None}
    qtbot.waitUntil(lambda: all(desk.state(key) is S.WORKING for key in has))
    assert {desk.state(key) for key in keys if key not in has} <= {S.UNKNOWN, S.REFUSED}
    assert len(broker.sent("POST")) == count


@impatient
def test_stopping_while_an_order_hangs_is_quick_and_leaves_it_to_the_next_start(make_desk, broker, qtbot):
    first = make_desk().open(qtbot)
    broker.faults.place.append(hang)
    key = first.place()
    qtbot.waitUntil(lambda: len(broker.sent("POST")) == 1)
    first.stop()
    again = make_desk(run=2).open(qtbot)
    assert again.state(key) is S.UNKNOWN
