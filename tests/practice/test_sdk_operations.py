"""The table of everything the broker's SDK can ask for, each of it asked: what is not in the table fails."""

import inspect
import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.practice import sdk, sdk_data
from tests.practice.program import PracticeProgram, until
from tests.practice.test_sdk_streams import Seen, made, streaming

Sdk = Any  # by the SDK's types any answer may be raw JSON, which it never is with the defaults
Operation = Callable[[Sdk], Any]

PLUMBING = {"get", "post", "put", "patch", "delete", "response_wrapper"}  # what the operations are made of
SYMBOLS, PAIRS = ["AAPL", "KO"], ["BTC/USD", "ETH/USD"]


def operations(kind: type[Any]) -> set[str]:
    """The public operations of a client."""
    return {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if name[0] != "_"} - PLUMBING


def recently(hours: float = 3) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)


def limit(symbol: str = "AAPL", price: float = 20.0) -> Any:
    return sdk.LimitOrderRequest(
        symbol=symbol,
        qty=1,
        side=sdk.OrderSide.BUY,
        time_in_force=sdk.TimeInForce.DAY,
        limit_price=price,
        client_order_id=f"sdk-{uuid4()}",
    )


def working(trading: Sdk) -> Any:
    order = trading.submit_order(limit())
    return until(
        lambda: order if trading.get_order_by_id(order.id).status == sdk.OrderStatus.NEW else None,
        "the order never worked",
    )


def bought(trading: Sdk, symbol: str) -> str:
    """A symbol, of which a share was just bought."""
    order = sdk.MarketOrderRequest(
        symbol=symbol, qty=1, side=sdk.OrderSide.BUY, time_in_force=sdk.TimeInForce.DAY
    )
    placed = trading.submit_order(order)
    until(
        lambda: True if trading.get_order_by_id(placed.id).status == sdk.OrderStatus.FILLED else None,
        "the order never filled",
    )
    return symbol


def watchlist(trading: Sdk) -> Any:
    request = sdk.CreateWatchlistRequest(name=f"list {uuid4()}", symbols=["AAPL"])
    return trading.create_watchlist(request)


def contracts(trading: Sdk) -> Any:
    """Calls on AAPL of the coming two months, the deepest in the money first."""
    request = sdk.GetOptionContractsRequest(
        underlying_symbols=["AAPL"],
        type=sdk_data.ContractType.CALL,
        expiration_date_lte=(datetime.now(UTC) + timedelta(days=60)).date(),
    )
    return trading.get_option_contracts(request)


def exercised(trading: Sdk) -> Any:
    """An option is bought, and exercised."""
    return trading.exercise_options_position(bought(trading, contracts(trading).option_contracts[0].symbol))


def announcements(trading: Sdk) -> Any:
    today = date.fromisoformat(str(trading.get_clock().timestamp)[:10])
    request = sdk.GetCorporateAnnouncementsRequest(
        ca_types=list(sdk.CorporateActionType), since=today - timedelta(days=80), until=today
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the SDK's own, of these two calls
        return trading.get_corporate_announcements(request)


def announcement(trading: Sdk) -> Any:
    found = announcements(trading)[0].id
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return trading.get_corporate_announcement_by_id(found)


TRADING: dict[str, Operation] = {
    "get_account": lambda t: t.get_account(),
    "get_account_configurations": lambda t: t.get_account_configurations(),
    "set_account_configurations": lambda t: t.set_account_configurations(t.get_account_configurations()),
    "submit_order": lambda t: t.submit_order(limit()),
    "get_orders": lambda t: (t.submit_order(limit()), t.get_orders())[1],
    "get_order_by_id": lambda t: t.get_order_by_id(t.submit_order(limit()).id),
    "get_order_by_client_id": lambda t: t.get_order_by_client_id(t.submit_order(limit()).client_order_id),
    "replace_order_by_id": lambda t: t.replace_order_by_id(
        working(t).id, sdk.ReplaceOrderRequest(limit_price=21)
    ),
    "cancel_order_by_id": lambda t: t.cancel_order_by_id(working(t).id),
    "cancel_orders": lambda t: (working(t), t.cancel_orders())[1],
    "get_all_positions": lambda t: (bought(t, "PG"), t.get_all_positions())[1],
    "get_open_position": lambda t: t.get_open_position(bought(t, "PEP")),
    "close_position": lambda t: t.close_position(bought(t, "MCD")),
    "close_all_positions": lambda t: (bought(t, "KO"), t.close_all_positions(cancel_orders=True))[1],
    "exercise_options_position": exercised,
    "get_all_assets": lambda t: t.get_all_assets(),
    "get_asset": lambda t: t.get_asset("BTC/USD"),
    "get_calendar": lambda t: t.get_calendar(),
    "get_clock": lambda t: t.get_clock(),
    "get_portfolio_history": lambda t: t.get_portfolio_history(),
    "get_corporate_announcements": announcements,
    "get_corporate_announcement_by_id": announcement,
    "get_option_contracts": contracts,
    "get_option_contract": lambda t: t.get_option_contract(contracts(t).option_contracts[0].symbol),
    "get_watchlists": lambda t: (watchlist(t), t.get_watchlists())[1],
    "create_watchlist": watchlist,
    "get_watchlist_by_id": lambda t: t.get_watchlist_by_id(watchlist(t).id),
    "update_watchlist_by_id": lambda t: t.update_watchlist_by_id(
        watchlist(t).id, sdk.UpdateWatchlistRequest(name=f"list {uuid4()}", symbols=["KO"])
    ),
    "add_asset_to_watchlist_by_id": lambda t: t.add_asset_to_watchlist_by_id(watchlist(t).id, "KO"),
    "remove_asset_from_watchlist_by_id": lambda t: t.remove_asset_from_watchlist_by_id(
        watchlist(t).id, "AAPL"
    ),
    "delete_watchlist_by_id": lambda t: t.delete_watchlist_by_id(watchlist(t).id),
}
NOTHING_TO_SAY = {"cancel_order_by_id", "delete_watchlist_by_id", "exercise_options_position"}


def stock(name: str, **fields: Any) -> Any:
    return getattr(sdk_data, name)(symbol_or_symbols=SYMBOLS, **fields)


def coin(name: str, **fields: Any) -> Any:
    return getattr(sdk_data, name)(symbol_or_symbols=PAIRS, **fields)


def chain(options: Sdk) -> Any:
    return options.get_option_chain(sdk_data.OptionChainRequest(underlying_symbol="AAPL"))


def busiest(options: Sdk) -> list[str]:
    """Two calls of the coming weeks near the money: others may not trade for days."""
    first = (datetime.now(UTC) + timedelta(days=5)).date()
    request = sdk_data.OptionChainRequest(
        underlying_symbol="AAPL",
        type=sdk_data.ContractType.CALL,
        expiration_date_gte=first,
        expiration_date_lte=first + timedelta(days=14),
    )
    found = options.get_option_chain(request)
    return sorted(found, key=lambda one: abs(found[one].greeks.delta - 0.5))[:2]


def option(options: Sdk, name: str, **fields: Any) -> Any:
    return getattr(sdk_data, name)(symbol_or_symbols=busiest(options), **fields)


HOURS = sdk_data.TimeFrame(1, sdk_data.TimeFrameUnit.Hour)
PAST: dict[str, Any] = {"start": recently(), "limit": 60}

DATA: dict[type[Any], dict[str, Operation]] = {
    sdk_data.StockHistoricalDataClient: {
        "get_stock_bars": lambda c: c.get_stock_bars(stock("StockBarsRequest", timeframe=HOURS, **PAST)),
        "get_stock_quotes": lambda c: c.get_stock_quotes(stock("StockQuotesRequest", **PAST)),
        "get_stock_trades": lambda c: c.get_stock_trades(stock("StockTradesRequest", **PAST)),
        "get_stock_latest_bar": lambda c: c.get_stock_latest_bar(stock("StockLatestBarRequest")),
        "get_stock_latest_quote": lambda c: c.get_stock_latest_quote(stock("StockLatestQuoteRequest")),
        "get_stock_latest_trade": lambda c: c.get_stock_latest_trade(stock("StockLatestTradeRequest")),
        "get_stock_snapshot": lambda c: c.get_stock_snapshot(stock("StockSnapshotRequest")),
    },
    sdk_data.CryptoHistoricalDataClient: {
        "get_crypto_bars": lambda c: c.get_crypto_bars(coin("CryptoBarsRequest", timeframe=HOURS, **PAST)),
        "get_crypto_quotes": lambda c: c.get_crypto_quotes(coin("CryptoQuoteRequest", **PAST)),
        "get_crypto_trades": lambda c: c.get_crypto_trades(coin("CryptoTradesRequest", **PAST)),
        "get_crypto_latest_bar": lambda c: c.get_crypto_latest_bar(coin("CryptoLatestBarRequest")),
        "get_crypto_latest_orderbook": lambda c: c.get_crypto_latest_orderbook(
            coin("CryptoLatestOrderbookRequest")
        ),
        "get_crypto_latest_quote": lambda c: c.get_crypto_latest_quote(coin("CryptoLatestQuoteRequest")),
        "get_crypto_latest_trade": lambda c: c.get_crypto_latest_trade(coin("CryptoLatestTradeRequest")),
        "get_crypto_snapshot": lambda c: c.get_crypto_snapshot(coin("CryptoSnapshotRequest")),
    },
    sdk_data.OptionHistoricalDataClient: {
        "get_option_bars": lambda c: c.get_option_bars(
            option(c, "OptionBarsRequest", timeframe=HOURS, start=recently(72), limit=60)
        ),
        "get_option_trades": lambda c: c.get_option_trades(
            option(c, "OptionTradesRequest", start=recently(72), limit=60)
        ),
        "get_option_chain": chain,
        "get_option_exchange_codes": lambda c: c.get_option_exchange_codes(),
        "get_option_latest_quote": lambda c: c.get_option_latest_quote(option(c, "OptionLatestQuoteRequest")),
        "get_option_latest_trade": lambda c: c.get_option_latest_trade(option(c, "OptionLatestTradeRequest")),
        "get_option_snapshot": lambda c: c.get_option_snapshot(option(c, "OptionSnapshotRequest")),
    },
    sdk_data.NewsClient: {"get_news": lambda c: c.get_news(sdk_data.NewsRequest(limit=5)).data["news"]},
    sdk_data.ScreenerClient: {
        "get_market_movers": lambda c: c.get_market_movers(sdk_data.MarketMoversRequest()),
        "get_most_actives": lambda c: c.get_most_actives(
            sdk_data.MostActivesRequest(by=sdk_data.MostActivesBy.VOLUME)
        ),
    },
    sdk_data.CorporateActionsClient: {
        "get_corporate_actions": lambda c: c.get_corporate_actions(
            sdk_data.CorporateActionsRequest(start=date(2026, 1, 1), end=date(2026, 6, 30))
        )
    },
}
CLIENTS: dict[type[Any], dict[str, Operation]] = {sdk.TradingClient: TRADING, **DATA}
CONTROLS = {"run", "stop", "close", "stop_ws"}
STREAMS: dict[type[Any], tuple[str, str, set[str]]] = {
    sdk.StockDataStream: ("/v2/test", "FAKEPACA", {"register_trade_cancels", "register_trade_corrections"}),
    sdk.CryptoDataStream: ("/v1beta3/crypto/us", "BTC/USD", set()),
    sdk.OptionDataStream: ("/v1beta1/indicative", "AAPL", set()),
    sdk.NewsDataStream: ("/v1beta1/news", "*", set()),
}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in CLIENTS for name in sorted(operations(kind))]
)
def test_the_sdk_is_answered_whatever_it_asks(clean: PracticeProgram, kind: type[Any], name: str) -> None:
    url = clean.line["trading_url"]["paper"] if kind is sdk.TradingClient else clean.line["data_url"]
    client = kind(clean.line["api_key"], clean.line["api_secret"], url_override=url)
    with closing(client._session):
        answer = CLIENTS[kind][name](client)
    assert (answer is None) == (name in NOTHING_TO_SAY)
    if answer is not None:
        assert answer
        assert not _is_empty(answer)


def _is_empty(answer: Any) -> bool:
    data = getattr(answer, "data", None)
    return isinstance(data, dict) and not any(data.values())


def test_the_table_names_nothing_that_the_sdk_has_not() -> None:
    for kind, table in CLIENTS.items():
        assert set(table) == operations(kind)
    for kind, (_, _, registers) in STREAMS.items():
        subscribes = {name for name in operations(kind) if "subscribe_" in name}
        assert operations(kind) == subscribes | registers | CONTROLS
    assert operations(sdk.TradingStream) == {"subscribe_trade_updates"} | CONTROLS


@pytest.mark.parametrize("kind", list(STREAMS))
def test_every_subscription_of_a_data_stream_is_taken_and_given_up(
    clean: PracticeProgram, kind: type[Any]
) -> None:
    path, symbol, registers = STREAMS[kind]
    if kind is sdk.OptionDataStream:
        chain = clean.data("/v1beta1/options/snapshots/AAPL", limit=1).json()["snapshots"]
        symbol = next(iter(chain))
    stream, seen = made(kind, clean, path), Seen()
    names = sorted(name.removeprefix("subscribe_") for name in operations(kind) if name[:10] == "subscribe_")
    for name in names:
        getattr(stream, f"subscribe_{name}")(seen.on(name), symbol)
    for name in registers:
        getattr(stream, name)(seen.on(name))
    with streaming(stream):
        until(lambda: _acknowledged(clean, path, symbol, len(names)) or None, "never subscribed")
        for name in names:
            getattr(stream, f"unsubscribe_{name}")(symbol)
        until(lambda: _acknowledged(clean, path, symbol, 0) or None, "never unsubscribed")
        if "quotes" in names:
            stream.subscribe_quotes(seen.on("quotes"), symbol)  # the SDK looks up, and stops, when data come


def _acknowledged(program: PracticeProgram, path: str, symbol: str, count: int) -> bool:
    """Whether the last acknowledgement names the symbol on so many channels of its own."""
    query = f"/log/frames?stream=data{path}&direction=sent&contains=subscription&limit=1"
    frames = program.control("GET", query)["frames"]
    if not frames:
        return False
    [state] = json.loads(frames[0]["body"])
    following = {"corrections", "cancelErrors"}
    return sum(symbol in lists for name, lists in state.items() if name not in following | {"T"}) == count


@pytest.fixture
def trading_stream(clean: PracticeProgram) -> Iterator[tuple[Sdk, list[Any]]]:
    stream: Sdk = sdk.TradingStream(
        clean.line["api_key"], clean.line["api_secret"], url_override=clean.line["stream_url"]["paper"]
    )
    told: list[Any] = []

    async def note(update: Any) -> None:
        told.append(update)

    stream.subscribe_trade_updates(note)
    with ExitStack() as stack:
        stack.enter_context(streaming(stream))
        yield stream, told


def test_the_trading_stream_is_taken_by_the_sdk(
    clean: PracticeProgram, trading_stream: tuple[Sdk, list[Any]]
) -> None:
    _, told = trading_stream

    def filled() -> bool | None:
        clean.order()
        return any(update.event == "fill" for update in told) or None

    until(filled, "no fill was told")
