"""The broker's own Python SDK, unmodified but for its URL overrides, finds nothing odd."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.practice.program import PracticeProgram, until
from tests.practice.sdk import (
    APIError,
    AssetClass,
    ClosePositionRequest,
    DataFeed,
    GetAssetsRequest,
    GetCalendarRequest,
    GetOrdersRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    OrderSide,
    OrderStatus,
    QueryOrderStatus,
    ReplaceOrderRequest,
    StockBarsRequest,
    StockDataStream,
    StockHistoricalDataClient,
    StockLatestBarRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockSnapshotRequest,
    StopLimitOrderRequest,
    StopOrderRequest,
    TimeFrame,
    TimeFrameUnit,
    TimeInForce,
    TradingClient,
    TradingStream,
)

Sdk = Any  # by the SDK's types any answer may be raw JSON, which it never is with the defaults
SYMBOLS = ["AAPL", "KO"]


@pytest.fixture
def trading(clean: PracticeProgram) -> Iterator[Sdk]:
    """By token; the streams below use the key."""
    client = TradingClient(oauth_token=clean.token(), url_override=clean.line["trading_url"]["paper"])
    yield client
    client._session.close()


@pytest.fixture
def history(broker: PracticeProgram) -> Iterator[Sdk]:
    client = StockHistoricalDataClient(
        broker.line["api_key"], broker.line["api_secret"], url_override=broker.line["data_url"]
    )
    yield client
    client._session.close()


def limit(symbol: str = "AAPL", price: float = 20.0, **fields: Any) -> LimitOrderRequest:
    return LimitOrderRequest(
        symbol=symbol,
        qty=2,
        side=OrderSide.BUY,
        time_in_force=TimeInForce.DAY,
        limit_price=price,
        **fields,
    )


def working(trading: Sdk, order_id: Any) -> Any:
    def order() -> Any:
        found = trading.get_order_by_id(order_id)
        return found if found.status == OrderStatus.NEW else None

    return until(order, "the order never worked")


def test_account_configurations_clock_and_calendar(trading: Sdk) -> None:
    account = trading.get_account()
    assert account.account_number.startswith("PA3SIM")
    configurations = trading.get_account_configurations()
    assert trading.set_account_configurations(configurations) == configurations
    assert trading.get_clock().is_open
    days = trading.get_calendar(GetCalendarRequest(start=date(2026, 11, 23), end=date(2026, 11, 27)))
    assert [day.close.hour for day in days] == [16, 16, 16, 13]


def test_assets(trading: Sdk) -> None:
    assets = trading.get_all_assets(GetAssetsRequest(asset_class=AssetClass.US_EQUITY))
    assert len(assets) > 300
    assert trading.get_asset("BTC/USD").asset_class == AssetClass.CRYPTO


def test_every_kind_of_order_is_placed_read_replaced_and_canceled(trading: Sdk) -> None:
    stop = {"symbol": "AAPL", "qty": 1, "side": OrderSide.BUY, "time_in_force": TimeInForce.GTC}
    orders = [
        trading.submit_order(limit(client_order_id=f"desk-{datetime.now(UTC).timestamp()}")),
        trading.submit_order(StopOrderRequest(**stop, stop_price=900)),
        trading.submit_order(StopLimitOrderRequest(**stop, stop_price=900, limit_price=901)),
    ]
    assert trading.get_order_by_client_id(orders[0].client_order_id).id == orders[0].id
    working(trading, orders[0].id)
    new = trading.replace_order_by_id(orders[0].id, ReplaceOrderRequest(qty=3, limit_price=21.5))
    assert new.replaces == orders[0].id
    working(trading, new.id)
    listed = trading.get_orders(GetOrdersRequest(status=QueryOrderStatus.OPEN, symbols=["AAPL"], nested=True))
    assert {order.id for order in listed} == {new.id, orders[1].id, orders[2].id}
    trading.cancel_order_by_id(new.id)
    assert len(trading.cancel_orders()) >= 2
    until(lambda: True if not trading.get_orders() else None, "orders stayed open")


def test_fractions_amounts_and_positions(trading: Sdk) -> None:
    day = {"symbol": "KO", "side": OrderSide.BUY, "time_in_force": TimeInForce.DAY}
    orders = [
        trading.submit_order(MarketOrderRequest(**day, **amount))
        for amount in ({"notional": 100}, {"qty": 0.5})
    ]

    def position() -> Any:
        states = {trading.get_order_by_id(order.id).status for order in orders}
        return trading.get_open_position("KO") if states == {OrderStatus.FILLED} else None

    held = until(position, "nothing was bought")
    closing = trading.close_position("KO", ClosePositionRequest(percentage="50"))
    assert closing.side == OrderSide.SELL
    assert 0 < Decimal(closing.qty) <= Decimal(held.qty) / 2
    assert {"NVDA", "AAPL", "AMD", "TSLA"} <= {one.symbol for one in trading.get_all_positions()}


def test_refusals_are_read_as_api_errors(trading: Sdk) -> None:
    for request, status, code in (
        (limit(price=20.123), 422, 42210000),
        (limit(symbol="NOPE"), 422, 42210000),
        (limit(price=500_000.0), 403, 40310000),
    ):
        with pytest.raises(APIError) as caught:
            trading.submit_order(request)
        assert (caught.value.status_code, caught.value.code) == (status, code)
        assert caught.value.message


def test_closing_everything(trading: Sdk) -> None:
    answers = trading.close_all_positions(cancel_orders=True)
    assert {answer.status for answer in answers} == {200}
    until(lambda: True if not trading.get_all_positions() else None, "positions stayed")


def test_latest_data_and_snapshots(history: Sdk) -> None:
    quotes = history.get_stock_latest_quote(
        StockLatestQuoteRequest(symbol_or_symbols=SYMBOLS, feed=DataFeed.IEX)
    )
    assert {symbol: quote.bid_price < quote.ask_price for symbol, quote in quotes.items()} == {
        "AAPL": True,
        "KO": True,
    }
    trades = history.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols="AAPL"))
    assert trades["AAPL"].price > 0
    assert set(history.get_stock_latest_bar(StockLatestBarRequest(symbol_or_symbols=SYMBOLS))) == set(SYMBOLS)
    snapshot = history.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols=SYMBOLS))["AAPL"]
    assert snapshot.previous_daily_bar.close > 0


@pytest.mark.parametrize(
    ("amount", "unit", "count"),
    [(1, TimeFrameUnit.Minute, 2881), (1, TimeFrameUnit.Hour, 49), (1, TimeFrameUnit.Day, 3)],
)
def test_history_is_paged_through_to_its_end(
    history: Sdk, amount: int, unit: TimeFrameUnit, count: int
) -> None:
    start = datetime(2026, 11, 2, 5, tzinfo=UTC)
    request = StockBarsRequest(
        symbol_or_symbols=SYMBOLS,
        timeframe=TimeFrame(amount, unit),
        start=start,
        end=start + timedelta(days=2),
        limit=None,
    )
    bars = history.get_stock_bars(request).data
    assert {symbol: len(found) for symbol, found in bars.items()} == dict.fromkeys(SYMBOLS, count)
    assert bars["AAPL"][0].timestamp == start


@contextmanager
def streaming(stream: TradingStream | StockDataStream) -> Iterator[None]:
    """Run an SDK stream on a thread of its own, where its event loop belongs."""
    thread = threading.Thread(target=stream.run, name="sdk-stream")
    thread.start()
    try:
        yield
    finally:
        stream.stop()
        thread.join(20)
        assert not thread.is_alive()


@pytest.mark.parametrize("env", ["paper", "live"])
def test_the_trading_stream_tells_an_order_s_life(clean: PracticeProgram, env: str) -> None:
    prefix = "live_" if env == "live" else ""
    keys = (clean.line[f"{prefix}api_key"], clean.line[f"{prefix}api_secret"])
    trading: Sdk = TradingClient(*keys, url_override=clean.line["trading_url"][env])
    stream = TradingStream(*keys, url_override=clean.line["stream_url"][env])
    updates: list[Any] = []

    async def note(update: Any) -> None:
        updates.append(update)

    stream.subscribe_trade_updates(note)
    with streaming(stream):
        until(lambda: _listens(clean, env) or None, "the stream never listened")
        trading.submit_order(
            MarketOrderRequest(symbol="KO", qty=2, side=OrderSide.BUY, time_in_force=TimeInForce.DAY)
        )
        until(lambda: True if updates and updates[-1].event == "fill" else None, "no fill was told")
    assert [update.event for update in updates][:2] == ["pending_new", "new"]
    assert updates[-1].order.status == OrderStatus.FILLED
    assert updates[-1].execution_id is not None


def _listens(program: PracticeProgram, env: str) -> bool:
    path = f"/log/frames?stream=orders/{env}&direction=sent&contains=listening"
    return bool(program.control("GET", path)["frames"])


def _frames(program: PracticeProgram, stream: str) -> bool:
    return bool(program.control("GET", "/log")["frames"][stream]["sent"] >= 2)


@pytest.mark.parametrize("credentials", ["token", "key"])
def test_the_data_stream_brings_quotes_trades_and_bars(clean: PracticeProgram, credentials: str) -> None:
    proof = (clean.line["api_key"], clean.line["api_secret"])
    if credentials == "token":
        proof = ("oauth", clean.token(scope="data"))
    stream = StockDataStream(*proof, url_override=clean.line["data_stream_url"] + "/v2/iex")
    seen: dict[str, Any] = {}

    async def note(message: Any) -> None:
        seen[type(message).__name__] = message

    stream.subscribe_quotes(note, "NVDA")
    stream.subscribe_trades(note, "NVDA")
    stream.subscribe_bars(note, "*")
    with streaming(stream):
        until(lambda: True if {"Quote", "Trade"} <= set(seen) else None, "nothing came")
    assert seen["Quote"].bid_price < seen["Quote"].ask_price
    assert abs((datetime.now(UTC) - seen["Trade"].timestamp).total_seconds()) < 60
