"""Flatten in the window: the question, the way, the report; the kill switch; the icon in the tray."""

from decimal import Decimal as D
from typing import Any, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QApplication

from core.domain.environment import Environment
from core.domain.flattening import HELD_BY_ORDERS, WAITS_FOR_OPEN, Line, Stage
from core.domain.trading_block import TradingBlock
from core.errors import NotPermitted, StorageFailed
from core.services.frame_clock import FrameClock
from core.services.session import Session
from core.services.settings import Settings
from tests.fakes.services import FakeSession, FakeSettings, StandingClock
from tests.ui.scene import fill_orders, fill_prices, reference_session
from ui import flatten_words
from ui.controls.labels import PlainLabel
from ui.dialogs.flatten import FlattenQuestion, FlattenWindow
from ui.dialogs.shortcut import ShortcutDialog
from ui.main_window import MainWindow
from ui.models.flatten import ELAPSED, REASON, STAGE, SUBJECT, FlattenModel
from ui.tray import Tray

LINES = (
    Line(key="order:o-1", symbol="NVDA", stage=Stage.DONE),
    Line(key="order:o-2", symbol="AMD", stage=Stage.CANCELLING, qty=D(40)),
    Line(key="position:NVDA", symbol="NVDA", stage=Stage.WAITING_FOR_CANCELS, qty=D(40)),
    Line(key="position:AAPL", symbol="AAPL", stage=Stage.CLOSING, reason=WAITS_FOR_OPEN, qty=D(25)),
    Line(key="position:AMD", symbol="AMD", stage=Stage.RESISTS, reason=HELD_BY_ORDERS, qty=D(60), tries=2),
    Line(
        key="position:TSLA",
        symbol="TSLA",
        stage=Stage.RESISTS,
        reason='asset "TSLA" is not tradable \u202e',
        qty=D(-10),
        tries=1,
    ),
    Line(key="position:BTCUSD", symbol="BTCUSD", stage=Stage.UNKNOWN, qty=D("0.25")),
)


@pytest.fixture
def settings(qapp):
    return FakeSettings()


@pytest.fixture
def clock():
    return StandingClock()


@pytest.fixture
def window(theme, qtbot, settings, clock):
    made = MainWindow(theme, cast(Settings, settings), FrameClock(), clock)
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


def question() -> FlattenQuestion:
    (found,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, FlattenQuestion) and w.isVisible()]
    return found


def the_window(shown: MainWindow) -> FlattenWindow:
    (found,) = shown.findChildren(FlattenWindow)
    return found


def texts(widget: Any) -> str:
    return "\n".join(label.text() for label in widget.findChildren(PlainLabel))


def start(shown: MainWindow, qtbot: Any) -> FlattenWindow:
    shown.commands.flatten.trigger()
    asked = question()
    qtbot.waitUntil(asked.deed.isEnabled)
    qtbot.mouseClick(asked.deed, Qt.MouseButton.LeftButton)
    return the_window(shown)


def test_the_question_names_every_order_position_and_the_account(qtbot, shown, session):
    qtbot.mouseClick(shown.desk.positions.flatten, Qt.MouseButton.LeftButton)
    asked = question()
    said = texts(asked)
    assert "Orders to be cancelled: 3" in said
    assert "Sell 20 NVDA at 183.51" in said
    assert "Positions to be closed: 5" in said
    assert "Sell 40 NVDA at market\nSell 25 AAPL at market" in said
    assert "Buy 10 TSLA at market" in said
    assert "PAPER \u00b7\u00b73F7A" in said
    assert asked.deed.text() == "Flatten: cancel 3, close 5"
    assert not session.flatten.is_running
    asked.reject()
    assert not session.flatten.is_running


def test_a_closed_exchange_is_said_before(shown, session):
    session.market_clock.is_open = False
    shown.desk.flatten()
    assert "wait at the broker until it opens" in texts(question())
    question().reject()


def test_the_shortcut_asks_and_a_held_or_repeated_key_asks_once(qtbot, shown):
    qtbot.keyClick(
        shown, Qt.Key.Key_F12, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    shown.desk.flatten()
    question().reject()
    assert not shown.commands.flatten.autoRepeat()


def test_the_shortcut_is_the_traders_own(shown, settings):
    settings.change(flatten_shortcut="Ctrl+Alt+F")
    assert shown.commands.flatten.shortcut().toString() == "Ctrl+Alt+F"
    settings.change(flatten_shortcut="")
    assert shown.commands.flatten.shortcut().isEmpty()


def test_real_money_is_flattened_only_after_the_accounts_end_was_typed(theme, qtbot):
    asked = FlattenQuestion(theme, ["Sell 1 NVDA"], [], Environment.LIVE, "5X78")
    qtbot.addWidget(asked)
    asked.open()
    asked.arm()
    assert not asked.deed.isEnabled()
    assert asked.typed is not None
    qtbot.keyClicks(asked.typed, "5x7")
    assert not asked.deed.isEnabled()
    qtbot.keyClicks(asked.typed, "8")
    with qtbot.waitSignal(asked.confirmed):
        qtbot.mouseClick(asked.deed, Qt.MouseButton.LeftButton)


def test_the_window_shows_every_stage_in_words_and_what_resists_with_the_brokers_own(
    qtbot, shown, session, clock
):
    window = start(shown, qtbot)
    assert session.flatten.is_running
    assert window.isVisible()
    assert not window.isModal()
    assert shown.desk.positions.flatten.text() == "Flattening: show"
    session.flatten.show(*LINES)
    clock.pass_s(65)
    session.flatten.show(*LINES)
    rows = {window.model.key_at(p): p for p in range(window.model.rowCount())}
    assert window.model.key_at(6) == "order:o-1"  # done goes below

    def cell(key: str, column: int) -> str:
        return window.model.cell(rows[key], column).text

    assert cell("position:TSLA", SUBJECT) == "Short 10 TSLA"
    assert cell("order:o-2", SUBJECT) == "Buy 60 AMD at 209.50"
    assert cell("position:NVDA", STAGE) == "Waits for cancels"
    assert cell("position:AAPL", REASON).endswith("until the exchange opens.")
    assert cell("position:AMD", REASON).endswith("open orders hold all of it.")
    assert cell("position:TSLA", REASON) == (
        'The broker does not trade this instrument. \u201casset "TSLA" is not tradable\u201d'
    )
    assert cell("position:BTCUSD", STAGE) == "Outcome unknown"
    assert cell("position:AMD", ELAPSED) == "0:01:05"
    assert cell("order:o-1", ELAPSED) == "0:00:00"
    assert window.says.text() == "1 of 7 done in 0:01:05"


def test_hidden_it_goes_on_and_the_button_shows_it_again(qtbot, shown, session):
    window = start(shown, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()
    assert session.flatten.is_running
    qtbot.mouseClick(shown.desk.positions.flatten, Qt.MouseButton.LeftButton)
    assert window.isVisible()


def test_flat_is_said_with_the_time_and_the_report_is_kept_and_can_be_copied(qtbot, shown, session):
    window = start(shown, qtbot)
    session.flatten.show(*(Line(key=line.key, symbol=line.symbol, stage=Stage.DONE) for line in LINES))
    session.flatten.finish(is_flat=True)
    assert window.heading.text().startswith("Flat, confirmed by the broker at ")
    assert window.windowTitle().endswith(" - Paper \u00b7\u00b73F7A")
    assert window.stop.isHidden()
    ((name, text),) = session.reports.kept.items()
    assert name.startswith("flatten-2")
    assert name.endswith("Z.txt")
    assert "Account:  Paper \u00b7\u00b73F7A" in text
    assert session.account.account.number not in text
    assert "Flat: the broker listed no open order and no position" in text
    assert f"/data/reports/{name}" in window.kept.text().replace("\\", "/")
    qtbot.mouseClick(window.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == text
    assert shown.desk.positions.flatten.text() == "Flatten\u2026"


def test_stopped_it_says_what_is_left(qtbot, shown, session):
    window = start(shown, qtbot)
    session.flatten.show(*LINES)
    qtbot.mouseClick(window.stop, Qt.MouseButton.LeftButton)
    assert "not flat: 6 left." in window.heading.text()
    (text,) = session.reports.kept.values()
    assert "Short 10 TSLA: Resists: The broker does not trade this instrument." in text
    assert "\u202e" not in text


def test_a_report_that_cannot_be_saved_stays_on_the_screen(qtbot, shown, session):
    session.reports.failure = StorageFailed("The report could not be saved.", "Copy it.")
    window = start(shown, qtbot)
    session.flatten.finish(is_flat=True)
    assert window.kept.text() == "The report could not be saved. Copy it."
    assert window.copy.isVisible()
    assert window.folder.isHidden()


def test_what_may_not_even_cancel_does_not_begin(qtbot, shown, session):
    session.flatten.failure = NotPermitted("Orders cannot be sent right now.")
    session.orders.block(TradingBlock.NO_SCOPE)
    shown.desk.flatten()
    asked = question()
    qtbot.waitUntil(asked.deed.isEnabled)
    qtbot.mouseClick(asked.deed, Qt.MouseButton.LeftButton)
    assert "Flatten could not begin" in shown.notices.rows[0].headline.text()


def test_a_session_that_ends_stops_the_run_and_keeps_its_report(qtbot, shown, session):
    start(shown, qtbot)
    session.flatten.show(*LINES)
    shown.close_session()
    assert not session.flatten.is_running
    assert len(session.reports.kept) == 1
    shown.desk.flatten()  # nobody is signed in


def test_every_stage_and_block_has_words(qapp):
    for stage in Stage:
        assert flatten_words.stage(stage) != stage.value
    for block in TradingBlock:
        assert not block or flatten_words.reason(block.value) != block.value


def test_qt_finds_no_fault_with_the_model(qapp, qtmodeltester):
    model = FlattenModel()
    model.show_lines(LINES, {}, 1)
    qtmodeltester.check(model)


def keys_dialog(shown: MainWindow) -> ShortcutDialog:
    (found,) = [action for action in shown.actions() if action.text() == "Keys for Flatten\u2026"]
    found.trigger()
    return shown.findChildren(ShortcutDialog)[-1]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("Ctrl+K", "Command field has these keys"),
        ("F", "by accident"),
        ("Shift+A", "by accident"),
        ("", "No keys"),
        ("F8", ""),
    ],
)
def test_keys_that_are_taken_or_dangerous_are_not_kept(shown, settings, keys, words):
    dialog = keys_dialog(shown)
    dialog.keys.setKeySequence(QKeySequence(keys))
    assert words in dialog.says.text()
    assert dialog.keep.isEnabled() is (keys in ("", "F8"))
    dialog.reject()
    assert settings.values.flatten_shortcut == "Ctrl+Shift+F12"


def test_new_keys_work_at_once(qtbot, shown, settings):
    dialog = keys_dialog(shown)
    dialog.keys.setKeySequence(QKeySequence("Ctrl+Alt+F9"))
    qtbot.mouseClick(dialog.keep, Qt.MouseButton.LeftButton)
    assert settings.values.flatten_shortcut == "Ctrl+Alt+F9"
    assert shown.commands.flatten.shortcut() == QKeySequence("Ctrl+Alt+F9")


# ---- no new orders --------------------------------------------------------------------------------------


def test_no_new_orders_is_carried_to_the_desk_shown_and_remembered(qtbot, shown, session, settings):
    shown.commands.no_new_orders.trigger()
    assert session.orders.trading_block is TradingBlock.NO_NEW_ORDERS
    assert shown.top_bar.hold.isVisible()
    assert settings.values.no_new_orders
    shown.close_session()
    assert shown.top_bar.hold.isHidden()
    again = FakeSession()
    shown.show_session(cast(Session, again))
    assert again.orders.trading_block is TradingBlock.NO_NEW_ORDERS
    assert shown.top_bar.hold.isVisible()
    shown.commands.no_new_orders.trigger()
    assert again.orders.switches == set()
    assert shown.top_bar.hold.isHidden()


# ---- the tray -------------------------------------------------------------------------------------------


@pytest.fixture
def tray(shown):
    commands = shown.commands
    made = Tray(shown, (commands.flatten, commands.no_new_orders, commands.sign_out, commands.quit))
    made.window_wanted.connect(shown.come_forward)
    return made


def entry(tray: Tray, text: str) -> QAction:
    (found,) = [action for action in tray.menu.actions() if action.text() == text]
    return found


def test_the_tray_flattens_after_the_question_with_the_window_in_front(shown, tray):
    shown.hide()
    entry(tray, "Flatten\u2026").trigger()
    assert shown.isVisible()
    question().reject()


def test_the_tray_offers_what_the_window_offers(shown, tray):
    assert tray.tool_tip == shown.windowTitle()
    assert entry(tray, "Flatten\u2026").isEnabled()
    shown.commands.no_new_orders.trigger()
    assert entry(tray, "No new orders").isChecked()
    shown.close_session()
    assert not entry(tray, "Flatten\u2026").isEnabled()
    assert entry(tray, "Quit").isEnabled()
    assert tray.tool_tip == "Bellwether"


def test_the_tray_shows_paper_and_live_apart(shown, tray, session):
    def picture() -> object:
        return tray.icon.pixmap(32, 32).toImage()

    paper = picture()
    shown.close_session()
    alone = picture()
    shown.show_session(cast(Session, FakeSession(environment=Environment.LIVE)))
    assert tray.tool_tip.startswith("Bellwether - Live")
    assert tray.menu.actions()[0].text().startswith("Live \u00b7\u00b7")
    live = picture()
    assert paper != alone != live != paper


@pytest.mark.parametrize("name", ["dark", "light"])
def test_pictures(theme, qtbot, tmp_path, name, clock):
    theme.set(name)
    session = FakeSession()
    fill_prices(session)
    fill_orders(session)
    window = FlattenWindow(theme, clock, Environment.PAPER, "3F7A")
    qtbot.addWidget(window)
    window.show_lines(LINES, session.orders.orders)
    clock.pass_s(12)
    window.show()
    qtbot.waitExposed(window)
    assert window.grab().save(str(tmp_path / f"flatten-{name}.png"))
    window.show_end("Stopped at 10:00:12, not flat: 6 left.", "text", is_flat=False)
    window.show_not_kept(StorageFailed("The report could not be saved.", "Copy it."))
    assert window.grab().save(str(tmp_path / f"flatten-end-{name}.png"))
    asked = FlattenQuestion(theme, ["Sell 20 NVDA at 183.51"] * 12, [], Environment.LIVE, "3F7A")
    qtbot.addWidget(asked)
    asked.show()
    assert asked.grab().save(str(tmp_path / f"flatten-question-{name}.png"))
    window.hide()
