"""Values for the tests of `core`, with believable defaults."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import structs

from core.domain.account import Account
from core.domain.environment import Coverage, Environment
from core.domain.event import OrderEvent
from core.domain.order import Order, OrderStatus
from core.domain.position import Position
from core.domain.profile import ConnectionProfile, Endpoints

MORNING = datetime(2026, 11, 20, 15, 4, 5, tzinfo=UTC)


def after(milliseconds: float) -> datetime:
    """A moment that many milliseconds after MORNING."""
    return MORNING + timedelta(milliseconds=milliseconds)


def order(order_id: str = "o-1", *, status: OrderStatus = OrderStatus.NEW, **changes: Any) -> Order:
    """A limit order to buy 10 AAPL."""
    known = Order(
        id=order_id,
        client_order_id=f"c-{order_id}",
        symbol="AAPL",
        side="buy",
        type="limit",
        time_in_force="day",
        status=status,
        status_text=status.value,
        qty=Decimal(10),
        limit_price=Decimal("189.4"),
        updated_at=MORNING,
    )
    return structs.replace(known, **changes)


def event(name: str, of: Order, **changes: Any) -> OrderEvent:
    """One message of the order stream."""
    return replace(OrderEvent(event=name, order=of, at=of.updated_at), **changes)


def position(**changes: Any) -> Position:
    """Ten AAPL, bought at 189.31."""
    known = Position(
        symbol="AAPL",
        asset_class="us_equity",
        qty=Decimal(10),
        qty_available=Decimal(10),
        avg_entry_price=Decimal("189.31"),
        current_price=Decimal("191.24"),
        lastday_price=Decimal("188.9"),
        unrealized_intraday_pl=Decimal("19.3"),
    )
    return replace(known, **changes)


def account(**changes: Any) -> Account:
    """An account that may trade."""
    known = Account(
        id="1d2c3b4a-0000-4000-8000-00000000a001",
        number="PA3SIM00001",
        status="ACTIVE",
        equity=Decimal("100210.15"),
        last_equity=Decimal(100000),
    )
    return replace(known, **changes)


def profile(**changes: Any) -> ConnectionProfile:
    """A profile that never leaves this computer."""
    known = ConnectionProfile(
        name="Practice",
        authorize_url="http://127.0.0.1:9/oauth/authorize",
        sign_in_origins=("http://127.0.0.1:9",),
        client_id="client",
        redirect_uri="https://bellwether.invalid/oauth/callback",
        scopes=("account:write", "trading", "data"),
        coverage=Coverage.PAPER,
        proxy_url="http://127.0.0.1:9/exchange",
        endpoints={
            Environment.PAPER: Endpoints(
                trading_url="http://127.0.0.1:9", stream_url="ws://127.0.0.1:9/stream"
            )
        },
        data_url="http://127.0.0.1:9",
        data_stream_url="ws://127.0.0.1:9",
    )
    return replace(known, **changes)
