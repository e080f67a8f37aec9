import time
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu

from core.domain.intent import IntentState
from core.domain.order import OrderStatus
from core.domain.timeline import Moment
from core.domain.trading_block import TradingBlock
from core.errors import AppError
from core.services.history_reader import HistoryPhase
from core.services.session import Session
from tests.fakes.services import order
from tests.ui.scene import on_screen, reference_session
from ui.dialogs.order_details import OrderDetails
from ui.models.order_columns import ACTIONS, FILLED, STATUS
from ui.panels.orders import OrdersPanel


@pytest.fixture
def session(qapp):
    return reference_session()


@pytest.fixture
def panel(theme, clock, qtbot, session):
    with on_screen(OrdersPanel(theme, clock), qtbot, session, 1152, 322) as panel:
        yield panel


def keys(panel: OrdersPanel) -> list[str]:
    return [str(panel.model.key_at(place)) for place in range(panel.model.rowCount())]


def status_of(panel: OrdersPanel, key: str) -> str:
    place = panel.model.place_of(key)
    assert place is not None
    return panel.model.cell(place, STATUS).text


def test_the_segments_count_and_filter(panel):
    assert [panel.views.button(code).text() for code in ("working", "filled", "all")] == [
        "Working 5",
        "Filled 1",
        "All 7",
    ]
    panel.views.choose("filled")
    assert keys(panel) == ["c-o-6"]
    assert panel.count == "1 unknown"
    assert panel.overdue.endswith(" s")


def test_orders_on_their_way_and_unknown_ones_stand_first(panel):
    assert status_of(panel, "bw-0002") == "Sending…"
    assert status_of(panel, "bw-0001").startswith("Unknown · ")
    assert set(keys(panel)[:2]) == {"bw-0001", "bw-0002"}


def test_the_selection_stays_when_the_broker_s_order_takes_the_intent_s_place(panel, session):
    panel.view.choose("bw-0001")
    found = order("o-50", client_order_id="bw-0001", symbol="TSLA")
    session.orders.answer(session.orders.intent("bw-0001"), IntentState.WORKING, order=found)
    assert panel.view.current_key == "bw-0001"
    assert status_of(panel, "bw-0001") == "Working"


def test_the_icons_of_a_row_ask_for_replace_and_cancel(panel, qtbot, session):
    place = panel.model.place_of("c-o-1")
    rect = panel.view.visualRect(panel.model.index(place, ACTIONS))
    for offset, signal in ((12, panel.cancel_requested), (36, panel.replace_requested)):
        at = QPoint(rect.right() - offset, rect.center().y())
        qtbot.mouseMove(panel.view.viewport(), at)
        with qtbot.waitSignal(signal) as asked:
            qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
        assert asked.args == ["o-1"]
    assert session.orders.cancelled == []


def test_keys_ask_for_replace_and_cancel(panel, qtbot):
    panel.view.setFocus()
    panel.view.choose("c-o-1")
    with qtbot.waitSignal(panel.cancel_requested):
        qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    with qtbot.waitSignal(panel.replace_requested):
        qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    with qtbot.waitSignal(panel.replace_requested):
        qtbot.keyClick(panel.view, Qt.Key.Key_Enter)


def test_what_the_broker_would_refuse_is_not_asked_for(panel, qtbot):
    panel.view.setFocus()
    panel.view.choose("bw-0001")
    with qtbot.assertNotEmitted(panel.cancel_requested), qtbot.assertNotEmitted(panel.replace_requested):
        qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
        qtbot.keyClick(panel.view, Qt.Key.Key_Return)


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_the_menu_says_which_order_it_cancels(panel, qtbot):
    panel.view.menu_requested.emit("c-o-1", panel.mapToGlobal(panel.rect().center()))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    words = [action.text() for action in menu.actions()]
    assert "Cancel Sell NVDA" in words
    with qtbot.waitSignal(panel.cancel_requested):
        menu.actions()[words.index("Cancel Sell NVDA")].trigger()
    menu.close()


def test_cancelling_many_is_offered_only_while_something_works(panel, qtbot, session):
    with qtbot.waitSignal(panel.cancel_many_requested) as asked:
        panel.cancel_all.click()
    assert asked.args == [None, None]
    for known in list(session.orders.orders.values()):
        session.orders.show_orders(order(known.id, symbol=known.symbol, status=OrderStatus.CANCELED))
    for intent in session.orders.open_intents:
        states = {IntentState.DRAFT: [IntentState.NEVER_SENT]}.get(intent.state, [IntentState.REFUSED])
        session.orders.answer(intent, *states)
    assert not panel.cancel_all.isEnabled()
    assert not panel.cancel_many.isEnabled()
    assert panel.count == ""


def test_no_working_orders_leads_to_all_of_them(panel, session, qtbot):
    panel.unbind()
    session.orders.orders.clear()
    session.orders._intents.clear()
    session.orders.show_orders(order(status=OrderStatus.FILLED, filled_qty=Decimal(20)))
    panel.bind(cast(Session, session))
    assert not panel.view.isVisible()
    panel.empty.acted.emit()
    assert keys(panel) == ["c-o-1"]


@pytest.mark.parametrize("block", [TradingBlock.NOT_READY, TradingBlock.LIVE_LOCKED])
def test_until_the_orders_are_read_it_says_so_whatever_else_holds_trading(
    theme, clock, qtbot, session, block
):
    session.orders.orders.clear()
    session.orders._intents.clear()
    session.orders.trading_block, session.orders.has_read_orders = block, False
    panel = OrdersPanel(theme, clock)
    qtbot.addWidget(panel)
    panel.bind(cast(Session, session))
    assert panel.empty.text == "Reading your orders…"
    session.orders.finish_reading()
    assert panel.empty.text.startswith("No orders yet.")
    panel.unbind()


def test_every_title_fits(panel):
    assert panel.view.cut_titles() == []


def test_unbound_it_shows_nothing_and_hears_nothing(panel, session):
    panel.unbind()
    session.orders.show_orders(order("o-99"))
    assert keys(panel) == []


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_many_are_cancelled_by_symbol_by_side_or_all_and_each_entry_counts_them(panel, qtbot):
    panel.view.choose("c-o-2")
    panel.cancel_many.click()
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [action.text() for action in menu.actions()] == [
        "Cancel all in AMD… (1)",
        "Cancel all buy orders… (1)",
        "Cancel all sell orders… (2)",
        "Cancel all… (3)",
    ]
    with qtbot.waitSignal(panel.cancel_many_requested) as asked:
        menu.actions()[2].trigger()
    assert asked.args == [None, "sell"]


def test_the_past_is_read_only_when_somebody_looks_at_it(panel, session):
    assert session.history.reader.asked == []
    assert not panel.history.isVisible()
    panel.views.choose("all")
    assert session.history.reader.asked == ["read"]
    assert panel.history.isVisible()


def test_orders_of_the_past_are_listed_and_the_desk_knows_better(panel, session):
    panel.views.choose("all")
    past = [order(f"h-{n}", status=OrderStatus.FILLED, filled_qty=Decimal(20)) for n in range(3)]
    outdated = order("o-6", status=OrderStatus.NEW)
    session.history.arrived.emit((*past, outdated))
    assert {"c-h-0", "c-h-1", "c-h-2"} <= set(keys(panel))
    assert status_of(panel, "c-o-6") == "Filled"


def test_the_bar_tells_how_far_the_past_is_known_and_steers_the_reading(panel, session):
    panel.views.choose("all")
    reader, bar = session.history.reader, panel.history
    reader.show(HistoryPhase.BROKER, count=500, reached=datetime(2026, 9, 1, 12).astimezone())
    assert bar.says.text() == "Reading from the broker… 500 so far, back to 2026-09-01"
    bar.halt.click()
    reader.show(HistoryPhase.PAUSED)
    assert bar.says.text() == "500 listed · complete back to 2026-09-01"
    assert bar.more.isVisible()
    assert not bar.halt.isVisible()
    bar.more.click()
    bar.all.click()
    assert reader.asked == ["read", "pause", "read", "read_all"]
    reader.show(HistoryPhase.FAILED, error=AppError("The broker refused: no.", "Nothing was changed."))
    assert bar.says.text() == "Reading stopped: The broker refused: no. Nothing was changed."
    reader.show(HistoryPhase.COMPLETE, reached=datetime(1970, 1, 1, tzinfo=UTC), error=None)
    assert not bar.more.isVisible()


def test_scrolling_to_the_end_reads_on(panel, session):
    panel.views.choose("all")
    session.history.reader.asked.clear()
    session.history.arrived.emit(tuple(order(f"h-{n}", status=OrderStatus.FILLED) for n in range(200)))
    session.history.reader.show(HistoryPhase.PAUSED, reached=datetime(2026, 9, 1, tzinfo=UTC))
    panel.view.scrollToBottom()
    assert session.history.reader.asked == ["read"]


def test_a_search_narrows_the_list_and_escape_ends_it(panel, qtbot):
    panel.views.choose("all")
    panel.search.setText("amd partially")
    qtbot.waitUntil(lambda: keys(panel) == ["c-o-2", "c-o-3", "c-o-4"])
    panel.search.setText("nothing like it")
    qtbot.waitUntil(lambda: keys(panel) == [])
    assert panel.empty.text == "No order matches the search."
    qtbot.keyClick(panel.search, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(keys(panel)) > 5)


def test_an_order_of_another_program_is_marked(panel, session):
    session.orders.foreign.add("o-9")
    session.orders.show_orders(order("o-9"))
    assert status_of(panel, "c-o-9") == "Working · external"


def test_an_order_that_the_journal_may_have_lost_is_not_called_another_programs(panel, session, theme, qtbot):
    key = f"bw-{uuid.uuid4()}"
    session.orders.foreign.add("o-9")
    session.orders.show_orders(order("o-9", client_order_id=key))
    assert status_of(panel, key) == "Working · no record"
    tip = panel.model.index(panel.model.place_of(key), STATUS).data(Qt.ItemDataRole.ToolTipRole)
    assert "the journal has lost it" in tip
    details = OrderDetails(theme, session, panel.model, panel.model.row(key))
    qtbot.addWidget(details)
    lost = "Placed by: Bellwether on another computer, or lost from this computer's journal"
    assert lost in details.facts.text


@pytest.fixture
def unread(session):
    """A session whose journal is not read yet, or never will be."""
    session.orders.knows_own_orders = False
    return session


ANY_BLOCK = pytest.mark.parametrize("block", list(TradingBlock))


@ANY_BLOCK
def test_an_unread_journal_is_not_said_to_have_lost_an_order_whatever_holds_orders_back(
    unread, panel, theme, qtbot, block
):
    key = f"bw-{uuid.uuid4()}"
    unread.orders.block(block)
    unread.orders.show_orders(order("o-9", client_order_id=key), order("o-8"))
    assert status_of(panel, key) == "Working"
    assert status_of(panel, "c-o-8") == "Working · external"
    details = OrderDetails(theme, unread, panel.model, panel.model.row(key))
    qtbot.addWidget(details)
    assert "Placed by: Bellwether; whether here is not known" in details.facts.text


@ANY_BLOCK
def test_what_is_not_in_the_journal_is_told_the_moment_it_is_read_and_what_is_never_was_marked(
    unread, panel, theme, qtbot, block
):
    key, own = f"bw-{uuid.uuid4()}", f"bw-{uuid.uuid4()}"
    unread.orders.block(block)  # one that says nothing of the journal, such as a locked live account's
    unread.orders.foreign.add("o-9")
    unread.orders.show_orders(order("o-9", client_order_id=key), order("o-8", client_order_id=own))
    details = OrderDetails(theme, unread, panel.model, panel.model.row(key))
    qtbot.addWidget(details)
    assert (status_of(panel, key), status_of(panel, own)) == ("Working", "Working")
    unread.orders.read_journal()
    assert (status_of(panel, key), status_of(panel, own)) == ("Working · no record", "Working")
    assert "or lost from this computer's journal" in details.facts.text


def test_a_disk_that_fails_after_the_journal_was_read_takes_no_mark_back(panel, session):
    key = f"bw-{uuid.uuid4()}"
    session.orders.foreign.add("o-9")
    session.orders.show_orders(order("o-9", client_order_id=key))
    session.orders.block(TradingBlock.JOURNAL_FAILED)
    panel.model.touch([key])
    assert status_of(panel, key) == "Working · no record"


def test_the_next_account_is_judged_by_its_own_journal(panel, session):
    key = f"bw-{uuid.uuid4()}"
    session.orders.foreign.add("o-9")
    session.orders.show_orders(order("o-9", client_order_id=key))
    assert status_of(panel, key) == "Working · no record"
    panel.unbind()
    following = reference_session()
    following.orders.knows_own_orders = False
    following.orders.foreign.add("o-9")
    panel.bind(cast("Session", following))
    following.orders.show_orders(order("o-9", client_order_id=key))
    session.orders.read_journal()  # of the account before, which is none of its business
    assert status_of(panel, key) == "Working"
    following.orders.read_journal()
    assert status_of(panel, key) == "Working · no record"


def test_a_leg_is_of_whoever_placed_its_parent(panel, session, theme, qtbot):
    leg = order("o-9-leg", client_order_id="of-the-brokers-making", parent_id="o-9")
    session.orders.foreign |= {"o-9", "o-9-leg"}
    key = f"bw-{uuid.uuid4()}"
    session.orders.show_orders(order("o-9", client_order_id=key, order_class="bracket", legs=(leg,)))
    details = OrderDetails(theme, session, panel.model, panel.model.row(leg.client_order_id))
    qtbot.addWidget(details)
    assert "Placed by: Bellwether on another computer" in details.facts.text
    session.orders.foreign.discard("o-9")
    details.refresh()
    assert "Placed by: Bellwether\n" in details.facts.text + "\n"


def test_a_refusal_is_told_in_plain_words_with_the_brokers_own_and_the_request_id(panel, session):
    intent = session.orders.intent("bw-0002")
    session.orders.answer(intent, IntentState.JOURNALED, IntentState.SENT)
    known = session.orders.intent("bw-0002")
    reason = "insufficient buying power"
    refused = replace(known, state=IntentState.REFUSED, reason=reason, request_id="req-7")
    panel.show_intents((refused,))
    panel.views.choose("refused")
    assert status_of(panel, "bw-0002") == "Refused: The account's buying power does not cover the order."
    tip = panel.model.index(panel.model.place_of("bw-0002"), STATUS).data(Qt.ItemDataRole.ToolTipRole)
    assert "The broker's words: insufficient buying power" in tip
    assert "Request id: req-7" in tip


def test_refusals_have_the_room_of_what_they_cannot_have(panel):
    def shown() -> list[bool]:
        return [panel.view.columnWidth(place) > 0 for place in (FILLED, ACTIONS)]

    room = panel.view.columnWidth(STATUS)
    assert shown() == [True, True]
    panel.views.choose("refused")
    assert shown() == [False, False]
    assert panel.view.columnWidth(STATUS) > room
    panel.views.choose("all")
    assert shown() == [True, True]


def test_an_unknown_outcome_says_when_the_broker_did_not_know_it_and_offers_retry(panel, session, qtbot):
    session.orders.may_be_retried.add("bw-0001")
    known = replace(session.orders.intent("bw-0001"), last_lookup_ns=time.time_ns())
    panel.show_intents((known,))
    assert "not at the broker at" in status_of(panel, "bw-0001")
    place = panel.model.place_of("bw-0001")
    assert [action.code for action in panel.model.actions_of(panel.model.row_at(place))] == ["retry"]
    with qtbot.waitSignal(panel.retry_requested) as asked:
        panel.view.action_triggered.emit("bw-0001", "retry")
    assert asked.args == ["bw-0001"]


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
@pytest.mark.parametrize(
    ("age_s", "is_known_missing", "is_offered"), [(59, True, False), (3600, False, False), (61, True, True)]
)
def test_checking_can_be_stopped_only_for_what_was_long_not_at_the_broker(
    panel, session, qtbot, age_s, is_known_missing, is_offered
):
    session.orders.ages_s["bw-0001"] = age_s
    seen_ns = time.time_ns() if is_known_missing else None
    panel.show_intents((replace(session.orders.intent("bw-0001"), last_lookup_ns=seen_ns),))
    panel.view.menu_requested.emit("bw-0001", panel.mapToGlobal(panel.rect().center()))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    (stop,) = [action for action in menu.actions() if action.text() == "Stop checking\u2026"]
    assert stop.isEnabled() is is_offered
    if is_offered:
        with qtbot.waitSignal(panel.let_go_requested) as asked:
            stop.trigger()
        assert asked.args == ["bw-0001"]
    menu.close()


def test_an_order_that_is_not_checked_any_more_is_still_unknown_and_can_be_checked_again(panel, session):
    session.orders.intents_changed.emit((replace(session.orders.intent("bw-0001"), is_let_go=True),))
    assert status_of(panel, "bw-0001").endswith("not checked any more")
    assert status_of(panel, "bw-0001").startswith("Unknown")


def test_left_and_right_fold_the_legs(panel, qtbot):
    panel.view.setFocus()
    panel.view.choose("c-o-2")
    qtbot.keyClick(panel.view, Qt.Key.Key_Left)
    assert "c-o-3" not in keys(panel)
    qtbot.keyClick(panel.view, Qt.Key.Key_Right)
    assert "c-o-3" in keys(panel)


def test_selection_and_place_survive_a_search_and_new_orders_above(panel, session, qtbot):
    panel.views.choose("all")
    past = datetime(2026, 1, 1, tzinfo=UTC)
    session.history.arrived.emit(
        tuple(
            order(f"h-{n}", status=OrderStatus.FILLED, submitted_at=past - timedelta(n)) for n in range(200)
        )
    )
    panel.view.choose("c-h-150")
    bar = panel.view.verticalScrollBar()
    top = panel.view.rowViewportPosition(panel.model.place_of("c-h-150"))
    assert bar.value() > 0
    session.orders.show_orders(order("o-99", submitted_at=datetime(2026, 3, 3, tzinfo=UTC)))
    assert panel.view.rowViewportPosition(panel.model.place_of("c-h-150")) == top
    panel.search.setText("h-15")
    qtbot.waitUntil(lambda: panel.model.rowCount() == 11)
    assert panel.view.current_key == "c-h-150"
    assert [index.row() for index in panel.view.selectionModel().selectedRows()] == [
        panel.model.place_of("c-h-150")
    ]


def test_the_details_show_ids_legs_and_the_timeline_with_its_percentiles(panel, session, theme, qtbot):
    timing = session.orders.timing
    timing.begin(session.orders.intent("bw-0001"), clicked_ns=1_000_000, validated_ns=2_000_000)
    timing.take("bw-0001", {Moment.JOURNALED: 3_000_000, Moment.WRITTEN: 5_500_000})
    timing.stop()
    panel.view.choose("bw-0001")
    with qtbot.waitSignal(panel.details_requested) as asked:
        panel.view.setFocus()
        qtbot.keyClick(panel.view, Qt.Key.Key_Space)
    details = OrderDetails(theme, session, panel.model, asked.args[0])
    qtbot.addWidget(details)
    assert details.timeline.text.splitlines() == [
        "Click: 0.0 ms",
        "Checked: 1.0 ms   +1.0 ms",
        "In the journal: 2.0 ms   +1.0 ms",
        "Sent: 4.5 ms   +2.5 ms",
    ]
    assert "Click to wire (1): 4.5 ms" in details.percentiles.text
    assert "Our id: bw-0001" in details.facts.text


def test_the_desk_hears_when_an_answered_order_was_painted_for_the_first_time(panel, session, qtbot):
    timing = session.orders.timing
    intent = session.orders.intent("bw-0002")
    timing.begin(intent, clicked_ns=1_000_000, validated_ns=2_000_000)
    session.orders.intents_changed.emit((intent,))
    qtbot.waitUntil(lambda: not panel.view._awaited)
    assert Moment.PAINTED not in timing.timeline("bw-0002").at_ns  # what was painted was only our wish
    timing.take("bw-0002", {Moment.ANSWERED: 3_000_000})
    session.orders.answer(intent, IntentState.JOURNALED, IntentState.SENT, IntentState.WORKING)
    qtbot.waitUntil(lambda: Moment.PAINTED in timing.timeline("bw-0002").at_ns)
    timing.stop()
