"""The real ticket, clicked and typed at; the order desk behind it is a stateful fake."""

import json
from dataclasses import replace
from decimal import Decimal as D
from typing import cast

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.clock import continuous_ns
from core.domain.connection import StreamName, StreamPhase
from core.domain.environment import Environment
from core.domain.intent import IntentState as S
from core.domain.order import OrderStatus, OrderType, Side, TimeInForce
from core.domain.position import Position
from core.domain.preset import Exits
from core.domain.trading_block import TradingBlock
from core.errors import NotCovered
from core.services.session import Session
from core.services.settings import Settings
from tests.fakes.services import FakeSession, FakeSettings, StandingClock, account, order, ticker
from ui.dialogs.confirm_order import ConfirmOrderDialog
from ui.panels.ticket import TicketPanel
from ui.panels.ticket_body import Ticket
from ui.panels.ticket_submission import Stage


@pytest.fixture
def clock():
    return StandingClock()


@pytest.fixture
def settings(qapp):
    return FakeSettings()


@pytest.fixture
def session(qapp, settings, clock):
    return FakeSession(settings=settings, clock=clock)


@pytest.fixture
def panel(theme, qtbot, clock, settings, session):
    made = TicketPanel(theme, clock, cast(Settings, settings))
    qtbot.addWidget(made)
    made.resize(344, 700)
    made.bind(cast(Session, session))
    session.market.show(ticker("NVDA", 182.41, 182.44, last=182.44, close=180.13))
    made.set_symbol("NVDA")
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.unbind()


@pytest.fixture
def ticket(panel):
    return panel.ticket


@pytest.fixture
def button(ticket):
    return ticket.send_area.button


def fill_in(ticket: Ticket, qty: str = "20", limit: str = "182.40") -> None:
    ticket.form.quantity.setText(qty)
    ticket.form.limit_price.setText(limit)


def open_dialog() -> ConfirmOrderDialog:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, ConfirmOrderDialog) and w.isVisible()]
    assert len(found) == 1
    return found[0]


def confirm(qtbot: QtBot) -> None:
    dialog = open_dialog()
    qtbot.waitUntil(dialog.deed.isEnabled)
    QTest.mouseClick(dialog.deed, Qt.MouseButton.LeftButton)


def test_the_button_says_the_whole_order(ticket, button):
    fill_in(ticket)
    assert button.text() == "Buy 20 NVDA at 182.40"
    assert button.isEnabled()
    ticket.form.side.choose(Side.SELL)
    ticket.form.type.choose(OrderType.MARKET)
    assert button.text() == "Sell 20 NVDA at market"
    assert button.property("kind") == "sell"


def test_the_summary_shows_cost_buying_power_and_position_after(ticket, session):
    session.positions.show(
        Position(symbol="NVDA", asset_class="us_equity", qty=D(40), avg_entry_price=D("180.18"))
    )
    fill_in(ticket)
    assert ticket.summary.cost.accessibleName() == "Estimated cost: 3,648.00"
    assert ticket.summary.buying_power_after.text() == "183,662.40"
    assert ticket.summary.position_after.text() == "60 sh \u00b7 avg 180.92"
    assert ticket.rule.text.text().startswith("Rests 0.04 below the ask.")


def test_the_account_stands_under_the_button(ticket):
    assert ticket.send_area.badge.text() == "PAPER \u00b7\u00b73F7A"
    assert ticket.send_area.account.text() == "Paper money \u00b7 Ctrl+Enter"


def test_an_incomplete_order_cannot_be_sent_and_says_what_is_missing(ticket, button, session):
    fill_in(ticket, limit="")
    assert not button.isEnabled()
    assert ticket.rule.text.text() == "Enter a limit price."
    ticket.send_order()
    assert session.orders.placed == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("182.4x", "Limit price: \u201c182.4x\u201d is not a number."),
        ("1.2.3", "Limit price: \u201c1.2.3\u201d is not a number."),
        ("1,2,3", "Limit price: \u201c1,2,3\u201d is not a number."),
        ("nan", "Limit price: \u201cnan\u201d is not a number."),
        (
            "182,4",
            "Limit price: decimals follow a point here, not a comma. If you mean 182.4, type it so.",
        ),
        (
            "1.182,40",
            "Limit price: decimals follow a point here, not a comma. If you mean 1182.4, type it so.",
        ),
        ("9999999999999999", "Limit price: no order takes a number as large as that."),
        (
            "182.405",
            "The limit price is finer than the broker takes: cents from 1.00 up, 0.0001 below.",
        ),
    ],
)
def test_a_price_that_is_no_number_stays_as_typed_and_is_said_to_be_none(
    ticket, button, session, typed, sentence
):
    fill_in(ticket, limit=typed)
    assert ticket.rule.text.text() == sentence
    assert ticket.form.limit_price.text() == typed
    assert not button.isEnabled()
    ticket.send_order()
    assert session.orders.placed == []
    ticket.form.limit_price.setText("182.40")
    assert button.isEnabled()


def test_a_quantity_that_is_no_number_is_said_to_be_none_before_what_is_missing(ticket):
    fill_in(ticket, qty="2o", limit="")
    assert ticket.rule.text.text() == "Quantity: \u201c2o\u201d is not a number."
    assert ticket.form.quantity.text() == "2o"


def test_a_garbled_field_that_is_not_part_of_the_order_is_not_complained_of(ticket, button):
    fill_in(ticket, limit="x")
    ticket.form.type.choose(OrderType.MARKET)
    assert button.isEnabled()
    assert ticket.form.complaint() == ""


def test_a_garbled_exit_is_named(ticket):
    fill_in(ticket)
    ticket.form.exits.choose(Exits.BOTH)
    ticket.form.exits.take_profit.setText("191,50")
    assert ticket.rule.text.text().startswith("Take profit: decimals follow a point here")


def test_a_price_of_an_option_finer_than_a_cent_is_told_by_the_option_s_grid(ticket, button):
    ticket.set_symbol("NVDA261204C00180000")
    fill_in(ticket, qty="1", limit="0.455")
    assert ticket.rule.text.text() == (
        "Limit price: options are priced in cents, and 0.455 has too many decimals."
    )
    assert not button.isEnabled()


def test_the_confirmation_shows_exactly_what_is_sent(qtbot, ticket, button, session):
    fill_in(ticket)
    ticket.form.extended_hours.setChecked(True)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = open_dialog()
    shown = {name: label.text() for name, label in dialog.terms.shown.items()}
    assert dialog.heading.text() == "Buy 20 NVDA at 182.40, extended hours"
    confirm(qtbot)
    sent = json.loads(ticket.submission.intent.body)
    del sent["client_order_id"]
    assert shown == {name: str(value).lower() if value is True else value for name, value in sent.items()}
    assert list(shown) == list(sent)


def test_a_dismissed_confirmation_sends_nothing(qtbot, ticket, button, session):
    fill_in(ticket)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    QTest.keyClick(open_dialog(), Qt.Key.Key_Escape)
    assert session.orders.placed == []
    assert button.isEnabled()


def test_the_confirmation_takes_no_click_within_the_double_click_time(qtbot, ticket, button, session):
    fill_in(ticket)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(open_dialog().deed, Qt.MouseButton.LeftButton)
    assert session.orders.placed == []
    open_dialog().reject()


def test_two_hundred_double_clicks_send_one_order(qtbot, ticket, button, session, settings):
    settings.change(confirm_paper_orders=False)
    fill_in(ticket)
    for _ in range(200):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        qtbot.mouseDClick(button, Qt.MouseButton.LeftButton)
        ticket.send_order()
    assert len(session.orders.placed) == 1


def test_clicks_that_go_on_after_the_answer_still_send_one_order(qtbot, ticket, button, session, settings):
    settings.change(confirm_paper_orders=False)
    fill_in(ticket)
    for place in range(200):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        qtbot.mouseDClick(button, Qt.MouseButton.LeftButton)
        qtbot.keyClick(ticket.send_area, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        if place == 3:
            session.orders.answer(ticket.submission.intent, S.JOURNALED, S.SENT, S.WORKING, order=order())
    assert len(session.orders.placed) == 1
    assert ticket.submission.stage is Stage.TAKEN


def test_a_held_key_presses_the_button_once(qtbot, ticket, button, session, settings):
    settings.change(confirm_paper_orders=False)
    fill_in(ticket)
    button.setFocus()
    for is_repeat in (False, *[True] * 30):
        press = QKeyEvent(
            QEvent.Type.KeyPress, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ", is_repeat
        )
        QApplication.sendEvent(button, press)
    QTest.keyRelease(button, Qt.Key.Key_Space)
    assert len(session.orders.placed) == 1


def test_paper_orders_go_without_asking_once_that_is_wished(qtbot, ticket, button, session, settings):
    fill_in(ticket)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    open_dialog().ask_no_more.setChecked(True)
    confirm(qtbot)
    assert settings.values.confirm_paper_orders is False
    session.orders.answer(ticket.submission.intent, S.JOURNALED, S.SENT, S.WORKING)
    ticket.submission.start_another()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert len(session.orders.placed) == 2


def test_live_orders_are_always_confirmed(theme, qtbot, clock, settings):
    settings.change(confirm_paper_orders=False)
    live = FakeSession(environment=Environment.LIVE, settings=settings, clock=clock)
    live.account.show(account(number="9XYZ12345678"))
    live.market.show(ticker("NVDA", 182.41, 182.44, last=182.44, close=180.13))
    panel = TicketPanel(theme, clock, cast(Settings, settings))
    qtbot.addWidget(panel)
    panel.bind(cast(Session, live))
    panel.set_symbol("NVDA")
    panel.show()
    fill_in(cast(Ticket, panel.ticket))
    panel.send_order()
    dialog = open_dialog()
    assert live.orders.placed == []
    assert dialog.deed.text() == "Send to Live \u00b7\u00b75678"
    assert dialog.ask_no_more.isHidden()
    dialog.reject()
    panel.unbind()


def test_while_unanswered_nothing_can_be_edited_or_sent(ticket, button, session, settings):
    settings.change(confirm_paper_orders=False)
    fill_in(ticket)
    ticket.send_order()
    assert button.text() == "Sending\u2026"
    assert not button.isEnabled()
    assert not ticket.form.quantity.isEnabled()
    ticket.set_symbol("AAPL")
    assert ticket.symbol == "NVDA"


def test_an_unknown_outcome_is_shown_with_its_age_until_evidence_comes(
    ticket, button, session, settings, clock
):
    settings.change(confirm_paper_orders=False)
    fill_in(ticket)
    ticket.send_order()
    clock.wall = ticket.submission.intent.created_ns
    session.orders.answer(ticket.submission.intent, S.JOURNALED, S.SENT, S.UNKNOWN)
    clock.wall = ticket.submission.intent.since_ns + 12 * 10**9
    session.connection.changed.emit()
    text = ticket.send_area.status.text()
    assert text.startswith("Buy 20 NVDA at 182.40: outcome unknown \u2013 checking with the broker (12 s).")
    assert "not sent again by itself" in text
    assert not button.isEnabled()
    assert ticket.send_area.look_up.isVisible()
    session.orders.answer(ticket.submission.intent, S.WORKING, order=order(status=OrderStatus.NEW))
    assert ticket.send_area.status.text() == "Working"
    assert not ticket.send_area.look_up.isVisible()


def test_a_new_order_says_that_the_earlier_one_is_unresolved(qtbot, ticket, button, session, settings):
    settings.change(confirm_paper_orders=False)
    fill_in(ticket)
    ticket.send_order()
    first = session.orders.answer(ticket.submission.intent, S.JOURNALED, S.SENT, S.UNKNOWN)
    qtbot.mouseClick(ticket.send_area.another, Qt.MouseButton.LeftButton)
    assert "Buy 20 NVDA at 182.40" in ticket.send_area.earlier.text()
    assert ticket.send_area.earlier.isVisible()
    assert button.isEnabled()
    session.orders.answer(first, S.REFUSED)
    assert not ticket.send_area.earlier.isVisible()


def test_a_refusal_shows_the_brokers_reason_as_plain_text(ticket, session, settings):
    settings.change(confirm_paper_orders=False)
    fill_in(ticket)
    ticket.send_order()
    lure = '<a href="https://evil.example">Insufficient</a> funds ' + "x" * 500
    session.orders.answer(ticket.submission.intent, S.JOURNALED, S.SENT, S.REFUSED, reason=lure)
    status = ticket.send_area.status
    assert status.text().startswith('No order was placed. The broker says: <a href="https://evil.example">')
    assert status.textFormat() is Qt.TextFormat.PlainText
    assert len(status.text()) < 350
    assert ticket.form.quantity.isEnabled()


def test_an_order_that_is_rejected_after_it_was_taken_is_not_said_to_have_never_been(
    ticket, session, settings
):
    settings.change(confirm_paper_orders=False)
    fill_in(ticket)
    ticket.send_order()
    session.orders.answer(ticket.submission.intent, S.JOURNALED, S.SENT, S.WORKING, order=order("o-1"))
    session.orders.answer(
        ticket.submission.intent, S.REFUSED, order=order("o-1", status=OrderStatus.REJECTED)
    )
    assert ticket.send_area.status.text().startswith("The broker took the order, and rejected it then.")


def test_an_order_that_never_left_is_said_to_be_so(ticket, session, settings):
    settings.change(confirm_paper_orders=False)
    fill_in(ticket)
    ticket.send_order()
    session.orders.answer(ticket.submission.intent, S.NEVER_SENT, reason="The broker could not be reached.")
    assert ticket.send_area.status.text() == (
        "No order was placed: nothing left this computer. The broker could not be reached."
    )
    assert ticket.send_area.another.text() == "Try again"


def test_a_fill_is_shown_with_its_price(ticket, session, settings):
    settings.change(confirm_paper_orders=False)
    fill_in(ticket)
    ticket.send_order()
    done = order(status=OrderStatus.FILLED, filled_qty=D(20), filled_avg_price=D("182.41"))
    session.orders.answer(ticket.submission.intent, S.JOURNALED, S.SENT, S.FILLED, order=done)
    assert ticket.send_area.status.text() == "Filled 20 at 182.41"
    assert ticket.send_area.status.property("tone") == "up"


def test_figures_of_a_sent_order_do_not_count_its_own_fill(ticket, session, settings):
    settings.change(confirm_paper_orders=False)
    fill_in(ticket)
    ticket.send_order()
    done = order(status=OrderStatus.FILLED, filled_qty=D(20), filled_avg_price=D("182.40"))
    session.orders.answer(ticket.submission.intent, S.JOURNALED, S.SENT, S.FILLED, order=done)
    session.positions.show(
        Position(symbol="NVDA", asset_class="us_equity", qty=D(20), avg_entry_price=D("182.40"))
    )
    assert ticket.summary.position_after.text() == "20 sh \u00b7 avg 182.40"
    assert ticket.rule.text.text().startswith("This order is sent.")


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (TradingBlock.NO_SCOPE, "This sign-in may not trade. Sign in again and allow trading."),
        (TradingBlock.LIVE_LOCKED, "Live trading is locked."),
        (TradingBlock.NOT_READY, "Reading your orders and positions first."),
    ],
)
def test_a_block_disables_the_button_and_says_why(ticket, button, session, block, words):
    fill_in(ticket)
    session.orders.block(block)
    assert not button.isEnabled()
    assert ticket.rule.text.text().startswith(words)
    ticket.send_order()
    assert session.orders.placed == []
    session.orders.block(TradingBlock.NONE)
    assert button.isEnabled()


def test_a_quote_that_grows_old_is_said_to_be_stale(ticket, session, clock):
    fill_in(ticket)
    clock.monotonic = continuous_ns()  # the quote was heard by the real clock
    clock.pass_s(22)
    session.connection.changed.emit()
    assert "stale" in ticket.header._age.text()
    assert ticket.rule.text.text().startswith("The quote is 22 s old")


def test_an_interrupted_feed_is_said_at_once(ticket, session):
    fill_in(ticket)
    session.connection.show(StreamName.QUOTES, phase=StreamPhase.WAITING)
    assert ticket.rule.text.text().startswith("The quote feed is interrupted")


def test_arrow_keys_step_on_the_price_grid_and_from_the_passive_side(qtbot, ticket):
    field = ticket.form.limit_price
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert field.text() == "182.41"
    qtbot.keyClick(field, Qt.Key.Key_Up)
    qtbot.keyClick(field, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert field.value == D("182.52")
    field.setText("1.00")
    qtbot.keyClick(field, Qt.Key.Key_Down)
    assert field.text() == "0.9999"


def test_a_click_on_the_bid_or_the_ask_fills_the_limit_price(qtbot, ticket):
    field = ticket.form.limit_price
    assert field.suffix == "182.41 \u00d7 182.44"
    box = field._suffix_rect()
    qtbot.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(box.right() - 4, box.center().y()))
    assert field.text() == "182.44"
    qtbot.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(box.left() + 4, box.center().y()))
    assert field.text() == "182.41"


def test_the_steppers_change_the_quantity_by_whole_shares(qtbot, ticket):
    field = ticket.form.quantity
    field.setText("1.5")
    box = field._stepper_rect()
    qtbot.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(box.center().x(), 4))
    assert field.text() == "2"
    for _ in range(5):
        qtbot.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(box.center().x(), box.bottom() - 4))
    assert field.text() == "1"


def test_only_what_applies_to_the_type_is_shown_and_asked_for(ticket):
    form = ticket.form
    fill_in(ticket)
    form.stop_price.setText("184")
    shown = {}
    for kind in (OrderType.MARKET, OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT):
        form.type.choose(kind)
        request = form.request()
        shown[kind] = (form.limit_price.isVisible(), form.stop_price.isVisible())
        assert (request.limit_price is not None, request.stop_price is not None) == shown[kind]
    assert shown == {
        OrderType.MARKET: (False, False),
        OrderType.LIMIT: (True, False),
        OrderType.STOP: (False, True),
        OrderType.STOP_LIMIT: (True, True),
    }


def test_a_time_in_force_that_the_rules_exclude_is_greyed_out_with_its_reason(ticket, button):
    form = ticket.form
    form.type.choose(OrderType.STOP)
    row = form.time_in_force.findData(TimeInForce.IOC.value)
    item = form.time_in_force.model().item(row)
    assert not item.isEnabled()
    assert item.toolTip() == (
        "IOC, FOK and the auctions go with market and limit orders only. Choose Day or Good till cancelled."
    )
    form.type.choose(OrderType.LIMIT)
    assert item.isEnabled()
    form.time_in_force.setCurrentIndex(row)
    form.type.choose(OrderType.STOP)
    form.quantity.setText("1")
    form.stop_price.setText("190")
    assert ticket.rule.text.text().startswith(
        "IOC, FOK and the auctions go with market and limit orders only."
    )


def test_another_symbol_clears_the_prices_of_the_old_one(ticket, session):
    fill_in(ticket)
    ticket.set_symbol("AAPL")
    assert ticket.form.limit_price.text() == ""
    assert ticket.form.quantity.text() == "20"
    assert session.market.followed["ticket"] == ("AAPL",)


def test_a_symbol_typed_in_small_letters_is_taken(qtbot, panel, ticket):
    ticket.header.symbol.setFocus()
    ticket.header.symbol.selectAll()
    qtbot.keyClicks(ticket.header.symbol, "aapl")
    qtbot.keyClick(ticket.header.symbol, Qt.Key.Key_Return)
    assert ticket.symbol == "AAPL"
    assert panel.subtitle == "AAPL"


@pytest.mark.parametrize("typed", ["abc", "1..2", "--", "1e400", "NaN", "\u0661x"])
def test_what_is_no_number_is_marked_and_never_sent(ticket, button, typed):
    fill_in(ticket, qty=typed)
    assert ticket.form.quantity.property("invalid") is True
    assert not button.isEnabled()


def test_thousands_commas_are_understood(ticket):
    fill_in(ticket, qty="1,500")
    assert ticket.form.request().qty == D(1500)


def test_an_unbound_panel_holds_nothing_of_the_session(panel, session):
    panel.unbind()
    assert panel.ticket is None
    assert session.market.followed["ticket"] == ()
    panel.send_order()
    panel.start_another()
    assert session.orders.placed == []


def test_every_control_of_the_ticket_has_a_name(ticket):
    from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit

    for kind in (QAbstractButton, QLineEdit, QComboBox):
        for control in ticket.findChildren(kind):
            assert control.accessibleName() or (isinstance(control, QAbstractButton) and control.text())


@pytest.mark.parametrize(
    ("scopes", "words"),
    [
        ({"trading"}, "sign-in covers no market data"),
        ({"trading", "data"}, "quotes refused by the broker"),
    ],
)
def test_the_ticket_says_why_there_are_no_quotes_and_asks_again_by_hand(
    ticket, session, qtbot, scopes, words
):
    header = ticket.header
    session.grant = replace(session.grant, scopes=frozenset(scopes))
    session.market.tickers.clear()
    session.market.refuse(NotCovered("The broker refused: forbidden."))
    assert header._age.text() == words
    assert header.again.isVisible()
    assert header.again.accessibleName() == "Ask for quotes again"
    QTest.mouseClick(header.again, Qt.MouseButton.LeftButton)
    assert session.market.asked_again == ["NVDA"]
    session.market.refuse(None)
    assert header._age.text() == "no quote"
    assert not header.again.isVisible()
