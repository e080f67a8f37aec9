import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from core.domain.connection import LogLine, StreamName
from tests.ui.scene import on_screen, reference_session
from ui.models.stream_log import SUMMARY
from ui.panels.stream import StreamPanel


def line(number: int, stream: StreamName = StreamName.QUOTES) -> LogLine:
    return LogLine(at_ns=number, stream=stream, kind="quote", symbol="NVDA", summary=f"number {number}")


@pytest.fixture
def session(qapp):
    return reference_session()


@pytest.fixture
def panel(theme, qtbot, session):
    with on_screen(StreamPanel(theme), qtbot, session, 1152, 322) as panel:
        yield panel


def last(panel: StreamPanel) -> str:
    return panel.model.cell(panel.model.rowCount() - 1, SUMMARY).text


def is_at_bottom(panel: StreamPanel) -> bool:
    bar = panel.view.verticalScrollBar()
    return bar.value() == bar.maximum()


def test_it_starts_with_what_was_logged_and_follows_the_newest_line(panel, session, qtbot):
    assert panel.model.rowCount() == 60
    session.log.show(line(1), line(2))
    assert last(panel) == "number 2"
    qtbot.waitUntil(lambda: is_at_bottom(panel))
    assert panel.counter.text() == "62 events"


def test_scrolled_up_it_does_not_run_away(panel, session, qtbot):
    panel.view.scrollToTop()
    session.log.show(*(line(i) for i in range(50)))
    assert panel.view.verticalScrollBar().value() == 0


def test_pause_holds_lines_back_and_counts_them(panel, session, qtbot):
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_Space)
    session.log.show(line(1), line(2), line(3))
    assert panel.counter.text() == "Paused · 3 new"
    assert panel.pause.accessibleName() == "Go on"
    qtbot.keyClick(panel.view, Qt.Key.Key_Space)
    assert last(panel) == "number 3"


def test_streams_and_text_can_be_filtered(panel, session, qtbot):
    panel.streams[StreamName.QUOTES].setChecked(False)
    session.log.show(line(1), line(2, StreamName.ORDERS), line(3, StreamName.COINS))
    assert last(panel) == "number 2"
    qtbot.keyClicks(panel.filter, "nothing like it")
    assert not panel.view.isVisible()
    assert panel.empty.text == "No event passes the filter."


def test_selected_lines_are_copied_as_text(panel, session, qtbot):
    session.log.show(line(1), line(2))
    count = panel.model.rowCount()
    panel.view.setFocus()
    panel.view.selectRow(count - 1)
    qtbot.keyClick(panel.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().endswith("\tNVDA\tnumber 2")
    assert "\n" not in QGuiApplication.clipboard().text()
    panel.view.clearSelection()
    panel.copy.click()
    assert len(QGuiApplication.clipboard().text().splitlines()) == count


def test_what_was_only_counted_is_said(panel, session):
    session.log.dropped = 1_234
    session.log.show(line(1))
    assert panel.counter.text() == "61 events · 1,234 not listed"


def test_an_activated_line_chooses_its_symbol(panel, session, qtbot):
    session.log.show(line(1))
    with qtbot.waitSignal(panel.symbol_chosen) as chosen:
        panel.view.row_activated.emit(panel.model.key_at(panel.model.rowCount() - 1))
    assert chosen.args == ["NVDA"]


def test_unbound_it_shows_nothing_and_hears_nothing(panel, session):
    panel.unbind()
    session.log.show(line(1))
    assert panel.model.rowCount() == 0


def test_lines_that_came_before_it_was_made_and_that_nobody_kept_are_counted(theme, qtbot, session):
    session.log.count += 100
    with on_screen(StreamPanel(theme), qtbot, session, 1152, 322) as panel:
        assert panel.counter.text() == f"{len(session.log.lines) + 100} events"
