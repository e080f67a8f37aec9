"""The broker's own SDK places every class of order, and manages what comes of them."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.practice import sdk
from tests.practice.program import PracticeProgram, until

Sdk = Any  # by the SDK's types any answer may be raw JSON, which it never is with the defaults


@pytest.fixture
def trading(clean: PracticeProgram) -> Iterator[Sdk]:
    client = sdk.TradingClient(oauth_token=clean.token(), url_override=clean.line["trading_url"]["paper"])
    yield client
    client._session.close()


def in_state(trading: Sdk, order_id: Any, status: sdk.OrderStatus) -> Any:
    """The order once it is in that state."""

    def order() -> Any:
        found = trading.get_order_by_id(order_id, sdk.GetOrderByIdRequest(nested=True))
        return found if found.status == status else None

    return until(order, f"the order never was {status}")


def price_of(trading: Sdk, symbol: str = "AAPL") -> float:
    """About what the shares of a position cost."""
    return float(trading.get_open_position(symbol).current_price)


def entry(symbol: str = "KO", **fields: Any) -> sdk.MarketOrderRequest:
    return sdk.MarketOrderRequest(
        symbol=symbol, qty=4, side=sdk.OrderSide.BUY, time_in_force=sdk.TimeInForce.GTC, **fields
    )


def test_a_bracket_is_filled_its_exits_are_replaced_and_canceled(trading: Sdk) -> None:
    placed = trading.submit_order(
        entry(
            order_class=sdk.OrderClass.BRACKET,
            take_profit=sdk.TakeProfitRequest(limit_price=300),
            stop_loss=sdk.StopLossRequest(stop_price=10, limit_price=9),
        )
    )
    assert placed.order_class == sdk.OrderClass.BRACKET
    assert [leg.status for leg in placed.legs] == [sdk.OrderStatus.HELD] * 2
    filled = in_state(trading, placed.id, sdk.OrderStatus.FILLED)
    profit, loss = filled.legs
    assert [profit.status, loss.status] == [sdk.OrderStatus.NEW, sdk.OrderStatus.HELD]
    nested = trading.get_orders(sdk.GetOrdersRequest(nested=True, symbols=["KO"]))
    assert [order.id for order in nested] == [placed.id]
    flat = trading.get_orders(sdk.GetOrdersRequest(symbols=["KO"]))
    assert {order.id for order in flat} == {profit.id, loss.id}
    assert all(order.legs is None for order in flat)
    moved = trading.replace_order_by_id(profit.id, sdk.ReplaceOrderRequest(limit_price=310))
    in_state(trading, moved.id, sdk.OrderStatus.NEW)
    tighter = trading.replace_order_by_id(loss.id, sdk.ReplaceOrderRequest(stop_price=11, limit_price=10))
    in_state(trading, tighter.id, sdk.OrderStatus.HELD)
    trading.cancel_order_by_id(tighter.id)
    in_state(trading, moved.id, sdk.OrderStatus.CANCELED)
    # The next test buys: beside a sale that still waits that would be a wash trade.
    in_state(trading, trading.close_position("KO").id, sdk.OrderStatus.FILLED)


def test_a_pair_and_an_order_that_triggers_another(trading: Sdk) -> None:
    bought = trading.submit_order(
        entry(order_class=sdk.OrderClass.OTO, stop_loss=sdk.StopLossRequest(stop_price=10))
    )
    stop = in_state(trading, bought.id, sdk.OrderStatus.FILLED).legs[0]
    trading.cancel_order_by_id(stop.id)
    in_state(trading, stop.id, sdk.OrderStatus.CANCELED)
    pair = trading.submit_order(
        sdk.LimitOrderRequest(
            symbol="KO",
            qty=4,
            side=sdk.OrderSide.SELL,
            time_in_force=sdk.TimeInForce.GTC,
            order_class=sdk.OrderClass.OCO,
            take_profit=sdk.TakeProfitRequest(limit_price=300),
            stop_loss=sdk.StopLossRequest(stop_price=10),
        )
    )
    assert float(in_state(trading, pair.id, sdk.OrderStatus.NEW).limit_price) == 300
    with pytest.raises(sdk.APIError, match="insufficient qty available") as caught:
        trading.close_position("KO")
    assert caught.value.status_code == 403
    trading.cancel_orders()
    in_state(trading, pair.id, sdk.OrderStatus.CANCELED)


def test_a_trailing_stop_is_followed_and_its_trail_replaced(trading: Sdk) -> None:
    in_state(trading, trading.submit_order(entry("F")).id, sdk.OrderStatus.FILLED)
    order = trading.submit_order(
        sdk.TrailingStopOrderRequest(
            symbol="F",
            qty=4,
            side=sdk.OrderSide.SELL,
            time_in_force=sdk.TimeInForce.GTC,
            trail_percent=20,
        )
    )
    assert float(order.stop_price) < float(order.hwm)
    in_state(trading, order.id, sdk.OrderStatus.NEW)
    new = trading.replace_order_by_id(order.id, sdk.ReplaceOrderRequest(trail=10))
    assert float(new.trail_percent) == 10
    in_state(trading, new.id, sdk.OrderStatus.NEW)
    trading.cancel_order_by_id(new.id)


def test_coins_are_bought_by_amount_held_by_their_compact_name_and_closed(trading: Sdk) -> None:
    order = trading.submit_order(
        sdk.MarketOrderRequest(
            symbol="BTC/USD", notional=500, side=sdk.OrderSide.BUY, time_in_force=sdk.TimeInForce.GTC
        )
    )
    filled = in_state(trading, order.id, sdk.OrderStatus.FILLED)
    position = trading.get_open_position("BTC/USD")
    assert position.symbol == "BTCUSD"
    assert Decimal(position.qty) < Decimal(filled.filled_qty)
    trading.close_position("BTCUSD", sdk.ClosePositionRequest(percentage="100"))


def contracts(trading: Sdk, right: sdk.ContractType) -> list[Any]:
    """The contracts of one week, some weeks out, out of the money."""
    price = price_of(trading)
    later = date.fromisoformat(str(trading.get_clock().timestamp)[:10]) + timedelta(days=14)
    is_call = right == sdk.ContractType.CALL
    request = sdk.GetOptionContractsRequest(
        underlying_symbols=["AAPL"],
        type=right,
        expiration_date_gte=later,
        strike_price_gte=str(price + 5) if is_call else str(price / 2),
        strike_price_lte=str(price * 2) if is_call else str(price - 5),
        limit=20,
    )
    found: list[Any] = trading.get_option_contracts(request).option_contracts
    return [one for one in found if one.expiration_date == found[0].expiration_date]


def test_an_option_is_bought_and_exercised_and_a_spread_trades_as_one(trading: Sdk) -> None:
    call, far = contracts(trading, sdk.ContractType.CALL)[:2]
    day = {"side": sdk.OrderSide.BUY, "time_in_force": sdk.TimeInForce.DAY}
    bought = trading.submit_order(sdk.MarketOrderRequest(symbol=call.symbol, qty=1, **day))
    assert in_state(trading, bought.id, sdk.OrderStatus.FILLED).asset_class == sdk.AssetClass.US_OPTION
    position = trading.get_open_position(call.symbol)
    assert Decimal(position.market_value) == 100 * Decimal(position.current_price)
    spread = trading.submit_order(
        sdk.MarketOrderRequest(
            qty=2,
            time_in_force=sdk.TimeInForce.DAY,
            order_class=sdk.OrderClass.MLEG,
            legs=[
                sdk.OptionLegRequest(symbol=symbol, ratio_qty=1, side=side, position_intent=intent)
                for symbol, side, intent in (
                    (call.symbol, sdk.OrderSide.BUY, sdk.PositionIntent.BUY_TO_OPEN),
                    (far.symbol, sdk.OrderSide.SELL, sdk.PositionIntent.SELL_TO_OPEN),
                )
            ],
        )
    )
    assert (spread.order_class, spread.symbol, spread.side) == (sdk.OrderClass.MLEG, None, None)
    legs = in_state(trading, spread.id, sdk.OrderStatus.FILLED).legs
    assert {(leg.symbol, float(leg.ratio_qty), leg.type) for leg in legs} == {
        (call.symbol, 1.0, None),
        (far.symbol, 1.0, None),
    }
    shares = Decimal(trading.get_open_position("AAPL").qty)
    trading.close_position(far.symbol)

    def written_is_gone() -> bool | None:
        with suppress(sdk.APIError):
            trading.get_open_position(far.symbol)
            return None
        return True

    until(written_is_gone, "the written call was never bought back")
    with suppress(sdk.APIError):  # between the close and midnight nobody exercises
        trading.exercise_options_position(call.symbol)
        assert Decimal(trading.get_open_position("AAPL").qty) == shares + 300


def test_everything_is_closed_and_its_orders_canceled(trading: Sdk) -> None:
    """Last, because it takes the positions that the other tests look at."""
    rows = trading.close_all_positions(cancel_orders=True)
    assert rows
    assert {row.status for row in rows} == {200}
    until(lambda: True if not trading.get_all_positions() else None, "positions stayed")
