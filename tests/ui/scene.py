"""The account of the reference picture, for the tests and pictures of panels."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar, cast

from pytestqt.qtbot import QtBot

from core.domain.connection import LogLine, StreamName, StreamPhase
from core.domain.intent import IntentState
from core.domain.order import OrderStatus, OrderType, Side
from core.domain.position import Position
from core.domain.request import OrderRequest
from core.services.session import Session
from tests.fakes.services import FakeSession, order, ticker
from ui.panels.session_panel import SessionPanel

Shown = TypeVar("Shown", bound=SessionPanel)

# Symbol, last, change in percent, age in seconds: as in the picture, one of them stale.
PRICES = (
    ("NVDA", 182.44, 1.28, 0.2),
    ("AAPL", 271.08, -0.42, 0.1),
    ("MSFT", 498.31, 0.35, 0.3),
    ("AMZN", 226.77, 0.91, 0.2),
    ("TSLA", 402.15, -2.04, 0.1),
    ("AMD", 214.60, 3.12, 0.4),
    ("META", 611.90, -0.18, 0.6),
    ("GOOGL", 288.45, 0.66, 0.2),
    ("AVGO", 344.02, 1.90, 0.9),
    ("SPY", 662.17, 0.31, 0.1),
    ("QQQ", 601.48, 0.58, 0.1),
    ("IWM", 240.11, -0.27, 0.3),
    ("COIN", 271.66, -1.44, 22.0),
    ("PLTR", 167.20, 2.25, 0.5),
    ("NFLX", 1102.40, 0.08, 1.1),
    ("BTC/USD", 91240.50, -1.92, 0.2),
    ("ETH/USD", 3021.80, -2.31, 0.3),
)
HOLDINGS = (
    ("NVDA", "40", "180.18", "180.13"),
    ("AAPL", "25", "272.90", "272.22"),
    ("AMD", "60", "205.11", "208.12"),
    ("TSLA", "-10", "410.02", "410.53"),
    ("BTC/USD", "0.25", "90100.00", "93030.00"),
)


def position(symbol: str, qty: str, average: str, previous: str) -> Position:
    return Position(
        symbol=symbol,
        asset_class="us_equity",
        qty=Decimal(qty),
        avg_entry_price=Decimal(average),
        lastday_price=Decimal(previous),
        current_price=Decimal(average),
    )


def fill_prices(session: FakeSession) -> None:
    for place, (symbol, last, percent, age) in enumerate(PRICES):
        wave = [last * (1 + percent / 4000 * i + 0.0006 * math.sin(i * 0.9 + place)) for i in range(40)]
        session.market.remember(symbol, wave)
        close = last / (1 + percent / 100)
        session.market.show(ticker(symbol, last - 0.01, last + 0.02, last=last, close=close, age_s=age))
    session.watchlist.symbols = tuple(symbol for symbol, *_ in PRICES)


def fill_orders(session: FakeSession) -> None:
    now = datetime.now(UTC)
    bracket = order(
        "o-2",
        symbol="AMD",
        order_class="bracket",
        qty=Decimal(60),
        limit_price=Decimal("209.50"),
        status=OrderStatus.PARTIALLY_FILLED,
        status_text="partially_filled",
        filled_qty=Decimal(20),
        filled_avg_price=Decimal("209.48"),
        submitted_at=now - timedelta(minutes=3),
        legs=(
            order(
                "o-3", symbol="AMD", side="sell", limit_price=Decimal("231.00"), status=OrderStatus.HELD,
                qty=Decimal(60), submitted_at=now - timedelta(minutes=3),
            ),
            order(
                "o-4", symbol="AMD", side="sell", type="stop", limit_price=None, stop_price=Decimal("198.00"),
                status=OrderStatus.HELD, qty=Decimal(60), submitted_at=now - timedelta(minutes=3),
            ),
        ),
    )  # fmt: skip
    session.orders.show_orders(
        order("o-1", side="sell", limit_price=Decimal("183.51"), submitted_at=now - timedelta(minutes=1)),
        bracket,
        order(
            "o-5", side="sell", type="stop", qty=Decimal(40), limit_price=None, stop_price=Decimal("178.90"),
            time_in_force="gtc", submitted_at=now - timedelta(days=2),
        ),
        order(
            "o-6", symbol="AAPL", type="market", limit_price=None, qty=Decimal(25), filled_qty=Decimal(25),
            filled_avg_price=Decimal("272.90"), status=OrderStatus.FILLED, status_text="filled",
            submitted_at=now - timedelta(minutes=40),
        ),
        order(
            "o-7", symbol="MSFT", qty=Decimal(5), limit_price=Decimal("480.00"), status=OrderStatus.CANCELED,
            status_text="canceled", submitted_at=now - timedelta(minutes=50),
        ),
    )  # fmt: skip
    asked = OrderRequest(
        symbol="TSLA", side=Side.BUY, type=OrderType.LIMIT, qty=Decimal(10), limit_price=Decimal("401.50")
    )
    unknown = session.orders.place(asked)
    session.orders.answer(unknown, IntentState.JOURNALED, IntentState.SENT, IntentState.UNKNOWN)
    session.orders.place(replace(asked, symbol="PLTR", limit_price=Decimal("166.10")))


def fill_log(session: FakeSession, count: int = 60) -> None:
    start = time.time_ns() - count * 250_000_000
    lines = []
    for i in range(count):
        symbol, last, *_ = PRICES[i % len(PRICES)]
        if i % 9 == 4:
            stream, kind, summary = StreamName.ORDERS, "new", "buy 20 limit [new]"
        elif i % 3:
            stream, kind, summary = StreamName.QUOTES, "quote", f"{last - 0.01:,.2f} × 3   {last:,.2f} × 4"
        else:
            stream, kind, summary = StreamName.QUOTES, "trade", f"100 at {last:,.2f} V"
        lines.append(
            LogLine(at_ns=start + i * 250_000_000, stream=stream, kind=kind, symbol=symbol, summary=summary)
        )
    session.log.show(*lines)


def reference_session() -> FakeSession:
    """A session that shows what the reference picture shows, and a few things more."""
    session = FakeSession()
    fill_prices(session)
    session.positions.show(*(position(*holding) for holding in HOLDINGS))
    fill_orders(session)
    fill_log(session)
    session.connection.show(StreamName.OPTIONS, phase=StreamPhase.OFF)  # no contract among all that
    return session


@contextmanager
def on_screen(panel: Shown, qtbot: QtBot, session: FakeSession, width: int, height: int) -> Iterator[Shown]:
    """Show `panel` bound to `session`, and unbind it in the end."""
    qtbot.addWidget(panel)
    panel.resize(width, height)
    panel.show()
    qtbot.waitExposed(panel)
    panel.bind(cast(Session, session))
    yield panel
    panel.unbind()
