"""The trading API over HTTP: shapes, filters, errors."""

import uuid
from decimal import Decimal
from typing import Any

import pytest

from tests.practice.program import PracticeProgram, until

FAR = {"type": "limit", "limit_price": "20.00"}


def client_id() -> str:
    return f"desk-{uuid.uuid4().hex}"


def test_the_account_has_string_amounts_that_add_up(clean: PracticeProgram) -> None:
    account = clean.call("GET", "/v2/account").json()
    assert account["status"] == "ACTIVE"
    assert account["account_number"].startswith("PA3SIM")
    total = sum(Decimal(account[name]) for name in ("cash", "long_market_value", "short_market_value"))
    assert Decimal(account["equity"]) == total
    assert Decimal(account["buying_power"]) <= 2 * Decimal(account["equity"])
    assert not [flag for flag in account if flag.endswith("blocked") and account[flag]]


def test_positions_have_the_broker_s_strings(clean: PracticeProgram) -> None:
    positions = {p["symbol"]: p for p in clean.call("GET", "/v2/positions").json()}
    short = positions["TSLA"]
    assert (short["qty"], short["side"]) == ("-10", "short")
    assert short["market_value"].startswith("-")
    nvda = positions["NVDA"]
    gain = Decimal(nvda["market_value"]) - Decimal(nvda["cost_basis"])
    assert Decimal(nvda["unrealized_pl"]) == gain
    for name in ("NVDA", nvda["asset_id"]):
        assert clean.call("GET", f"/v2/positions/{name}").json()["qty"] == "40"
    for missing in ("KO", "NOPE", "BTC/USD", "BTCUSD"):
        answer = clean.call("GET", f"/v2/positions/{missing}")
        assert (answer.status_code, answer.json()["code"]) == (404, 40410000)


def test_an_order_is_read_back_by_id_and_by_its_client_id(clean: PracticeProgram) -> None:
    order = clean.order(**FAR, client_order_id=(own := client_id()))
    assert (order["status"], order["type"], order["order_type"]) == ("pending_new", "limit", "limit")
    assert (order["filled_qty"], order["filled_avg_price"], order["legs"]) == ("0", None, None)
    by_id = clean.call("GET", f"/v2/orders/{order['id']}", params={"nested": "True"}).json()
    by_own = clean.call("GET", "/v2/orders:by_client_order_id", params={"client_order_id": own}).json()
    assert by_id["id"] == by_own["id"] == order["id"]
    for path in (f"/v2/orders/{uuid.uuid4()}", "/v2/orders/nonsense"):
        answer = clean.call("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (404, 40410000)
        assert answer.json()["message"].startswith("order not found for ")
    answer = clean.call("GET", "/v2/orders:by_client_order_id", params={"client_order_id": "never"})
    assert answer.status_code == 404


def test_a_client_order_id_that_is_sent_again_is_refused(clean: PracticeProgram) -> None:
    order = clean.order(**FAR, client_order_id=(own := client_id()))
    clean.call("DELETE", f"/v2/orders/{order['id']}")
    clean.settled(order["id"], "canceled")
    body = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}
    answer = clean.call("POST", "/v2/orders", json=body | {"client_order_id": own})
    assert (answer.status_code, answer.json()["message"]) == (422, "client_order_id must be unique")


def test_lists_are_filtered_as_documented(clean: PracticeProgram) -> None:
    orders = [
        clean.order(symbol=symbol, side=side, **FAR | {"limit_price": price})
        for symbol, side, price in (
            ("AAPL", "buy", "20.00"),
            ("KO", "buy", "20.00"),
            ("MSFT", "sell", "900.00"),
        )
    ]
    ids = [order["id"] for order in orders]

    def listed(**params: Any) -> list[str]:
        answer = clean.call("GET", "/v2/orders", params=params)
        assert answer.status_code == 200, answer.text
        return [order["id"] for order in answer.json() if order["id"] in ids]

    a, b, c = ids
    assert listed() == [c, b, a]
    assert listed(direction="asc", status="all", limit=500, nested="true") == ids
    assert listed(status="closed", limit=500) == []
    assert listed(symbols="AAPL,KO") == [b, a]
    assert listed(side="sell") == [c]
    assert listed(asset_class="crypto") == []
    assert listed(asset_class="us_equity,crypto") == [c, b, a]
    assert listed(limit=1) == [c]
    assert listed(after=orders[0]["submitted_at"]) == [c, b]
    assert listed(until=orders[2]["submitted_at"], after="2020-01-01") == [b, a]
    assert listed(after_order_id=a) == [c, b]
    assert listed(before_order_id=c) == [b, a]
    for params in (
        {"after_order_id": a, "before_order_id": b},
        {"after_order_id": a, "until": "2030-01-01"},
        {"status": "new"},
        {"limit": "0"},
        {"limit": "many"},
        {"after": "yesterday"},
        {"direction": "up"},
        {"nested": "perhaps"},
    ):
        assert clean.call("GET", "/v2/orders", params=params).status_code == 422, params


def test_cancelling_is_accepted_with_204_and_refused_once_it_is_over(clean: PracticeProgram) -> None:
    order = clean.order(**FAR)
    answer = clean.call("DELETE", f"/v2/orders/{order['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert clean.settled(order["id"], "canceled")["canceled_at"]
    again = clean.call("DELETE", f"/v2/orders/{order['id']}")
    assert again.status_code == 422
    assert again.json() == {"code": 42210000, "message": 'order is already in "canceled" state'}
    assert clean.call("DELETE", f"/v2/orders/{uuid.uuid4()}").status_code == 404


def test_cancelling_everything_answers_for_each_order(clean: PracticeProgram) -> None:
    orders = [clean.order(**FAR) for _ in range(3)]
    answer = clean.call("DELETE", "/v2/orders")
    assert answer.status_code == 207
    assert {(row["id"], row["status"]) for row in answer.json()} >= {(order["id"], 200) for order in orders}
    for order in orders:
        clean.settled(order["id"], "canceled")
    assert clean.call("DELETE", "/v2/orders").json() == []


def test_a_replacement_has_a_new_id_and_both_know_each_other(clean: PracticeProgram) -> None:
    old = clean.order(**FAR)
    clean.settled(old["id"], "new")
    answer = clean.call("PATCH", f"/v2/orders/{old['id']}", json={"limit_price": "21.00", "qty": 2})
    assert answer.status_code == 200
    new = answer.json()
    assert (new["replaces"], new["limit_price"], new["qty"]) == (old["id"], "21", "2")
    assert new["id"] != old["id"]
    assert clean.settled(old["id"], "replaced")["replaced_by"] == new["id"]
    clean.settled(new["id"], "new")
    gone = clean.call("PATCH", f"/v2/orders/{old['id']}", json={"qty": "3"})
    assert (gone.status_code, gone.json()["message"]) == (422, 'order is already in "replaced" state')
    assert clean.call("PATCH", f"/v2/orders/{new['id']}", json={}).status_code == 422


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"symbol": None}, "symbol is required"),
        ({"side": None}, "side is required"),
        ({"side": "hold"}, "invalid side"),
        ({"type": None}, "type is required"),
        ({"type": "magic"}, "invalid type"),
        ({"type": "trailing_stop"}, "require either trail_price or trail_percent"),
        ({"time_in_force": "gtx"}, "invalid time_in_force"),
        ({"time_in_force": None}, "time_in_force is required"),
        ({"order_class": "bracket"}, "bracket orders require take_profit.limit_price"),
        ({"order_class": "spread"}, "invalid order_class"),
        ({"order_class": "mleg"}, "symbol is not allowed for mleg order"),
        ({"take_profit": {}}, "take_profit.limit_price is required"),
        ({"position_intent": "hold"}, "invalid position_intent"),
        ({"qty": None}, "qty is required"),
        ({"qty": "many"}, "qty must be a number"),
        ({"qty": "NaN"}, "qty must be a number"),
        ({"qty": "１"}, "qty must be a number"),
        ({"qty": "1e400"}, "qty must be a number"),
        ({"qty": "99999999999999999999"}, "qty is too large"),
        ({"type": "limit", "limit_price": "1e18"}, "limit_price is too large"),
        ({"qty": None, "notional": "1e99"}, "notional is too large"),
        ({"qty": True}, "qty must be a number"),
        ({"qty": [1]}, "qty must be a number"),
        ({"symbol": 5}, "symbol must be a string"),
        ({"extended_hours": "perhaps"}, "extended_hours must be true or false"),
        ({"client_order_id": {"a": 1}}, "client_order_id must be a string"),
    ],
)
def test_a_field_that_makes_no_sense_is_named(
    clean: PracticeProgram, fields: dict[str, Any], message: str
) -> None:
    body = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"} | fields
    answer = clean.call("POST", "/v2/orders", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, 40010001)
    assert message in answer.json()["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"text"', b"[" * 5000])
def test_a_body_that_is_no_json_object_is_malformed(clean: PracticeProgram, body: bytes) -> None:
    for method, path in (("POST", "/v2/orders"), ("PATCH", f"/v2/orders/{uuid.uuid4()}")):
        answer = clean.call(method, path, data=body)
        assert (answer.status_code, answer.json()["code"]) == (400, 40010000), (method, body[:10])


def test_refusals_carry_what_explains_them(clean: PracticeProgram) -> None:
    body = {"symbol": "KO", "qty": "100000", "side": "buy", "type": "market", "time_in_force": "day"}
    answer = clean.call("POST", "/v2/orders", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, 40310000)
    assert answer.json().keys() == {"code", "message", "buying_power", "cost_basis"}


def test_a_part_of_a_position_is_closed_by_number_or_percentage(clean: PracticeProgram) -> None:
    clean.settled(clean.order(symbol="KO", qty="10")["id"], "filled")
    by_number = clean.call("DELETE", "/v2/positions/KO", params={"qty": "2"})
    assert (by_number.status_code, by_number.json()["side"], by_number.json()["qty"]) == (200, "sell", "2")
    clean.settled(by_number.json()["id"], "filled")
    by_part = clean.call("DELETE", "/v2/positions/KO", params={"percentage": "50"}).json()
    assert by_part["qty"] == "4"
    clean.settled(by_part["id"], "filled")
    for params in (
        {"qty": "1", "percentage": "50"},
        {"percentage": "101"},
        {"percentage": "0"},
        {"qty": "x"},
    ):
        assert clean.call("DELETE", "/v2/positions/KO", params=params).status_code == 422
    too_many = clean.call("DELETE", "/v2/positions/KO", params={"qty": "5"})
    assert (too_many.status_code, too_many.json()["code"]) == (403, 40310000)
    clean.settled(clean.call("DELETE", "/v2/positions/KO").json()["id"], "filled")
    assert clean.call("DELETE", "/v2/positions/KO").status_code == 404


def test_configurations_are_read_and_changed(clean: PracticeProgram) -> None:
    before = clean.call("GET", "/v2/account/configurations").json()
    change = {"suspend_trade": True, "dtbp_check": None, "pdt_check": None, "no_such_thing": 1}
    after = clean.call("PATCH", "/v2/account/configurations", json=change)
    assert (after.status_code, after.json()) == (200, before | {"suspend_trade": True})
    assert clean.call("GET", "/v2/account").json()["trade_suspended_by_user"] is True
    body = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}
    assert clean.call("POST", "/v2/orders", json=body).status_code == 403
    clean.call("PATCH", "/v2/account/configurations", json={"suspend_trade": False})
    for bad in ({"suspend_trade": "yes"}, {"max_margin_multiplier": "9"}, {"trade_confirm_email": "some"}):
        assert clean.call("PATCH", "/v2/account/configurations", json=bad).status_code in {400, 422}


def test_assets_are_listed_and_found_by_every_name(clean: PracticeProgram) -> None:
    assets = clean.call("GET", "/v2/assets", params={"status": "active"}).json()
    assert len(assets) > 300
    apple = next(asset for asset in assets if asset["symbol"] == "AAPL")
    assert (apple["class"], apple["exchange"], apple["fractionable"]) == ("us_equity", "NASDAQ", True)
    assert clean.call("GET", f"/v2/assets/{apple['id']}").json() == apple
    names = ("BTC/USD", "BTC%2FUSD", "BTCUSD")
    assert {clean.call("GET", f"/v2/assets/{name}").json()["symbol"] for name in names} == {"BTC/USD"}
    missing = clean.call("GET", "/v2/assets/NOPE")
    assert (missing.status_code, missing.json()["message"]) == (404, "asset not found for NOPE")
    crypto = clean.call("GET", "/v2/assets", params={"asset_class": "crypto"}).json()
    assert {"BTC/USD", "ETH/USD"} < {asset["symbol"] for asset in crypto}
    assert clean.call("GET", "/v2/assets", params={"status": "inactive"}).json() == []


def test_the_clock_says_that_the_market_is_always_open(clean: PracticeProgram) -> None:
    clock = clean.call("GET", "/v2/clock").json()
    assert clock["is_open"] is True
    assert clock["next_close"][:10] > clock["timestamp"][:10]
    days = clean.call("GET", "/v2/calendar", params={"start": "2026-11-23", "end": "2026-11-27"}).json()
    assert [day["date"][-2:] for day in days] == ["23", "24", "25", "27"]
    assert clean.call("GET", "/v2/calendar", params={"start": "monday"}).status_code == 422
    assert len(clean.call("GET", "/v2/calendar", params={"start": "1000-01-01"}).json()) > 14_000


def test_live_and_paper_are_two_accounts(clean: PracticeProgram) -> None:
    token = clean.token(env="live")
    body = {"symbol": "KO", "qty": "3", "side": "buy", "type": "market", "time_in_force": "day"}
    order = clean.call("POST", "/v2/orders", token=token, env="live", json=body).json()

    def bought() -> list[Any] | None:
        return clean.call("GET", "/v2/positions", token=token, env="live").json() or None

    assert [p["symbol"] for p in until(bought, "never bought")] == ["KO"]
    assert clean.call("GET", f"/v2/orders/{order['id']}").status_code == 404


def test_everything_is_closed_at_once(clean: PracticeProgram) -> None:
    """Last, because it takes the positions that the other tests look at."""
    resting = clean.order(symbol="NVDA", side="sell", qty="40", type="limit", limit_price="900.00")
    held = {row["symbol"]: row for row in clean.call("DELETE", "/v2/positions").json()}
    assert held["NVDA"]["status"] == 403
    assert held["NVDA"]["body"]["related_orders"] == [resting["id"]]
    assert held["AAPL"]["status"] == 200
    rest = clean.call("DELETE", "/v2/positions", params={"cancel_orders": "true"})
    assert rest.status_code == 207
    until(lambda: True if clean.call("GET", "/v2/positions").json() == [] else None, "positions stayed")
