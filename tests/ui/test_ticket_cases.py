"""What a trader fills in: refused with its reason, or sent exactly as confirmed, and never past a limit."""

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from PySide6.QtWidgets import QApplication

from core.domain.circumstances import Circumstances, Market
from core.domain.finding import worst
from core.domain.freshness import Freshness
from core.domain.instrument import AssetClass
from core.domain.legs import OrderClass, StopLoss, TakeProfit
from core.domain.limit_rules import check_limits
from core.domain.limits import Limits
from core.domain.money import decimal_from_text
from core.domain.order import OrderType, Side, TimeInForce
from core.domain.preset import AmountKind, Exits
from core.domain.request import OrderRequest, spelled
from core.domain.rules import check
from core.domain.trading_hours import TradingHours
from core.services.session import Session
from core.services.settings import Settings
from tests.core.domain.order_cases import BTC, CALL, COIN, CONTRACT, SHARE, D
from tests.fakes.services import FakeSession, FakeSettings, account, ticker
from tests.ui.scene import position
from tests.ui.ticket_table import ROWS
from ui import sentences
from ui.controls.choices import choose
from ui.dialogs.confirm_order import ConfirmOrderDialog
from ui.panels.ticket import TicketPanel
from ui.panels.ticket_body import Ticket

LIMITS = Limits(
    max_qty=D(1000),
    max_value=D(200_000),
    max_power_share=D(1),
    max_distance=D("0.1"),
    max_age_s=D(3600),
    max_orders_a_minute=10_000,
)
LAST = {"NVDA": D("182.44"), "AMD": D("214.60"), BTC: D("91240.5"), CALL: D("4.05")}
MULTIPLIER = {CALL: 100}
PLAIN = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")
FIGURES = ("qty", "notional", "limit_price", "stop_price", "trail_price", "trail_percent")


@pytest.fixture
def settings(qapp) -> FakeSettings:
    return FakeSettings(limits=LIMITS)


@pytest.fixture
def session(qapp, settings) -> FakeSession:
    made = FakeSession(settings=settings)
    made.account.show(account(buying_power=D(400_000)))
    for symbol, last in LAST.items():
        price = float(last)
        step = 0.05 if symbol == CALL else 0.02
        made.market.show(ticker(symbol, price - step, price + step, last=price, close=price))
    made.positions.show(position("AMD", "60", "205.11", "208.12"))
    made.market_clock.now = datetime(2026, 11, 20, 18, tzinfo=UTC)
    made.market_clock.next_change = datetime(2026, 11, 20, 21, tzinfo=UTC)
    return made


@pytest.fixture
def ticket(theme, qtbot, clock, settings, session) -> Iterator[Ticket]:
    panel = TicketPanel(theme, clock, cast(Settings, settings))
    qtbot.addWidget(panel)
    panel.resize(344, 700)
    panel.bind(cast(Session, session))
    panel.show()
    yield cast(Ticket, panel.ticket)
    panel.unbind()


def fill_in(ticket: Ticket, row: str) -> str:
    """Do what a row of the table says, as a trader would; returns what must come of it."""
    side, symbol, kind, tif, amount_kind, amount, limit, stop, trail, other, expected = row.split()
    form = ticket.form
    ticket.set_symbol(symbol)
    form.side.choose(side)
    form.type.choose(kind)
    choose(form.time_in_force, tif)
    form.amount.choose_kind(AmountKind(amount_kind))
    form.extended_hours.setChecked(other == "ext")
    choose(form.trail_kind, "percent" if other == "percent" else "price")
    words = dict(part.partition("=")[::2] for part in other.split(",") if "=" in part)
    gain, loss = words.get("profit", ""), words.get("loss", "")
    exits = Exits.BOTH if gain and loss else Exits.GAIN if gain else Exits.LOSS if loss else Exits.NONE
    if "exit" in words:
        exits = Exits.ONLY
        gain, _, loss = words["exit"].partition("/")
    form.exits.choose(exits)
    loss, _, loss_limit = loss.partition("/")
    for field, text in (
        (form.quantity, amount),
        (form.limit_price, limit),
        (form.stop_price, stop),
        (form.trail, trail),
        (form.exits.take_profit, gain),
        (form.exits.stop_loss, loss),
        (form.exits.stop_limit, loss_limit),
    ):
        field.setText("" if text == "." else text)
    return expected


def read_back(text: str) -> dict[str, Any]:
    """The body that a confirmation's lines of text describe."""
    body: dict[str, Any] = {}
    for line in text.splitlines():
        name, _, value = line.partition(": ")
        leg, dot, member = name.partition(".")
        spelled_value: object = True if (name, value) == ("extended_hours", "true") else value
        if dot:
            body.setdefault(leg, {})[member] = spelled_value
        else:
            body[name] = spelled_value
    return body


def the_confirmation() -> ConfirmOrderDialog:
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, ConfirmOrderDialog) and w.isVisible()]
    assert len(found) == 1
    return found[0]


def send(ticket: Ticket, session: FakeSession) -> tuple[str, str, bytes]:
    """Confirm the ticket's order: the lines and the text that were confirmed, and the bytes that went."""
    before = len(session.orders.placed)
    ticket.send_order()
    dialog = the_confirmation()
    lines, exact = dialog.terms.text, dialog.exact.text
    dialog.arm()
    dialog.deed.click()
    assert len(session.orders.placed) == before + 1
    intent = ticket.submission.intent
    assert intent is not None
    sent = spelled(session.orders.placed[-1].body(intent.client_order_id))
    ticket.submission.start_another()
    return lines, exact, sent


def check_exactness(lines: str, exact: str, sent: bytes) -> None:
    body = json.loads(sent)
    assert body.pop("client_order_id")
    assert read_back(lines) == body
    assert exact.encode() == sent
    for name, value in sentences.sent_members(body).items():
        if name.rpartition(".")[2] in FIGURES:
            assert PLAIN.fullmatch(str(value)), (name, value)


def check_limits_kept(request: OrderRequest, limits: Limits, last: Any, market: Market) -> None:
    """The limits once more, worked out here from nothing but the body's own words."""
    named = dict(request.prices_sent)
    priced = named.get("limit_price") or named.get("stop_price")
    if request.order_class is OrderClass.OCO and request.take_profit is not None:
        priced = request.take_profit.limit_price
    if request.type is OrderType.TRAILING_STOP:
        gap = request.trail_price if request.trail_price is not None else last * request.trail_percent / 100
        priced = last + gap if request.side is Side.BUY else last - gap
    if priced is None:
        is_far = market.is_open is not False
        priced = (market.ask if request.side is Side.BUY else market.bid) if is_far else last
    qty = request.qty
    if request.notional is not None and priced is not None:
        qty = request.notional / priced
    if limits.max_qty is not None:
        assert qty is not None
        assert qty <= limits.max_qty
    if limits.max_value is not None:
        # Without a price nobody knows the value; an amount of money is its own.
        assert qty is not None
        assert priced is not None or request.notional is not None
        value = request.notional or qty * (priced or 0) * MULTIPLIER.get(request.symbol, 1)
        assert value <= limits.max_value
    if limits.max_distance is not None:
        prices = [price for name, price in request.prices_sent if name in ("limit_price", "stop_price")]
        if request.stop_loss is not None:
            prices += [
                p for p in (request.stop_loss.stop_price, request.stop_loss.limit_price) if p is not None
            ]
        assert last is not None or not prices
        assert all(abs(price - last) <= limits.max_distance * last for price in prices)
    is_coin = request.asset_class is AssetClass.CRYPTO
    if request.type is OrderType.MARKET and not is_coin and not limits.market_orders_out_of_hours:
        assert market.is_open
    if limits.max_age_s is not None and (market.is_open or is_coin or request.type is OrderType.MARKET):
        assert market.age_s is not None
        assert market.age_s <= limits.max_age_s


def test_a_hundred_and_twenty_tickets_are_refused_with_their_reason_or_sent_as_confirmed(
    ticket, session, figure
):
    failures: list[str] = []
    sent = 0
    for row in ROWS:
        wanted = fill_in(ticket, row)
        ticket._refresh()
        judged = session.guard.judge(ticket.form.request())
        found = judged.worst
        code = "ok" if found is None else str(found.code)
        shown = code if found is None or found.verdict.stops else f"?{code}"
        if shown != wanted or judged.may_send is not ticket.send_area.button.isEnabled():
            failures.append(f"{row} -> {shown}")
            continue
        before = len(session.orders.placed)
        if not judged.may_send:
            ticket.send_order()
            assert len(session.orders.placed) == before, row
            assert ticket.rule.text.text(), row
            continue
        request = ticket.form.request()
        check_exactness(*send(ticket, session))
        check_limits_kept(request, LIMITS, LAST[request.symbol], judged.around.market)
        sent += 1
    assert len(ROWS) == 120
    figure("ticket_table", len(ROWS), len(failures), f"{sent} sent as confirmed, the rest refused")
    assert failures == []


NUMBERS = (
    "",
    "0",
    "-1",
    "1",
    "2",
    "20",
    "0.5",
    "0.1",
    "0.3",
    "1e3",
    "1,000",
    "1001",
    "12.345",
    "999999999999",
    "x",
)
NEAR = ("0.9", "0.95", "0.99", "0.999", "1", "1.001", "1.01", "1.05", "1.0999", "1.1001", "2", "0.1")


def some_price(draw: random.Random, last: Any) -> str:
    """A price near the last one, on the grid or off it, or something else."""
    if draw.random() < 0.1:
        return draw.choice(NUMBERS)
    price = last * D(draw.choice(NEAR))
    return f"{price:.{draw.choice((2, 2, 2, 3, 1))}f}"


def some_limits(draw: random.Random) -> Limits:
    def maybe(*values: str) -> Any:
        return None if draw.random() < 0.3 else D(draw.choice(values))

    return Limits(
        max_qty=maybe("1", "20", "1000"),
        max_value=maybe("100", "3648", "3649", "200000"),
        max_power_share=maybe("0.01", "0.5", "1"),
        max_distance=maybe("0.01", "0.05", "0.1"),
        max_age_s=maybe("1", "15", "60"),
        market_orders_out_of_hours=draw.random() < 0.3,
        max_orders_a_minute=None if draw.random() < 0.3 else draw.choice((1, 5, 60)),
    )


def a_careful_request(draw: random.Random, symbol: str) -> OrderRequest:
    """Terms that fit together, so that limits decide: what careless ones never get to."""
    last, asset_class = LAST[symbol], AssetClass.of_symbol(symbol)
    side = draw.choice(list(Side))
    way = 1 if side is Side.BUY else -1

    def price(factor: str) -> Any:
        return (last * D(factor)).quantize(D(1) if asset_class is AssetClass.CRYPTO else D("0.01"))

    kinds = {
        AssetClass.EQUITY: list(OrderType),
        AssetClass.CRYPTO: [OrderType.MARKET, OrderType.LIMIT, OrderType.STOP_LIMIT],
        AssetClass.OPTION: [OrderType.MARKET, OrderType.LIMIT],
    }
    kind = draw.choice(kinds[asset_class])
    qty = D(
        draw.choice(
            ("0.001", "0.0123", "0.1") if asset_class is AssetClass.CRYPTO else ("1", "2", "19", "20")
        )
    )
    request = OrderRequest(
        symbol=symbol,
        side=side,
        type=kind,
        qty=qty,
        time_in_force=TimeInForce.GTC if asset_class is AssetClass.CRYPTO else TimeInForce.DAY,
        limit_price=price(draw.choice(("0.92", "0.97", "0.999", "1", "1.02", "1.07"))),
        stop_price=price(draw.choice(("0.93", "0.98", "1.01", "1.06"))),
        trail_percent=D("1.5"),
    )
    if asset_class is not AssetClass.EQUITY or kind is OrderType.TRAILING_STOP or draw.random() < 0.5:
        return request
    base = request.base_price or last
    legs = {
        "take_profit": TakeProfit(limit_price=price(str(base / last + way * D("0.03")))),
        "stop_loss": StopLoss(stop_price=price(str(base / last - way * D("0.03")))),
    }
    order_class = draw.choice((OrderClass.BRACKET, OrderClass.OTO))
    if order_class is OrderClass.OTO:
        legs.pop(draw.choice(list(legs)))
    return replace(request, order_class=order_class, **legs)  # type: ignore[arg-type]


def some_request(draw: random.Random, symbol: str) -> OrderRequest:
    last = LAST[symbol]

    def price() -> Any:
        return decimal_from_text(some_price(draw, last))

    def amount() -> Any:
        return decimal_from_text(draw.choice(NUMBERS))

    kind = draw.choice(list(OrderType))
    order_class = draw.choice((*[OrderClass.SIMPLE] * 6, *OrderClass))
    by_money = draw.random() < 0.15
    gain = TakeProfit(limit_price=price()) if order_class is not OrderClass.SIMPLE else None
    loss = None
    if order_class is not OrderClass.SIMPLE:
        loss = StopLoss(stop_price=price(), limit_price=price() if draw.random() < 0.3 else None)
    if order_class is OrderClass.OTO:
        gain, loss = (gain, None) if draw.random() < 0.5 else (None, loss)
    times = (TimeInForce.DAY, TimeInForce.GTC, *TimeInForce)
    return OrderRequest(
        symbol=symbol,
        side=draw.choice(list(Side)),
        type=OrderType.LIMIT if order_class is OrderClass.OCO and draw.random() < 0.9 else kind,
        time_in_force=draw.choice(times),
        qty=None if by_money else amount(),
        notional=amount() if by_money else None,
        limit_price=price() if kind in (OrderType.LIMIT, OrderType.STOP_LIMIT) else None,
        stop_price=price() if kind in (OrderType.STOP, OrderType.STOP_LIMIT) else None,
        trail_price=D("1.5") if kind is OrderType.TRAILING_STOP and draw.random() < 0.5 else None,
        trail_percent=D(2) if kind is OrderType.TRAILING_STOP and draw.random() < 0.6 else None,
        extended_hours=draw.random() < 0.1,
        order_class=order_class,
        take_profit=gain,
        stop_loss=loss,
    )


def some_circumstances(draw: random.Random, symbol: str) -> Circumstances:
    last = LAST[symbol]
    is_open = draw.random() < 0.7
    market = Market(
        bid=None if draw.random() < 0.05 else last - D("0.02"),
        ask=None if draw.random() < 0.05 else last + D("0.02"),
        last=None if draw.random() < 0.05 else last,
        freshness=Freshness.FRESH,
        age_s=draw.choice((0.1, 0.9, 5.0, 16.0, 100.0, None)),
        is_open=is_open,
    )
    held = position(symbol, draw.choice(("60", "-60", "0.5")), "200", "200")
    instrument: Mapping[str, Any] = {BTC: COIN, CALL: CONTRACT}
    return Circumstances(
        account=account(buying_power=D(draw.choice((100, 5000, 400_000)))),
        instrument=replace(instrument.get(symbol, SHARE), symbol=symbol),
        position=held if draw.random() < 0.4 else None,
        market=market,
        hours=TradingHours(now=datetime(2026, 11, 20, 18, tzinfo=UTC), is_open=is_open),
        orders_last_minute=draw.choice((0, 0, 0, 1, 4, 5, 59, 60)),
    )


def test_twenty_thousand_generated_orders_pass_no_limit_and_are_confirmed_as_they_are_sent(figure):
    draw = random.Random(20_261_128)
    sent = refused = stopped = 0
    for _ in range(20_000):
        symbol = draw.choice(list(LAST))
        make = a_careful_request if draw.random() < 0.7 else some_request
        request, around, limits = make(draw, symbol), some_circumstances(draw, symbol), some_limits(draw)
        rules, own = check(request, around), check_limits(request, around, limits)
        if any(finding.verdict.stops for finding in (*rules, *own)):
            assert worst((*rules, *own)) is not None
            refused += any(finding.verdict.stops for finding in rules)
            stopped += any(finding.verdict.stops for finding in own)
            continue
        sent += 1
        body = request.body("bw-1")
        lines = "\n".join(
            f"{name}: {sentences.field_value(value)}" for name, value in sentences.sent_members(body).items()
        )
        check_exactness(lines, spelled(body).decode(), spelled(body))
        reference = around.market.last if around.market.last is not None else around.market.mid
        check_limits_kept(request, limits, reference, around.market)
        if limits.max_orders_a_minute is not None:
            assert around.orders_last_minute < limits.max_orders_a_minute
        price = dict(request.prices_sent).get("limit_price")
        is_plain_buy = around.position is None and request.side is Side.BUY
        if limits.max_power_share is not None and price is not None and is_plain_buy:
            power = around.account.buying_power if around.account is not None else None
            value = price * (request.qty or 0) * MULTIPLIER.get(symbol, 1)
            assert power is not None
            assert value <= limits.max_power_share * power
    detail = f"{sent} sent as confirmed, {refused} against a rule, {stopped} against a limit"
    figure("generated_orders", 20_000, 0, detail)
    assert sent > 500
    assert stopped > 2000
