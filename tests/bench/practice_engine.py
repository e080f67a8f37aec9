"""What the practice broker's engine takes of orders: as fast as it can, and spread over a trading day."""

import time
from datetime import datetime
from decimal import Decimal

from practice.engine.brokerage import Brokerage
from practice.engine.clock import MINUTE, SECOND
from practice.engine.opening import opened_brokerage
from practice.engine.orders import Kind, Side, Tif
from practice.engine.rules import OrderRequest
from practice.engine.updates import Update
from tests.bench.effort import Effort
from tests.bench.row import Aim, Row

_OPENING = int(datetime.fromisoformat("2026-11-18T09:30:00-05:00").timestamp()) * SECOND
_SYMBOLS: tuple[tuple[str, Side], ...] = (
    ("AAPL", "buy"),
    ("F", "buy"),
    ("MSFT", "sell"),
    ("KO", "buy"),
    ("TSLA", "sell"),
)
_HOUR = 60 * MINUTE
_PLENTY = Decimal(10**10)


def measure(effort: Effort) -> list[Row]:
    """Orders a second in the engine alone, and how long a day with as many takes, prices and all."""
    count = effort.practice_orders
    _run(200, MINUTE)  # tables that are read once, and the first prices of the day
    busy = _run(count, 10 * MINUTE)
    requests = _sdk_requests(count)
    day = _run(count, 6 * _HOUR)
    return [
        Row(
            name="practice_orders",
            value=count / busy,
            unit="1/s",
            rival="the official SDK making as many requests, sending none",
            rival_value=count / requests,
            aim=Aim(">=", 5000),
        ),
        Row(
            name="practice_day",
            value=day,
            unit="s",
            rival="the same orders within ten minutes",
            rival_value=busy,
            aim=Aim("<=", 15),
        ),
    ]


def _run(count: int, span: int) -> float:
    """Send orders at an even pace over a span of simulated time; return the seconds that took."""
    brokerage = opened_brokerage(7, _OPENING, hours="exchange", fresh=True)
    account = next(iter(brokerage.accounts.values()))
    account.cash = _PLENTY
    heard = 0

    def count_it(_: Update) -> None:
        nonlocal heard
        heard += 1

    brokerage.floor.listen(count_it)
    begun = time.perf_counter()
    for number in range(count):
        brokerage.floor.advance(_OPENING + (number + 1) * span // count)
        brokerage.submit(account, _request(brokerage, number))
    elapsed = time.perf_counter() - begun
    if len(account.orders) < count or heard < 2 * count:
        raise RuntimeError("the engine did not take every order")
    return elapsed


def _request(brokerage: Brokerage, number: int) -> OrderRequest:
    """Half of them trade at once; the others rest near the market or far from it, or are brackets."""
    symbol, side = _SYMBOLS[number % len(_SYMBOLS)]
    instrument = brokerage.instruments[symbol]
    quote = brokerage.market.quote(instrument, brokerage.now)
    near = instrument.price(quote.bid if side == "buy" else quote.ask)
    away = -1 if side == "buy" else 1
    match number // len(_SYMBOLS) % 4:
        case 0 | 1:
            return OrderRequest(symbol=symbol, side=side, kind=Kind.MARKET, tif=Tif.DAY, qty=Decimal(5))
        case 2:
            limit = near + away * Decimal("0.05")
        case _:
            limit = near + away * 2
    return OrderRequest(
        symbol=symbol, side=side, kind=Kind.LIMIT, tif=Tif.DAY, qty=Decimal(5), limit_price=limit
    )


def _sdk_requests(count: int) -> float:
    """How long the official SDK takes to make and check as many order requests."""
    from alpaca.trading.enums import OrderSide, TimeInForce
    from alpaca.trading.requests import LimitOrderRequest

    begun = time.perf_counter()
    for number in range(count):
        LimitOrderRequest(
            symbol="AAPL",
            qty=5,
            side=OrderSide.BUY,
            time_in_force=TimeInForce.DAY,
            limit_price=200 + number % 100 / 100,
        ).to_request_fields()
    return time.perf_counter() - begun
