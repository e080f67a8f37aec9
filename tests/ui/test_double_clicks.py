"""Nervous hands on the ticket, a real desk, journal and socket: one order for each that was meant."""

import itertools
import json
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.intent import IntentState
from tests.core.services.desk import Desk, buy
from tests.fakes.broker import Broker, accept_and_babble, accept_and_lose, refuse
from ui.panels.ticket_submission import Stage, Submission

ORDERS = 500


@pytest.fixture
def broker() -> Iterator[Broker]:
    double = Broker()
    yield double
    double.stop()


@pytest.fixture
def desk(qapp, broker, tmp_path: Path, qtbot) -> Iterator[Desk]:
    made = Desk(broker, tmp_path)
    yield made.open(qtbot)
    made.stop()


def press(submission: Submission, times: int) -> None:
    """A double click, or a key that repeats while it is held."""
    for _ in range(times):
        submission.send_at_once(buy())


def test_five_hundred_double_clicks_and_held_keys_are_five_hundred_orders(
    desk, broker, qtbot, tmp_path, figure
):
    submission = Submission(desk.desk)
    chance = random.Random(5)
    broker.faults.place.extend(
        itertools.chain.from_iterable(
            [accept_and_lose, accept_and_babble, refuse(403, "insufficient buying power")] for _ in range(5)
        )
    )
    for number in range(ORDERS):
        press(submission, 2 if number % 2 else chance.randint(3, 30))
        qtbot.waitUntil(lambda: submission.stage in (Stage.TAKEN, Stage.NOT_PLACED))
        press(submission, chance.randint(1, 3))  # late clicks at the result
        submission.start_another()
    sent = [json.loads(body)["client_order_id"] for body in broker.sent("POST")]
    desk.stop()
    with sqlite3.connect(tmp_path / "paper.sqlite") as database:
        (journaled,) = database.execute("SELECT count(*) FROM intent").fetchone()
    database.close()
    failures = abs(len(sent) - ORDERS) + len(sent) - len(set(sent)) + abs(journaled - ORDERS)
    detail = "double clicks and key repeats, 15 answers spoiled"
    figure("double_clicks_at_the_desk", ORDERS, failures, detail)
    assert failures == 0
    assert len(broker.orders) == ORDERS - 5
    assert {desk.state(key) for key in sent} == {IntentState.WORKING, IntentState.REFUSED}
