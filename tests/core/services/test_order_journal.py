"""The desk on a journal that fails and comes back, and what it writes beside the intents."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from core.domain.intent import IntentState
from core.domain.timeline import Moment
from core.domain.trading_block import TradingBlock
from core.errors import NotPermitted, StorageFailed
from core.services import journal_watch, order_timing
from tests.core.services.desk import Desk
from tests.fakes.broker import lose

S = IntentState


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is tried again soon."""
    monkeypatch.setattr(journal_watch, "PROBE_MS", 20)


class FullDisk:
    """Takes nothing until there is room."""

    def __init__(
        self,
        desk: Desk,
        monkeypatch: pytest.MonkeyPatch,
        *names: str,
    ) -> None:
        self.is_full = True
        for name in names or ("record", "record_again", "update", "note_moments", "probe"):
            monkeypatch.setattr(
                desk.order_sender._journal, name, self._or_fail(getattr(desk.order_sender._journal, name))
            )

    def _or_fail(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def tried(*args: Any, **options: Any) -> Any:
            if self.is_full:
                raise StorageFailed("The order journal could not be written, so nothing was sent.")
            return write(*args, **options)

        return tried


@pytest.mark.usefixtures("soon")
def test_a_full_disk_turns_sending_off_with_its_reason_and_room_turns_it_on(desk, broker, qtbot, monkeypatch):
    disk = FullDisk(desk, monkeypatch)
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.NEVER_SENT)
    assert desk.desk.trading_block is TradingBlock.JOURNAL_FAILED
    with pytest.raises(NotPermitted):
        desk.place()
    assert "nothing was sent" in desk.desk.intent(key).reason
    assert broker.sent("POST") == []
    disk.is_full = False
    qtbot.waitUntil(lambda: desk.blocks[-1] is TradingBlock.NONE)
    again = desk.place()
    qtbot.waitUntil(lambda: desk.state(again) is S.WORKING)


def test_a_journal_whose_end_is_missing_is_told_and_trades(make_desk, broker, qtbot, tmp_path):
    (tmp_path / "paper.sqlite").write_bytes(b"")
    desk = make_desk().open(qtbot)
    assert [error.headline for error in desk.journal_errors] == ["The end of the order journal is missing."]
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)


def test_an_order_is_not_sent_once_the_journal_was_deleted_under_the_program(desk, broker, qtbot, tmp_path):
    (tmp_path / "paper.sqlite").unlink()
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.NEVER_SENT)
    assert broker.sent("POST") == []
    assert desk.desk.trading_block is TradingBlock.JOURNAL_FAILED


@pytest.mark.usefixtures("soon")
def test_what_became_of_an_order_is_written_once_the_disk_takes_it(
    make_desk, desk, broker, qtbot, monkeypatch
):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    disk = FullDisk(desk, monkeypatch)
    broker.fill(desk.desk.intent(key).order_id)
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: desk.blocks[-1] is TradingBlock.JOURNAL_FAILED)
    disk.is_full = False
    qtbot.waitUntil(lambda: desk.blocks[-1] is TradingBlock.NONE)
    desk.stop()
    with sqlite3.connect(desk.order_sender._path) as database:
        assert database.execute("SELECT state FROM intent").fetchall() == [("filled",)]
    database.close()


@pytest.mark.usefixtures("soon")
def test_an_order_that_never_left_is_no_riddle_to_the_next_start_although_the_disk_was_full_just_then(
    make_desk, desk, broker, qtbot, monkeypatch
):
    disk = FullDisk(desk, monkeypatch, "update", "probe")
    desk.link.transport.abort()  # from now on no byte leaves
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.NEVER_SENT)
    qtbot.waitUntil(lambda: desk.blocks[-1] is TradingBlock.JOURNAL_FAILED)
    disk.is_full = False
    qtbot.waitUntil(lambda: desk.blocks[-1] is TradingBlock.NONE)
    desk.stop()
    next_start = make_desk(run=2).open(qtbot)
    assert next_start.desk.open_intents == ()
    assert broker.sent("POST") == []


def test_a_retry_is_in_the_journal_and_survives_the_run(make_desk, broker, qtbot, impatient):
    first = make_desk().open(qtbot)
    broker.faults.place.extend([lose, lose])
    key = first.place()
    qtbot.waitUntil(lambda: first.desk.may_retry(key))
    first.desk.retry(key)
    qtbot.waitUntil(lambda: len(broker.sent("POST")) == 2)
    assert len(set(broker.sent("POST"))) == 1
    qtbot.waitUntil(lambda: first.desk.may_retry(key))
    first.stop()
    again = make_desk(run=2).open(qtbot)
    assert (again.state(key), again.desk.intent(key).sendings) == (S.UNKNOWN, 2)
    qtbot.waitUntil(lambda: again.desk.may_retry(key))
    again.desk.retry(key)
    qtbot.waitUntil(lambda: again.state(key) is S.WORKING)
    assert (len(broker.sent("POST")), len(broker.orders)) == (3, 1)


def test_every_moment_of_an_order_is_recorded_in_its_order(desk, broker, qtbot, monkeypatch):
    monkeypatch.setattr(order_timing, "WRITE_AFTER_MS", 20)
    key = desk.place()
    timing = desk.desk.timing
    timing.painted(key)
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    assert Moment.PAINTED not in timing.timeline(key).at_ns
    timing.painted(key)
    line = timing.timeline(key)
    passed = [moment for moment in Moment if moment is not Moment.HEARD]
    assert set(line.at_ns) == set(passed)
    assert [line.at_ns[moment] for moment in passed] == sorted(line.at_ns.values())
    assert timing.between(Moment.CLICKED, Moment.ANSWERED).count == 1
    assert timing.timelines() == (line,)
    qtbot.waitUntil(lambda: "painted" in desk.order_sender._journal.moments(key))
    written = desk.order_sender._journal.moments(key)
    assert written["clicked"] == 0
    assert written["journaled"] <= written["written"] <= written["first_byte"] <= written["answered"]
