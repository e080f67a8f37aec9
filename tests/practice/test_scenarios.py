"""Scenario files: how they are read, how they run, and what each of those that are shipped does."""

import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import time
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from practice.faults.scenario import BadScenario, parsed_scenario
from practice.server.scenario_files import shipped_names, shipped_scenario
from tests.practice.program import ROOT, PracticeProgram, Stream, until
from tests.practice.test_data_stream import live
from tests.practice.test_faults_of_requests import found, listed, own_id, place
from tests.practice.test_faults_of_streams import logged_in, quotes
from tests.practice.test_order_stream import authenticate, listen, open_stream

FOLDER = ROOT / "practice" / "resources" / "scenarios"
Check = Callable[[PracticeProgram], None]
CHECKS: dict[str, Check] = {}
_ORDERS = 4


def start(program: PracticeProgram, name: str, pace: float = 1.0) -> dict[str, Any]:
    """Start a shipped scenario; with another pace, its times are that much shorter."""

    def faster(match: re.Match[str]) -> str:
        return re.sub(r"[\d.]+", lambda number: str(float(number[0]) / pace), match[0])

    text = (FOLDER / f"{name}.toml").read_text("utf-8")
    if pace == 1.0:
        return program.control("POST", "/scenarios", name=name)
    timed = re.sub(r"\b(at|for_s|seconds) = (\[.*?\]|[\d.]+)", faster, text)
    return program.control("POST", "/scenarios", name=name, text=timed)


def check(name: str) -> Callable[[Check], Check]:
    """The check of one shipped scenario."""

    def noted(one: Check) -> Check:
        CHECKS[name] = one
        return one

    return noted


def with_orders(program: PracticeProgram, stack: ExitStack) -> Stream:
    stream = stack.enter_context(open_stream(program))
    authenticate(stream, program)
    listen(stream)
    return stream


def ends(stream: Stream) -> bool:
    try:
        while True:
            stream.frame(10)
    except ConnectionClosed:
        return True


@check("order-answer-lost")
def _order_answer_lost(program: PracticeProgram) -> None:
    own = own_id()
    start(program, "order-answer-lost")
    with pytest.raises(requests.ConnectionError):
        place(program, own)
    assert found(program, own).status_code == 200


@check("order-timeout-after-acceptance")
def _order_timeout(program: PracticeProgram) -> None:
    own = own_id()
    start(program, "order-timeout-after-acceptance")
    assert place(program, own).status_code == 504
    assert found(program, own).status_code == 200


@check("order-accepted-late")
def _order_accepted_late(program: PracticeProgram) -> None:
    own = own_id()
    start(program, "order-accepted-late", pace=40)
    body = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}
    url = program.line["trading_url"]["paper"] + "/v2/orders"
    with pytest.raises(requests.Timeout):
        program.http.post(url, json=body | {"client_order_id": own}, headers=program.keys, timeout=0.1)
    assert found(program, own).status_code == 404
    until(lambda: found(program, own).status_code == 200 or None, "never accepted")


@check("order-not-found-at-first")
def _order_not_found(program: PracticeProgram) -> None:
    own = own_id()
    start(program, "order-not-found-at-first", pace=20)
    with pytest.raises(requests.ConnectionError):
        place(program, own)
    assert found(program, own).status_code == 404
    until(lambda: found(program, own).status_code == 200 or None, "never found")


@check("order-rejected-after-acceptance")
def _order_rejected(program: PracticeProgram) -> None:
    start(program, "order-rejected-after-acceptance")
    answer = place(program, own_id())
    assert answer.status_code == 200
    program.settled(answer.json()["id"], "rejected")


@check("trade-busted")
def _trade_busted(program: PracticeProgram) -> None:
    start(program, "trade-busted", pace=20)
    order = program.order()
    assert program.settled(order["id"], "canceled")["filled_qty"] == "0"


@check("trade-corrected")
def _trade_corrected(program: PracticeProgram) -> None:
    start(program, "trade-corrected", pace=20)
    order = program.settled(program.order()["id"], "filled")
    was = order["filled_avg_price"]
    path = f"/v2/orders/{order['id']}"
    until(
        lambda: program.call("GET", path).json()["filled_avg_price"] != was or None, "it was never corrected"
    )


@check("order-missing-from-list")
def _order_missing(program: PracticeProgram) -> None:
    place(program, own_id())
    everything = listed(program)
    start(program, "order-missing-from-list")
    assert len(listed(program)) == len(everything) - 1


@check("cancel-unanswered")
def _cancel_unanswered(program: PracticeProgram) -> None:
    first, second = (program.settled(place(program, own_id()).json()["id"], "new") for _ in range(2))
    start(program, "cancel-unanswered")
    with pytest.raises(requests.ConnectionError):
        program.call("DELETE", f"/v2/orders/{first['id']}")
    program.settled(first["id"], "canceled")
    url = f"{program.line['trading_url']['paper']}/v2/orders/{second['id']}"
    with pytest.raises(requests.Timeout):
        program.http.delete(url, headers=program.keys, timeout=0.3)
    assert program.call("GET", f"/v2/orders/{second['id']}").json()["status"] == "new"


@check("stream-goes-mute")
def _stream_goes_mute(program: PracticeProgram) -> None:
    with ExitStack() as stack:
        stream = with_orders(program, stack)
        start(program, "stream-goes-mute")
        program.settled(program.order()["id"], "filled")
        assert stream.socket.ping().wait(10)
        with pytest.raises(TimeoutError):
            stream.frame(0.1)


@check("prices-go-stale")
def _prices_go_stale(program: PracticeProgram) -> None:
    with live(program) as stream:
        quotes(stream, "AAPL")
        start(program, "prices-go-stale")
        until(lambda: _is_silent(stream) or None, "prices went on")


def _is_silent(stream: Stream) -> bool:
    try:
        stream.frame(0.6)
    except TimeoutError:
        return True
    return False


@check("stream-dropped")
def _stream_dropped(program: PracticeProgram) -> None:
    with ExitStack() as stack:
        first = with_orders(program, stack)
        run = start(program, "stream-dropped", pace=100)
        assert ends(first)
        until(lambda: _run(program, run)["state"] == "finished" or None, "never finished")


def _run(program: PracticeProgram, run: dict[str, Any]) -> dict[str, Any]:
    started = program.control("GET", "/scenarios")["started"]
    return next(one for one in started if one["number"] == run["number"])


@check("stream-half-open")
def _stream_half_open(program: PracticeProgram) -> None:
    with ExitStack() as stack:
        stream = with_orders(program, stack)
        run = start(program, "stream-half-open")
        pong = stream.socket.ping()
        assert not pong.wait(0.2)
        program.control("DELETE", f"/scenarios/{run['number']}")
        assert pong.wait(10)


@check("stream-slot-taken")
def _stream_slot_taken(program: PracticeProgram) -> None:
    start(program, "stream-slot-taken")
    upgrade = program.http.get(
        program.line["trading_url"]["paper"] + "/stream", headers={"Upgrade": "websocket"}, timeout=10
    )
    assert upgrade.status_code == 429
    assert logged_in(program, "/v2/iex")[0]["code"] == 406


def _heard(program: PracticeProgram, name: str) -> list[str]:
    """The events of some orders under a scenario, as they were sent."""
    with ExitStack() as stack:
        with_orders(program, stack)
        start(program, name)
        since = program.control("GET", "/log/frames?limit=1")["frames"][-1]["number"]
        for _ in range(_ORDERS):  # few enough for what a reader that does not read may leave unread
            program.settled(program.order()["id"], "filled")

        def told() -> list[str] | None:
            frames = program.control("GET", f"/log/frames?stream=orders&since={since}")["frames"]
            events = re.findall(r'"event":"(\w+)"', " ".join(one["body"] for one in frames))
            return events if events.count("fill") > 1 else None

        return until(told, "no events")


@check("events-out-of-order")
def _events_out_of_order(program: PracticeProgram) -> None:
    heard = _heard(program, "events-out-of-order")
    assert heard != ["pending_new", "new", "fill"] * (len(heard) // 3)


@check("events-lost")
def _events_lost(program: PracticeProgram) -> None:
    heard = _heard(program, "events-lost")
    assert len({heard.count("pending_new"), heard.count("new"), heard.count("fill"), _ORDERS}) > 1


@check("garbage-on-streams")
def _garbage(program: PracticeProgram) -> None:
    _heard(program, "garbage-on-streams")
    assert program.control("GET", "/log/frames?contains=mean%20nothing")["frames"]


@check("slow-client")
def _slow_client(program: PracticeProgram) -> None:
    with live(program) as stream:
        start(program, "slow-client")
        assert stream.hear()[0]["code"] == 407


@check("rate-limited")
def _rate_limited(program: PracticeProgram) -> None:
    start(program, "rate-limited")
    answers = [program.call("GET", "/v2/clock") for _ in range(12)]
    assert {answer.status_code for answer in answers} == {429}
    assert {answer.headers.get("Retry-After") for answer in answers} == {"5", None}


@check("few-requests-allowed")
def _few_requests(program: PracticeProgram) -> None:
    run = start(program, "few-requests-allowed")
    answers = [program.call("GET", "/v2/clock") for _ in range(41)]  # a minute may end on the way
    assert answers[-1].headers["X-RateLimit-Limit"] == "20"
    assert 429 in {answer.status_code for answer in answers}
    program.control("DELETE", f"/scenarios/{run['number']}")
    assert program.call("GET", "/v2/clock").status_code == 200


@check("broker-down-html")
def _broker_down(program: PracticeProgram) -> None:
    start(program, "broker-down-html")
    answer = program.data("/v2/stocks/quotes/latest", symbols="AAPL")
    assert (answer.status_code, answer.text[:6]) == (502, "<html>")
    assert program.call("GET", "/v2/account").status_code == 502


@check("forbidden-by-proxy")
def _forbidden(program: PracticeProgram) -> None:
    start(program, "forbidden-by-proxy")
    answer = program.data("/v2/stocks/quotes/latest", symbols="AAPL")
    assert (answer.status_code, answer.text[:6]) == (403, "<html>")
    assert program.call("GET", "/v2/account").status_code == 200


@check("slow-broker")
def _slow_broker(program: PracticeProgram) -> None:
    start(program, "slow-broker", pace=20)
    program.call("GET", "/v2/clock")
    assert program.control("GET", "/log?fault=latency")["requests"][-1]["milliseconds"] >= 50


@check("broker-hangs")
def _broker_hangs(program: PracticeProgram) -> None:
    start(program, "broker-hangs")
    with pytest.raises(requests.Timeout):
        program.http.get(program.line["trading_url"]["paper"] + "/v2/clock", timeout=0.2)


@check("token-revoked")
def _token_revoked(program: PracticeProgram) -> None:
    token = program.token()
    assert program.call("GET", "/v2/account", token=token).status_code == 200
    start(program, "token-revoked", pace=20)
    until(lambda: program.call("GET", "/v2/account", token=token).status_code == 401 or None, "never revoked")


@check("unauthorized-once")
def _unauthorized_once(program: PracticeProgram) -> None:
    start(program, "unauthorized-once")
    answers = [program.call("GET", "/v2/account") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [401, 200]
    assert "code" not in answers[0].json()


@check("broker-speaks-of-the-future")
def _future(program: PracticeProgram) -> None:
    own = own_id()
    place(program, own)
    start(program, "broker-speaks-of-the-future")
    order = found(program, own).json()
    assert order["status"] == "under_consideration"
    assert "practice_novelty" in order


@check("numbers-missing")
def _numbers_missing(program: PracticeProgram) -> None:
    start(program, "numbers-missing")
    assert program.call("GET", "/v2/account").json()["equity"] is None
    assert {one["qty"] for one in program.call("GET", "/v2/positions").json()} == {None}


@check("positions-lag")
def _positions_lag(program: PracticeProgram) -> None:
    before = program.call("GET", "/v2/positions/AAPL").json()["qty"]
    start(program, "positions-lag")
    program.settled(program.order()["id"], "filled")
    assert program.call("GET", "/v2/positions/AAPL").json()["qty"] == before
    program.control("DELETE", "/faults")
    assert program.call("GET", "/v2/positions/AAPL").json()["qty"] != before


@check("answers-cut-short")
def _answers_cut_short(program: PracticeProgram) -> None:
    start(program, "answers-cut-short")
    problems = set()
    for _ in range(30):
        try:
            program.call("GET", "/v2/account").json()
        except requests.JSONDecodeError:
            problems.add("broken")
        except requests.RequestException:
            problems.add("cut")
    assert problems == {"broken", "cut"}


@check("clock-wrong")
def _clock_wrong(program: PracticeProgram) -> None:
    start(program, "clock-wrong")
    shown = parsedate_to_datetime(program.call("GET", "/v2/clock").headers["Date"]).timestamp()
    assert shown - time() > 3


@check("trading-halt")
def _trading_halt(program: PracticeProgram) -> None:
    run = start(program, "trading-halt")
    order = program.settled(program.order()["id"], "new")
    program.control("DELETE", f"/scenarios/{run['number']}")
    program.settled(order["id"], "filled")


@pytest.mark.parametrize("name", shipped_names())
def test_each_scenario_that_is_shipped_does_what_it_says(clean: PracticeProgram, name: str) -> None:
    try:
        CHECKS[name](clean)
    finally:
        for run in clean.control("GET", "/scenarios")["started"]:
            clean.control("DELETE", f"/scenarios/{run['number']}")
        clean.control("DELETE", "/faults")
    assert clean.call("GET", "/v2/account").status_code == 200


@pytest.mark.parametrize("name", shipped_names())
def test_each_scenario_that_is_shipped_explains_itself(name: str) -> None:
    scenario = shipped_scenario(name)
    assert all((scenario.title, scenario.description, scenario.look_for))


def test_scenarios_are_listed_and_stopped_with_what_they_have_set(clean: PracticeProgram) -> None:
    run = clean.control("POST", "/scenarios", name="slow-broker.toml")
    listed_now = clean.control("GET", "/scenarios")
    assert set(listed_now["shipped"]) == set(shipped_names())
    assert listed_now["shipped"]["slow-broker"]["title"] == "The broker is slow"
    assert listed_now["started"][-1] == run
    [fault] = clean.control("GET", "/faults")["list"]
    assert (fault["label"], [fault["number"]]) == ("slow-broker", run["faults"])
    assert clean.control("DELETE", f"/scenarios/{run['number']}")["state"] == "stopped"
    assert clean.control("GET", "/faults")["list"] == []


def test_steps_come_at_their_times_and_lift_what_was_set(clean: PracticeProgram) -> None:
    text = """
        title = "Two steps"
        [[step]]
        fault = { kind = "html", route = "GET /v2/clock", count = 0, label = "down" }
        [[step]]
        at = 0.4
        stop = "down"
    """
    assert clean.control("POST", "/scenarios", text=text)["name"] == "Two steps"
    assert clean.call("GET", "/v2/clock").status_code == 502
    until(lambda: clean.call("GET", "/v2/clock").status_code == 200 or None, "never lifted")


def test_a_scenario_can_stop_time_and_gives_it_back(clean: PracticeProgram) -> None:
    text = 'title = "Frozen"\n[[step]]\ntime = { pause = true }\n[[step]]\ntime = { step = 3600 }'
    before = clean.control("GET", "/time")["now"]
    run = clean.control("POST", "/scenarios", name="mine", text=text)
    paused = clean.control("GET", "/time")
    assert paused["is_paused"]
    assert paused["now"] > before
    clean.control("DELETE", f"/scenarios/{run['number']}")
    assert not clean.control("GET", "/time")["is_paused"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x =", "f.toml: this is no TOML"),
        ('title = "a"', "f.toml: step: is missing"),
        ('title = "a"\nstep = []', "f.toml: step: there is none"),
        ('titel = "a"\n[[step]]', "f.toml: titel: is no key"),
        ("title = 5\n[[step]]", "f.toml: title: expected `str`"),
        ('title = " "\n[[step]]\nrevoke = true', "f.toml: title: says nothing"),
        ('title = "a"\n[[step]]', "f.toml: step 1, fault: a step does one thing"),
        ('title = "a"\n[[step]]\nat = "x"', "f.toml: step 1, at: expected `float`"),
        ('title = "a"\n[[step]]\nat = -1\nrevoke = true', "f.toml: step 1, at: lies between"),
        ('title = "a"\n[[step]]\nrevoke = true\nhalt = "KO"', "this one does revoke, halt"),
        (
            'title = "a"\n[[step]]\nfault = { kind = "hangs" }',
            "f.toml: step 1, fault.kind: 'hangs' is none of",
        ),
        ('title = "a"\n[[step]]\nfault = { nth = 2 }', "f.toml: step 1, fault.kind: is missing"),
        ('title = "a"\n[[step]]\nfault = { kind = "hang" }', "f.toml: step 1, fault.route: a hang needs it"),
        (
            'title = "a"\n[[step]]\nrevoke = true\n[[step]]\nfault = { kind = "hang", rout = "* *" }',
            "f.toml: step 2, fault.rout: is no key",
        ),
        ('title = "a"\n[[step]]\ntime = { pause = true, speed = 2 }', "f.toml: step 1, time: is one of"),
        ('title = "a"\n[[step]]\ntime = { speed = 0 }', "f.toml: step 1, time.speed: lies above 0"),
        ('title = "a"\n[[step]]\nrequests_a_minute = -1', "f.toml: step 1, requests_a_minute: is at least 0"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused_by_file_key_and_reason(text: str, complaint: str) -> None:
    with pytest.raises(BadScenario, match=re.escape(complaint)):
        parsed_scenario(text, "f.toml")


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(BadScenario, match=r"^f\.toml: "):
        parsed_scenario(text, "f.toml")


@pytest.mark.parametrize("name", ["nothing", "../../secrets", "slow-broker/../slow-broker", ""])
def test_the_control_port_reads_no_other_files(clean: PracticeProgram, name: str) -> None:
    url = clean.line["control_url"] + "/scenarios"
    answer = clean.http.post(url, json={"name": name}, timeout=10)
    assert answer.status_code == 400
    assert "there is no such scenario" in answer.json()["error"]


def test_a_scenario_that_names_an_unknown_symbol_is_refused(clean: PracticeProgram) -> None:
    url = clean.line["control_url"] + "/scenarios"
    body = {"name": "mine", "text": 'title = "a"\n[[step]]\nhalt = "NOBODY"'}
    answer = clean.http.post(url, json=body, timeout=10)
    assert (answer.status_code, answer.json()["key"]) == (400, "halt")


def test_a_start_line_names_scenarios_and_files(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('title = "Mine"\n[[step]]\nfault = { kind = "html", route = "GET /v2/clock" }')
    arguments = ("--scenario", "slow-client", "--scenario", str(mine))
    with PracticeProgram(tmp_path / "log", *arguments) as program:
        started = program.control("GET", "/scenarios")["started"]
        assert [run["name"] for run in started] == ["slow-client", "mine"]
        assert program.call("GET", "/v2/clock").status_code == 502


@pytest.mark.parametrize("content", [None, "title = 5", 'title = "a"\n[[step]]\nhalt = "NOBODY"'])
def test_a_start_line_that_names_a_bad_scenario_is_refused_in_one_line(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "mine.toml"
    if content is not None:
        file.write_text(content)
    command = [sys.executable, "-m", "practice", "--scenario", str(file)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith("practice: cannot start: ")
    assert answer.stderr.count("\n") == 1
