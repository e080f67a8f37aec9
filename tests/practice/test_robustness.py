"""Bad input of every kind gets an answer, and never takes the server down."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.practice.program import PracticeProgram

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)
order_fields = st.dictionaries(
    st.sampled_from(
        ["symbol", "qty", "notional", "side", "type", "time_in_force", "limit_price", "stop_price",
         "extended_hours", "client_order_id", "order_class", "legs"]
    ),
    json_values | st.sampled_from(["AAPL", "buy", "limit", "day", "1", "-1", "1e9", "BTC/USD", "gtc"]),
    max_size=9,
)  # fmt: skip
paths = st.sampled_from(
    ["/v2/orders", "/v2/orders/{}", "/v2/positions/{}", "/v2/assets/{}", "/v2/account/{}", "/v2/calendar",
     "/v2/orders:by_client_order_id", "/{}"]
)  # fmt: skip
query_names = st.sampled_from(
    ["status", "limit", "after", "until", "direction", "nested", "symbols", "side", "asset_class",
     "before_order_id", "after_order_id", "start", "end", "qty", "percentage", "client_order_id", "x"]
)  # fmt: skip
authorize_names = st.sampled_from(
    ["client_id", "redirect_uri", "state", "scope", "env", "code_challenge", "code_challenge_method"]
)


@pytest.fixture(autouse=True)
def _still_serving(broker: PracticeProgram) -> Iterator[None]:
    yield
    assert broker.call("GET", "/v2/clock").status_code == 200
    assert "Traceback" not in broker.log, broker.log


def answers_sensibly(status: int, body: bytes) -> bool:
    return status < 500 and (status in {204, 200, 207} or b'"message"' in body)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(order_fields)
def test_any_order_body_gets_an_order_or_a_documented_error(
    broker: PracticeProgram, fields: dict[str, object]
) -> None:
    answer = broker.call("POST", "/v2/orders", json=_sendable(fields))
    assert answers_sensibly(answer.status_code, answer.content), answer.text


def _sendable(value: object) -> object:
    """JSON has no NaN, and requests refuses to send one."""
    if isinstance(value, float) and value - value != 0:
        return str(value)
    if isinstance(value, dict):
        return {name: _sendable(one) for name, one in value.items()}
    return [_sendable(one) for one in value] if isinstance(value, list) else value


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE"]),
    paths,
    st.text(max_size=12),
    st.dictionaries(
        query_names, st.text(max_size=12) | st.sampled_from(["1", "all", "2026-01-01"]), max_size=4
    ),
)
def test_any_path_and_query_gets_an_answer(
    broker: PracticeProgram, method: str, path: str, piece: str, query: dict[str, str]
) -> None:
    answer = broker.call(method, path.format(piece), params=query)
    assert answers_sensibly(answer.status_code, answer.content), (answer.status_code, answer.text)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.dictionaries(authorize_names, st.text(max_size=30)))
def test_any_authorize_request_gets_a_page_or_a_redirect(
    broker: PracticeProgram, changes: dict[str, str]
) -> None:
    assert broker.authorize(**changes).status_code in {302, 400}


@pytest.mark.parametrize("path", ["/paper/v2/orders", "/exchange", "/oauth/token", "/oauth/authorize"])
def test_a_body_beyond_a_megabyte_is_refused(broker: PracticeProgram, path: str) -> None:
    address = urlsplit(broker.line["data_url"])
    kind = "application/json" if path != "/oauth/token" else "application/x-www-form-urlencoded"
    answer = broker.http.post(
        f"http://{address.netloc}{path}",
        data=b"x" * 3_000_000,
        headers=broker.keys | {"Content-Type": kind},
        timeout=20,
    )
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /paper/v2/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
        b"GET /paper/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET /paper/v2/clock HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_request_of_ours_is_turned_away(broker: PracticeProgram, raw: bytes) -> None:
    port = urlsplit(broker.line["data_url"]).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert not answer or answer.startswith(b"HTTP/1."), answer[:80]
    assert b" 200 " not in answer[:20]
