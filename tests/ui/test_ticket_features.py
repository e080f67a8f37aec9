"""Sizing, presets, limits, one-click sending and the marks of the account, in the real ticket."""

from collections.abc import Callable, Iterator
from decimal import Decimal as D
from typing import cast

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.domain.environment import Environment
from core.domain.limits import Limits
from core.domain.order import OrderType, Side, TimeInForce
from core.domain.preset import AmountKind, Exits, Preset
from core.domain.request import PositionIntent
from core.services.session import Session
from core.services.settings import Settings
from tests.fakes.services import (
    FakeFill,
    FakeSession,
    StandingClock,
    account,
    instrument,
    ticker,
)
from tests.ui.scene import position
from ui.controls.choices import choose
from ui.dialogs.limits import LimitsDialog
from ui.dialogs.question import Question
from ui.panels.one_click import ARMED_S, Disarmed
from ui.panels.ticket import TicketPanel
from ui.panels.ticket_body import Ticket
from ui.theme.window_icon import window_icon

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def make(theme, qtbot, clock, settings) -> Iterator[Callable[[FakeSession], Ticket]]:
    panels: list[TicketPanel] = []

    def ticket(session: FakeSession) -> Ticket:
        panel = TicketPanel(theme, clock, cast(Settings, settings))
        panels.append(panel)
        qtbot.addWidget(panel)
        panel.resize(344, 700)
        session.market.show(ticker("NVDA", 182.41, 182.44, last=182.44, close=180.13))
        session.market.show(ticker("AAPL", 271.07, 271.10, last=271.08, close=272.22))
        panel.bind(cast(Session, session))
        panel.set_symbol("NVDA")
        panel.show()
        made = cast(Ticket, panel.ticket)
        made.form.quantity.setText("20")
        made.form.limit_price.setText("182.40")
        return made

    yield ticket
    for panel in panels:
        panel.unbind()


@pytest.fixture
def session(settings, clock) -> FakeSession:
    return FakeSession(settings=settings, clock=clock)


@pytest.fixture
def ticket(make: Callable[[FakeSession], Ticket], session) -> Ticket:
    return make(session)


def the_dialog(kind: type) -> object:
    (found,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]
    return found


def size(ticket: Ticket, kind: AmountKind, text: str) -> D | None:
    ticket.form.amount.choose_kind(kind)
    ticket.form.quantity.setText(text)
    return ticket.form.request().qty


def test_sizes_are_worked_out_from_buying_power_and_from_risk(ticket):
    assert size(ticket, AmountKind.POWER, "10") == 102  # 18,731.04 at 182.40, rounded down
    assert "102 shares" in ticket.form.quantity.suffix
    assert ticket.send_area.button.text() == "Buy 102 NVDA at 182.40"
    assert size(ticket, AmountKind.RISK, "100") is None
    assert "needs a stop loss" in ticket.form.quantity.suffix
    ticket.form.exits.choose(Exits.LOSS)
    ticket.form.exits.stop_loss.setText("180.90")
    assert ticket.form.request().qty == 66  # 1.50 each
    assert ticket.summary.risk.text() == "\u221299.00"


def test_a_percentage_of_a_position_sells_no_more_than_is_held(ticket, session):
    session.positions.show(position("NVDA", "41.5", "180", "180"))
    ticket.form.side.choose(Side.SELL)
    assert size(ticket, AmountKind.POWER, "50") == 20
    assert "% of position" in ticket.form.quantity.suffix
    assert size(ticket, AmountKind.POWER, "100") == D("41.5")
    assert size(ticket, AmountKind.POWER, "250") == D("41.5")


def test_what_the_button_says_is_sent_although_the_price_moved_under_the_click(ticket, session, settings):
    settings.change(confirm_paper_orders=False)
    ticket.form.type.choose(OrderType.MARKET)
    size(ticket, AmountKind.POWER, "10")
    said = ticket.send_area.button.text()
    session.market.tickers["NVDA"] = ticker("NVDA", 150.0, 150.02, last=150.01)  # not painted yet
    QTest.mouseClick(ticket.send_area.button, LEFT)
    (placed,) = session.orders.placed
    assert said == f"Buy {placed.qty} NVDA at market"


def test_letters_take_bid_ask_and_last_and_so_does_a_click_on_each(ticket):
    field, header = ticket.form.limit_price, ticket.header
    for letter, price in (("b", "182.41"), ("a", "182.44"), ("L", "182.44")):
        field.clear()
        QTest.keyClicks(field, letter)
        assert field.text() == price
    field.clear()
    for button, price in ((header.last, "182.44"), (header.bid, "182.41"), (header.ask, "182.44")):
        field.clear()
        QTest.mouseClick(button, LEFT)
        assert field.text() == price
        assert button.accessibleName().endswith(price)


@pytest.mark.parametrize(
    ("symbol", "increment", "price", "up", "bid"),
    [
        ("LTC/USD", "0.0001", "84.2861", "84.2862", "84.2855"),
        ("USDC/USD", "0.0001", "1.0001", "1.0002", "1.0001"),
        ("SHIB/USD", "0.0000000001", "0.0000070001", "0.0000070002", "0.0000069999"),
    ],
)
def test_a_coin_steps_on_its_own_grid_and_its_price_is_never_rounded(
    ticket, session, symbol, increment, price, up, bid
):
    session.instruments.show(instrument(symbol, price_increment=D(increment)))
    session.market.show(ticker(symbol, float(bid), float(up), last=float(price)))
    ticket.set_symbol(symbol)
    field = ticket.form.limit_price
    field.setText(price)
    assert price in ticket.send_area.button.text()
    assert "finer" not in ticket.rule.text.text()
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.text() == up
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert field.text() == price
    QTest.keyClicks(field, "b")
    assert field.text() == bid


def test_a_trailing_distance_below_a_dollar_moves_by_its_own_grid(ticket, session):
    session.market.show(ticker("NIOBF", 0.4325, 0.4326, last=0.4326))
    ticket.set_symbol("NIOBF")
    ticket.form.type.choose(OrderType.TRAILING_STOP)
    ticket.form.trail.setText("0.02")
    QTest.keyClick(ticket.form.trail, Qt.Key.Key_Up)
    assert ticket.form.request().trail_price == D("0.0201")


def test_both_legs_stand_in_the_form_with_their_distance_and_on_the_button(ticket):
    exits = ticket.form.exits
    exits.choose(Exits.BOTH)
    exits.take_profit.setText("191.50")
    exits.stop_loss.setText("178")
    assert (exits.take_profit.suffix, exits.stop_loss.suffix) == ("+4.99 %", "\u22122.41 %")
    assert not exits.take_profit.isHidden()
    assert not exits.stop_loss.isHidden()
    assert "profit 191.50, loss 178.00" in ticket.send_area.button.accessibleName()
    assert ticket.summary.risk.text() == "\u221288.00"
    assert not ticket.form.type.button(OrderType.TRAILING_STOP).isEnabled()
    assert "cannot carry" in ticket.form.type.button(OrderType.TRAILING_STOP).toolTip()


def test_another_class_of_instrument_turns_what_it_excludes_to_what_is_usual(ticket, session):
    ticket.form.exits.choose(Exits.BOTH)
    ticket.form.type.choose(OrderType.STOP)
    session.market.show(ticker("BTC/USD", 91240.0, 91250.0, last=91245.0))
    ticket.set_symbol("BTC/USD")
    request = ticket.form.request()
    assert (request.type, request.time_in_force) == (OrderType.LIMIT, TimeInForce.GTC)
    assert not request.is_complex
    assert ticket.form.exits.isHidden()
    ticket.set_symbol("AAPL261218C00200000")
    assert ticket.form.request().time_in_force is TimeInForce.DAY
    assert not ticket.form.intent.isHidden()


def test_a_look_at_a_coin_leaves_the_time_in_force_of_shares_as_it_was(ticket, session):
    session.market.show(ticker("BTC/USD", 91240.0, 91250.0, last=91245.0))
    ticket.set_symbol("BTC/USD")
    ticket.set_symbol("AAPL")
    assert ticket.form.request().time_in_force is TimeInForce.DAY
    choose(ticket.form.time_in_force, TimeInForce.GTC)
    ticket.set_symbol("BTC/USD")
    ticket.set_symbol("NVDA")
    assert ticket.form.request().time_in_force is TimeInForce.GTC


def test_the_intent_can_be_told_where_an_order_may_open_or_close_and_is_never_sent_unseen(ticket, session):
    form = ticket.form
    assert form.intent.isHidden()
    form.side.choose(Side.SELL)
    choose(form.intent, "close")
    assert form.request().position_intent is PositionIntent.SELL_TO_CLOSE
    form.side.choose(Side.BUY)
    assert form.intent.isHidden()
    assert form.request().position_intent is None
    session.positions.show(position("NVDA", "-10", "180", "180"))
    assert not form.intent.isHidden()
    assert form.request().position_intent is PositionIntent.BUY_TO_CLOSE
    session.market.show(ticker("BTC/USD", 91240.0, 91250.0, last=91245.0))
    ticket.set_symbol("BTC/USD")
    form.side.choose(Side.SELL)
    assert form.intent.isHidden()


def test_a_choice_that_is_greyed_out_says_so_to_a_screen_reader(ticket):
    ticket.form.type.choose(OrderType.STOP)
    model = ticket.form.time_in_force.model()
    spoken = [model.data(model.index(row, 0), Qt.ItemDataRole.AccessibleTextRole) for row in range(3)]
    assert not spoken[0]
    assert spoken[2].startswith("Immediate or cancel, not possible: IOC, FOK")
    ticket.form.type.choose(OrderType.LIMIT)
    assert not model.data(model.index(2, 0), Qt.ItemDataRole.AccessibleTextRole)


def test_the_order_button_is_as_tall_in_a_low_window(ticket):
    ticket.form.exits.choose(Exits.BOTH)
    ticket.form.exits.take_profit.setText("191.50")
    ticket.form.exits.stop_loss.setText("178")
    ticket.window().resize(344, 420)
    QApplication.processEvents()
    assert ticket.send_area.button.height() >= 40
    assert ticket.send_area.button.height() >= 2 * ticket.send_area.button.fontMetrics().height()


def test_a_preset_is_kept_for_its_symbol_and_used_again(ticket, settings):
    ticket.form.type.choose(OrderType.MARKET)
    ticket.form.amount.choose_kind(AmountKind.NOTIONAL)
    ticket.form.quantity.setText("500")
    QTest.mouseClick(ticket.foot.preset, LEFT)
    assert settings.values.presets["NVDA"] == Preset(
        type=OrderType.MARKET, amount_kind=AmountKind.NOTIONAL, amount="500"
    )
    assert ticket.foot.preset.text() == "Forget preset"
    ticket.set_symbol("AAPL")
    ticket.form.amount.choose_kind(AmountKind.QTY)
    ticket.form.type.choose(OrderType.LIMIT)
    ticket.set_symbol("NVDA")
    assert ticket.form.request().notional == 500
    QTest.mouseClick(ticket.foot.preset, LEFT)
    assert settings.values.presets == {}


@pytest.mark.parametrize("exits", Exits)
def test_a_preset_brings_back_the_exits_that_were_kept(ticket, exits):
    ticket.form.exits.choose(exits)
    QTest.mouseClick(ticket.foot.preset, LEFT)
    ticket.form.exits.choose(Exits.NONE if exits is not Exits.NONE else Exits.BOTH)
    ticket.set_symbol("AAPL")
    ticket.set_symbol("NVDA")
    assert ticket.form.exits.chosen is exits


def test_the_rules_unfold_with_their_verdicts(ticket):
    assert ticket.rules.rows == []
    QTest.mouseClick(ticket.rules.toggle, LEFT)
    assert [row.verdict.text() for row in ticket.rules.rows] == ["passes"] * len(ticket.rules.rows)
    assert ticket.rules.toggle.text().startswith(
        f"{len(ticket.rules.rows)} of {len(ticket.rules.rows)} rules pass"
    )
    ticket.form.quantity.setText("2000")
    (row,) = [row for row in ticket.rules.rows if row.verdict.text() == "stopped"]
    assert row.name.text() == "Your limit on value"
    assert row.reason.text() == "Your limit: an order of at most 250,000.00, and this is 364,800.00."


def test_limits_are_chosen_in_a_dialog_and_hold_at_once(ticket, settings):
    QTest.mouseClick(ticket.rules.limits, LEFT)
    dialog = cast(LimitsDialog, the_dialog(LimitsDialog))
    assert dialog.limits() == settings.values.limits
    dialog.fields["max_qty"].setText("-1")
    assert not dialog.keep.isEnabled()
    dialog.fields["max_qty"].setText("19")
    dialog.fields["max_distance"].setText("5")
    dialog.fields["max_orders_a_minute"].setText("")
    QTest.mouseClick(dialog.keep, LEFT)
    kept = settings.values.limits
    assert (kept.max_qty, kept.max_distance, kept.max_orders_a_minute) == (19, D("0.05"), None)
    assert not ticket.send_area.button.isEnabled()
    assert ticket.rule.text.text() == "Your limit: 19 in one order, and this is 20."


def test_orders_a_minute_are_counted_and_the_next_one_waits(ticket, session, settings, clock):
    settings.change(confirm_paper_orders=False, limits=Limits(max_orders_a_minute=2))
    for _ in range(2):
        ticket.send_order()
        ticket.submission.start_another()
    assert len(session.orders.placed) == 2
    assert ticket.rule.text.text() == "Your limit: 2 orders a minute. Wait a moment."
    ticket.send_order()
    assert len(session.orders.placed) == 2


def test_a_limit_that_bites_while_a_confirmation_waits_stops_the_order(ticket, session, settings):
    ticket.send_order()
    settings.change(limits=Limits(max_qty=D(1)))
    dialog = cast(Question, the_dialog(Question))
    dialog.arm()
    QTest.mouseClick(dialog.deed, LEFT)
    assert session.orders.placed == []
    assert ticket.send_area.status.text().startswith("No order was placed.")


def test_one_click_sends_without_asking_and_only_while_it_is_armed(ticket, session, clock):
    QTest.mouseClick(ticket.foot.toggle, LEFT)
    assert ticket.one_click.is_armed
    assert ticket.foot.state.text() == "ONE-CLICK ON \u00b7 05:00"
    QTest.mouseClick(ticket.send_area.button, LEFT)
    assert len(session.orders.placed) == 1
    clock.pass_s(ARMED_S)
    assert not ticket.one_click.is_armed


@pytest.mark.parametrize("reason", [Disarmed.OTHER_SYMBOL, Disarmed.LOOKED_AWAY, Disarmed.BY_HAND])
def test_one_click_disarms_itself(ticket, session, reason):
    ticket.one_click.arm()
    match reason:
        case Disarmed.OTHER_SYMBOL:
            ticket.set_symbol("AAPL")
        case Disarmed.LOOKED_AWAY:
            ticket._on_application_state(Qt.ApplicationState.ApplicationInactive)
        case _:
            QTest.mouseClick(ticket.foot.toggle, LEFT)
    assert not ticket.one_click.is_armed
    assert ticket.one_click.reason is reason
    assert ticket.foot.state.isHidden()
    assert ticket.foot.toggle.toolTip().startswith("Disarmed")


def test_one_click_with_real_money_is_armed_only_after_a_question(make, settings, clock):
    live = FakeSession(environment=Environment.LIVE, settings=settings, clock=clock)
    live.account.show(account(number="9XYZ12345678"))
    ticket = make(live)
    assert ticket.send_area.badge.text() == "LIVE \u00b7\u00b75678"
    assert ticket.send_area.account.text().startswith("Real money")
    QTest.mouseClick(ticket.foot.toggle, LEFT)
    assert not ticket.one_click.is_armed
    question = cast(Question, the_dialog(Question))
    assert question.windowTitle().endswith("Live \u00b7\u00b75678")
    question.arm()
    QTest.mouseClick(question.deed, LEFT)
    assert ticket.one_click.is_armed


def test_the_windows_icon_tells_paper_and_live_apart(theme):
    def corner(environment: Environment | None) -> object:
        image = window_icon(theme, environment).pixmap(QSize(64, 64), 1.0).toImage()
        return image.pixelColor(61, 46)

    assert corner(Environment.LIVE) == theme.colors.live
    assert corner(Environment.PAPER) != corner(Environment.LIVE)
    assert corner(None) not in (corner(Environment.PAPER), corner(Environment.LIVE))


def test_what_was_bought_a_moment_ago_can_be_sold_before_it_is_listed(ticket, session, clock):
    session.instruments.show(instrument("NVDA", shortable=False))
    ticket.form.side.choose(Side.SELL)
    ticket._refresh()
    assert not ticket.send_area.button.isEnabled()
    assert ticket.rule.text.text() == "NVDA cannot be sold short."
    session.orders.filled.emit(FakeFill("o-1", "NVDA", "buy", D(20), D(182)))
    ticket._refresh()
    assert ticket.send_area.button.isEnabled()
    clock.pass_s(10)
    ticket._refresh()
    assert not ticket.send_area.button.isEnabled()
