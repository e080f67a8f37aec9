"""One ticket, one order: whatever is clicked, held or answered."""

from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.intent import IntentState as S
from core.domain.order import OrderStatus, OrderType, Side
from core.domain.request import OrderRequest
from core.domain.trading_block import TradingBlock
from core.errors import StorageFailed
from core.services.orders import OrderDesk
from tests.fakes.services import FakeOrderDesk, order
from ui.panels.ticket_submission import Stage, Submission

REQUEST = OrderRequest(
    symbol="NVDA", side=Side.BUY, type=OrderType.LIMIT, qty=Decimal(20), limit_price=Decimal("182.40")
)


@pytest.fixture
def desk():
    return FakeOrderDesk()


@pytest.fixture
def submission(desk):
    return Submission(cast(OrderDesk, desk))


def sent(submission: Submission) -> None:
    assert submission.hold(REQUEST)
    assert submission.send()


def test_what_is_confirmed_is_sent_once(submission, desk):
    sent(submission)
    for _ in range(50):
        submission.send()
        submission.hold(REQUEST)
    assert desk.placed == [REQUEST]
    assert submission.stage is Stage.SENDING


def test_a_confirmation_that_is_dismissed_sends_nothing_and_arms_again(submission, desk):
    submission.hold(REQUEST)
    submission.release()
    assert submission.stage is Stage.EDITING
    assert not submission.send()
    assert desk.placed == []


def test_nothing_is_held_while_trading_is_blocked(submission, desk):
    desk.block(TradingBlock.NO_SCOPE)
    assert not submission.hold(REQUEST)


def test_an_incomplete_order_is_not_held(submission):
    assert not submission.hold(OrderRequest(symbol="NVDA", side=Side.BUY, type=OrderType.LIMIT, qty=None))


@pytest.mark.parametrize(
    ("states", "stage"),
    [
        ((S.JOURNALED,), Stage.SENDING),
        ((S.JOURNALED, S.SENT), Stage.SENDING),
        ((S.JOURNALED, S.SENT, S.UNKNOWN), Stage.UNKNOWN),
        ((S.JOURNALED, S.SENT, S.UNKNOWN, S.WORKING), Stage.TAKEN),
        ((S.JOURNALED, S.SENT, S.WORKING, S.FILLED), Stage.TAKEN),
        ((S.JOURNALED, S.SENT, S.REFUSED), Stage.NOT_PLACED),
        ((S.NEVER_SENT,), Stage.NOT_PLACED),
    ],
)
def test_the_stage_follows_the_evidence(submission, desk, states, stage):
    sent(submission)
    desk.answer(submission.intent, *states)
    assert submission.stage is stage


def test_an_edit_does_not_arm_a_ticket_whose_order_is_unresolved(submission, desk):
    sent(submission)
    desk.answer(submission.intent, S.JOURNALED, S.SENT, S.UNKNOWN)
    submission.note_edit()
    assert submission.stage is Stage.UNKNOWN
    assert not submission.hold(REQUEST)


def test_an_edit_arms_a_ticket_whose_order_is_settled(submission, desk):
    sent(submission)
    desk.answer(submission.intent, S.JOURNALED, S.SENT, S.WORKING)
    assert not submission.hold(REQUEST)
    submission.note_edit()
    assert submission.hold(REQUEST)


def test_going_on_leaves_the_unresolved_order_remembered_until_it_is_resolved(submission, desk):
    sent(submission)
    first = desk.answer(submission.intent, S.JOURNALED, S.SENT, S.UNKNOWN)
    submission.start_another()
    assert submission.left_behind == (REQUEST,)
    assert submission.stage is Stage.EDITING
    desk.answer(first, S.WORKING)
    assert submission.left_behind == ()
    assert submission.stage is Stage.EDITING


def test_an_order_that_the_journal_cannot_take_is_reported_as_not_placed(submission, desk):
    desk.failure = StorageFailed("The journal is full.", "Free some space.")
    submission.hold(REQUEST)
    assert not submission.send()
    assert submission.stage is Stage.NOT_PLACED
    assert submission.failure is desk.failure


def test_the_broker_is_asked_again_only_about_an_unknown_outcome(submission, desk):
    sent(submission)
    submission.look_up()
    assert desk.looked_up == []
    intent = desk.answer(submission.intent, S.JOURNALED, S.SENT, S.UNKNOWN)
    submission.look_up()
    assert desk.looked_up == [intent.client_order_id]


def test_the_order_is_known_as_soon_as_the_broker_names_it(submission, desk):
    sent(submission)
    working = order("o-9", status=OrderStatus.NEW)
    desk.answer(submission.intent, S.JOURNALED, S.SENT, S.WORKING, order=working)
    assert submission.order == working


ACTIONS = st.lists(
    st.sampled_from(["hold", "send", "release", "edit", "another", "unknown", "working", "refused"]),
    max_size=40,
)


@given(actions=ACTIONS)
@settings(max_examples=150, deadline=None)
def test_orders_never_outnumber_the_deliberate_steps_that_arm_the_ticket(actions):
    desk = FakeOrderDesk()
    submission = Submission(cast(OrderDesk, desk))
    armings = 1  # a new ticket is armed
    for action in actions:
        was_editing = submission.stage is Stage.EDITING
        match action:
            case "hold":
                submission.hold(REQUEST)
            case "send":
                submission.send()
            case "release":
                submission.release()
            case "edit":
                submission.note_edit()
            case "another":
                submission.start_another()
            case _ if submission.intent is not None and submission.intent.state in (S.DRAFT, S.UNKNOWN):
                state = {"unknown": S.UNKNOWN, "working": S.WORKING, "refused": S.REFUSED}[action]
                before = () if submission.intent.state is S.UNKNOWN else (S.JOURNALED, S.SENT)
                desk.answer(submission.intent, *before, state)
        if submission.stage is Stage.EDITING and not was_editing and action in ("edit", "another"):
            armings += 1
    assert len(desk.placed) <= armings
