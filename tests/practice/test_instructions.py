"""Advanced instructions: what is taken, what is refused, and how an order shows them."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.practice.program import PracticeProgram
from tests.practice.sdk import TradingClient

Json = dict[str, Any]
TWAP = {
    "algorithm": "TWAP",
    "start_time": "2026-11-18T10:30:00-05:00",
    "end_time": "2026-11-18T15:30:00-05:00",
    "max_percentage": 0.314,
}
DMA = {"algorithm": "DMA", "destination": "NYSE", "display_qty": 100}


@pytest.fixture(scope="module")
def noon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeProgram]:
    """A broker at ten on a trading day."""
    arguments = ("--rate-limit", "0", "--hours", "exchange", "--start", "2026-11-18T10:00:00-05:00")
    with PracticeProgram(tmp_path_factory.mktemp("noon") / "log", *arguments) as program:
        yield program


def limit(instructions: object, **fields: Any) -> Json:
    body = {"symbol": "AAPL", "qty": "300", "side": "buy", "type": "limit", "limit_price": "20.00"}
    return {**body, "time_in_force": "day", "advanced_instructions": instructions, **fields}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (DMA, {"algorithm": "DMA", "destination": "NYSE", "display_qty": "100"}),
        ({"algorithm": "DMA", "destination": "ARCA"}, {"algorithm": "DMA", "destination": "ARCA"}),
        (TWAP, {**TWAP, "max_percentage": "0.314"}),
        ({"algorithm": "VWAP"}, {"algorithm": "VWAP"}),
        (None, None),
    ],
)
def test_an_order_shows_the_instructions_that_were_given(
    noon: PracticeProgram, given: object, shown: object
) -> None:
    order = noon.order(**limit(given))
    assert order["advanced_instructions"] == shown
    assert noon.call("GET", f"/v2/orders/{order['id']}").json()["advanced_instructions"] == shown
    noon.settled(order["id"], "new")
    change = {"limit_price": "21.00"} if shown is None else {"advanced_instructions": {"algorithm": "VWAP"}}
    successor = noon.call("PATCH", f"/v2/orders/{order['id']}", json=change).json()
    assert successor["advanced_instructions"] == (None if shown is None else {"algorithm": "VWAP"})


def test_a_successor_keeps_what_is_not_changed(noon: PracticeProgram) -> None:
    order = noon.settled(noon.order(**limit(DMA))["id"], "new")
    successor = noon.call("PATCH", f"/v2/orders/{order['id']}", json={"limit_price": "21.00"}).json()
    assert successor["advanced_instructions"] == order["advanced_instructions"]


@pytest.mark.parametrize(
    ("instructions", "about"),
    [
        ({}, "algorithm"),
        ({"algorithm": "POV"}, "algorithm"),
        ({"algorithm": 5}, "algorithm"),
        ({"algorithm": "DMA"}, "destination"),
        ({**DMA, "destination": "TSE"}, "destination"),
        ({**DMA, "display_qty": "150"}, "display_qty"),
        ({**DMA, "display_qty": 0}, "display_qty"),
        ({**DMA, "display_qty": 400}, "display_qty"),
        ({**DMA, "display_qty": "many"}, "display_qty"),
        ({**DMA, "max_percentage": 0.1}, "max_percentage"),
        ({**TWAP, "destination": "NYSE"}, "destination"),
        ({**TWAP, "max_percentage": 1}, "max_percentage"),
        ({**TWAP, "max_percentage": "0"}, "max_percentage"),
        ({**TWAP, "max_percentage": "0.1234"}, "max_percentage"),
        ({**TWAP, "start_time": "2026-11-18T09:00:00-05:00"}, "start_time"),
        ({**TWAP, "end_time": "2026-11-18T16:00:01-05:00"}, "end_time"),
        ({**TWAP, "end_time": "2026-11-18T10:15:00-05:00"}, "end_time"),
        ({**TWAP, "end_time": "soon"}, "end_time"),
    ],
)
def test_instructions_that_make_no_sense_are_refused(
    noon: PracticeProgram, instructions: Json, about: str
) -> None:
    answer = noon.call("POST", "/v2/orders", json=limit(instructions))
    assert (answer.status_code, answer.json()["code"]) == (422, 40010001), answer.text
    assert f"advanced_instructions.{about}" in answer.json()["message"]


@pytest.mark.parametrize(
    "fields",
    [
        {"symbol": "BTC/USD", "qty": "1", "time_in_force": "gtc"},
        {"qty": "1.5"},
        {"qty": None, "notional": "500", "type": "market", "limit_price": None},
    ],
)
def test_only_whole_shares_are_worked(noon: PracticeProgram, fields: Json) -> None:
    answer = noon.call("POST", "/v2/orders", json=limit({"algorithm": "VWAP"}, **fields))
    assert (answer.status_code, answer.json()["code"]) == (422, 40010001), answer.text


def test_what_is_no_object_is_a_malformed_body(noon: PracticeProgram) -> None:
    answer = noon.call("POST", "/v2/orders", json=limit("DMA"))
    assert (answer.status_code, answer.json()["code"]) == (400, 40010000)


def test_multi_leg_orders_take_none(noon: PracticeProgram) -> None:
    contracts = noon.call("GET", "/v2/options/contracts", params={"underlying_symbols": "AAPL"}).json()
    legs = [
        {"symbol": one["symbol"], "ratio_qty": "1", "side": side, "position_intent": f"{side}_to_open"}
        for one, side in zip(contracts["option_contracts"][:2], ("buy", "sell"), strict=True)
    ]
    body = {"order_class": "mleg", "qty": "1", "type": "market", "time_in_force": "day", "legs": legs}
    answer = noon.call("POST", "/v2/orders", json={**body, "advanced_instructions": {"algorithm": "VWAP"}})
    assert answer.status_code == 422
    assert "advanced_instructions" in answer.json()["message"]


def test_the_sdk_reads_an_order_with_instructions(noon: PracticeProgram) -> None:
    order = noon.order(**limit(DMA))
    url = noon.line["trading_url"]["paper"]
    client = TradingClient(noon.line["api_key"], noon.line["api_secret"], url_override=url)
    assert str(client.get_order_by_id(order["id"]).id) == order["id"]  # type: ignore[union-attr]
    client._session.close()
