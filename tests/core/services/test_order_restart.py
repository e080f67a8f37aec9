"""The next start: what the last run left open is looked up before anything new may be sent."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from core.domain.environment import Environment
from core.domain.intent import IntentState
from core.domain.trading_block import TradingBlock
from core.store.journal import Journal
from tests.core.builders import account
from tests.fakes.broker import accept_and_babble, accept_and_lose, hang, lose, refuse

S = IntentState
ROOT = Path(__file__).parents[3]


def test_an_intent_whose_answer_never_came_is_found_by_the_next_run(make_desk, broker, qtbot, impatient):
    broker.sends_events = False
    first = make_desk().open(qtbot)
    broker.faults.place.append(accept_and_lose)
    broker.faults.look_up.extend([lose] * 100)
    key = first.place()
    qtbot.waitUntil(lambda: first.state(key) is S.UNKNOWN)
    first.stop()
    broker.faults.look_up.clear()
    again = make_desk(run=2)
    again.desk.start()
    qtbot.waitUntil(lambda: again.state(key) is S.WORKING)
    assert again.blocks == []
    again.desk.reconcile()
    qtbot.waitUntil(lambda: again.blocks == [TradingBlock.NONE])
    assert len(broker.sent("POST")) == 1
    assert again.desk.is_own(again.desk.orders[again.desk.intent(key).order_id])


def test_trading_waits_until_the_broker_was_asked_about_every_open_intent(
    make_desk, broker, qtbot, impatient
):
    first = make_desk().open(qtbot)
    broker.faults.place.extend([lose, lose])
    keys = [first.place(), first.place()]
    qtbot.waitUntil(lambda: all(first.state(key) is S.UNKNOWN for key in keys))
    first.stop()
    broker.faults.look_up.extend([lose, accept_and_babble, refuse(500, "internal"), refuse(429, "slow")])
    asked_before = len(broker.sent("GET", "/v2/orders:by_client"))
    again = make_desk(run=2)
    again.desk.start()
    again.desk.reconcile()
    qtbot.waitUntil(lambda: again.desk.trading_block is TradingBlock.NONE)
    assert len(broker.sent("GET", "/v2/orders:by_client")) - asked_before >= 6
    assert {again.state(key) for key in keys} == {S.UNKNOWN}
    assert len(broker.sent("POST")) == 2


def test_hundreds_of_working_orders_are_no_storm_and_hold_nothing_up(make_desk, broker, qtbot):
    first = make_desk().open(qtbot)
    keys = [first.place() for _ in range(200)]
    qtbot.waitUntil(lambda: all(first.state(key) is S.WORKING for key in keys))
    first.stop()
    again = make_desk(run=2).open(qtbot)
    assert {again.state(key) for key in keys} == {S.WORKING}
    assert len(broker.sent("GET", "/v2/orders:by_client")) < 20


def test_a_working_order_that_filled_meanwhile_is_known_at_the_start(make_desk, broker, qtbot):
    first = make_desk().open(qtbot)
    key = first.place()
    qtbot.waitUntil(lambda: first.state(key) is S.WORKING)
    order_id = first.desk.intent(key).order_id
    first.stop()
    broker.fill(order_id)
    again = make_desk(run=2).open(qtbot)
    assert again.state(key) is S.FILLED
    again.stop()
    third = make_desk(run=3).open(qtbot)
    assert third.desk.intent(key) is None
    assert third.desk.is_own(third.desk.orders[order_id])


def test_a_cancel_that_was_under_way_is_known_at_the_start(make_desk, broker, qtbot, impatient):
    first = make_desk().open(qtbot)
    key = first.place()
    qtbot.waitUntil(lambda: first.state(key) is S.WORKING)
    broker.faults.cancel.append(hang)
    cancel = first.desk.cancel(first.desk.intent(key).order_id).client_order_id
    qtbot.waitUntil(lambda: broker.sent("DELETE") != [])
    first.stop()
    again = make_desk(run=2).open(qtbot)
    assert again.state(cancel) is S.UNKNOWN
    assert again.state(key) is S.WORKING
    broker.move(again.desk.intent(key).order_id, "canceled")
    qtbot.waitUntil(lambda: again.state(cancel) is S.CANCELED)


def test_nothing_is_sent_by_itself_at_the_start(make_desk, broker, qtbot, impatient):
    first = make_desk().open(qtbot)
    broker.faults.place.extend([lose, accept_and_lose])
    keys = [first.place(), first.place(), first.place()]
    qtbot.waitUntil(lambda: all(first.state(key) in (S.UNKNOWN, S.WORKING) for key in keys))
    first.stop()
    changes = [verb for verb, _, _ in broker.requests if verb != "GET"]
    make_desk(run=2).open(qtbot)
    assert [verb for verb, _, _ in broker.requests if verb != "GET"] == changes


def test_live_and_paper_keep_journals_of_their_own(make_desk, broker, qtbot, tmp_path):
    paper, live = make_desk(), make_desk(environment=Environment.LIVE, run=9)
    paper.open(qtbot)
    live.desk.unlock_live()
    live.open(qtbot)
    key = paper.place()
    qtbot.waitUntil(lambda: paper.state(key) is S.WORKING)
    assert live.desk.intent(key) is None
    paper.stop()
    live.stop()
    for environment, count in (("paper", 1), ("live", 0)):
        with sqlite3.connect(tmp_path / f"{environment}.sqlite") as database:
            assert database.execute("SELECT count(*) FROM intent").fetchone() == (count,)
        database.close()


CHILD = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from core.domain.environment import Environment
from core.domain.grant import Grant
from core.domain.order import OrderType, Side
from core.domain.request import OrderRequest
from core.domain.secret import Secret
from core.domain.trading_block import TradingBlock
from core.services.broker_link import BrokerLink
from core.services.clock import SystemClock
from core.services.order_sender import OrderSender
from core.services.orders import OrderDesk
from tests.core.builders import account, profile
from core.domain.profile import Endpoints
from decimal import Decimal

url, journal = sys.argv[1:]
app = QCoreApplication([])
known = profile(endpoints={Environment.PAPER: Endpoints(trading_url=url, stream_url="ws://127.0.0.1:9")})
link = BrokerLink(known, Environment.PAPER, Secret("t"), user_agent="x")
sender = OrderSender(link.transport, Path(journal), account_id=account().id, environment=Environment.PAPER)
numbers = iter(range(10_000))
desk = OrderDesk(link, sender, SystemClock(), grant=Grant(token=Secret("t"), scopes=frozenset({"trading"})),
    account=account(), new_id=lambda: f"bw-{next(numbers)}")

def go(block):
    if block is TradingBlock.NONE:
        for _ in range(400):
            desk.place(OrderRequest(symbol="AAPL", side=Side.BUY, type=OrderType.LIMIT, qty=Decimal(1),
                limit_price=Decimal(1)))

desk.trading_block_changed.connect(go)
desk.start()
desk.reconcile()
app.exec()
"""


def test_a_program_killed_in_the_middle_sent_nothing_that_its_journal_does_not_know(
    make_desk, broker, qtbot, tmp_path
):
    path = tmp_path / "paper.sqlite"
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, broker.url, str(path)], cwd=ROOT, env=environment
    ) as child:
        qtbot.waitUntil(lambda: len(broker.sent("POST")) >= 25)
        child.kill()
    qtbot.waitUntil(lambda: broker.connections == 0)  # what it had sent before has arrived
    journal = Journal(path, account_id=account().id, environment=Environment.PAPER)
    known = journal.known_ids()
    journal.close()
    arrived = {order["client_order_id"] for order in broker.orders.values()}
    assert arrived <= known
    again = make_desk(run=2).open(qtbot)
    qtbot.waitUntil(lambda: all(again.state(key) is S.WORKING for key in arrived))
    assert len(broker.orders) == len(arrived)


@pytest.mark.expects_log("unreadable_order")
def test_an_order_that_cannot_be_read_does_not_keep_trading_closed(make_desk, broker, qtbot):
    desk = make_desk().open(qtbot)
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    desk.stop()
    broker.order_of(key)["filled_qty"] = "many"
    later = make_desk(run=2).open(qtbot)
    assert not later.desk.intent(key).state.is_settled
