"""The table of an intent's moves: every pair, and every life that evidence can lead."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from core.domain.environment import Environment
from core.domain.intent import CORRECTIONS, MOVES, IllegalMove, Intent, IntentKind, IntentState
from core.domain.order import OrderStatus
from tests.core.builders import order

S = IntentState

# Written out by hand from threat model section 6, so that a slip in the code's own table shows.
ALLOWED = {
    (S.DRAFT, S.JOURNALED),
    (S.DRAFT, S.NEVER_SENT),
    (S.JOURNALED, S.SENT),
    (S.JOURNALED, S.UNKNOWN),
    (S.JOURNALED, S.NEVER_SENT),
    (S.JOURNALED, S.WORKING),
    (S.JOURNALED, S.FILLED),
    (S.JOURNALED, S.CANCELED),
    (S.JOURNALED, S.EXPIRED),
    (S.JOURNALED, S.REPLACED),
    (S.JOURNALED, S.REFUSED),
    (S.SENT, S.UNKNOWN),
    (S.SENT, S.NEVER_SENT),
    (S.SENT, S.WORKING),
    (S.SENT, S.FILLED),
    (S.SENT, S.CANCELED),
    (S.SENT, S.EXPIRED),
    (S.SENT, S.REPLACED),
    (S.SENT, S.REFUSED),
    (S.UNKNOWN, S.UNKNOWN),
    (S.UNKNOWN, S.WORKING),
    (S.UNKNOWN, S.FILLED),
    (S.UNKNOWN, S.CANCELED),
    (S.UNKNOWN, S.EXPIRED),
    (S.UNKNOWN, S.REPLACED),
    (S.UNKNOWN, S.REFUSED),
    (S.WORKING, S.WORKING),
    (S.WORKING, S.FILLED),
    (S.WORKING, S.CANCELED),
    (S.WORKING, S.EXPIRED),
    (S.WORKING, S.REPLACED),
    (S.WORKING, S.REFUSED),
}
SETTLED = {S.FILLED, S.CANCELED, S.EXPIRED, S.REPLACED, S.REFUSED, S.NEVER_SENT}


def an_intent(state: IntentState = S.DRAFT) -> Intent:
    return Intent(
        client_order_id="bw-1",
        kind=IntentKind.PLACE,
        environment=Environment.PAPER,
        account_id="a",
        symbol="NVDA",
        body=b"{}",
        state=state,
        created_ns=1,
        since_ns=1,
    )


@pytest.mark.parametrize("before", S)
def test_every_pair_of_states_is_allowed_or_an_error(before):
    intent = an_intent(before)
    for after in S:
        if (before, after) in ALLOWED:
            assert intent.moved_to(after, at_ns=5).state is after
        else:
            with pytest.raises(IllegalMove):
                intent.moved_to(after, at_ns=5)


def test_the_table_has_every_state():
    assert set(MOVES) == set(S)


@pytest.mark.parametrize("state", S)
def test_settled_means_that_no_move_is_left(state):
    assert state.is_settled == (state in SETTLED)
    assert state.is_settled == (not MOVES[state])


def test_unknown_never_ends_as_never_sent():
    assert S.NEVER_SENT not in MOVES[S.UNKNOWN]


def test_a_move_keeps_the_id_the_body_and_the_account():
    moved = an_intent(S.SENT).moved_to(S.WORKING, at_ns=9, order_id="o-1")
    assert (moved.client_order_id, moved.body, moved.account_id) == ("bw-1", b"{}", "a")
    assert (moved.since_ns, moved.order_id) == (9, "o-1")


def test_staying_in_a_state_does_not_restart_its_age():
    assert an_intent(S.UNKNOWN).moved_to(S.UNKNOWN, at_ns=99).since_ns == 1


@pytest.mark.parametrize("status", OrderStatus)
def test_any_order_the_broker_shows_ends_the_unknown(status):
    after = an_intent(S.UNKNOWN).after_order(order(status=status), at_ns=3)
    assert after.state not in {S.UNKNOWN, S.NEVER_SENT}
    assert after.state.is_settled == status.is_final


@pytest.mark.parametrize("state", sorted(SETTLED))
def test_an_order_that_shows_itself_outranks_whatever_was_believed(state):
    for status in OrderStatus:
        after = an_intent(state).after_order(order(status=status), at_ns=3)
        assert after.order_id == "o-1"
        assert after.state.is_settled == status.is_final
        assert after.state is not S.NEVER_SENT


@pytest.mark.parametrize("state", S)
def test_only_an_order_leads_back_from_an_end(state):
    assert (state in CORRECTIONS) == (state in SETTLED)
    for after in CORRECTIONS.get(state, ()):
        with pytest.raises(IllegalMove):
            an_intent(state).moved_to(after, at_ns=3)


def test_a_refusal_after_acceptance_keeps_the_brokers_reason():
    refused = order(status=OrderStatus.REJECTED, reject_reason="halted")
    assert an_intent(S.WORKING).after_order(refused, at_ns=3).reason == "halted"


def test_the_terms_are_those_of_the_body():
    assert replace(an_intent(), body=b'{"order_class":"bracket"}').terms == {"order_class": "bracket"}
    assert replace(an_intent(), body=b"").terms == {}


class AnIntentsLife(RuleBasedStateMachine):
    """Whatever is tried in whatever order, an intent never forgets, and was never unsent once it was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.intent = an_intent()
        self.now = 1
        self.was_sent = False

    @rule(state=st.sampled_from(S))
    def tries_a_move(self, state: IntentState) -> None:
        self.now += 1
        before = self.intent
        try:
            self.intent = before.moved_to(state, at_ns=self.now)
        except IllegalMove:
            assert (before.state, state) not in ALLOWED
        else:
            assert (before.state, state) in ALLOWED

    @rule(status=st.sampled_from(OrderStatus))
    def the_broker_shows_the_order(self, status: OrderStatus) -> None:
        self.now += 1
        self.intent = self.intent.after_order(order("o-9", status=status), at_ns=self.now)

    @invariant()
    def is_still_the_same_intent(self) -> None:
        assert self.intent.client_order_id == "bw-1"
        assert self.intent.created_ns == 1
        assert self.intent.since_ns <= self.now

    @invariant()
    def is_never_called_unsent_once_its_fate_was_unknown(self) -> None:
        self.was_sent = self.was_sent or self.intent.state in {S.UNKNOWN, S.WORKING}
        assert not (self.was_sent and self.intent.state is S.NEVER_SENT)


TestAnIntentsLife = AnIntentsLife.TestCase
