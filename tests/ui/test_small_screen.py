"""Dialogs on a small screen: what decides stays in sight, the rest scrolls; and details that go on living."""

from decimal import Decimal as D
from typing import cast
from uuid import uuid4

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QAbstractButton, QWidget

from core.domain.environment import Environment
from core.domain.intent import IntentState
from core.domain.limits import Limits
from core.domain.order import OrderStatus, OrderType, Side
from core.domain.request import OrderRequest
from core.domain.timeline import Moment
from core.services.session import Session
from tests.fakes.services import order
from tests.ui.scene import reference_session
from ui.dialogs.confirm_order import ConfirmOrderDialog
from ui.dialogs.flatten import FlattenQuestion
from ui.dialogs.frame import DialogFrame
from ui.dialogs.limits import LimitsDialog
from ui.dialogs.order_details import OrderDetails
from ui.dialogs.replace_order import ReplaceDialog
from ui.models.orders import OrdersModel, OrdersView

_TITLE_BAR_PX = 40


@pytest.fixture
def small_screen(monkeypatch):
    monkeypatch.setattr(QScreen, "availableGeometry", lambda _screen: QRect(0, 0, 800, 600))


@pytest.fixture
def session(qapp):
    return reference_session()


@pytest.fixture
def model(session):
    model = OrdersModel()
    model.show_view(OrdersView.ALL)
    model.show_intents(session.orders.open_intents)
    model.show_orders(tuple(session.orders.orders.values()))
    return model


@pytest.fixture
def details(session, model, theme, qtbot):
    def make(key: str) -> OrderDetails:
        made = OrderDetails(theme, cast(Session, session), model, model.row(key))
        qtbot.addWidget(made)
        made.show()
        qtbot.waitExposed(made)
        return made

    return make


def dialogs(theme, session, model) -> list[DialogFrame]:
    lines = [f"Buy {number} NVDA at 182.{number}0, valid today" for number in range(40)]
    asked = OrderRequest(
        symbol="NVDA", side=Side.BUY, type=OrderType.LIMIT, qty=D(20), limit_price=D("182.40")
    )
    return [
        FlattenQuestion(theme, lines, lines, Environment.LIVE, "3F7A"),
        ConfirmOrderDialog(theme, asked, f"bw-{uuid4()}", Environment.PAPER, "3F7A"),
        LimitsDialog(theme, Limits()),
        ReplaceDialog(theme, session.orders.orders["o-1"], Environment.PAPER, "3F7A"),
        OrderDetails(theme, cast(Session, session), model, model.row("c-o-2")),
    ]


def is_in_sight(widget: QWidget, dialog: DialogFrame) -> bool:
    box = QRect(widget.mapTo(dialog, QPoint(0, 0)), widget.size())
    return dialog.rect().contains(box) and box.height() >= widget.minimumSizeHint().height()


def test_every_dialog_fits_a_small_screen_with_its_buttons(small_screen, theme, session, model, qtbot):
    for dialog in dialogs(theme, session, model):
        qtbot.addWidget(dialog)
        dialog.show()
        qtbot.waitExposed(dialog)
        assert dialog.height() <= 600 - _TITLE_BAR_PX, type(dialog)
        assert dialog.width() <= 800
        buttons = [
            button
            for button in dialog.findChildren(QAbstractButton)
            if button.isVisible() and not dialog.middle.isAncestorOf(button)
        ]
        assert buttons
        assert all(is_in_sight(button, dialog) for button in buttons), type(dialog)
        dialog.hide()


def test_what_is_typed_before_real_money_is_flattened_stays_in_sight(small_screen, theme, qtbot):
    lines = [f"Buy {number} NVDA" for number in range(40)]
    dialog = FlattenQuestion(theme, lines, lines, Environment.LIVE, "3F7A")
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.middle.is_scrolled)
    assert dialog.typed is not None
    assert is_in_sight(dialog.typed, dialog)


def test_a_dialog_whose_text_grows_grows_with_it_where_there_is_room(theme, qtbot):
    dialog = DialogFrame(theme, "A question")
    label = dialog.add_text("Short.")
    dialog.add_cancel()
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    before = dialog.height()
    label.show_text("Several words, so many that they take a line more. " * 8)
    qtbot.waitUntil(lambda: dialog.height() > before)
    assert not dialog.middle.is_scrolled


def test_no_box_lies_under_the_scroll_bar(small_screen, details, session, model, qtbot):
    legs = tuple(order(f"leg-{n}", limit_price=D(200 + n), symbol="AMD") for n in range(12))
    model.show_orders((order("o-9", legs=legs),))
    shown = details("c-o-9")
    qtbot.waitUntil(lambda: shown.middle.is_scrolled)
    bar = shown.middle.verticalScrollBar()
    qtbot.waitUntil(lambda: right_of(shown.facts, shown) < bar.mapTo(shown, QPoint(0, 0)).x())


def right_of(widget: QWidget, dialog: DialogFrame) -> int:
    return widget.mapTo(dialog, QPoint(widget.width(), 0)).x()


def test_the_details_follow_the_order_while_they_are_open(details, session, model, qtbot):
    shown = details("c-o-1")
    assert "Status: Working" in shown.facts.text
    filled = order(
        "o-1",
        side="sell",
        status=OrderStatus.FILLED,
        status_text="filled",
        filled_qty=D(20),
        filled_avg_price=D("183.51"),
        limit_price=D("183.51"),
    )
    session.orders.orders_changed.connect(model.show_orders)
    session.orders.show_orders(filled)
    shown.refresh()
    assert "Status: Filled" in shown.facts.text
    assert "183.51" in shown.facts.shown["Filled"].text()


def test_the_timeline_grows_while_the_details_are_open(details, session, qtbot):
    timing = session.orders.timing
    intent = session.orders.intent("bw-0001")
    timing.begin(intent, clicked_ns=1_000_000, validated_ns=2_000_000)
    shown = details("bw-0001")
    assert "Sent" not in shown.timeline.text
    timing.take("bw-0001", {Moment.JOURNALED: 3_000_000, Moment.WRITTEN: 5_500_000})
    qtbot.waitUntil(lambda: "Sent: 4.5 ms" in shown.timeline.text)
    timing.stop()


def test_an_order_that_is_refused_while_its_details_are_open_says_why(details, session, model, qtbot):
    session.orders.intents_changed.connect(model.show_intents)
    shown = details("bw-0001")
    assert not shown.refusal.isVisible()
    session.orders.answer(
        session.orders.intent("bw-0001"), IntentState.REFUSED, reason="insufficient buying power"
    )
    shown.refresh()
    assert "insufficient buying power" in shown.refusal.text
    assert shown.refusal.isVisible()


def test_a_figure_that_changes_is_spoken_anew_with_its_label(details, session, model):
    session.orders.orders_changed.connect(model.show_orders)
    shown = details("c-o-1")
    assert shown.facts.shown["Filled"].accessibleName() == "Filled: unknown"
    session.orders.show_orders(
        order("o-1", side="sell", filled_qty=D(5), filled_avg_price=D("183.51"), limit_price=D("183.51"))
    )
    shown.refresh()
    assert "183.51" in shown.facts.shown["Filled"].accessibleName()
