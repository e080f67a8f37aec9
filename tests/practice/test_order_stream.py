"""The order stream over real sockets."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.practice.program import PracticeProgram, Stream, until


@pytest.fixture
def stream(clean: PracticeProgram) -> Iterator[Stream]:
    """An authenticated stream that listens."""
    with open_stream(clean) as opened:
        authenticate(opened, clean)
        listen(opened)
        yield opened


def open_stream(program: PracticeProgram, **options: Any) -> Stream:
    """Connect as soon as the last connection's slot is free."""

    def connected() -> Stream | None:
        try:
            return Stream(program.line["stream_url"]["paper"], **options)
        except InvalidStatus:
            return None

    return until(connected, "the slot was never free")


def authenticate(stream: Stream, program: PracticeProgram) -> None:
    keys = {"key_id": program.line["api_key"], "secret_key": program.line["api_secret"]}
    stream.say({"action": "authenticate", "data": keys})
    assert stream.hear() == authorization("authorized")


def listen(stream: Stream, *streams: str) -> Any:
    stream.say({"action": "listen", "data": {"streams": list(streams or ("trade_updates",))}})
    return stream.hear()


def authorization(status: str, action: str = "authenticate") -> dict[str, Any]:
    return {"stream": "authorization", "data": {"status": status, "action": action}}


def events(stream: Stream, last: str) -> list[dict[str, Any]]:
    heard = stream.hear_until(lambda message: message["data"].get("event") == last)
    return [message["data"] for message in heard]


def test_the_client_speaks_first_and_every_form_of_authentication_works(clean: PracticeProgram) -> None:
    key, secret = clean.line["api_key"], clean.line["api_secret"]
    for message in (
        {"action": "authenticate", "data": {"oauth_token": clean.token()}},
        {"action": "authenticate", "data": {"key_id": key, "secret_key": secret}},
        {"action": "auth", "key": key, "secret": secret},
    ):
        with open_stream(clean) as stream:
            stream.say(message)
            assert stream.hear() == authorization("authorized")


def test_wrong_credentials_and_tokens_for_live_are_unauthorized(clean: PracticeProgram) -> None:
    for data in (
        {"oauth_token": "nonsense"},
        {"oauth_token": clean.token(env="live")},
        {"key_id": clean.line["api_key"], "secret_key": "wrong"},
        {"oauth_token": 5},
        {},
        None,
    ):
        with open_stream(clean) as stream:
            stream.say({"action": "authenticate", "data": data})
            assert stream.hear() == authorization("unauthorized")


def test_listening_before_authentication_is_unauthorized(clean: PracticeProgram) -> None:
    with open_stream(clean) as stream:
        assert listen(stream) == authorization("unauthorized", "listen")


def test_listening_replaces_the_whole_set_and_leaves_out_what_is_unknown(stream: Stream) -> None:
    assert listen(stream, "trade_updates", "weather")["data"] == {"streams": ["trade_updates"]}
    assert listen(stream, "weather")["data"] == {"streams": []}


def test_a_market_order_lives_its_life_on_the_stream(stream: Stream, clean: PracticeProgram) -> None:
    order = clean.order(qty="3", symbol="KO")
    heard = events(stream, "fill")
    assert [event["event"] for event in heard][:2] == ["pending_new", "new"]
    pieces = [event for event in heard if "execution_id" in event]
    assert sum(Decimal(event["qty"]) for event in pieces) == 3
    assert len({event["execution_id"] for event in pieces}) == len(pieces)
    last = heard[-1]
    assert last["order"]["id"] == order["id"]
    assert (last["order"]["status"], last["order"]["filled_qty"]) == ("filled", "3")
    assert last["order"]["filled_avg_price"] is not None
    assert Decimal(last["position_qty"]) >= 3
    assert all(event["timestamp"] and event["order"]["updated_at"] for event in heard)


def test_replacing_and_cancelling_are_told_step_by_step(stream: Stream, clean: PracticeProgram) -> None:
    old = clean.order(type="limit", limit_price="20.00")
    events(stream, "new")
    new = clean.call("PATCH", f"/v2/orders/{old['id']}", json={"limit_price": "21.00"}).json()
    heard = events(stream, "new")
    assert [(event["event"], event["order"]["id"]) for event in heard] == [
        ("pending_replace", old["id"]),
        ("pending_new", new["id"]),
        ("replaced", old["id"]),
        ("new", new["id"]),
    ]
    clean.call("DELETE", f"/v2/orders/{new['id']}")
    heard = events(stream, "canceled")
    assert [event["event"] for event in heard] == ["pending_cancel", "canceled"]


def test_frames_are_binary_json_on_paper_and_text_on_live(clean: PracticeProgram) -> None:
    for env, kind in (("paper", bytes), ("live", str)):
        with Stream(clean.line["stream_url"][env]) as stream:
            stream.say({"action": "authenticate", "data": {"oauth_token": clean.token(env=env)}})
            assert isinstance(stream.frame(), kind)


def test_messagepack_is_spoken_when_announced(clean: PracticeProgram) -> None:
    with open_stream(clean, packed=True) as stream:
        authenticate(stream, clean)
        assert listen(stream)["data"] == {"streams": ["trade_updates"]}
        clean.order(type="limit", limit_price="20.00")
        assert events(stream, "new")[0]["event"] == "pending_new"


def test_a_second_connection_is_refused_on_the_upgrade(stream: Stream, clean: PracticeProgram) -> None:
    with pytest.raises(InvalidStatus) as caught:
        Stream(clean.line["stream_url"]["paper"])
    assert caught.value.response.status_code == 429
    stream.socket.close()
    with open_stream(clean) as following:
        authenticate(following, clean)


def test_nonsense_is_answered_and_the_conversation_goes_on(clean: PracticeProgram) -> None:
    with open_stream(clean) as stream:
        for frame in ("{", "[]", "null", '{"action": []}', '{"action": "dance"}', b"\xff\xfe", "[" * 3000):
            stream.socket.send(frame)
            assert stream.hear()["action"] == "error", frame
        authenticate(stream, clean)


def test_a_huge_frame_ends_the_conversation_not_the_server(clean: PracticeProgram) -> None:
    with open_stream(clean) as stream:
        stream.socket.send("x" * 200_000)
        with pytest.raises(ConnectionClosed):
            stream.hear()
    assert clean.call("GET", "/v2/clock").status_code == 200


def test_the_other_account_s_orders_are_not_told(stream: Stream, clean: PracticeProgram) -> None:
    token = clean.token(env="live")
    body = {"symbol": "KO", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}
    clean.call("POST", "/v2/orders", token=token, env="live", json=body)
    mine = clean.order(type="limit", limit_price="20.00")
    assert {event["order"]["id"] for event in events(stream, "new")} == {mine["id"]}
