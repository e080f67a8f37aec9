"""The window as a whole: pages, title, gate to live, commands, layout."""

from base64 import b64encode
from decimal import Decimal as D
from typing import cast

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit

from core.domain.alarm import Alarm, AlarmKind
from core.domain.environment import Environment
from core.domain.sign_in_phase import SignInPhase
from core.domain.trading_block import TradingBlock
from core.errors import AppError, SignInExpired, SignInFailed, StorageFailed
from core.services.frame_clock import FrameClock
from core.services.session import Session
from core.services.settings import Settings
from core.services.sign_in import SignIn
from tests.fakes.services import FakeSession, FakeSettings, FakeSignIn, StandingClock, account, order
from tests.ui.scene import reference_session
from ui.dialogs.frame import DialogFrame
from ui.dialogs.question import Question
from ui.dialogs.unlock_live import UnlockLiveDialog
from ui.main_window import MainWindow


def the_dialog() -> DialogFrame:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, DialogFrame) and w.isVisible()]
    assert len(found) == 1
    return found[0]


@pytest.fixture
def settings(qapp):
    return FakeSettings(confirm_paper_orders=False)


@pytest.fixture
def window(theme, qtbot, settings):
    made = MainWindow(theme, cast(Settings, settings), FrameClock(), StandingClock())
    qtbot.addWidget(made)
    made.resize(1440, 900)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close_session()


@pytest.fixture
def session(qapp):
    return reference_session()


@pytest.fixture
def shown(window, session):
    window.show_session(cast(Session, session), {Environment.PAPER: session.account.account})
    return window


def action(window: MainWindow, text: str) -> QAction:
    found = [a for a in window.actions() if a.text() == text]
    assert len(found) == 1, text
    return found[0]


def test_before_anything_is_connected_the_window_says_that_it_starts(window):
    assert window.windowTitle() == "Bellwether"
    assert window.welcome.isVisible()
    assert window.welcome.phase.text() == "Starting\u2026"


def test_the_welcome_page_walks_through_the_phases(qtbot, window):
    sign_in = FakeSignIn()
    window.follow_sign_in(cast(SignIn, sign_in))
    assert window.welcome.profile.text() == "Connection: Practice"
    qtbot.mouseClick(window.welcome.sign_in, Qt.MouseButton.LeftButton)
    theme_name, centre = sign_in.begun[0]
    assert theme_name == "dark"
    assert centre is not None
    assert window.frameGeometry().contains(QPoint(*centre))
    assert window.welcome.cancel.isVisible()
    for phase in SignInPhase:
        sign_in.show(phase)
        assert bool(window.welcome.phase.text()) is (phase is not SignInPhase.SIGNED_OUT)
    sign_in.show(SignInPhase.WAITING_FOR_PERSON)
    qtbot.mouseClick(window.welcome.cancel, Qt.MouseButton.LeftButton)
    assert sign_in.cancels == 1
    assert window.welcome.sign_in.isVisible()


def test_a_failed_sign_in_says_why_and_offers_another(qtbot, window):
    sign_in = FakeSignIn()
    window.follow_sign_in(cast(SignIn, sign_in))
    sign_in.failed.emit(SignInFailed("You did not allow access.", "Press Allow to go on."))
    assert window.welcome.failure.text() == "You did not allow access."
    assert window.welcome.sign_in.text() == "Sign in again"
    qtbot.mouseClick(window.welcome.sign_in, Qt.MouseButton.LeftButton)
    assert window.welcome.failure.isHidden()


def test_without_a_keyring_the_page_says_so(window):
    sign_in = FakeSignIn()
    sign_in.keyring_unavailable = True
    window.follow_sign_in(cast(SignIn, sign_in))
    assert "not remembered" in window.welcome.keyring.text()


def test_a_broken_start_is_explained_on_the_welcome_page(window):
    window.show_failure(AppError("The practice broker did not start.", "See the log."))
    assert window.welcome.failure.isVisible()
    assert window.welcome.progress.isHidden()


def test_the_title_names_environment_and_account(shown):
    assert shown.windowTitle() == "Bellwether - Paper \u00b7\u00b73F7A"
    assert shown.desk.workspace.isVisible()


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (AlarmKind.OVERFILL, "AAPL: 12 were filled, although the order was for 10."),
        (AlarmKind.TOTAL_FELL, "AAPL: the broker now says that 12 were filled, fewer than it said before."),
        (AlarmKind.BUSTED, "AAPL: an execution was undone. 12 are filled."),
        (AlarmKind.CORRECTED, "AAPL: the price or quantity of an execution was corrected. 12 are filled."),
    ],
)
def test_an_order_that_is_not_what_it_should_be_is_told_at_once(shown, session, kind, says):
    session.orders.alarmed.emit(
        Alarm(kind=kind, order_id="o-1", symbol="AAPL", qty=D(10), filled_qty=D("12.00"))
    )
    (row,) = shown.notices.rows
    assert row.headline.text() == says
    assert row.remedy.text()
    shown.close_session()
    session.orders.alarmed.emit(Alarm(kind=kind, order_id="o-2", symbol="B", qty=None, filled_qty=D(1)))
    assert shown.notices.rows == (row,)


@pytest.mark.parametrize(
    ("kind", "names", "count", "says"),
    [
        (
            AlarmKind.UNREADABLE_ORDER,
            ("o-1",),
            1,
            "Orders listed by the broker that this version of Bellwether cannot read: 1 (o-1).",
        ),
        (
            AlarmKind.UNREADABLE_ORDER,
            (),
            2,
            "Orders listed by the broker that this version of Bellwether cannot read: 2.",
        ),
        (
            AlarmKind.UNREADABLE_POSITION,
            ("A", "B", "C", "D"),
            14,
            (
                "Positions listed by the broker that this version of Bellwether cannot read: 14"
                " (A, B, C, \u2026)."
            ),
        ),
    ],
)
def test_what_the_broker_lists_and_nobody_can_read_is_told(shown, session, kind, names, count, says):
    session.orders.alarmed.emit(Alarm(kind=kind, names=names, count=count))
    (row,) = shown.notices.rows
    assert row.headline.text() == says
    assert "at the broker" in row.remedy.text()


def test_what_ails_the_journal_is_told_with_its_reason_and_once(shown, session):
    for _ in range(3):
        session.orders.journal_failed.emit(StorageFailed("The journal is another's.", "Trading is off."))
    (row,) = shown.notices.rows
    assert (row.headline.text(), row.remedy.text()) == ("The journal is another's.", "Trading is off.")


def test_signing_out_asks_first(qtbot, shown):
    action(shown, "Sign out\u2026").trigger()
    dialog = the_dialog()
    assert isinstance(dialog, Question)
    qtbot.waitUntil(dialog.deed.isEnabled)
    with qtbot.waitSignal(shown.sign_out_requested):
        dialog.deed.click()


def test_signed_out_nothing_of_the_session_is_left_on_screen(shown, session):
    shown.show_signed_out(AppError("You are signed out."))
    assert shown.windowTitle() == "Bellwether"
    assert shown.welcome.isVisible()
    assert shown.desk.ticket.ticket is None
    assert shown.desk.positions.model.rowCount() == 0
    assert shown.top_bar.equity.isHidden()
    session.account.show(account(equity=D(1)))
    assert shown.windowTitle() == "Bellwether"


def test_a_dialog_does_not_outlive_its_session(shown, settings, session):
    settings.change(confirm_paper_orders=True)
    shown.desk.ticket.set_symbol("NVDA")
    ticket = shown.desk.ticket.ticket
    ticket.form.quantity.setText("1")
    ticket.form.limit_price.setText("100")
    placed = list(session.orders.placed)
    shown.desk.ticket.send_order()
    the_dialog()
    shown.close_session()
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, DialogFrame) and w.isVisible()]
    assert session.orders.placed == placed


def test_sessions_can_follow_each_other(shown):
    shown.close_session()
    other = FakeSession()
    other.account.show(account(number="PA0000009999"))
    shown.show_session(cast(Session, other))
    assert shown.windowTitle().endswith("9999")
    assert shown.desk.positions.model.rowCount() == 0


def test_a_refused_token_offers_a_new_sign_in(qtbot, shown):
    shown.show_session_ended(SignInExpired("The broker no longer accepts this sign-in.", "Sign in again."))
    assert shown.desk.workspace.isVisible()
    (row,) = shown.notices.rows
    button = next(b for b in row.findChildren(QAbstractButton) if b.text() == "Sign in again")
    with qtbot.waitSignal(shown.sign_in_again_requested):
        button.click()


def test_live_is_reached_only_by_typing_the_end_of_its_number(qtbot, shown, session):
    live = account(number="9XYZ00005X78")
    shown.commands.show_session(
        Environment.PAPER, {Environment.PAPER: session.account.account, Environment.LIVE: live}
    )
    shown._accounts = {Environment.LIVE: live}
    asked: list[Environment] = []
    shown.environment_requested.connect(asked.append)
    action(shown, "Switch to Live \u00b7\u00b75X78\u2026").trigger()
    dialog = the_dialog()
    assert isinstance(dialog, UnlockLiveDialog)
    qtbot.waitUntil(lambda: dialog.is_armed)
    dialog.deed.click()
    assert asked == []
    dialog.typed.setText("5X78")
    dialog.deed.click()
    assert asked == [Environment.LIVE]


def test_a_live_session_is_locked_until_the_gate_is_passed(qtbot, window):
    live = FakeSession(environment=Environment.LIVE)
    live.account.show(account(number="9XYZ00005X78"))
    live.orders.block(TradingBlock.LIVE_LOCKED)
    window.show_session(cast(Session, live), {Environment.LIVE: live.account.account})
    assert window.windowTitle() == "Bellwether - Live \u00b7\u00b75X78"
    assert live.orders.live_unlocks == 0
    action(window, "Unlock live trading\u2026").trigger()
    dialog = the_dialog()
    assert isinstance(dialog, UnlockLiveDialog)
    qtbot.waitUntil(lambda: dialog.is_armed)
    dialog.typed.setText("5x78")
    dialog.deed.click()
    assert live.orders.live_unlocks == 1
    assert not action(window, "Unlock live trading\u2026").isVisible()


def test_paper_accounts_show_no_gate_and_no_switch(shown):
    visible = {a.text() for a in shown.actions() if a.isVisible()}
    assert "Unlock live trading\u2026" not in visible
    assert not any(text.startswith("Switch to") for text in visible)


def test_the_theme_and_the_density_are_commands(shown, settings, theme):
    action(shown, "Theme: light").trigger()
    assert (settings.values.theme, theme.name) == ("light", "light")
    action(shown, "Density: compact").trigger()
    assert shown.desk.positions.view.verticalHeader().defaultSectionSize() == 22
    action(shown, "Theme: dark").trigger()


def test_asking_before_paper_orders_can_be_switched_on_again(shown, settings):
    switch = action(shown, "Ask before sending paper orders")
    assert not switch.isChecked()
    switch.trigger()
    assert settings.values.confirm_paper_orders is True


def test_a_symbol_in_the_command_field_turns_the_ticket(qtbot, shown):
    field = shown.top_bar.command_field
    field.begin()
    qtbot.keyClicks(field, "amd")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert shown.desk.ticket.ticket.symbol == "AMD"


def test_a_symbol_that_is_not_watched_can_be_added(qtbot, shown, session):
    field = shown.top_bar.command_field
    field.begin()
    qtbot.keyClicks(field, "ORCL")
    assert [command.title for command in field.offered][:2] == ["ORCL", "Add ORCL to the watchlist"]
    qtbot.keyClick(field, Qt.Key.Key_Down)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "ORCL" in session.watchlist.symbols


def test_the_command_field_cancels_by_symbol_and_by_side_after_the_same_question(qtbot, shown, session):
    field = shown.top_bar.command_field
    field.begin()
    qtbot.keyClicks(field, "cancel ")
    offered = [command.title for command in field.offered if command.title.startswith("Cancel")]
    assert offered == [
        "Cancel all orders\u2026",
        "Cancel all in AMD\u2026 (1)",
        "Cancel all in NVDA\u2026 (2)",
        "Cancel all buy orders\u2026 (1)",
        "Cancel all sell orders\u2026 (2)",
    ]
    qtbot.keyClicks(field, "all sell")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    dialog = the_dialog()
    assert isinstance(dialog, Question)
    assert dialog.heading.text() == "Cancel all 2 working sell orders?"
    assert session.orders.cancelled == []
    dialog.arm()
    dialog.deed.click()
    assert set(session.orders.cancelled) == {"o-1", "o-5"}


def test_a_symbol_s_cancel_is_found_by_the_symbol(qtbot, shown):
    field = shown.top_bar.command_field
    field.begin()
    qtbot.keyClicks(field, "amd")
    titles = [command.title for command in field.offered]
    assert titles[0].startswith("AMD")
    assert "Cancel all in AMD\u2026 (1)" in titles


def test_without_a_session_no_trading_command_is_offered(window):
    offered = {command.title for command in window.commands.actions.commands()}
    assert "Sell" not in offered
    assert "Theme: light" in offered


@pytest.mark.parametrize(
    ("key", "modifier", "expected"),
    [
        (Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier, "watchlist"),
        (Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier, "positions"),
        (Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier, "orders"),
        (Qt.Key.Key_4, Qt.KeyboardModifier.AltModifier, "stream"),
        (Qt.Key.Key_6, Qt.KeyboardModifier.AltModifier, "ticket"),
    ],
)
def test_every_panel_has_a_key(qtbot, shown, key, modifier, expected):
    shown.activateWindow()
    qtbot.waitUntil(shown.isActiveWindow)
    qtbot.keyClick(shown, key, modifier)
    panel = getattr(shown.desk, expected)
    focused = QApplication.focusWidget()
    assert focused is not None
    assert panel.isAncestorOf(focused)


def test_an_order_can_be_made_and_sent_by_keyboard_alone(qtbot, shown, session):
    shown.activateWindow()
    qtbot.waitUntil(shown.isActiveWindow)
    before = len(session.orders.placed)
    qtbot.keyClick(shown, Qt.Key.Key_F3)
    quantity = QApplication.focusWidget()
    assert quantity is not None
    qtbot.keyClicks(quantity, "5")
    qtbot.keyClick(quantity, Qt.Key.Key_Tab)
    limit = QApplication.focusWidget()
    assert limit is not None
    assert limit.accessibleName() == "Limit price"
    qtbot.keyClick(limit, Qt.Key.Key_Up)
    qtbot.keyClick(limit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    (sent,) = session.orders.placed[before:]
    assert (sent.side.value, sent.qty) == ("sell", D(5))


def test_escape_dismisses_the_newest_notice(qtbot, shown):
    shown.activateWindow()
    qtbot.waitUntil(shown.isActiveWindow)
    shown.show_notice(AppError("Something to know."))
    qtbot.keyClick(shown, Qt.Key.Key_Escape)
    assert shown.notices.rows == ()


def test_a_cancel_from_the_orders_panel_reaches_the_desk(shown, session):
    session.orders.show_orders(order("o-9"))
    shown.desk.orders.cancel_requested.emit("o-9")
    assert "o-9" in session.orders.cancelled


def test_the_layout_is_remembered_and_comes_back(theme, qtbot, shown, settings):
    shown.desk.workspace._docks["account"].toggleView(False)
    shown.close_session()
    layout = settings.values.window_layout
    assert layout
    again = MainWindow(
        theme, cast(Settings, FakeSettings(window_layout=layout)), FrameClock(), StandingClock()
    )
    qtbot.addWidget(again)
    assert again.desk.workspace._docks["account"].isClosed()
    again.reset_layout()
    assert not again.desk.workspace._docks["account"].isClosed()


@pytest.mark.parametrize(
    "layout", ["", "!!", b64encode(b"junk").decode(), b64encode(b"<?xml version='1.0'?><x/>").decode()]
)
def test_a_damaged_layout_is_left_aside(theme, qtbot, layout):
    window = MainWindow(
        theme,
        cast(Settings, FakeSettings(window_layout=layout, window_geometry=layout)),
        FrameClock(),
        StandingClock(),
    )
    qtbot.addWidget(window)
    window.show()
    assert all(not dock.isClosed() for dock in window.desk.workspace._docks.values())


def test_panels_move_only_while_they_are_being_arranged(shown):
    area = shown.desk.workspace._docks["positions"].dockAreaWidget()
    assert not area.titleBar().isVisible()
    action(shown, "Arrange panels").trigger()
    assert area.titleBar().isVisible()
    action(shown, "Arrange panels").trigger()
    assert not area.titleBar().isVisible()


def test_every_control_of_the_window_has_a_name(shown):
    nameless = [
        control
        for kind in (QAbstractButton, QLineEdit, QComboBox)
        for control in shown.centralWidget().findChildren(kind)
        if control.isVisible()
        and not control.accessibleName()
        and not (isinstance(control, QAbstractButton) and control.text())
    ]
    assert nameless == []


def ask_to_sign_out(window: MainWindow) -> DialogFrame:
    window.ask_to_sign_out()
    return the_dialog()


def test_the_keys_for_quitting_work_in_a_dialog_too_and_answer_it_with_no(shown, qtbot):
    dialog = ask_to_sign_out(shown)
    dialog.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dialog)
    with qtbot.assertNotEmitted(shown.sign_out_requested), qtbot.waitSignal(shown.closed):
        QTest.keyClick(dialog, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert not shown.isVisible()
    assert not dialog.isVisible()
