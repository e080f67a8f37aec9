"""The control port: faults on demand, and the log."""

import threading
import time
from typing import Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed

from practice.faults.order import FaultOrder
from practice.faults.registry import Faults
from practice.faults.subject import Subject
from tests.practice.program import PracticeProgram, until
from tests.practice.test_data_stream import live
from tests.practice.test_order_stream import authenticate, events, listen, open_stream

ORDER = {
    "symbol": "AAPL",
    "qty": "1",
    "side": "buy",
    "type": "limit",
    "limit_price": "20.00",
    "time_in_force": "day",
}


def test_a_status_is_answered_instead_for_the_requests_that_were_named(clean: PracticeProgram) -> None:
    clean.control("POST", "/fault", route="GET /v2/clock", kind="status", status=503, nth=2, count=2)
    answers = [clean.call("GET", "/v2/clock").status_code for _ in range(5)]
    assert answers == [200, 503, 503, 200, 200]
    assert clean.control("GET", "/faults")["list"] == []


def test_a_body_can_be_given_html_included(clean: PracticeProgram) -> None:
    page = "<html><h1>502 Bad Gateway</h1></html>"
    clean.control("POST", "/fault", route="GET /v2/account", kind="status", status=502, body=page)
    answer = clean.call("GET", "/v2/account")
    assert (answer.status_code, answer.text) == (502, page)
    assert answer.headers["Content-Type"].startswith("text/html")
    clean.control("POST", "/fault", route="GET /v2/account", kind="status", status=401, body="{}")
    assert clean.call("GET", "/v2/account").json() == {}


def test_a_reset_happens_before_and_a_lost_answer_after_the_order_is_taken(clean: PracticeProgram) -> None:
    for kind, taken in (("reset", 404), ("lost_answer", 200)):
        clean.control("POST", "/fault", route="POST /v2/orders", kind=kind)
        own = f"desk-{kind}-{time.time_ns()}"
        with pytest.raises(requests.ConnectionError):
            clean.call("POST", "/v2/orders", json=ORDER | {"client_order_id": own})
        found = clean.call("GET", "/v2/orders:by_client_order_id", params={"client_order_id": own})
        assert found.status_code == taken


def test_a_hanging_request_is_never_answered(clean: PracticeProgram) -> None:
    clean.control("POST", "/fault", route="* /v2/pos*", kind="hang")
    with pytest.raises(requests.Timeout):
        clean.http.get(clean.line["trading_url"]["paper"] + "/v2/positions", timeout=0.5)
    assert clean.call("GET", "/v2/positions").status_code == 200
    entry = until(lambda: _logged(clean, "hang"), "the request was never given up")
    assert entry["status"] == 0


def _logged(program: PracticeProgram, fault: str) -> dict[str, Any] | None:
    entries = program.control("GET", "/log")["requests"]
    return next((entry for entry in entries if entry["fault"] == fault), None)


def test_a_request_that_met_several_faults_is_found_by_each_of_them(clean: PracticeProgram) -> None:
    clean.control("POST", "/faults", kind="latency", route="GET /v2/clock", seconds=0)
    clean.control("POST", "/faults", kind="unknown_field", route="GET /v2/clock")
    clean.call("GET", "/v2/clock")
    url = clean.line["control_url"] + "/log"
    for kind in ("latency", "unknown_field"):
        (entry,) = clean.http.get(url, params={"fault": kind}, timeout=10).json()["requests"][-1:]
        assert entry["kinds"] == ["latency", "unknown_field"]


@pytest.mark.parametrize(
    ("log", "key", "value"),
    [
        ("/log", "route", "orders"),
        ("/log", "limit", "-1"),
        ("/log/frames", "stream", "radio"),
        ("/log/frames", "direction", "up"),
        ("/log/frames", "kind", "json"),
    ],
)
def test_a_question_to_the_log_that_makes_no_sense_is_refused(
    clean: PracticeProgram, log: str, key: str, value: str
) -> None:
    answer = clean.http.get(clean.line["control_url"] + log, params={key: value}, timeout=10)
    assert (answer.status_code, answer.json()["key"]) == (400, key)


def test_faults_are_listed_and_lifted(clean: PracticeProgram) -> None:
    clean.control("POST", "/fault", route="GET /v2/clock", kind="status", status=500, count=1000)
    [fault] = clean.control("GET", "/faults")["list"]
    assert (fault["route"], fault["kind"], fault["count"]) == ("GET /v2/clock", "status", 1000)
    assert clean.call("GET", "/v2/clock").status_code == 500
    clean.control("DELETE", "/faults")
    assert clean.call("GET", "/v2/clock").status_code == 200


def test_the_log_shows_what_was_asked_and_how_it_went(clean: PracticeProgram) -> None:
    before = clean.control("GET", "/log")["requests"][-1]["number"]
    answer = clean.call("GET", "/v2/orders", params={"status": "all"})
    clean.call("GET", "/v2/orders/none")
    entries = clean.control("GET", f"/log?since={before}")["requests"]
    assert [(e["method"], e["path"], e["status"]) for e in entries] == [
        ("GET", "/paper/v2/orders", 200),
        ("GET", "/paper/v2/orders/none", 404),
    ]
    assert entries[0]["request_id"] == answer.headers["X-Request-ID"]
    assert entries[0]["milliseconds"] >= 0


def test_dropped_streams_end_without_a_goodbye_and_may_come_back(clean: PracticeProgram) -> None:
    with live(clean) as data, open_stream(clean) as orders:
        authenticate(orders, clean)
        dropped = clean.control("POST", "/drop-streams", stream="all")["dropped"]
        assert dropped == {"orders": 1, "data": 1, "events": 0}
        for stream in (data, orders):
            with pytest.raises(ConnectionClosed) as caught:
                stream.hear()
            assert caught.value.rcvd is None
    with live(clean), open_stream(clean) as orders:
        authenticate(orders, clean)
        assert clean.control("POST", "/drop-streams", stream="data")["dropped"] == {"data": 1}
        assert listen(orders)["stream"] == "listening"


def test_a_muted_stream_stays_connected_and_loses_what_happened(clean: PracticeProgram) -> None:
    with open_stream(clean) as stream:
        authenticate(stream, clean)
        listen(stream)
        clean.control("POST", "/mute", stream="orders", seconds=60)
        lost = clean.order(type="limit", limit_price="20.00")
        clean.settled(lost["id"], "new")
        with pytest.raises(TimeoutError):
            stream.frame(0.3)
        clean.control("POST", "/mute", stream="orders", seconds=0)
        told = clean.order(type="limit", limit_price="20.00")
        assert {event["order"]["id"] for event in events(stream, "new")} == {told["id"]}


def test_revoking_ends_tokens_and_streams(clean: PracticeProgram) -> None:
    token = clean.token()
    with open_stream(clean) as stream:
        stream.say({"action": "authenticate", "data": {"oauth_token": token}})
        stream.hear()
        assert clean.control("POST", "/revoke")["revoked"] >= 1
        with pytest.raises(ConnectionClosed):
            stream.hear()
    assert clean.call("GET", "/v2/account", token=token).status_code == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/fault", {}),
        ("/fault", {"route": "GET /v2/clock", "kind": "explode"}),
        ("/fault", {"route": "GET /v2/clock", "kind": "status", "status": 99}),
        ("/fault", {"route": "GET /v2/clock", "kind": "reset", "nth": 0}),
        ("/mute", {"stream": "orders"}),
        ("/mute", {"stream": "radio", "seconds": 1}),
        ("/drop-streams", {"stream": 5}),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_a_reason(
    clean: PracticeProgram, path: str, body: dict[str, Any]
) -> None:
    answer = clean.http.post(clean.line["control_url"] + path, json=body, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_pages_on_the_web_cannot_reach_the_control_port(clean: PracticeProgram) -> None:
    url = clean.line["control_url"] + "/log"
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        assert clean.http.get(url, headers=headers, timeout=10).status_code == 403


def test_a_fault_counts_only_its_own_requests() -> None:
    faults = Faults(time.monotonic)
    faults.set(FaultOrder(kind="reset", route="POST /v2/orders", nth=2))
    asked = [("GET", "/paper/v2/orders"), ("POST", "/live/v2/orders"), ("POST", "/paper/v2/orders")]
    met = [bool(faults.of_request(method, path, Subject())) for method, path in [*asked, *asked]]
    assert met == [False, False, True, False, False, False]


def test_requests_at_once_each_meet_at_most_one_fault(clean: PracticeProgram) -> None:
    clean.control("POST", "/fault", route="GET /v2/clock", kind="status", status=500, count=10)
    statuses: list[int] = []
    url = clean.line["trading_url"]["paper"] + "/v2/clock"

    def ask() -> None:
        for _ in range(5):
            with requests.get(url, headers=clean.keys, timeout=10) as answer:
                statuses.append(answer.status_code)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 10 + [500] * 10
