"""Questions before what cannot be taken back, and the deeds behind them."""

import dataclasses
from decimal import Decimal as D
from typing import Any, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from core.domain.environment import Environment
from core.domain.intent import IntentState as S
from core.domain.limits import Limits
from core.domain.order import OrderStatus, OrderType, Side
from core.domain.position import Position
from core.domain.request import OrderRequest, ReplaceRequest
from core.domain.trading_block import TradingBlock
from core.errors import AppError, NotPermitted, OrderRefused, OutcomeUnknown
from core.services.session import Session
from tests.fakes.services import FakeSession, order, ticker
from ui.dialogs.about import AboutDialog
from ui.dialogs.frame import DialogFrame
from ui.dialogs.question import Question
from ui.dialogs.replace_order import ReplaceDialog
from ui.dialogs.terms import TermsTable
from ui.dialogs.unlock_live import UnlockLiveDialog
from ui.theme.theme import Theme
from ui.trading_actions import TradingActions


def the_dialog() -> DialogFrame:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, DialogFrame) and w.isVisible()]
    assert len(found) == 1
    return found[0]


def answer_yes(qtbot: QtBot) -> None:
    dialog = the_dialog()
    assert isinstance(dialog, Question)
    qtbot.waitUntil(dialog.deed.isEnabled)
    QTest.mouseClick(dialog.deed, Qt.MouseButton.LeftButton)


@pytest.fixture
def window(theme, qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    return made


@pytest.fixture
def session(qapp):
    session = FakeSession()
    session.market.show(ticker("NVDA", 182.40, 182.45, last=182.44))  # what limits are held against
    return session


@pytest.fixture
def actions(theme, window, session):
    return TradingActions(cast(Session, session), theme, window)


@pytest.fixture
def noticed(actions):
    told: list[AppError] = []
    actions.noticed.connect(told.append)
    return told


def replace_dialog(theme: Theme, window: QWidget, **changes: Any) -> ReplaceDialog:
    dialog = ReplaceDialog(theme, order(**changes), Environment.PAPER, "3F7A", window)
    dialog.open()
    dialog.arm()
    return dialog


def test_only_what_the_order_has_can_be_changed(theme, window):
    dialog = replace_dialog(theme, window)
    assert dialog.field("limit_price").value == D("182.40")
    with pytest.raises(KeyError):
        dialog.field("stop_price")
    dialog.reject()


def test_nothing_changed_cannot_be_sent(theme, window):
    dialog = replace_dialog(theme, window)
    assert not dialog.deed.isEnabled()
    assert dialog.says.text() == "Nothing is changed yet."
    dialog.reject()


def test_a_price_finer_than_a_cent_is_not_changed_by_looking_at_it(theme, window):
    dialog = replace_dialog(theme, window, symbol="LTC/USD", limit_price=D("84.2861"))
    assert dialog.request() == ReplaceRequest(order_id="o-1", symbol="LTC/USD")
    field = dialog.field("limit_price")
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.text() == "84.2862"
    dialog.reject()


def test_only_changed_terms_are_sent_and_they_are_said_before(qtbot, theme, window):
    dialog = replace_dialog(theme, window)
    dialog.field("limit_price").setText("182.30")
    assert dialog.says.text() == "Will be sent: Limit price 182.3"
    with qtbot.waitSignal(dialog.replace_requested) as sent:
        qtbot.mouseClick(dialog.deed, Qt.MouseButton.LeftButton)
    assert sent.args == [ReplaceRequest(order_id="o-1", symbol="NVDA", limit_price=D("182.30"))]


@pytest.mark.parametrize(
    ("typed", "words"),
    [("", "Every field needs a number."), ("182.301", "finer than the broker takes"), ("-1", "above zero")],
)
def test_a_change_that_the_rules_refuse_is_explained(theme, window, typed, words):
    dialog = replace_dialog(theme, window)
    dialog.field("limit_price").setText(typed)
    assert words in dialog.says.text()
    assert not dialog.deed.isEnabled()
    dialog.reject()


def test_a_double_click_that_opened_a_question_does_not_answer_it(qtbot, theme, window):
    dialog = Question(theme, "Really?", "Yes", parent=window)
    dialog.open()
    confirmed = []
    dialog.confirmed.connect(lambda: confirmed.append(1))
    qtbot.mouseClick(dialog.deed, Qt.MouseButton.LeftButton)
    assert confirmed == []
    qtbot.waitUntil(dialog.deed.isEnabled)
    for _ in range(20):
        dialog.deed.click()
    assert confirmed == [1]


@pytest.mark.parametrize("typed", ["", "12", "0000", "PA3S"])
def test_the_gate_to_live_stays_shut_for_anything_but_the_accounts_end(theme, window, typed):
    dialog = UnlockLiveDialog(theme, "5X78", window)
    dialog.open()
    dialog.arm()
    dialog.typed.setText(typed)
    assert not dialog.deed.isEnabled()
    dialog.reject()


def test_the_gate_to_live_opens_for_the_last_four_characters(qtbot, theme, window):
    dialog = UnlockLiveDialog(theme, "5X78", window)
    dialog.open()
    qtbot.keyClicks(dialog.typed, "5x78")
    qtbot.waitUntil(dialog.deed.isEnabled)
    with qtbot.waitSignal(dialog.confirmed):
        qtbot.mouseClick(dialog.deed, Qt.MouseButton.LeftButton)


def test_an_account_without_a_number_cannot_be_unlocked(theme, window):
    dialog = UnlockLiveDialog(theme, "", window)
    dialog.arm()
    assert not dialog.deed.isEnabled()
    dialog.reject()


def test_about_names_versions_and_independence(theme, window):
    dialog = AboutDialog(theme, window)
    assert dialog.versions.text.startswith("version: ")
    assert "qt: 6." in dialog.versions.text
    texts = " ".join(label.text() for label in dialog.findChildren(type(dialog.heading)))
    assert "Not made by, affiliated with or endorsed by the broker." in texts
    dialog.reject()


def test_a_cancel_goes_out_at_once(actions, session):
    session.orders.show_orders(order())
    actions.cancel("o-1")
    assert session.orders.cancelled == ["o-1"]


def test_an_order_that_is_gone_is_neither_cancelled_nor_replaced(actions, session):
    actions.cancel("o-404")
    actions.replace("o-404")
    assert session.orders.cancelled == []


def test_cancel_all_lists_the_orders_and_asks_first(qtbot, actions, session):
    session.orders.show_orders(
        order("o-1"), order("o-2", side="sell"), order("o-3", status=OrderStatus.FILLED)
    )
    actions.cancel_all()
    dialog = the_dialog()
    assert dialog.heading.text() == "Cancel all 2 working orders?"
    texts = "\n".join(label.text() for label in dialog.findChildren(type(dialog.heading)))
    assert "Buy 20 NVDA at 182.40\nSell 20 NVDA at 182.40" in texts
    assert session.orders.cancelled == []
    answer_yes(qtbot)
    assert session.orders.cancelled == ["o-1", "o-2"]


def test_cancel_all_without_orders_says_so(actions, noticed):
    actions.cancel_all()
    assert noticed[0].headline == "There is no working order to cancel."


@pytest.mark.parametrize(
    ("qty", "side", "deed"),
    [("40", Side.SELL, "Sell 40 NVDA at market"), ("-10", Side.BUY, "Buy 10 NVDA at market")],
)
def test_closing_says_market_side_and_quantity_and_asks_first(qtbot, actions, session, qty, side, deed):
    held = Position(symbol="NVDA", asset_class="us_equity", qty=D(qty), avg_entry_price=D(180))
    session.positions.show(held)
    actions.close_position("NVDA")
    dialog = the_dialog()
    assert isinstance(dialog, Question)
    assert dialog.deed.text() == deed
    assert dialog.deed.property("kind") == side.value
    answer_yes(qtbot)
    assert session.orders.closed == [held]


def test_closing_says_how_much_stays_because_other_orders_hold_it(qtbot, actions, session):
    held = Position(
        symbol="NVDA", asset_class="us_equity", qty=D(-25), qty_available=D(-15), avg_entry_price=D(180)
    )
    session.positions.show(held)
    actions.close_position("NVDA")
    texts = [label.text() for label in the_dialog().findChildren(QLabel)]
    assert any(text.startswith("10 of 25 stay: other orders hold them.") for text in texts)
    answer_yes(qtbot)


def test_a_position_that_closed_meanwhile_is_not_closed_again(qtbot, actions, session, noticed):
    session.positions.show(Position(symbol="NVDA", asset_class="us_equity", qty=D(1), avg_entry_price=D(180)))
    actions.close_position("NVDA")
    session.positions.show()
    answer_yes(qtbot)
    assert session.orders.closed == []
    assert "closed already" in noticed[0].headline


def test_a_replace_is_asked_for_and_sent_once(qtbot, actions, session):
    session.market.show(ticker("NVDA", 182.41, 182.44, last=182.44))
    session.orders.show_orders(order())
    actions.replace("o-1")
    dialog = the_dialog()
    assert isinstance(dialog, ReplaceDialog)
    dialog.field("limit_price").setText("182.30")
    answer_yes(qtbot)
    assert session.orders.replaced == [ReplaceRequest(order_id="o-1", symbol="NVDA", limit_price=D("182.30"))]


def test_an_order_the_broker_would_not_replace_opens_no_dialog(actions, session):
    session.orders.show_orders(order(status=OrderStatus.PENDING_CANCEL))
    actions.replace("o-1")
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, ReplaceDialog)]


@pytest.mark.parametrize(
    ("states", "kind", "words"),
    [
        ((S.JOURNALED, S.SENT, S.REFUSED), OrderRefused, "refused; the order is as it was."),
        ((S.NEVER_SENT,), OrderRefused, "refused; the order is as it was."),
        ((S.JOURNALED, S.SENT, S.UNKNOWN), OutcomeUnknown, "outcome unknown."),
    ],
)
def test_what_became_of_a_cancel_is_told_when_it_went_wrong(actions, session, noticed, states, kind, words):
    session.orders.show_orders(order())
    actions.cancel("o-1")
    intent = session.orders.open_intents[0]
    session.orders.answer(intent, *states, reason="order is already in filled state")
    assert type(noticed[0]) is kind
    assert noticed[0].headline.endswith(words)
    assert "Buy 20 NVDA at 182.40" in noticed[0].headline


def test_a_cancel_that_worked_is_not_commented_on(actions, session, noticed):
    session.orders.show_orders(order())
    actions.cancel("o-1")
    session.orders.answer(session.orders.open_intents[0], S.JOURNALED, S.SENT, S.CANCELED)
    assert noticed == []


def test_what_is_not_permitted_says_that_nothing_was_sent_and_why(qtbot, actions, session, noticed):
    session.positions.show(Position(symbol="NVDA", asset_class="us_equity", qty=D(1), avg_entry_price=D(180)))

    def refuse(_position: object) -> None:
        raise NotPermitted("Orders cannot be sent right now.")

    session.orders.close_position = refuse
    session.orders.block(TradingBlock.NO_SCOPE)
    actions.close_position("NVDA")
    answer_yes(qtbot)
    assert noticed[0].headline == "Nothing was sent."
    assert noticed[0].remedy.startswith("This sign-in may not trade.")


def test_the_reason_told_is_the_one_that_the_desk_gave(qtbot, actions, session, noticed):
    session.positions.show(Position(symbol="NVDA", asset_class="us_equity", qty=D(1), avg_entry_price=D(180)))

    def refuse(_position: object) -> None:
        raise NotPermitted("Orders cannot be sent right now.", detail=TradingBlock.NOT_READY.value)

    session.orders.close_position = refuse
    session.orders.block(TradingBlock.NO_NEW_ORDERS)
    actions.close_position("NVDA")
    answer_yes(qtbot)
    assert noticed[0].remedy.startswith("Reading your orders")


CHANGE = ReplaceRequest(order_id="o-1", symbol="NVDA", limit_price=D(181))


def test_a_change_in_place_is_asked_about_with_the_terms_that_are_sent(qtbot, actions, session):
    session.orders.show_orders(order())
    actions.change(CHANGE, must_ask=True)
    assert session.orders.replaced == []
    dialog = the_dialog()
    assert [table.text for table in dialog.findChildren(TermsTable)] == ["limit_price: 181"]
    answer_yes(qtbot)
    assert session.orders.replaced == [CHANGE]


def test_a_change_in_place_goes_out_at_once_where_paper_orders_are_not_asked_about(actions, session):
    session.orders.show_orders(order())
    actions.change(CHANGE, must_ask=False)
    assert session.orders.replaced == [CHANGE]


def test_a_live_order_is_never_changed_unasked(actions, session):
    session.environment = Environment.LIVE
    session.orders.show_orders(order())
    actions.change(CHANGE, must_ask=False)
    assert session.orders.replaced == []
    the_dialog().close()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"limit_price": D("181.001")}, "finer than the broker takes"),
        ({"limit_price": None, "qty": D("1.5")}, "whole quantities only"),
        ({"limit_price": None, "qty": D(3)}, "above what is filled already"),
        ({"limit_price": None, "stop_price": D(170)}, "no such price"),
    ],
)
def test_a_change_that_a_rule_excludes_is_explained_and_not_sent(actions, session, noticed, changes, words):
    session.orders.show_orders(order(filled_qty=D(5), status=OrderStatus.PARTIALLY_FILLED))
    actions.change(dataclasses.replace(CHANGE, **changes), must_ask=True)
    assert words in noticed[-1].remedy
    assert noticed[-1].headline == "The order was not changed. Nothing was sent."
    assert session.orders.replaced == []


def test_an_intent_of_unknown_fate_is_sent_again_only_after_a_question(qtbot, actions, session):
    asked = OrderRequest(symbol="AMD", side=Side.BUY, type=OrderType.LIMIT, qty=D(1), limit_price=D(5))
    intent = session.orders.place(asked)
    actions.retry(intent.client_order_id)
    assert session.orders.retried == []
    assert "cannot make a second order" in texts_of(the_dialog())
    answer_yes(qtbot)
    assert session.orders.retried == [intent.client_order_id]


def test_checking_an_unknown_order_stops_only_after_a_question_that_promises_nothing(qtbot, actions, session):
    asked = OrderRequest(symbol="AMD", side=Side.BUY, type=OrderType.LIMIT, qty=D(1), limit_price=D(5))
    intent = session.orders.place(asked)
    actions.let_go(intent.client_order_id)
    assert not any(isinstance(w, Question) and w.isVisible() for w in QApplication.topLevelWidgets())
    session.orders.answer(intent, S.JOURNALED, S.SENT, S.UNKNOWN)
    actions.let_go(intent.client_order_id)
    told = texts_of(the_dialog())
    for words in ("withdraws nothing", "may still arrive, and fill", "stays listed as unknown"):
        assert words in told
    assert intent.client_order_id in told
    assert not session.orders.intent(intent.client_order_id).is_let_go
    answer_yes(qtbot)
    assert session.orders.intent(intent.client_order_id).is_let_go
    assert session.orders.intent(intent.client_order_id).state is S.UNKNOWN


def test_orders_are_cancelled_by_side_after_a_question_that_counts_and_names_them(qtbot, actions, session):
    sells = [order(f"o-{n}", side="sell", symbol="AMD") for n in range(14)]
    session.orders.show_orders(order("o-buy"), *sells)
    actions.cancel_many(None, "sell")
    dialog = the_dialog()
    assert dialog.heading.text() == "Cancel all 14 working sell orders?"
    assert "and 2 more" in texts_of(dialog)
    answer_yes(qtbot)
    assert session.orders.cancelled == [one.id for one in sells]


def texts_of(dialog: DialogFrame) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel))


def test_a_trailing_distance_and_the_time_in_force_can_be_changed(qtbot, theme, window):
    dialog = replace_dialog(
        theme, window, type="trailing_stop", limit_price=None, trail_percent=D("1.5"), side="sell"
    )
    dialog.field("trail").setText("2")
    dialog.time_in_force.setCurrentIndex(dialog.time_in_force.findData("gtc"))
    assert dialog.says.text() == "Will be sent: Time in force gtc, Trailing by 2"
    model = dialog.time_in_force.model()
    assert not model.index(dialog.time_in_force.findData("ioc"), 0).flags() & Qt.ItemFlag.ItemIsEnabled
    with qtbot.waitSignal(dialog.replace_requested) as sent:
        qtbot.mouseClick(dialog.deed, Qt.MouseButton.LeftButton)
    assert sent.args[0].body("bw-1") == {"time_in_force": "gtc", "trail": "2", "client_order_id": "bw-1"}


@pytest.mark.parametrize(
    ("changes", "qty", "words"),
    [
        (
            {"filled_qty": D(5)},
            "5",
            "The new total must be above what is filled already. Cancel the order to stop it.",
        ),
        ({}, "7.5", "A change takes whole quantities only."),
        ({"qty": D("2.5")}, "3", "The quantity of a fractional order is fixed."),
        ({}, "", "Every field needs a number."),
    ],
)
def test_a_change_that_the_broker_refuses_is_not_sent(theme, window, changes, qty, words):
    dialog = replace_dialog(theme, window, **changes)
    dialog.field("qty").setText(qty)
    assert dialog.says.text() == words
    assert not dialog.deed.isEnabled()
    dialog.reject()


def test_a_change_past_a_limit_of_the_trader_is_not_sent(actions, session):
    session.market.show(ticker("NVDA", 182.41, 182.44, last=182.44))
    session.settings.change(limits=Limits(max_qty=D(100), max_distance=D("0.1")))
    session.orders.show_orders(order())
    actions.replace("o-1")
    dialog = the_dialog()
    assert isinstance(dialog, ReplaceDialog)
    dialog.arm()
    for name, text, words in (
        ("qty", "101", "Your limit: 100 in one order, and this is 101."),
        ("limit_price", "18.24", "Your limit: prices within 10.0 % of the last trade"),
    ):
        before = dialog.field(name).text()
        dialog.field(name).setText(text)
        assert dialog.says.text().startswith(words)
        assert not dialog.deed.isEnabled()
        dialog.field(name).setText(before)
    dialog.field("qty").setText("100")
    assert dialog.deed.isEnabled()
    dialog.reject()
