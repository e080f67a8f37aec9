"""Every kind of order, field by field, against what the broker's own SDK sends for the same wish."""

import json
import re
import warnings
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec
import pytest
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from core.domain.legs import OrderClass, StopLoss, TakeProfit
from core.domain.order import OrderType, Side, TimeInForce
from core.domain.request import OrderRequest, PositionIntent, ReplaceRequest
from tests.core.golden import golden

# Importing the SDK warns about what it imports itself.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from alpaca.trading import requests
    from alpaca.trading.client import TradingClient

NUMERAL = re.compile(r"\d+(\.\d+)?")
ORDER_ID = "aa0b3f10-0000-4000-8000-00000000b001"


class Recorder(BaseAdapter):
    """Takes every request instead of the network and answers with an order."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []

    def send(self, request: PreparedRequest, **_kwargs: Any) -> Response:  # type: ignore[override]
        body = request.body or b""
        self.bodies.append(body if isinstance(body, bytes) else body.encode())
        response = Response()
        response.status_code, response.url, response.request = 200, request.url or "", request
        response._content = json.dumps(golden("order")).encode()
        return response

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def sdk():
    client = TradingClient("key", "secret", paper=True)
    recorder = Recorder()
    client._session.mount("https://", recorder)
    yield client, recorder
    client._session.close()


def numbers(value: Any) -> Any:
    """A body with its figures as numbers: the SDK sends JSON numbers, we send text, the broker takes both."""
    match value:
        case dict():
            return {name: numbers(member) for name, member in value.items()}
        case str() if NUMERAL.fullmatch(value):
            return Decimal(value)
        case _:
            return value


def read(body: bytes) -> Any:
    return numbers(json.loads(body, parse_float=Decimal, parse_int=Decimal))


def exact(value: Any) -> Any:
    """A term for the SDK as one for us."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return Decimal(str(value))
    return value


CLASSES = {
    OrderType.MARKET: "MarketOrderRequest",
    OrderType.LIMIT: "LimitOrderRequest",
    OrderType.STOP: "StopOrderRequest",
    OrderType.STOP_LIMIT: "StopLimitOrderRequest",
    OrderType.TRAILING_STOP: "TrailingStopOrderRequest",
}
M, L, S, SL, TR = CLASSES
CALL, PUT, BTC = "AAPL261218C00200000", "SPY260116P00600000", "BTC/USD"
GAIN, LOSS, LOSS_LIMIT = (
    {"limit_price": 199.0},
    {"stop_price": 184.1},
    {"stop_price": 184.1, "limit_price": 183.55},
)
BUY_FIRST = {"position_intent": "buy_to_open"}
BRACKET, OCO, OTO = ({"order_class": name} for name in ("bracket", "oco", "oto"))

KINDS: list[tuple[OrderType, dict[str, Any]]] = [
    (M, {"qty": 10}),
    (M, {"qty": 0.123456789}),
    (M, {"notional": 1234.56}),
    (M, {"qty": 3, "time_in_force": "opg"}),
    (M, {"qty": 3, "time_in_force": "cls"}),
    (M, {"qty": 3, "time_in_force": "ioc"}),
    (L, {"qty": 3, "limit_price": 189.4, "time_in_force": "fok"}),
    (L, {"qty": 3, "limit_price": 189.4, "time_in_force": "gtc", "extended_hours": True}),
    (L, {"qty": 3, "limit_price": 0.4321}),
    (S, {"qty": 7, "stop_price": 180.25, "time_in_force": "gtc"}),
    (SL, {"qty": 7, "stop_price": 180.25, "limit_price": 179.5}),
    (TR, {"qty": 7, "trail_price": 1.25}),
    (TR, {"qty": 7, "trail_percent": 0.75, "time_in_force": "gtc"}),
    (TR, {"qty": 7, "trail_percent": 2, "side": "sell"}),
    (M, {"qty": 10, **BRACKET, "take_profit": GAIN, "stop_loss": LOSS}),
    (L, {"qty": 10, "limit_price": 189.4, **BRACKET, "take_profit": GAIN, "stop_loss": LOSS_LIMIT}),
    (S, {"qty": 10, "stop_price": 189.4, **BRACKET, "take_profit": GAIN, "stop_loss": LOSS}),
    (
        SL,
        {
            "qty": 10,
            "stop_price": 189.3,
            "limit_price": 189.4,
            **BRACKET,
            "take_profit": GAIN,
            "stop_loss": LOSS,
        },
    ),
    (L, {"qty": 10, "side": "sell", **OCO, "take_profit": GAIN, "stop_loss": LOSS, "time_in_force": "gtc"}),
    (L, {"qty": 10, "side": "sell", **OCO, "take_profit": GAIN, "stop_loss": LOSS_LIMIT}),
    (M, {"qty": 10, **OTO, "take_profit": GAIN}),
    (L, {"qty": 10, "limit_price": 189.4, **OTO, "stop_loss": LOSS, "time_in_force": "gtc"}),
    (L, {"qty": 10, "limit_price": 189.4, **OTO, "stop_loss": LOSS_LIMIT}),
    (M, {"symbol": BTC, "notional": 50, "time_in_force": "gtc"}),
    (M, {"symbol": BTC, "qty": 0.000615847, "side": "sell", "time_in_force": "ioc"}),
    (L, {"symbol": BTC, "qty": 0.01, "limit_price": 91240.5, "time_in_force": "gtc"}),
    (
        SL,
        {"symbol": BTC, "qty": 0.01, "stop_price": 90000.5, "limit_price": 89900.25, "time_in_force": "gtc"},
    ),
    (L, {"symbol": CALL, "qty": 2, "limit_price": 4.05, **BUY_FIRST}),
    (M, {"symbol": PUT, "qty": 1, **BUY_FIRST}),
    (L, {"symbol": CALL, "qty": 2, "limit_price": 4.05, "side": "sell", "position_intent": "sell_to_close"}),
    (L, {"symbol": PUT, "qty": 1, "limit_price": 0.55, "side": "sell", "position_intent": "sell_to_open"}),
    (M, {"qty": 5, "side": "sell", "position_intent": "sell_to_open"}),
    (M, {"qty": 5, "side": "buy", "position_intent": "buy_to_close"}),
]


def theirs(kind: OrderType, terms: dict[str, Any]) -> Any:
    made: dict[str, Any] = {"symbol": "AAPL", "side": "buy", "time_in_force": "day", **terms}
    if "take_profit" in made:
        made["take_profit"] = requests.TakeProfitRequest(**made["take_profit"])
    if "stop_loss" in made:
        made["stop_loss"] = requests.StopLossRequest(**made["stop_loss"])
    return getattr(requests, CLASSES[kind])(**made, client_order_id="bw-1")


WORDS: dict[str, type[Enum]] = {
    "side": Side,
    "time_in_force": TimeInForce,
    "order_class": OrderClass,
    "position_intent": PositionIntent,
}


def ours(kind: OrderType, terms: dict[str, Any]) -> OrderRequest:
    made: dict[str, Any] = {"symbol": "AAPL", "side": "buy", "time_in_force": "day", **terms}
    for name, value in made.items():
        if name in WORDS:
            made[name] = WORDS[name](value)
        elif isinstance(value, dict):
            leg: Any = TakeProfit if name == "take_profit" else StopLoss
            made[name] = leg(**{part: exact(price) for part, price in value.items()})
        else:
            made[name] = exact(value)
    return OrderRequest(type=kind, **made)


@pytest.mark.parametrize(("kind", "terms"), KINDS)
def test_an_order_has_the_fields_that_the_sdk_sends(sdk, kind, terms):
    client, recorder = sdk
    client.submit_order(theirs(kind, terms))
    sent = msgspec.json.encode(ours(kind, terms).body("bw-1"))
    assert read(sent) == read(recorder.bodies[-1])
    assert not any(
        isinstance(value, int | float) and value is not True for value in json.loads(sent).values()
    )


CHANGES: list[dict[str, Any]] = [
    {"qty": 20},
    {"limit_price": 189.55},
    {"stop_price": 180.05},
    {"trail": 1.5},
    {"time_in_force": "gtc"},
    {"qty": 5, "limit_price": 0.1234, "stop_price": 0.1233, "time_in_force": "day"},
]


@pytest.mark.parametrize("terms", CHANGES)
def test_a_change_has_the_fields_that_the_sdk_sends(sdk, terms):
    client, recorder = sdk
    client.replace_order_by_id(ORDER_ID, requests.ReplaceOrderRequest(**terms, client_order_id="bw-2"))
    made: dict[str, Any] = {
        name: TimeInForce(value) if name in WORDS else exact(value) for name, value in terms.items()
    }
    sent = msgspec.json.encode(ReplaceRequest(order_id=ORDER_ID, **made).body("bw-2"))
    assert read(sent) == read(recorder.bodies[-1])
