"""The account's past: as much as is asked for, stopped when told, resumed where it stopped, kept here."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from core.domain.activity import Activity
from core.domain.environment import Environment
from core.domain.order import Order, OrderStatus
from core.domain.secret import Secret
from core.errors import AppError, StorageFailed
from core.protocol import activities, paging
from core.services import history_reader
from core.services.broker_link import BrokerLink
from core.services.history import ActivityFeed, OrderHistory
from core.services.history_reader import HistoryPhase
from core.services.history_shelf import HistoryShelf
from core.store.history import History
from tests.core.builders import order
from tests.fakes.past import PastBroker, order_json

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
PAGE = 5


class Past:
    """One run of the program, as far as its past goes."""

    def __init__(self, broker: PastBroker, path: Path) -> None:
        self.link = BrokerLink(broker.profile(), Environment.PAPER, Secret("t"), user_agent="test")
        self.shelf = HistoryShelf(path, account_id="a", environment=Environment.PAPER)
        self.orders = OrderHistory(self.link, self.shelf)
        self.activities = ActivityFeed(self.link, self.shelf)
        self.met: list[Order] = []
        self.entries: list[Activity] = []
        self.failures: list[AppError] = []
        self.orders.arrived.connect(lambda orders: self.met.extend(orders))
        self.activities.arrived.connect(lambda entries: self.entries.extend(entries))
        self.shelf.failed.connect(self.failures.append)
        self.is_running = True

    @property
    def ids(self) -> set[str]:
        return {met.id for met in self.met}

    def phase(self) -> HistoryPhase:
        return self.orders.reader.progress.phase

    def wait_for_disk(self, qtbot) -> None:
        """What was read is kept from now on; a stop drops what still waits to be written."""
        written: list[None] = []
        self.shelf.use(lambda _history: None, done=written.append)
        qtbot.waitUntil(lambda: bool(written))

    def stop(self) -> None:
        if self.is_running:
            self.is_running = False
            self.orders.stop()
            self.activities.stop()
            self.link.stop(lambda: None)
            self.shelf.stop()


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    monkeypatch.setattr(paging.OrderWalk.__init__, "__kwdefaults__", {"limit": PAGE})
    monkeypatch.setattr(paging.ActivityWalk.__init__, "__kwdefaults__", {"limit": PAGE})
    monkeypatch.setattr(history_reader, "PACE_MS", 0)


@pytest.fixture
def broker():
    double = PastBroker()
    double.orders = [order_json(n, text(NOON - timedelta(minutes=n))) for n in range(23)]
    double.activities = [{"id": f"{n:03d}::x", "activity_type": "DIV"} for n in range(23, 0, -1)]
    yield double
    double.stop()


@pytest.fixture
def make_past(qapp, broker, tmp_path):
    made = []

    def make(path=None):
        made.append(Past(broker, path or tmp_path / "history" / "paper-a.sqlite"))
        return made[-1]

    yield make
    for past in made:
        past.stop()


def text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def test_only_as_much_is_read_as_was_asked_for(make_past, broker, qtbot):
    past = make_past()
    past.orders.reader.read()
    qtbot.waitUntil(lambda: past.phase() is HistoryPhase.PAUSED)
    assert past.ids == {f"o-{n}" for n in range(PAGE)}
    assert len(broker.requests) == 1
    assert past.orders.reader.progress.reached == NOON - timedelta(minutes=PAGE - 1)


def test_all_of_it_is_read_when_that_is_asked_for(make_past, qtbot):
    past = make_past()
    past.orders.reader.read_all()
    qtbot.waitUntil(lambda: past.phase() is HistoryPhase.COMPLETE)
    assert past.ids == {f"o-{n}" for n in range(23)}
    assert past.orders.reader.progress.count == 23


def test_a_pause_is_heard_at_once_and_reading_goes_on_from_there(make_past, broker, qtbot):
    past = make_past()
    past.orders.reader.arrived.connect(lambda _: past.orders.reader.pause())
    past.orders.reader.read_all()
    qtbot.waitUntil(lambda: past.phase() is HistoryPhase.PAUSED)
    seen = len(past.met)
    assert seen == PAGE
    past.orders.reader.arrived.disconnect()
    past.orders.reader.arrived.connect(lambda orders: past.met.extend(orders))
    past.orders.reader.read_all()
    qtbot.waitUntil(lambda: past.phase() is HistoryPhase.COMPLETE)
    assert past.ids == {f"o-{n}" for n in range(23)}
    assert len(past.met) <= 23 + 23 // (PAGE - 1) + 2  # only the orders at the edges of windows come twice


def test_the_next_run_shows_what_is_kept_and_asks_only_for_what_is_missing(make_past, broker, qtbot):
    first = make_past()
    first.orders.reader.read_all()
    qtbot.waitUntil(lambda: first.phase() is HistoryPhase.COMPLETE)
    first.wait_for_disk(qtbot)
    first.stop()
    broker.orders = [
        order_json(100 + n, text(NOON + timedelta(minutes=9 - n))) for n in range(9)
    ] + broker.orders
    broker.requests.clear()
    second = make_past()
    second.orders.reader.read()
    qtbot.waitUntil(lambda: second.phase() is HistoryPhase.COMPLETE)
    assert second.ids == {f"o-{n}" for n in (*range(23), *range(100, 109))}
    assert len(broker.requests) <= 4  # the nine new ones in windows of five, not the 23 known ones


def test_a_gap_between_two_runs_is_closed_though_only_one_page_was_asked_for(make_past, broker, qtbot):
    first = make_past()
    first.orders.reader.read()
    qtbot.waitUntil(lambda: first.phase() is HistoryPhase.PAUSED)
    first.wait_for_disk(qtbot)
    first.stop()
    broker.orders = [
        order_json(100 + n, text(NOON + timedelta(minutes=40 - n))) for n in range(40)
    ] + broker.orders
    second = make_past()
    second.orders.reader.read()
    qtbot.waitUntil(lambda: second.phase() is HistoryPhase.PAUSED)
    assert second.ids >= {f"o-{n}" for n in (*range(PAGE), *range(100, 140))}
    assert second.orders.reader.progress.reached <= NOON - timedelta(minutes=PAGE - 1)


def test_a_broker_that_wants_fewer_requests_is_waited_for(make_past, broker, qtbot):
    broker.refusals.append(web.Response(status=429, headers={"Retry-After": "1"}))
    past = make_past()
    phases = []
    past.orders.reader.progress_changed.connect(lambda progress: phases.append(progress.phase))
    past.orders.reader.read()
    qtbot.waitUntil(lambda: past.phase() is HistoryPhase.PAUSED)
    assert HistoryPhase.WAITING in phases
    assert past.ids


def test_a_refusal_ends_the_reading_with_the_brokers_reason(make_past, broker, qtbot):
    broker.refusals.append(web.json_response({"code": 40310000, "message": "forbidden."}, status=403))
    past = make_past()
    past.orders.reader.read()
    qtbot.waitUntil(lambda: past.phase() is HistoryPhase.FAILED)
    assert "forbidden." in past.orders.reader.progress.error.headline
    past.orders.reader.read()
    qtbot.waitUntil(lambda: past.phase() is HistoryPhase.PAUSED)


def test_a_history_that_cannot_be_kept_is_shown_all_the_same_and_told_once(make_past, tmp_path, qtbot):
    (tmp_path / "occupied").write_text("a file where a folder should be")
    past = make_past(tmp_path / "occupied" / "paper-a.sqlite")
    past.orders.reader.read_all()
    qtbot.waitUntil(lambda: past.phase() is HistoryPhase.COMPLETE)
    assert len(past.ids) == 23
    assert [type(failure) for failure in past.failures] == [StorageFailed]


def test_what_the_desk_learns_is_kept(make_past, qtbot, tmp_path):
    past = make_past()
    past.orders.take_orders((order("live"), order("live", status=OrderStatus.FILLED)))
    kept: list[Order] = []
    path = tmp_path / "history" / "paper-a.sqlite"

    def is_kept():
        past.shelf.use(lambda history: history.orders((), 9)[0], done=kept.extend)
        return bool(kept)

    qtbot.waitUntil(is_kept)
    assert kept[0].status is OrderStatus.FILLED
    assert path.exists()


def test_an_order_that_ended_unseen_is_read_again(make_past, broker, qtbot, tmp_path):
    path = tmp_path / "history" / "paper-a.sqlite"
    history = History(path, account_id="a", environment=Environment.PAPER)
    history.put_orders([order("o-3"), order("o-4"), order("listed")])
    history.close()
    past = make_past()
    past.orders.check_open({"listed"})
    qtbot.waitUntil(lambda: past.ids == {"o-3", "o-4"})
    assert {met.status for met in past.met} == {OrderStatus.FILLED}


def test_activities_are_paged_kept_and_caught_up_with(make_past, broker, qtbot):
    past = make_past()
    reader = past.activities.reader
    reader.read_all()
    qtbot.waitUntil(lambda: reader.progress.phase is HistoryPhase.COMPLETE)
    assert [entry.id for entry in past.entries] == [row["id"] for row in broker.activities]
    broker.activities.insert(0, {"id": "024::x", "activity_type": "FILL"})
    reader.catch_up()
    qtbot.waitUntil(lambda: past.entries[-PAGE].id == "024::x")
    past.wait_for_disk(qtbot)
    past.stop()
    again = make_past()
    again.activities.reader.read()
    qtbot.waitUntil(lambda: again.activities.reader.progress.phase is HistoryPhase.COMPLETE)
    assert len({entry.id for entry in again.entries}) == 24
    assert activities.MAX_ACTIVITIES == 100


def test_an_export_is_written_beside_the_gui_thread_and_told(make_past, qtbot, tmp_path):
    past = make_past()
    with qtbot.waitSignal(past.activities.exported) as told:
        past.activities.export(tmp_path / "a.csv", (Activity(id="1", type="DIV"),))
    assert (told.args[0].count, told.args[0].path) == (1, tmp_path / "a.csv")
    with qtbot.waitSignal(past.activities.export_failed) as failed:
        past.activities.export(tmp_path / "gone" / "a.csv", ())
    assert isinstance(failed.args[0], StorageFailed)
