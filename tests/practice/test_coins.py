"""Coins, from those of many thousand dollars to those of a millionth of one."""

from decimal import Decimal

import pytest

from practice.engine.hours import AlwaysOpen, Timetable
from practice.engine.instruments import listed_instruments
from practice.engine.market import Market
from practice.engine.orders import Tif
from practice.server.wire import order_json, position_json
from tests.practice.engine import NOON, Day

INSTRUMENTS = listed_instruments()


def test_many_coins_trade_with_limits_of_their_own() -> None:
    coins = [one for one in INSTRUMENTS.values() if one.is_crypto]
    assert len(coins) >= 20
    market_ = Market(7, Timetable(AlwaysOpen()))
    for coin in coins:
        assert coin.min_order_size > 0
        assert coin.min_trade_increment <= coin.min_order_size
        quote = market_.quote(coin, NOON)
        assert coin.price(quote.bid) % coin.price_increment == 0
    dollar = market_.quote(INSTRUMENTS["USDC/USD"], NOON)
    assert 9_950 < dollar.bid < dollar.ask < 10_050


def test_averages_of_cheap_coins_keep_their_decimals() -> None:
    day = Day()
    order = day.filled("buy", "2000000", symbol="SHIB/USD", tif=Tif.GTC)
    price = order.average_price
    assert price is not None
    assert Decimal(order_json(order)["filled_avg_price"]) == pytest.approx(price, rel=Decimal("1e-5"))
    position = day.account.positions["SHIB/USD"]
    shown = position_json(day.account, position, day.brokerage)["avg_entry_price"]
    assert Decimal(shown) == pytest.approx(position.average_price, rel=Decimal("1e-5"))


def test_a_cheap_coin_takes_limits_on_its_own_grid() -> None:
    day = Day()
    bid = day.bid("DOGE/USD")
    order = day.place("buy", "500", symbol="DOGE/USD", tif=Tif.GTC, limit=bid)
    assert order.limit_price == bid
    assert bid % Decimal("0.00001") == 0
