"""The activity panel: reads when it is looked at, filters, exports what is shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QFileDialog

from core.domain.activity import Activity
from core.errors import Done, StorageFailed
from core.services.history import Exported
from core.services.history_reader import HistoryPhase
from tests.ui.scene import on_screen, reference_session
from ui.delegates.drawing import PADDING_PX
from ui.delegates.text import TextDelegate
from ui.models.activities import AMOUNT, SYMBOL, TIME
from ui.panels.activity import ActivityPanel

ENTRIES = (
    Activity(id="3::a", type="FILL", symbol="AAPL", side="buy", qty=Decimal(4), price=Decimal("189.4")),
    Activity(id="2::b", type="DIV", symbol="MSFT", net_amount=Decimal("12.5")),
    Activity(id="1::c", type="CSD", net_amount=Decimal(1000)),
)


@pytest.fixture
def session(qapp):
    return reference_session()


@pytest.fixture
def panel(theme, qtbot, session):
    with on_screen(ActivityPanel(theme), qtbot, session, 1152, 322) as panel:
        yield panel


def types(panel: ActivityPanel) -> list[str]:
    return [panel.types.itemText(place) for place in range(panel.types.count())]


def test_it_reads_once_it_is_seen(panel, session):
    assert session.activities.reader.asked == ["read"]
    assert panel.empty.text == "No activity yet. Fills, dividends, fees and transfers appear here."


def test_it_does_not_read_while_it_is_hidden(theme, qtbot, session):
    hidden = ActivityPanel(theme)
    qtbot.addWidget(hidden)
    hidden.bind(session)
    assert session.activities.reader.asked == []
    hidden.unbind()


def test_what_was_read_before_anybody_looked_is_listed_too(theme, qtbot, session):
    session.activities.entries = {entry.id: entry for entry in ENTRIES}
    with on_screen(ActivityPanel(theme), qtbot, session, 1152, 322) as late:
        assert [row.id for row in late.model.shown()] == ["3::a", "2::b", "1::c"]
        assert late.export.isEnabled()


def test_what_arrives_is_listed_and_its_types_are_offered_fills_first(panel, session):
    session.activities.arrived.emit(ENTRIES)
    assert panel.model.rowCount() == 3
    assert types(panel) == ["All types", "Fill", "Deposit", "Dividend"]
    panel.types.setCurrentIndex(1)
    assert [row.id for row in panel.model.shown()] == ["3::a"]
    session.activities.arrived.emit((Activity(id="0::d", type="FEE"),))
    assert panel.types.currentText() == "Fill"
    assert panel.model.rowCount() == 1


def test_nothing_that_matches_is_said_and_undone(panel, session, qtbot):
    session.activities.arrived.emit(ENTRIES)
    panel.search.setText("nothing like it")
    qtbot.waitUntil(lambda: panel.model.rowCount() == 0)
    assert panel.empty.text == "No activity matches."
    assert not panel.export.isEnabled()
    panel.empty.acted.emit()
    assert panel.model.rowCount() == 3


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_what_is_shown_is_exported_to_the_file_that_is_chosen(panel, session, qtbot, tmp_path):
    session.activities.arrived.emit(ENTRIES)
    panel.types.setCurrentIndex(3)
    panel.export.click()
    dialog = panel.file_dialog
    assert isinstance(dialog, QFileDialog)
    assert not dialog.testAttribute(Qt.WidgetAttribute.WA_ShowModal) or dialog.isVisible()
    dialog.setDirectory(str(tmp_path))
    dialog.selectNameFilter("JSON (*.json)")
    dialog.filterSelected.emit("JSON (*.json)")
    dialog.selectFile("mine")
    dialog.accept()
    assert session.activities.exports == [(tmp_path / "mine.json", (ENTRIES[1],))]
    assert panel.file_dialog is None


def test_what_became_of_an_export_is_told(panel, session, qtbot):
    session.activities.reader.show(
        HistoryPhase.PAUSED, count=3, reached=datetime(2026, 9, 1, 12).astimezone()
    )
    with qtbot.waitSignal(panel.noticed) as told:
        session.activities.exported.emit(Exported(path=Path("/x/mine.csv"), count=3))
    assert isinstance(told.args[0], Done)  # and not marked as a warning
    assert told.args[0].headline == "3 activities were written to mine.csv."
    assert told.args[0].remedy == "3 listed \u00b7 complete back to 2026-09-01"
    failure = StorageFailed("The file mine.csv could not be written: No space left on device.")
    with qtbot.waitSignal(panel.noticed) as told:
        session.activities.export_failed.emit(failure)
    assert told.args == [failure]


def test_a_panel_without_a_session_says_what_to_do(panel):
    panel.unbind()
    assert panel.empty.text == "Sign in to see the account's activity."
    assert not panel.export.isEnabled()


def test_amounts_stay_whole_where_coins_have_long_quantities(theme, qtbot, session):
    coin = Activity(
        id="9::z",
        type="FILL",
        at=datetime(2026, 11, 28, 12, tzinfo=UTC),
        symbol="SHIB/USD",
        side="buy",
        qty=Decimal("5623126.79588612"),
        price=Decimal("0.0000087175"),
    )
    fee = replace(coin, id="7::x", type="CFEE", qty=Decimal("-14057.816989716"))
    large = Activity(id="8::y", type="JNLC", at=coin.at, net_amount=Decimal("-10015.44"))
    session.activities.entries = {entry.id: entry for entry in (coin, large, fee)}
    with on_screen(ActivityPanel(theme), qtbot, session, 720, 322) as narrow:
        header = narrow.view.horizontalHeader()
        qtbot.waitUntil(lambda: header.length() <= narrow.view.viewport().width())
        assert header.sectionSize(AMOUNT) > 0


def test_a_narrow_table_has_the_day_and_the_whole_contract(theme, qtbot, session):
    at = datetime.now(UTC)
    code = f"AAPL{at + timedelta(days=30):%y%m%d}C00280000"
    fill = Activity(
        id="9::z", type="FILL", at=at, symbol=code, side="buy", qty=Decimal(2), price=Decimal("0.45")
    )
    session.activities.entries = {fill.id: fill}
    with on_screen(ActivityPanel(theme), qtbot, session, 398, 322) as narrow:
        view, model = narrow.view, narrow.model

        def room(column: int) -> float:
            view.grab()
            return view.columnWidth(column) - 2 * PADDING_PX + 1

        strong = view.cell_style.strong
        qtbot.waitUntil(lambda: room(SYMBOL) >= strong.width(model.cell(0, SYMBOL).text))
        delegate = view.itemDelegateForColumn(TIME)
        assert isinstance(delegate, TextDelegate)
        shown = delegate.shown(model.cell(0, TIME).text, fill, QRectF(0, 0, room(TIME), 20))
        assert shown == f"{at.astimezone():%m-%d}"
        tool_tip = model.columns[TIME].tool_tip
        assert tool_tip is not None
        assert f"{at.astimezone():%Y-%m-%d %H:%M}" in tool_tip(fill)
        assert view.columnWidth(AMOUNT) > 0
        assert not view.horizontalScrollBar().isVisible()


@pytest.mark.parametrize("width", [398, 440])
def test_amounts_are_in_sight_in_a_narrow_window_also_beside_contracts(theme, qtbot, session, width):
    contract = replace(ENTRIES[0], id="9::z", symbol="GOOGL261204C00280000")
    session.activities.entries = {entry.id: entry for entry in (contract, *ENTRIES)}
    with on_screen(ActivityPanel(theme), qtbot, session, width, 322) as narrow:
        narrow.view.grab()
        qtbot.waitUntil(lambda: not narrow.view.horizontalScrollBar().isVisible())
        titles = [column.title for column in narrow.model.columns]
        assert narrow.view.columnWidth(titles.index("Amount")) > 0
        assert narrow.view.cut_titles() == []
