"""Every kind of order through the real ticket, session, journal and sockets to the real practice broker."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from pytestqt.qtbot import QtBot

from core.domain.environment import Environment
from core.domain.grant import Grant
from core.domain.limits import Limits
from core.domain.order import Order, OrderType
from core.domain.preset import AmountKind, Exits
from core.domain.profile import Endpoints
from core.domain.secret import Secret
from core.domain.trading_block import TradingBlock
from core.net.lanes import Lane
from core.services.clock import SystemClock
from core.services.frame_clock import FrameClock
from core.services.session import Session, SessionParts
from core.services.settings import Settings
from tests.core.builders import account, profile
from tests.practice.program import PracticeProgram
from ui.controls.choices import choose
from ui.panels.ticket import TicketPanel
from ui.panels.ticket_body import Ticket
from ui.panels.ticket_submission import Stage

Fill = Callable[[Ticket, Decimal], None]
CENT = Decimal("0.01")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PracticeProgram]:
    with PracticeProgram(
        tmp_path / "broker.log", "--auto-approve", "--fresh", "--hours", "always", "--rate-limit", "0"
    ) as program:
        yield program


@pytest.fixture
def ticket(theme, broker: PracticeProgram, tmp_path: Path, qtbot: QtBot) -> Iterator[Ticket]:
    line, disk, frames = broker.line, Lane("disk"), FrameClock()
    settings = Settings(tmp_path / "settings.toml", disk)
    settings.change(confirm_paper_orders=False, watchlist=("AAPL",))
    parts = SessionParts(
        settings=settings, frames=frames, clock=SystemClock(), data_dir=tmp_path, user_agent="Bellwether/test"
    )
    paper = Endpoints(trading_url=line["trading_url"]["paper"], stream_url=line["stream_url"]["paper"])
    known = profile(
        endpoints={Environment.PAPER: paper},
        data_url=line["data_url"],
        data_stream_url=line["data_stream_url"],
        coin_stream_url=f"{line['data_stream_url']}/v1beta3/crypto/us",
        option_stream_url=f"{line['data_stream_url']}/v1beta1/opra",
    )
    grant = Grant(token=Secret(broker.token()), scopes=frozenset({"trading", "data"}))
    found = broker.call("GET", "/v2/account").json()
    session = Session(known, Environment.PAPER, grant, replace(account(), id=found["id"]), parts)
    session.start()
    panel = TicketPanel(theme, SystemClock(), settings)
    qtbot.addWidget(panel)
    panel.bind(session)
    panel.show()
    qtbot.waitUntil(lambda: session.orders.trading_block is TradingBlock.NONE)
    yield cast(Ticket, panel.ticket)
    panel.unbind()
    session.stop()
    settings.flush()
    disk.stop()
    frames._timer.stop()


def price(last: Decimal, factor: str) -> str:
    return str((last * Decimal(factor)).quantize(CENT))


def priced(kind: OrderType, **prices: str) -> Fill:
    def fill(ticket: Ticket, last: Decimal) -> None:
        form = ticket.form
        form.type.choose(kind)
        for name, factor in prices.items():
            getattr(form, name).setText(price(last, factor))

    return fill


def with_exits(exits: Exits, kind: OrderType = OrderType.LIMIT, **prices: str) -> Fill:
    def fill(ticket: Ticket, last: Decimal) -> None:
        ticket.form.type.choose(kind)
        ticket.form.exits.choose(exits)
        if kind is OrderType.LIMIT:
            ticket.form.limit_price.setText(price(last, "0.9"))
        for name, factor in prices.items():
            getattr(ticket.form.exits, name).setText(price(last, factor))

    return fill


def trailing(kind: str, distance: str) -> Fill:
    def fill(ticket: Ticket, _last: Decimal) -> None:
        ticket.form.type.choose(OrderType.TRAILING_STOP)
        choose(ticket.form.trail_kind, kind)
        ticket.form.trail.setText(distance)

    return fill


def money(ticket: Ticket, _last: Decimal) -> None:
    ticket.form.type.choose(OrderType.MARKET)
    ticket.form.amount.choose_kind(AmountKind.NOTIONAL)
    ticket.form.quantity.setText("250.50")


T = OrderType
SHARES: tuple[tuple[str, str, str, Fill, dict[str, object]], ...] = (
    ("buy", "day", "10", priced(T.MARKET), {"type": "market"}),
    ("buy", "day", "0.75", priced(T.MARKET), {"qty": Decimal("0.75")}),
    ("buy", "day", "", money, {"notional": Decimal("250.5"), "type": "market"}),
    ("buy", "gtc", "2", priced(T.LIMIT, limit_price="0.9"), {"type": "limit", "time_in_force": "gtc"}),
    ("buy", "ioc", "2", priced(T.LIMIT, limit_price="0.9"), {"time_in_force": "ioc"}),
    ("buy", "fok", "2", priced(T.LIMIT, limit_price="0.9"), {"time_in_force": "fok"}),
    ("buy", "day", "2", priced(T.STOP, stop_price="1.1"), {"type": "stop"}),
    ("buy", "day", "2", priced(T.STOP_LIMIT, stop_price="1.1", limit_price="1.11"), {"type": "stop_limit"}),
    ("buy", "day", "2", trailing("price", "15"), {"trail_price": Decimal(15)}),
    ("buy", "gtc", "2", trailing("percent", "12.5"), {"trail_percent": Decimal("12.5")}),
    (
        "buy", "gtc", "3", with_exits(Exits.BOTH, take_profit="1.2", stop_loss="0.8"),
        {"order_class": "bracket", "legs": 2},
    ),
    (
        "buy", "day", "3", with_exits(Exits.BOTH, take_profit="1.2", stop_loss="0.8", stop_limit="0.79"),
        {"order_class": "bracket", "legs": 2},
    ),
    ("buy", "day", "3", with_exits(Exits.GAIN, take_profit="1.2"), {"order_class": "oto", "legs": 1}),
    ("buy", "day", "3", with_exits(Exits.LOSS, stop_loss="0.8"), {"order_class": "oto", "legs": 1}),
)  # fmt: skip


def last_of(ticket: Ticket, qtbot: QtBot, symbol: str) -> Decimal:
    ticket.set_symbol(symbol)
    session = ticket._session
    qtbot.waitUntil(lambda: session.instruments.known.get(symbol) is not None)
    qtbot.waitUntil(lambda: session.guard.market(symbol).reference is not None)
    found = session.guard.market(symbol).reference
    assert found is not None
    return found


def send(ticket: Ticket, qtbot: QtBot) -> Order:
    """Press the button, and wait for the broker's order."""
    ticket._refresh()
    assert ticket.send_area.button.isEnabled(), ticket.rule.text.text()
    ticket.send_area.button.click()
    qtbot.waitUntil(
        lambda: ticket.submission.order is not None or ticket.submission.stage is Stage.NOT_PLACED,
    )
    assert ticket.submission.order is not None, ticket.send_area.status.text()
    order = ticket.submission.order
    ticket.submission.start_another()
    return order


def check_order(order: Order, wanted: dict[str, object]) -> None:
    for name, value in wanted.items():
        found: Any = getattr(order, name)
        assert (len(found) if name == "legs" else found) == value, name


def test_every_order_for_shares_is_taken_as_it_was_asked_for(ticket, qtbot):
    last = last_of(ticket, qtbot, "AAPL")
    for side, tif, qty, fill, wanted in SHARES:
        form = ticket.form
        form.exits.choose(Exits.NONE)
        form.amount.choose_kind(AmountKind.QTY)
        form.side.choose(side)
        choose(form.time_in_force, tif)
        form.quantity.setText(qty)
        fill(ticket, last)
        check_order(send(ticket, qtbot), {"symbol": "AAPL", "side": side, **wanted})


def test_a_position_gets_both_exits_and_a_short_sale_is_opened_and_covered(ticket, qtbot):
    session = ticket._session
    last = last_of(ticket, qtbot, "AAPL")
    ticket.form.type.choose(OrderType.MARKET)
    ticket.form.quantity.setText("4")
    send(ticket, qtbot)
    qtbot.waitUntil(lambda: "AAPL" in session.positions.positions)
    qtbot.waitUntil(lambda: session.positions.positions["AAPL"].qty == 4)
    ticket.form.side.choose("sell")
    with_exits(Exits.ONLY, take_profit="1.2", stop_loss="0.8")(ticket, last)
    check_order(
        send(ticket, qtbot),
        {"order_class": "oco", "side": "sell", "limit_price": Decimal(price(last, "1.2"))},
    )

    last_of(ticket, qtbot, "MSFT")
    ticket.form.exits.choose(Exits.NONE)
    ticket.form.type.choose(OrderType.MARKET)
    choose(ticket.form.intent, "open")
    ticket.form.quantity.setText("2")
    # The quote comes from a stream of its own, now and then after the trade that was waited for.
    qtbot.waitUntil(lambda: "short position" in ticket.rule.text.text(), timeout=10_000)
    check_order(send(ticket, qtbot), {"side": "sell", "qty": Decimal(2)})


def test_coins_and_contracts_are_ordered_with_prices_of_their_own(ticket, qtbot, broker):
    last = last_of(ticket, qtbot, "BTC/USD")
    ticket.form.type.choose(OrderType.LIMIT)
    ticket.form.quantity.setText("0.01")
    ticket.form.limit_price.setText(str((last * Decimal("0.9")).quantize(Decimal(1))))
    check_order(send(ticket, qtbot), {"symbol": "BTC/USD", "time_in_force": "gtc", "qty": Decimal("0.01")})
    ticket.form.type.choose(OrderType.MARKET)
    ticket.form.amount.choose_kind(AmountKind.NOTIONAL)
    ticket.form.quantity.setText("50")
    check_order(send(ticket, qtbot), {"notional": Decimal(50), "side": "buy"})

    # The nearest contracts expire with the week; later ones trade on every day that this test may run.
    wanted = {
        "underlying_symbols": "AAPL",
        "type": "call",
        "expiration_date_gte": str(datetime.now(UTC).date() + timedelta(9)),
    }
    wanted["expiration_date_lte"] = str(datetime.now(UTC).date() + timedelta(60))
    chain = broker.call("GET", "/v2/options/contracts", params=wanted).json()["option_contracts"]
    contract = chain[len(chain) // 2]["symbol"]
    # A contract may go without a quote for long, and then no limit on prices could be kept.
    ticket._settings.change(limits=Limits(max_value=None, max_distance=None, max_age_s=None))
    ticket.form.amount.choose_kind(AmountKind.QTY)
    ticket.set_symbol(contract)
    instruments = ticket._session.instruments
    qtbot.waitUntil(lambda: contract in instruments.known)
    assert instruments.known[contract].multiplier == 100
    ticket.form.type.choose(OrderType.LIMIT)
    ticket.form.quantity.setText("1")
    ticket.form.limit_price.setText("0.05")
    choose(ticket.form.intent, "open")
    check_order(send(ticket, qtbot), {"symbol": contract, "qty": Decimal(1), "side": "buy"})
