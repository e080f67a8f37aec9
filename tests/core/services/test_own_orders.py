"""What the desk says of who placed an order: before the journal is read, after, and when it is refused."""

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from core.domain.environment import Environment
from core.domain.intent import IntentState
from core.domain.maker import Maker
from core.domain.trading_block import TradingBlock
from core.errors import StorageFailed
from core.store.journal import Journal
from tests.core.builders import account
from tests.core.golden import golden
from tests.core.services.desk import Desk, buy
from tests.fakes.broker import Broker

MINE, LOST = f"bw-{uuid.UUID(int=1)}", f"bw-{uuid.UUID(int=2)}"


@pytest.fixture
def earlier(make_desk, broker, qtbot):
    """The broker has three orders: of an earlier run, unknown to the journal, and foreign."""
    first = make_desk().open(qtbot)
    first.desk.place(buy(), client_order_id=MINE)
    qtbot.waitUntil(lambda: first.state(MINE) is IntentState.WORKING)
    first.stop()
    add_order(broker, LOST)
    add_order(broker, "of-another-program")


def add_order(broker: Broker, client_order_id: str) -> None:
    order_id = f"not-of-{client_order_id}"
    shown = {**golden("order"), "id": order_id, "client_order_id": client_order_id, "status": "new"}
    broker.orders[order_id] = shown


def makers(run: Desk) -> dict[str, Maker]:
    return {seen.client_order_id: run.desk.maker_of(seen) for seen in run.desk.orders.values()}


UNREAD = {MINE: Maker.UNDECIDED, LOST: Maker.UNDECIDED, "of-another-program": Maker.OTHER}
READ = {MINE: Maker.OURS, LOST: Maker.UNRECORDED, "of-another-program": Maker.OTHER}


@pytest.mark.usefixtures("earlier")
def test_nobody_is_named_before_the_journal_is_read_and_everybody_is_when_it_was(make_desk, qtbot):
    again = make_desk(run=2)
    told: list[dict[str, Maker]] = []
    again.desk.own_orders_known.connect(lambda: told.append(makers(again)))
    again.desk.reconcile()
    qtbot.waitUntil(lambda: len(again.desk.orders) == 3)
    assert (again.desk.knows_own_orders, makers(again)) == (False, UNREAD)
    again.desk.start()
    qtbot.waitUntil(lambda: again.desk.knows_own_orders)
    assert (told, makers(again)) == ([READ], READ)


def test_a_locked_live_account_hides_nothing_of_it(make_desk, broker, qtbot):
    add_order(broker, LOST)
    run = make_desk(environment=Environment.LIVE)
    run.desk.reconcile()
    qtbot.waitUntil(lambda: len(run.desk.orders) == 1)
    assert run.desk.trading_block is TradingBlock.LIVE_LOCKED
    assert makers(run) == {LOST: Maker.UNDECIDED}
    with qtbot.waitSignal(run.desk.own_orders_known):
        run.desk.start()
    assert run.desk.trading_block is TradingBlock.LIVE_LOCKED
    assert makers(run) == {LOST: Maker.UNRECORDED}


def damage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE intent SET symbol = 'MSFT'")


def make_anothers(path: Path) -> None:
    path.unlink()
    Journal(path, account_id="somebody-else", environment=Environment.PAPER).close()


def make_no_journal(path: Path) -> None:
    path.write_bytes(b"no database at all, and long enough to be taken for one" * 100)


@pytest.mark.usefixtures("earlier")
@pytest.mark.parametrize("spoil", [damage, make_anothers, make_no_journal])
def test_with_a_journal_that_is_refused_it_stays_unknown(make_desk, qtbot, tmp_path, spoil):
    spoil(tmp_path / "paper.sqlite")
    remains_unknown(make_desk(run=2), qtbot)


@pytest.mark.usefixtures("earlier")
def test_with_a_journal_that_another_program_has_it_stays_unknown(make_desk, qtbot, tmp_path):
    other = Journal(tmp_path / "paper.sqlite", account_id=account().id, environment=Environment.PAPER)
    remains_unknown(make_desk(run=2), qtbot)
    other.close()


@pytest.mark.usefixtures("earlier")
def test_with_a_journal_that_a_full_disk_does_not_let_open_it_stays_unknown(make_desk, qtbot, monkeypatch):
    def full(*_args: object, **_options: object) -> None:
        raise StorageFailed("The order journal could not be opened.", "Free disk space.")

    run = make_desk(run=2)
    monkeypatch.setattr(run.order_sender, "open", full)
    remains_unknown(run, qtbot)


def remains_unknown(run: Desk, qtbot) -> None:
    with qtbot.assertNotEmitted(run.desk.own_orders_known):
        run.desk.start()
        run.desk.reconcile()
        qtbot.waitUntil(lambda: len(run.desk.orders) == 3 and len(run.journal_errors) == 1)
    assert run.desk.trading_block is TradingBlock.JOURNAL_FAILED
    assert (run.desk.knows_own_orders, makers(run)) == (False, UNREAD)


@pytest.mark.usefixtures("earlier")
def test_a_disk_that_fails_later_makes_nobody_forget_what_was_read(make_desk, qtbot, monkeypatch):
    run = make_desk(run=2).open(qtbot)

    def full(*_args: object, **_options: object) -> None:
        raise StorageFailed("The order journal could not be written, so nothing was sent.")

    for name in ("record", "update", "note_moments", "probe"):
        monkeypatch.setattr(run.order_sender._journal, name, full)
    key = run.place()
    qtbot.waitUntil(lambda: run.state(key) is IntentState.NEVER_SENT)
    assert run.desk.trading_block is TradingBlock.JOURNAL_FAILED
    assert (run.desk.knows_own_orders, makers(run)) == (True, READ)
