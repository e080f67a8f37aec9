"""Every fault of the streams, as a client sees it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.practice.program import PracticeProgram, Stream
from tests.practice.test_data_stream import AUTHENTICATED, CONNECTED, live
from tests.practice.test_order_stream import authenticate, listen, open_stream


def fault(program: PracticeProgram, kind: str, **order: Any) -> dict[str, Any]:
    return program.control("POST", "/faults", kind=kind, **order)


@pytest.fixture
def orders(clean: PracticeProgram) -> Iterator[Stream]:
    with open_stream(clean) as stream:
        authenticate(stream, clean)
        listen(stream)
        yield stream


def events_of_a_fill(program: PracticeProgram, stream: Stream, last: str = "fill") -> list[str]:
    """The events of a market order, in the order they came."""
    order = program.order()
    heard = stream.hear_until(
        lambda message: message["data"].get("event") == last and message["data"]["order"]["id"] == order["id"]
    )
    return [one["data"]["event"] for one in heard if one["data"].get("order", {}).get("id") == order["id"]]


def quotes(stream: Stream, *symbols: str) -> None:
    stream.say({"action": "subscribe", "quotes": list(symbols)})
    assert stream.hear()[0]["T"] == "subscription"


def a_quote(message: Any) -> bool:
    return isinstance(message, dict) and message.get("T") == "q"


def test_an_event_can_come_twice(clean: PracticeProgram, orders: Stream) -> None:
    fault(clean, "duplicate_event", stream="orders", event="new")
    assert events_of_a_fill(clean, orders).count("new") == 2


def test_an_event_can_be_lost(clean: PracticeProgram, orders: Stream) -> None:
    fault(clean, "drop_event", stream="orders/paper", event="new")
    assert "new" not in events_of_a_fill(clean, orders)


def test_an_event_can_be_overtaken_by_the_next(clean: PracticeProgram, orders: Stream) -> None:
    fault(clean, "reorder_events", stream="orders", event="pending_new")
    heard = events_of_a_fill(clean, orders)
    assert heard.index("new") < heard.index("pending_new")


def test_an_event_can_be_late(clean: PracticeProgram, orders: Stream) -> None:
    fault(clean, "delay_event", stream="orders", event="pending_new", seconds=0.8)
    heard = events_of_a_fill(clean, orders, last="pending_new")
    assert heard[-2:] == ["fill", "pending_new"]


def test_events_are_aimed_at_symbols_and_orders(clean: PracticeProgram, orders: Stream) -> None:
    fault(clean, "drop_event", stream="orders", symbol="KO", count=0)
    fault(clean, "drop_event", stream="orders", client_order_id="never", count=0)
    clean.settled(clean.order(symbol="KO")["id"], "filled")
    assert events_of_a_fill(clean, orders)[-1] == "fill"
    frames = clean.control("GET", "/log/frames?stream=orders/paper&direction=sent&contains=%22KO%22")
    assert not [frame for frame in frames["frames"] if "trade_updates" in frame["body"]]


def test_events_fields_and_words_can_be_new_and_numbers_null(clean: PracticeProgram, orders: Stream) -> None:
    fault(clean, "unknown_event", stream="orders", event="pending_new", value="order_blessed")
    fault(clean, "unknown_enum", stream="orders", event="new")
    fault(clean, "unknown_field", stream="orders", event="new")
    fault(clean, "null_numbers", stream="orders", event="fill", fields=["qty", "price"])
    clean.order()
    heard = orders.hear_until(lambda message: message["data"].get("event") == "fill")
    data = {one["data"]["event"]: one["data"] for one in heard}
    assert "order_blessed" in data
    assert data["new"]["order"]["status"] == "under_consideration"
    assert data["new"]["practice_novelty"]
    assert data["fill"]["price"] is data["fill"]["qty"] is data["fill"]["order"]["qty"] is None
    assert data["fill"]["order"]["filled_avg_price"]


def test_garbage_comes_before_a_message_and_the_stream_goes_on(
    clean: PracticeProgram, orders: Stream
) -> None:
    fault(clean, "garbage_frame", stream="orders", body="{not json")
    fault(clean, "garbage_frame", stream="orders", seed=4)
    clean.order()
    assert orders.frame() == "{not json"
    garbage = orders.frame()
    assert isinstance(garbage, bytes)
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(garbage)
    assert orders.hear()["data"]["event"] in {"pending_new", "accepted"}


@pytest.mark.parametrize("packed", [False, True])
def test_data_can_be_doubled_lost_renamed_and_spoiled(clean: PracticeProgram, packed: bool) -> None:
    with live(clean, packed=packed) as stream:
        fault(clean, "drop_event", stream="data/v2/iex", symbol="KO", count=0)
        fault(clean, "null_numbers", stream="data/iex", symbol="NVDA", fields=["bp"], count=0)
        fault(clean, "unknown_event", stream="data", symbol="AAPL", value="zz", count=0)
        quotes(stream, "AAPL", "KO", "NVDA")
        heard: list[Any] = []
        for wanted in ("zz", "q", "zz", "q"):
            heard += stream.hear_until(lambda message, wanted=wanted: message["T"] == wanted)  # type: ignore[misc]
    assert {one["S"] for one in heard if one["T"] == "q"} == {"NVDA"}
    assert {one["S"] for one in heard if one["T"] == "zz"} == {"AAPL"}
    assert all(one["bp"] is None for one in heard if one["T"] == "q")
    assert all(one["t"] for one in heard)


def test_a_half_open_stream_answers_no_ping_until_it_is_lifted(
    clean: PracticeProgram, orders: Stream
) -> None:
    set_fault = fault(clean, "half_open", stream="orders")
    pong = orders.socket.ping()
    clean.settled(clean.order()["id"], "filled")
    assert not pong.wait(0.3)
    clean.control("DELETE", f"/faults/{set_fault['number']}")
    assert pong.wait(10)
    assert events_of_a_fill(clean, orders)[-1] == "fill"


def test_a_half_open_stream_ends_by_itself(clean: PracticeProgram, orders: Stream) -> None:
    fault(clean, "half_open", stream="orders", for_s=0.3)
    assert orders.socket.ping().wait(10)
    assert clean.control("GET", "/faults")["list"] == []


def test_a_dropped_order_stream_keeps_its_slot_as_a_zombie(clean: PracticeProgram, orders: Stream) -> None:
    set_fault = fault(clean, "zombie_slot", stream="orders")
    with pytest.raises(ConnectionClosed):
        orders.hear()
    for _ in range(2):
        with pytest.raises(InvalidStatus) as caught:
            Stream(clean.line["stream_url"]["paper"])
        assert caught.value.response.status_code == 429
    assert set_fault["kind"] == "zombie_slot"
    clean.control("DELETE", f"/faults/{set_fault['number']}")
    with open_stream(clean) as stream:
        authenticate(stream, clean)


def test_a_dropped_data_stream_keeps_its_slot_as_a_zombie(clean: PracticeProgram) -> None:
    with live(clean) as stream:
        fault(clean, "zombie_slot", stream="data/v2/iex")
        with pytest.raises(ConnectionClosed):
            stream.hear()
    assert logged_in(clean, "/v2/iex") == [{"T": "error", "code": 406, "msg": "connection limit exceeded"}]
    assert logged_in(clean, "/v2/sip") == AUTHENTICATED
    clean.control("DELETE", "/faults")
    fault(clean, "zombie_slot", stream="data/v2/iex", status=429)
    with pytest.raises(InvalidStatus) as caught:
        Stream(clean.line["data_stream_url"] + "/v2/iex")
    assert caught.value.response.status_code == 429


def logged_in(program: PracticeProgram, path: str) -> Any:
    """What a data stream says to the right key."""
    with Stream(program.line["data_stream_url"] + path) as stream:
        assert stream.hear() == CONNECTED
        stream.say({"action": "auth", "key": program.line["api_key"], "secret": program.line["api_secret"]})
        return stream.hear()


@pytest.mark.parametrize("code", [402, 406, 409, 411, 500, 599])
def test_a_data_stream_can_refuse_the_right_key(clean: PracticeProgram, code: int) -> None:
    fault(clean, "refuse_login", stream="data", code=code)
    [refusal] = logged_in(clean, "/v2/iex")
    assert (refusal["T"], refusal["code"]) == ("error", code)


def test_an_order_stream_can_refuse_the_right_key(clean: PracticeProgram) -> None:
    fault(clean, "refuse_login", stream="orders", for_s=60)
    keys = {"key_id": clean.line["api_key"], "secret_key": clean.line["api_secret"]}
    with open_stream(clean) as stream:
        stream.say({"action": "authenticate", "data": keys})
        assert stream.hear()["data"]["status"] == "unauthorized"


def test_a_slow_client_is_told_so_and_closed(clean: PracticeProgram) -> None:
    with live(clean) as stream:
        fault(clean, "stream_error", stream="data")
        assert stream.hear() == [{"T": "error", "code": 407, "msg": "slow client"}]
        with pytest.raises(ConnectionClosed):
            stream.hear()
    assert clean.control("GET", "/faults")["list"] == []


def test_one_stream_can_be_mute_while_another_talks(clean: PracticeProgram) -> None:
    with live(clean, "iex") as mute, live(clean, "sip") as talking:
        quotes(mute, "AAPL")
        quotes(talking, "AAPL")
        fault(clean, "mute", stream="data/v2/iex", for_s=60)
        assert mute.socket.ping().wait(10)
        silence = clean.control("GET", "/log/frames?limit=1")["frames"][0]["number"]
        for _ in range(3):
            talking.hear_until(a_quote)
        sent = clean.control("GET", f"/log/frames?direction=sent&since={silence}")["frames"]
        assert {frame["stream"] for frame in sent} == {"data/v2/sip"}


def test_timestamps_of_order_events_follow_a_skewed_clock(clean: PracticeProgram, orders: Stream) -> None:
    fault(clean, "clock_skew", seconds=86_400)
    order = clean.order()
    [*_, fill] = orders.hear_until(lambda message: message["data"].get("event") == "fill")
    clean.control("DELETE", "/faults")
    assert fill["data"]["order"]["created_at"] == order["created_at"]
    assert fill["data"]["timestamp"] > clean.call("GET", f"/v2/orders/{order['id']}").json()["filled_at"]


def test_every_frame_is_in_the_log_without_its_secrets(clean: PracticeProgram) -> None:
    with open_stream(clean) as stream:
        authenticate(stream, clean)
        listen(stream)
    frames = clean.control("GET", "/log/frames?stream=orders/paper&limit=4")["frames"]
    assert [(one["direction"], one["kind"]) for one in frames] == [
        ("received", "text"), ("sent", "binary"), ("received", "text"), ("sent", "binary"),
    ]  # fmt: skip
    assert '"secret_key":"(removed)"' in frames[0]["body"]
    assert clean.line["api_secret"] not in str(frames)
    assert "authorized" in frames[1]["body"]
    assert len({one["connection"] for one in frames}) == 1
    assert clean.control("GET", "/log/frames?kind=text&stream=orders&limit=1")["frames"][0]["kind"] == "text"
    with live(clean, packed=True) as packed:
        quotes(packed, "AAPL")
        packed.hear_until(a_quote)
    [quote] = clean.control("GET", "/log/frames?stream=data&contains=%22T%22:%22q%22&limit=1")["frames"]
    assert (quote["kind"], quote["direction"]) == ("binary", "sent")


@pytest.mark.parametrize("query", ["since=x", "limit=-1", "since=99999999999999"])
def test_a_question_to_the_log_that_makes_no_sense_is_refused(clean: PracticeProgram, query: str) -> None:
    url = f"{clean.line['control_url']}/log/frames?{query}"
    assert clean.http.get(url, timeout=10).status_code == 400


def test_the_program_ends_in_peace_with_frozen_connections(tmp_path: Path) -> None:
    with PracticeProgram(tmp_path / "log") as program, open_stream(program) as stream:
        authenticate(stream, program)
        fault(program, "half_open", stream="all", for_s=60)
        fault(program, "late_acceptance", seconds=60, status=504)
        assert program.call("POST", "/v2/orders", json={}).status_code == 504
        assert program.stop() == 0, program.log
