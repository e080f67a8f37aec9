"""Every fault of requests and answers, as a client sees it."""

import socket
import time
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.practice.program import PracticeProgram, until

LIMIT = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "limit", "limit_price": "20.00"}


def fault(program: PracticeProgram, kind: str, **order: Any) -> dict[str, Any]:
    return program.control("POST", "/faults", kind=kind, **order)


def own_id() -> str:
    return f"desk-{time.time_ns()}"


def place(program: PracticeProgram, own: str, **fields: Any) -> requests.Response:
    body = LIMIT | {"time_in_force": "day", "client_order_id": own} | fields
    return program.call("POST", "/v2/orders", json=body)


def found(program: PracticeProgram, own: str) -> requests.Response:
    return program.call("GET", "/v2/orders:by_client_order_id", params={"client_order_id": own})


def listed(program: PracticeProgram) -> set[str]:
    orders = program.call("GET", "/v2/orders", params={"status": "all", "limit": 500}).json()
    return {order["client_order_id"] for order in orders}


def last_entry(program: PracticeProgram, kind: str) -> dict[str, Any]:
    return dict(program.control("GET", f"/log?fault={kind}")["requests"][-1])


def test_latency_holds_requests_up_until_it_is_lifted(clean: PracticeProgram) -> None:
    set_fault = fault(clean, "latency", route="GET /v2/clock", seconds=[0.2, 0.3])
    for _ in range(2):
        assert clean.call("GET", "/v2/clock").status_code == 200
        assert last_entry(clean, "latency")["milliseconds"] >= 200
    clean.control("DELETE", f"/faults/{set_fault['number']}")
    count = len(clean.control("GET", "/log?fault=latency")["requests"])
    assert clean.call("GET", "/v2/clock").status_code == 200
    assert len(clean.control("GET", "/log?fault=latency")["requests"]) == count


@pytest.mark.parametrize(
    ("kind", "status"), [("gateway_timeout", 504), ("half_answer", None), ("lost_answer", None)]
)
def test_an_order_is_taken_though_its_answer_does_not_say_so(
    clean: PracticeProgram, kind: str, status: int | None
) -> None:
    own = own_id()
    fault(clean, kind, route="POST /v2/orders")
    if status is None:
        with pytest.raises(requests.RequestException):
            place(clean, own)
    else:
        answer = place(clean, own)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert found(clean, own).status_code == 200


def test_a_cancel_is_carried_out_though_its_answer_is_lost(clean: PracticeProgram) -> None:
    order = clean.settled(place(clean, own_id()).json()["id"], "new")
    fault(clean, "lost_answer", route="DELETE /v2/orders/*")
    with pytest.raises(requests.ConnectionError):
        clean.call("DELETE", f"/v2/orders/{order['id']}")
    clean.settled(order["id"], "canceled")


def test_a_list_without_what_is_aimed_at_does_not_use_a_fault_up(clean: PracticeProgram) -> None:
    own = own_id()
    fault(clean, "missing_from_list", client_order_id=own)
    listed(clean)
    assert clean.control("GET", "/faults")["list"][0]["met"] == 0
    assert clean.control("GET", "/log?limit=1")["requests"][0]["fault"] is None
    place(clean, own)
    assert own not in listed(clean)
    assert last_entry(clean, "missing_from_list")["path"] == "/paper/v2/orders"
    assert own in listed(clean)


@pytest.mark.parametrize("status", [None, 504])
def test_an_order_can_be_taken_after_its_sender_gave_up(clean: PracticeProgram, status: int | None) -> None:
    own = own_id()
    fault(clean, "late_acceptance", seconds=0.6, **({"status": status} if status else {}))
    url, body = clean.line["trading_url"]["paper"] + "/v2/orders", LIMIT | {"client_order_id": own}
    body["time_in_force"] = "day"
    if status is None:
        with pytest.raises(requests.Timeout):
            clean.http.post(url, json=body, headers=clean.keys, timeout=0.2)
    else:
        assert clean.http.post(url, json=body, headers=clean.keys, timeout=5).status_code == status
    assert found(clean, own).status_code == 404
    until(lambda: found(clean, own).status_code == 200 or None, "the order was never taken")


@pytest.mark.parametrize(
    ("order", "status", "text"),
    [
        ({"kind": "html"}, 502, "<html>"),
        ({"kind": "html", "status": 403}, 403, "<h1>403 Forbidden</h1>"),
        ({"kind": "no_code"}, 401, '{"message": "unauthorized."}\n'),
        ({"kind": "no_code", "status": 403}, 403, '{"message": "forbidden."}\n'),
        ({"kind": "token_refused"}, 401, '"code":40110000'),
        ({"kind": "rate_limited"}, 429, '"code":42910000'),
        ({"kind": "rate_limited", "retry_after": 7}, 429, '"code":42910000'),
        ({"kind": "not_json"}, 200, "<html>"),
    ],
)
def test_answers_of_proxies_and_gateways_take_the_place_of_the_broker_s(
    clean: PracticeProgram, order: dict[str, Any], status: int, text: str
) -> None:
    clean.control("POST", "/faults", route="GET /v2/account", **order)
    answer = clean.call("GET", "/v2/account")
    assert (answer.status_code, text in answer.text) == (status, True), answer.text
    assert answer.headers.get("Retry-After") == (
        str(order["retry_after"]) if "retry_after" in order else None
    )
    assert answer.headers["X-Request-ID"]
    assert clean.call("GET", "/v2/account").json()["status"] == "ACTIVE"


def test_a_truncated_answer_is_complete_as_http_and_broken_as_json(clean: PracticeProgram) -> None:
    fault(clean, "truncated", route="GET /v2/account")
    answer = clean.call("GET", "/v2/account")
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_an_order_behind_the_read_lag_is_missing_everywhere_and_then_found(clean: PracticeProgram) -> None:
    lagging, other = own_id(), own_id() + "-2"
    fault(clean, "read_lag", seconds=0.7, client_order_id=lagging)
    place(clean, other)
    order = place(clean, lagging)
    assert order.status_code == 200
    assert found(clean, lagging).status_code == 404
    assert clean.call("GET", f"/v2/orders/{order.json()['id']}").status_code == 404
    assert listed(clean) & {lagging, other} == {other}
    until(lambda: found(clean, lagging).status_code == 200 or None, "the order was never found")
    assert {lagging, other} <= listed(clean)


def test_one_page_of_the_list_lacks_an_order(clean: PracticeProgram) -> None:
    own = own_id()
    place(clean, own)
    fault(clean, "missing_from_list", client_order_id=own)
    assert own not in listed(clean)
    before = listed(clean)
    assert own in before
    fault(clean, "missing_from_list", seed=3)
    assert len(listed(clean)) == len(before) - 1


def test_an_accepted_order_is_rejected_by_the_venue(clean: PracticeProgram) -> None:
    own = own_id()
    fault(clean, "reject_after_accept", symbol="AAPL")
    answer = place(clean, own)
    assert answer.status_code == 200
    assert answer.json()["status"] == "pending_new"
    order = clean.settled(answer.json()["id"], "rejected")
    assert order["failed_at"]
    working = place(clean, own_id()).json()["id"]
    assert clean.settled(working, "new")


@pytest.mark.parametrize("state", ["suspended", "stopped", "calculated", "done_for_day"])
def test_an_accepted_order_is_set_aside_for_a_while(clean: PracticeProgram, state: str) -> None:
    fault(clean, "set_aside", symbol="F", value=state, seconds=600)
    order = clean.order(symbol="F")
    assert clean.settled(order["id"], state)["filled_qty"] == "0"
    assert order["id"] in {one["id"] for one in clean.call("GET", "/v2/orders").json()}
    clean.call("DELETE", f"/v2/orders/{order['id']}")
    assert clean.settled(order["id"], "canceled")
    fault(clean, "set_aside", symbol="F", value=state, seconds=0.2)
    assert clean.settled(clean.order(symbol="F")["id"], "filled")


def test_positions_are_stale_until_the_fault_ends(clean: PracticeProgram) -> None:
    fault(clean, "stale_positions", for_s=60)
    before = {one["symbol"]: one["qty"] for one in clean.call("GET", "/v2/positions").json()}
    assert "KO" not in before
    clean.settled(clean.order(symbol="KO")["id"], "filled")
    assert {one["symbol"] for one in clean.call("GET", "/v2/positions").json()} == set(before)
    assert clean.call("GET", "/v2/positions/KO").status_code == 404
    assert clean.call("GET", "/v2/positions/AAPL").json()["qty"] == before["AAPL"]
    clean.control("DELETE", "/faults")
    assert clean.call("GET", "/v2/positions/KO").json()["qty"] == "1"


def test_numbers_can_be_null_all_or_some_of_one_symbol(clean: PracticeProgram) -> None:
    fault(clean, "null_numbers", route="GET /v2/account")
    account = clean.call("GET", "/v2/account").json()
    assert account["equity"] is account["buying_power"] is account["options_trading_level"] is None
    assert account["id"]
    assert account["account_number"]
    fault(clean, "null_numbers", route="GET /v2/positions", symbol="NVDA", fields=["market_value"])
    positions = {one["symbol"]: one for one in clean.call("GET", "/v2/positions").json()}
    assert positions["NVDA"]["market_value"] is None
    assert positions["NVDA"]["qty"]
    assert positions["AAPL"]["market_value"]
    fault(clean, "null_numbers", route="GET /v2/stocks/quotes/latest", symbol="KO")
    quotes = clean.data("/v2/stocks/quotes/latest", symbols="AAPL,KO").json()["quotes"]
    assert quotes["KO"]["bp"] is None
    assert quotes["AAPL"]["bp"]


def test_words_and_fields_can_be_new(clean: PracticeProgram) -> None:
    own = own_id()
    place(clean, own)
    fault(clean, "unknown_enum", route="GET /v2/orders:by_client_order_id")
    assert found(clean, own).json()["status"] == "under_consideration"
    fault(clean, "unknown_enum", route="GET /v2/orders*", fields=["type", "side"], value="barter")
    order = found(clean, own).json()
    assert (order["type"], order["side"], order["time_in_force"]) == ("barter", "barter", "day")
    fault(clean, "unknown_field", route="GET /v2/clock")
    assert clean.call("GET", "/v2/clock").json()["practice_novelty"]


def test_a_skewed_clock_shows_in_the_date_header_and_in_timestamps(clean: PracticeProgram) -> None:
    fault(clean, "clock_skew", seconds=7200)
    answer = clean.call("GET", "/v2/clock")
    shown = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert 7100 < shown - time.time() < 7300
    order = place(clean, own_id()).json()
    clean.control("DELETE", "/faults")
    straight = clean.call("GET", f"/v2/orders/{order['id']}").json()
    assert order["created_at"] > straight["created_at"]
    assert order["created_at"][19:] == straight["created_at"][19:]
    date = parsedate_to_datetime(clean.call("GET", "/v2/clock").headers["Date"]).timestamp()
    assert abs(date - time.time()) < 60


def test_faults_are_aimed_at_symbols_and_orders(clean: PracticeProgram) -> None:
    own = own_id()
    order = place(clean, own).json()
    other = place(clean, own_id(), symbol="KO").json()
    fault(clean, "status", route="* /v2/orders*", client_order_id=own, count=0)
    assert clean.call("GET", f"/v2/orders/{other['id']}").status_code == 200
    assert clean.call("GET", f"/v2/orders/{order['id']}").status_code == 500
    assert found(clean, own).status_code == 500
    clean.control("DELETE", "/faults")
    fault(clean, "status", route="* *", symbol="BTC/USD", count=0)
    assert clean.call("GET", "/v2/assets/BTC/USD").status_code == 500
    assert clean.call("GET", "/v2/assets/BTCUSD").status_code == 500
    assert clean.call("GET", "/v2/assets/AAPL").status_code == 200
    assert clean.data("/v2/stocks/quotes/latest", symbols="AAPL,KO").status_code == 200
    assert place(clean, own_id(), symbol="BTC/USD").status_code == 500
    clean.control("DELETE", "/faults")
    fault(clean, "status", route="* *", symbol="KO", count=0)
    assert clean.data("/v2/stocks/quotes/latest", symbols="AAPL,KO").status_code == 500
    assert clean.call("GET", f"/v2/orders/{other['id']}").status_code == 500


def test_one_environment_can_be_aimed_at(clean: PracticeProgram) -> None:
    fault(clean, "status", route="GET /paper/v2/clock", count=0)
    assert clean.call("GET", "/v2/clock").status_code == 500
    token = clean.token(env="live")
    assert clean.call("GET", "/v2/clock", token=token, env="live").status_code == 200


def test_chance_repeats_with_its_seed(clean: PracticeProgram) -> None:
    def drawn(seed: int) -> list[int]:
        set_fault = fault(
            clean, "status", route="GET /v2/clock", probability=0.5, seed=seed, count=0, status=503
        )
        statuses = [clean.call("GET", "/v2/clock").status_code for _ in range(24)]
        clean.control("DELETE", f"/faults/{set_fault['number']}")
        return statuses

    first = drawn(1)
    assert set(first) == {200, 503}
    assert first == drawn(1) != drawn(2)


def test_a_fault_ends_by_itself_after_its_time(clean: PracticeProgram) -> None:
    fault(clean, "status", route="GET /v2/clock", for_s=0.3)
    assert clean.call("GET", "/v2/clock").status_code == 500
    until(lambda: clean.call("GET", "/v2/clock").status_code == 200 or None, "the fault never ended")
    assert clean.control("GET", "/faults")["list"] == []


def test_faults_under_a_label_are_lifted_together(clean: PracticeProgram) -> None:
    for route in ("GET /v2/clock", "GET /v2/account"):
        fault(clean, "status", route=route, label="both", count=0)
    fault(clean, "status", route="GET /v2/positions", count=0)
    clean.control("DELETE", "/faults?label=both")
    assert [one["route"] for one in clean.control("GET", "/faults")["list"]] == ["GET /v2/positions"]
    missing = clean.http.delete(clean.line["control_url"] + "/faults/999999", timeout=10)
    assert missing.status_code == 404


def test_two_faults_on_one_request_both_act(clean: PracticeProgram) -> None:
    fault(clean, "latency", route="GET /v2/clock", seconds=0.2)
    fault(clean, "html", route="GET /v2/clock")
    assert clean.call("GET", "/v2/clock").status_code == 502
    entry = clean.control("GET", "/log?status=502")["requests"][-1]
    assert len(entry["faults"]) == 2
    assert entry["milliseconds"] >= 200


def test_the_log_is_filtered_and_knows_no_secrets(clean: PracticeProgram) -> None:
    own = own_id()
    token = clean.token()
    place(clean, own)
    clean.call("GET", "/v2/orders", params={"status": "all"})
    [placed] = clean.control("GET", f"/log?route=POST%20/v2/orders&contains={own}")["requests"]
    assert placed["status"] == 200
    assert f'"client_order_id":"{own}"' in placed["body"]
    assert '"status":"pending_new"' in placed["answer"]
    [listing] = clean.control("GET", "/log?route=GET%20/v2/orders&contains=status%3Dall&limit=1")["requests"]
    assert listing["query"] == "status=all"
    exchanged = clean.control("GET", "/log?route=POST%20/exchange&limit=1")["requests"][0]
    assert '"code":"(removed)"' in exchanged["body"]
    assert '"access_token":"(removed)"' in exchanged["answer"]
    everything = clean.http.get(clean.line["control_url"] + "/log", timeout=10).text
    for secret in (token, clean.line["api_secret"], clean.line["client_secret"]):
        assert secret not in everything


def test_a_request_that_hangs_is_seen_while_it_does(clean: PracticeProgram) -> None:
    fault(clean, "hang", route="GET /v2/clock")
    address = urlsplit(clean.line["data_url"])
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as connection:
        connection.sendall(b"GET /paper/v2/clock HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        until(lambda: "/paper/v2/clock" in unfinished(clean) or None, "it never arrived")
    until(lambda: "/paper/v2/clock" not in unfinished(clean) or None, "it was never given up")


def unfinished(program: PracticeProgram) -> list[str]:
    return [one["path"] for one in program.control("GET", "/log/unfinished")["requests"]]


def test_the_limit_of_requests_can_be_changed(clean: PracticeProgram) -> None:
    clean.control("POST", "/limits", requests_a_minute=1)
    statuses = {clean.call("GET", "/v2/clock").status_code for _ in range(3)}
    clean.control("POST", "/limits", requests_a_minute=0)
    assert 429 in statuses
    assert clean.call("GET", "/v2/clock").status_code == 200


def test_every_kind_is_described_and_takes_what_it_says(clean: PracticeProgram) -> None:
    kinds = clean.control("GET", "/kinds")
    assert len(kinds) >= 30
    assert all(kind["meaning"] for kind in kinds.values())
    assert "seconds" in kinds["latency"]["needs"]


@pytest.mark.parametrize(
    ("order", "key"),
    [
        ({"kind": "latency", "route": "GET /x"}, "seconds"),
        ({"kind": "hang"}, "route"),
        ({"kind": "hang", "route": "/x"}, "route"),
        ({"kind": "hang", "route": "GET /x", "status": 500}, "status"),
        ({"kind": "latency", "route": "* *", "seconds": [3, 1]}, "seconds"),
        ({"kind": "read_lag", "seconds": [1, 2]}, "seconds"),
        ({"kind": "drop_event", "stream": "radio"}, "stream"),
        ({"kind": "drop_event", "stream": "orders", "probability": 0}, "probability"),
        ({"kind": "set_aside", "value": "filled"}, "value"),
        ({"kind": "null_numbers"}, "route"),
        ({"kind": "null_numbers", "route": "* *", "stream": "data"}, "route"),
        ({"kind": "mute", "stream": "orders", "count": 3}, "count"),
        ({"kind": "stale_positions", "symbol": "KO"}, "symbol"),
        ({"kind": "hang", "route": "* *", "count": -1}, "count"),
    ],
)
def test_an_order_for_a_fault_that_makes_no_sense_names_the_field(
    clean: PracticeProgram, order: dict[str, Any], key: str
) -> None:
    answer = clean.http.post(clean.line["control_url"] + "/faults", json=order, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["key"] == key, answer.text
    assert clean.control("GET", "/faults")["list"] == []


def test_an_unknown_field_of_an_order_is_named(clean: PracticeProgram) -> None:
    answer = clean.http.post(
        clean.line["control_url"] + "/faults", json={"kind": "hang", "rout": "* *"}, timeout=10
    )
    assert answer.status_code == 400
    assert "rout" in answer.json()["error"]


def test_time_can_stand_still_and_be_stepped(clean: PracticeProgram) -> None:
    clean.control("POST", "/time/pause")
    try:
        before = clean.control("GET", "/time")["now"]
        order = place(clean, own_id(), time_in_force="gtc").json()  # the step may lead into the next day
        assert clean.call("GET", f"/v2/orders/{order['id']}").json()["status"] == "pending_new"
        assert clean.control("GET", "/time")["now"] == before
        stepped = clean.control("POST", "/time/step", seconds=90)
        assert stepped["now"] > before
        assert clean.call("GET", f"/v2/orders/{order['id']}").json()["status"] == "new"
        assert clean.control("POST", "/time/speed", speed=2)["speed"] == 2
        for path, body in (("step", {"seconds": -1}), ("speed", {"speed": 0})):
            url = f"{clean.line['control_url']}/time/{path}"
            assert clean.http.post(url, json=body, timeout=10).status_code == 400
    finally:
        clean.control("POST", "/time/speed", speed=1)
        assert clean.control("POST", "/time/resume")["is_paused"] is False
