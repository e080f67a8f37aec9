"""Whatever earlier runs left in the journal, a start reads and never sends (threat model O15)."""

import itertools
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.domain.environment import Environment
from core.domain.intent import Intent, IntentKind, IntentState
from core.domain.trading_block import TradingBlock
from core.errors import NotPermitted
from core.store.journal import Journal
from tests.core.builders import account
from tests.core.services.desk import Desk, buy

LEFT = [
    (state, kind, is_let_go, sendings)
    for state, kind in itertools.product(set(IntentState) - {IntentState.DRAFT}, IntentKind)
    for is_let_go, sendings in ((False, 1), (False, 3), (True, 2))
]


def write(folder: Path, environment: Environment, targets: list[str]) -> list[str]:
    """A journal with an intent of every state and kind, about orders that the broker has or has not."""
    path = folder / f"{environment.value}.sqlite"
    journal = Journal(path, account_id=account().id, environment=environment)
    keys = []
    for number, (state, kind, is_let_go, sendings) in enumerate(sorted(LEFT)):
        key = f"bw-old-{number}"
        intent = Intent(
            client_order_id=key,
            kind=kind,
            environment=environment,
            account_id=account().id,
            symbol="AAPL",
            body=b"" if kind is IntentKind.CANCEL else b'{"client_order_id": "%s"}' % key.encode(),
            state=IntentState.JOURNALED,
            created_ns=number + 1,
            since_ns=number + 1,
            target_order_id=None if kind is IntentKind.PLACE else targets[number % len(targets)],
        )
        journal.record(intent)
        for sending in range(2, sendings + 1):
            journal.record_again(replace(intent, sendings=sending), at_ns=sending)
        journal.update(replace(intent, state=state, is_let_go=is_let_go))
        keys.append(key)
    journal.close()
    return keys


def knows_all(run: Desk) -> bool:
    """Orders and positions were read, and every open intent was asked about."""
    return run.desk._journal.is_open and run.desk._investigation.is_ready


@pytest.mark.parametrize("environment", Environment)
def test_a_start_in_every_state_sends_nothing_by_itself(make_desk, broker, qtbot, tmp_path, environment):
    first = make_desk(environment=environment)
    first.desk.unlock_live()
    first.open(qtbot)
    placed = [first.place() for _ in range(4)]
    qtbot.waitUntil(lambda: all(first.state(key) is IntentState.WORKING for key in placed))
    targets = [first.desk.intent(key).order_id for key in placed]
    first.stop()
    (tmp_path / f"{environment.value}.sqlite").unlink()
    broker.fill(targets[0])
    broker.move(targets[1], "canceled")
    keys = write(tmp_path, environment, [*targets, "an-order-that-never-was"])
    before = len(broker.requests)

    again = make_desk(run=2, environment=environment)
    again.desk.start()
    again.desk.reconcile()
    qtbot.waitUntil(lambda: knows_all(again))
    left_open = {intent.client_order_id for intent in again.desk.open_intents}
    for _ in range(2):  # the stream goes away and comes back
        again.desk.hold()
        again.desk.reconcile()
        qtbot.waitUntil(lambda: knows_all(again))
    again.stop()

    assert left_open
    assert left_open <= set(keys)
    assert {verb for verb, _, _ in broker.requests[before:]} == {"GET"}


def test_an_account_that_was_never_unlocked_is_never_traded(make_desk, broker, qtbot):
    live = make_desk(environment=Environment.LIVE)
    live.desk.start()
    live.desk.reconcile()
    qtbot.waitUntil(lambda: knows_all(live))
    assert live.desk.trading_block is TradingBlock.LIVE_LOCKED
    with pytest.raises(NotPermitted):
        live.desk.place(buy())
    assert {verb for verb, _, _ in broker.requests} == {"GET"}
