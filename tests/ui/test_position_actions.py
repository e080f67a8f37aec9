"""A part, the other side, exits: asked about with what will be sent, and sent as it was confirmed."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from core.domain.intent import IntentState as S
from core.domain.order import OrderStatus
from core.domain.position import Position
from core.domain.trading_block import TradingBlock
from core.errors import AppError
from core.services.reversal import Step
from core.services.session import Session
from tests.fakes.services import FakeSession, order, ticker
from ui.dialogs.exit_dialogs import ClosePartDialog, ProtectDialog
from ui.dialogs.frame import DialogFrame
from ui.dialogs.question import Question
from ui.dialogs.reversal import ReversalWindow
from ui.panels.position_menu import PositionDeed
from ui.position_actions import PositionActions
from ui.trading_actions import TradingActions

HELD = Position(
    symbol="NVDA", asset_class="us_equity", qty=D(41), avg_entry_price=D("180.18"), current_price=D("182.44")
)
COIN = Position(symbol="BTCUSD", asset_class="crypto", qty=D("0.5"), avg_entry_price=D(90_000))


@pytest.fixture
def window(theme, qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


@pytest.fixture
def session(qapp):
    made = FakeSession()
    made.positions.show(HELD, COIN)
    made.market.show(ticker("NVDA", 182.43, 182.45, last=182.44))
    return made


@pytest.fixture
def actions(theme, window, session):
    known = cast(Session, session)
    return PositionActions(known, TradingActions(known, theme, window), theme, window)


@pytest.fixture
def noticed(actions):
    told: list[AppError] = []
    actions.noticed.connect(told.append)
    return told


def the_dialog(kind: type) -> Any:
    (found,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]
    return found


def press(qtbot, dialog: Question) -> None:
    qtbot.waitUntil(dialog.deed.isEnabled)
    QTest.mouseClick(dialog.deed, Qt.MouseButton.LeftButton)


def test_a_part_is_chosen_by_share_or_quantity_and_sent_as_it_was_listed(qtbot, actions, session):
    actions.ask("NVDA", PositionDeed.CLOSE_PART)
    dialog = the_dialog(ClosePartDialog)
    assert dialog.qty.text() == "20"  # half of 41, in whole shares
    dialog.choose_share(25)
    assert dialog.deed.text() == "Sell 10 NVDA at market"
    assert "qty: 10" in dialog.terms.text
    assert "position_intent: sell_to_close" in dialog.terms.text
    assert dialog.says.text().endswith("31 stay.")
    dialog.qty.step_by(3)
    press(qtbot, dialog)
    (sent,) = session.orders.placed
    assert (sent.qty, sent.only_closes) == (D(13), True)


@pytest.mark.parametrize("typed", ["42", "0", "", "abc", "1.0000000001"])
def test_what_cannot_be_closed_is_not_sent(actions, session, typed):
    actions.ask("NVDA", PositionDeed.CLOSE_PART)
    dialog = the_dialog(ClosePartDialog)
    dialog.arm()
    dialog.qty.setText(typed)
    assert not dialog.deed.isEnabled()
    assert dialog.says.text()
    dialog.reject()
    assert session.orders.placed == []


def test_a_coin_closes_in_fractions_and_all_of_it_exactly(qtbot, actions, session):
    actions.ask("BTCUSD", PositionDeed.CLOSE_PART)
    dialog = the_dialog(ClosePartDialog)
    dialog.choose_share(25)
    assert dialog.qty.text() == "0.125"
    dialog.choose_share(100)
    press(qtbot, dialog)
    assert (session.orders.placed[0].symbol, session.orders.placed[0].qty) == ("BTC/USD", D("0.5"))


def test_a_position_that_changed_while_the_question_stood_is_asked_about_anew(
    qtbot, actions, session, noticed
):
    actions.ask("NVDA", PositionDeed.CLOSE_PART)
    dialog = the_dialog(ClosePartDialog)
    session.positions.show(replace(HELD, qty=D(10)))
    press(qtbot, dialog)
    assert session.orders.placed == []
    assert noticed[0].headline == "The position has changed. Nothing was sent."


def test_a_position_that_orders_hold_is_left_alone(actions, session, noticed):
    session.positions.show(replace(HELD, qty_available=D(0)))
    for deed in PositionDeed:
        actions.ask("NVDA", deed)
    assert len(noticed) == 3
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, DialogFrame) and w.isVisible()]


def test_protection_says_what_each_exit_earns_and_sends_one_group(qtbot, actions, session):
    actions.ask("NVDA", PositionDeed.PROTECT)
    dialog = the_dialog(ProtectDialog)
    dialog.arm()
    assert not dialog.deed.isEnabled()
    dialog.gain.setText("191.50")
    dialog.loss.setText("178")
    assert dialog.gain.suffix == "\u25b2 +464.12"
    assert dialog.loss.suffix == "\u25bc \u221289.38"
    assert dialog.deed.text() == "Sell 41 NVDA as exit, profit 191.50, loss 178.00, GTC"
    press(qtbot, dialog)
    body = session.orders.placed[0].body("x")
    assert (body["order_class"], body["take_profit"], body["stop_loss"]) == (
        "oco",
        {"limit_price": "191.5"},
        {"stop_price": "178"},
    )


def test_only_a_stop_is_a_stop_order_that_says_it_closes(qtbot, actions, session):
    actions.ask("NVDA", PositionDeed.PROTECT)
    dialog = the_dialog(ProtectDialog)
    dialog.kind.choose("loss")
    assert dialog.gain.isHidden()
    dialog.loss.step_by(-44)
    assert dialog.loss.text() == "182.00"
    dialog.time.choose("day")
    press(qtbot, dialog)
    body = session.orders.placed[0].body("x")
    assert (body["type"], body["stop_price"], body["position_intent"], body["time_in_force"]) == (
        "stop",
        "182",
        "sell_to_close",
        "day",
    )


@pytest.mark.parametrize(
    ("gain", "loss", "words"),
    [("182", "178", "fill at once"), ("190", "183", "leave at once"), ("190.001", "178", "finer")],
)
def test_exits_that_make_no_sense_are_explained_and_not_sent(actions, gain, loss, words):
    actions.ask("NVDA", PositionDeed.PROTECT)
    dialog = the_dialog(ProtectDialog)
    dialog.arm()
    dialog.gain.setText(gain)
    dialog.loss.setText(loss)
    assert words in dialog.says.text()
    assert not dialog.deed.isEnabled()
    dialog.reject()


def test_a_coin_is_offered_what_coins_have(actions):
    actions.ask("BTCUSD", PositionDeed.PROTECT)
    dialog = the_dialog(ProtectDialog)
    assert dialog.exits.value == "gain"
    dialog.kind.choose("loss")
    dialog.arm()
    dialog.loss.setText("88000")
    assert not dialog.deed.isEnabled()
    dialog.loss_limit.setText("87900")
    assert dialog.request().type.value == "stop_limit"
    dialog.reject()


def reverse(qtbot, actions) -> ReversalWindow:
    actions.ask("NVDA", PositionDeed.REVERSE)
    press(qtbot, the_dialog(Question))
    return cast(ReversalWindow, the_dialog(ReversalWindow))


def fill_close(session: FakeSession) -> None:
    intent = session.orders.open_intents[0]
    filled = order(
        "o-9", side="sell", qty=D(41), filled_qty=D(41), status=OrderStatus.FILLED, status_text="filled"
    )
    session.orders.answer(intent, S.JOURNALED, S.SENT, S.FILLED, order=filled)


def test_a_reversal_shows_both_orders_before_and_each_step_as_it_goes(qtbot, actions, session):
    actions.ask("NVDA", PositionDeed.REVERSE)
    dialog = the_dialog(Question)
    texts = "\n".join(table.text for table in dialog.findChildren(type(dialog.add_terms({}))))
    assert "position_intent: sell_to_close" in texts
    assert "position_intent: sell_to_open" in texts
    press(qtbot, dialog)
    window = the_dialog(ReversalWindow)
    assert session.orders.closed == [HELD]
    assert session.orders.placed == []
    fill_close(session)
    assert window.steps.shown["open"].text() == "waits for the broker's positions"
    session.positions.show(COIN)
    (opening,) = session.orders.placed
    assert opening.body("x")["position_intent"] == "sell_to_open"
    assert window.steps.shown["open"].text() == "sent"
    window.end.click()
    session.positions.show(COIN)
    assert len(session.orders.placed) == 1


def test_closing_the_window_gives_the_second_step_up(qtbot, actions, session):
    window = reverse(qtbot, actions)
    reversal = window.reversal
    window.reject()
    fill_close(session)
    session.positions.show(COIN)
    assert reversal.step is Step.STOPPED
    assert session.orders.placed == []


def test_what_could_not_be_opened_afterwards_is_not_begun(actions, session, noticed):
    session.orders.block(TradingBlock.NO_NEW_ORDERS)
    actions.ask("NVDA", PositionDeed.REVERSE)
    assert "cannot be reversed" in noticed[0].headline
    assert "switched off" in noticed[0].remedy
    session.orders.block(TradingBlock.NONE)
    session.instruments.show(replace(session.instruments.get("NVDA"), shortable=False))
    actions.ask("NVDA", PositionDeed.REVERSE)
    actions.ask("BTCUSD", PositionDeed.REVERSE)
    assert len(noticed) == 3
    assert session.orders.closed == []


def test_it_is_not_begun_twice(qtbot, actions, noticed):
    window = reverse(qtbot, actions)
    actions.ask("NVDA", PositionDeed.REVERSE)
    assert "being reversed already" in noticed[0].headline
    window.reject()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_pictures(qtbot, theme, actions, tmp_path, name):
    theme.set(name)
    for deed, kind in ((PositionDeed.CLOSE_PART, ClosePartDialog), (PositionDeed.PROTECT, ProtectDialog)):
        actions.ask("NVDA", deed)
        dialog = the_dialog(kind)
        if deed is PositionDeed.PROTECT:
            dialog.gain.setText("191.50")
            dialog.loss.setText("178.00")
        dialog.arm()
        qtbot.waitUntil(lambda dialog=dialog: next(iter(dialog.terms.shown.values())).isVisible())
        dialog.adjustSize()
        qtbot.waitExposed(dialog)
        assert dialog.grab().save(str(tmp_path / f"{deed.value}-{name}.png"))
        dialog.reject()
    window = reverse(qtbot, actions)
    assert window.grab().save(str(tmp_path / f"reversal-{name}.png"))
    window.reject()
