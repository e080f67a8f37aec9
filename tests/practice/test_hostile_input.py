"""Whatever arrives, on whichever port or stream: the server says no in the documented way, and lives on."""

import contextlib
import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.practice.program import PracticeProgram, Stream
from tests.practice.test_data_stream import AUTHENTICATED, CONNECTED
from tests.practice.test_order_stream import open_stream

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=16),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
words = st.sampled_from(
    ["auth", "authenticate", "subscribe", "unsubscribe", "listen", "trade_updates", "AAPL", "*", "oauth", ""]
)
requests_of_streams = st.dictionaries(
    st.sampled_from(["action", "key", "secret", "data", "trades", "quotes", "bars", "streams", "news", "x"]),
    words | json_values | st.lists(words, max_size=3),
    max_size=4,
)
frames = (
    st.binary(max_size=60)
    | st.text(max_size=60)
    | json_values.map(json.dumps)
    | requests_of_streams.map(json.dumps)
    | st.sampled_from(["[" * 5000, '{"a":' * 5000, "\x00", b"\xc1", b"\xdd\xff\xff\xff\xff"])
)
quick = settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
GATES = [
    ("GET", "/paper/v2/account"),
    ("POST", "/paper/v2/orders"),
    ("GET", "/data/v2/stocks/quotes/latest"),
    ("GET", "/oauth/authorize"),
    ("POST", "/oauth/token"),
    ("POST", "/exchange"),
    ("GET", "/paper/stream"),
    ("GET", "/data-stream/v2/iex"),
]


@pytest.fixture(autouse=True)
def _still_serving(broker: PracticeProgram) -> Iterator[None]:
    yield
    assert broker.call("GET", "/v2/clock").status_code == 200
    assert broker.control("GET", "/time")["speed"] == 1
    assert "Traceback" not in broker.log, broker.log


def root(program: PracticeProgram) -> str:
    return f"http://{urlsplit(program.line['data_url']).netloc}"


@quick
@given(st.lists(frames, max_size=8), st.booleans())
def test_any_frames_to_the_order_stream_are_answered_or_end_it(
    broker: PracticeProgram, sent: list[str | bytes], packed: bool
) -> None:
    kind = {"Content-Type": "application/msgpack"} if packed else {}
    with open_stream(broker, headers=kind) as stream, contextlib.suppress(ConnectionClosed):
        for frame in sent:
            stream.socket.send(frame)
        assert stream.socket.ping().wait(10)


@quick
@given(
    st.lists(frames, max_size=8), st.booleans(), st.booleans(), st.sampled_from(["/v2/test", "/v1beta1/news"])
)
def test_any_frames_to_a_data_stream_are_answered_or_end_it(
    broker: PracticeProgram, sent: list[str | bytes], packed: bool, signed_in: bool, path: str
) -> None:
    with Stream(broker.line["data_stream_url"] + path, packed=packed) as stream:
        assert stream.hear() == CONNECTED
        if signed_in:
            stream.say({"action": "auth", "key": broker.line["api_key"], "secret": broker.line["api_secret"]})
            assert stream.hear()[0]["T"] in {"success", "error"}
        with contextlib.suppress(ConnectionClosed):
            for frame in sent:
                stream.socket.send(frame)
            assert stream.socket.ping().wait(10)


@quick
@given(
    st.sampled_from(["/oauth/token", "/oauth/authorize", "/partner/log-in", "/partner/consent"]),
    st.sampled_from(
        ["application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=bogus",
         "application/x-www-form-urlencoded; charset=utf-16", "multipart/form-data; boundary=b",
         "multipart/form-data", "text/plain"]
    ),
    st.binary(max_size=60)
    | st.sampled_from([b"%ff=\xff", b"--b\r\n", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"]),
)  # fmt: skip
def test_any_form_is_answered(broker: PracticeProgram, path: str, kind: str, body: bytes) -> None:
    url = broker.line["broker_url"] + path
    answer = broker.http.post(url, data=body, headers={"Content-Type": kind}, timeout=10)
    assert 400 <= answer.status_code < 500, answer.text


def test_a_frame_beyond_a_megabyte_ends_its_connection_alone(broker: PracticeProgram) -> None:
    with Stream(broker.line["data_stream_url"] + "/v2/sip") as other:
        assert other.hear() == CONNECTED
        with Stream(broker.line["data_stream_url"] + "/v2/test") as stream:
            stream.hear()
            # Announced, not sent: against a server that leaves while this end still writes, the receiver and
            # the sender of websockets race each other, and the library logs an error of its own.
            stream.socket.socket.sendall(b"\x81\xff" + (3_000_000).to_bytes(8, "big") + b"mask")
            with pytest.raises(ConnectionClosed):
                stream.hear()
        other.say({"action": "auth", "key": broker.line["api_key"], "secret": broker.line["api_secret"]})
        assert other.hear() == AUTHENTICATED


@quick
@given(
    st.sampled_from(["GET", "POST", "DELETE", "PATCH"]),
    st.sampled_from(
        ["/faults", "/fault", "/mute", "/drop-streams", "/limits", "/scenarios", "/time/step", "/time/speed",
         "/halt", "/resume", "/log", "/log/frames", "/faults/1", "/scenarios/1", "/oauth", "/nothing"]
    ),
    st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(["since", "limit", "status", "route", "contains"]), st.text(max_size=9)),
)  # fmt: skip
def test_any_call_of_the_control_port_is_answered(
    broker: PracticeProgram, method: str, path: str, body: bytes, query: dict[str, str]
) -> None:
    url = broker.line["control_url"] + path
    answer = broker.http.request(method, url, data=body, params=query, timeout=10)
    assert answer.status_code < 500, answer.text
    assert answer.headers["Content-Type"].startswith("application/json")
    broker.control("DELETE", "/faults")


@quick
@given(
    st.sampled_from(
        ["/v2/stocks/bars", "/v2/stocks/AAPL/trades", "/v2/stocks/quotes/latest", "/v1beta3/crypto/us/bars",
         "/v1beta1/options/snapshots/AAPL", "/v1beta1/news", "/v1/corporate-actions", "/v2/stocks/auctions",
         "/v1beta1/screener/stocks/movers", "/v1beta1/options/bars", "/v1beta1/logos/AAPL"]
    ),
    st.dictionaries(
        st.sampled_from(
            ["symbols", "timeframe", "start", "end", "limit", "page_token", "feed", "sort", "adjustment",
             "asof", "currency", "types", "top", "strike_price_gte", "expiration_date"]
        ),
        st.text(max_size=14)
        | st.sampled_from(["AAPL", "BTC/USD", "1Min", "1Day", "2026-11-02", "0001-01-01", "9999-12-31"]),
        max_size=5,
    ),
)  # fmt: skip
def test_any_query_of_the_data_host_is_answered(
    broker: PracticeProgram, path: str, query: dict[str, str]
) -> None:
    answer = broker.data(path, **query)
    assert answer.status_code < 500, answer.text
    assert answer.status_code == 200 or "message" in answer.json()


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2262-04-12", "9999-12-31"])
@pytest.mark.parametrize(
    ("host", "path", "names"),
    [
        ("paper", "/v2/orders", ("after", "until")),
        ("paper", "/v2/account/activities", ("date", "after", "until")),
        ("paper", "/v2/account/portfolio/history", ("start", "end", "date_end")),
        ("paper", "/v2/calendar", ("start", "end")),
        ("paper", "/v3/calendar/NYSE", ("start", "end")),
        ("paper", "/v3/clock", ("time",)),
        ("paper", "/v2/options/contracts", ("expiration_date", "expiration_date_gte", "expiration_date_lte")),
        ("paper", "/v2/corporate_actions/announcements?ca_types=dividend", ("since", "until")),
        ("data", "/v2/stocks/bars?symbols=AAPL&timeframe=1Month", ("start", "end", "asof")),
        ("data", "/v2/stocks/trades?symbols=AAPL&limit=1", ("start", "end")),
        ("data", "/v2/stocks/AAPL/quotes?limit=1", ("start", "end")),
        ("data", "/v2/stocks/auctions?symbols=AAPL&limit=1", ("start", "end")),
        ("data", "/v1beta3/crypto/us/bars?symbols=BTC/USD&timeframe=1Month", ("start", "end")),
        ("data", "/v1beta1/options/bars?symbols=AAPL261218C00280000&timeframe=1Hour&limit=1", ("end",)),
        ("data", "/v1beta1/options/snapshots/KO?limit=1", ("updated_since", "expiration_date_gte")),
        ("data", "/v1beta1/news?limit=1", ("start", "end")),
        ("data", "/v1/corporate-actions?limit=1", ("start", "end")),
    ],
)
def test_the_first_and_the_last_of_days_are_days(
    broker: PracticeProgram, host: str, path: str, names: tuple[str, ...], day: str
) -> None:
    for name in names:
        for value in (day, f"{day}T23:59:59Z", f"{day}T00:00:00+14:00"):
            answer = broker.http.get(
                f"{root(broker)}/{host}{path}", params={name: value}, headers=broker.keys, timeout=60
            )
            assert answer.status_code < 500, answer.text


@pytest.mark.parametrize(("method", "path"), GATES)
@pytest.mark.parametrize(
    "name", ["broker.example", "127.0.0.1.evil.example", "10.0.0.1", "0.0.0.0:80", "[::2]"]
)
def test_who_calls_it_by_another_name_is_refused_everywhere(
    broker: PracticeProgram, method: str, path: str, name: str
) -> None:
    headers = broker.keys | {"Host": name}
    if "stream" in path:
        headers |= {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Version": "13",
        }
    answer = requests.request(method, root(broker) + path, headers=headers, timeout=10)
    assert answer.status_code == 403
    assert answer.json()["message"] == "forbidden."
    answer.close()


@pytest.mark.parametrize("name", ["localhost", "localhost:1", "127.0.0.1", "127.0.0.2", "[::1]", "[::1]:80"])
def test_the_names_of_loopback_are_its_own(broker: PracticeProgram, name: str) -> None:
    answer = broker.http.get(
        root(broker) + "/paper/v2/clock", headers=broker.keys | {"Host": name}, timeout=10
    )
    assert answer.status_code == 200


def test_both_ports_listen_on_loopback_only(broker: PracticeProgram) -> None:
    ports = [urlsplit(broker.line[name]).port or 0 for name in ("data_url", "control_url")]
    for port in ports:
        for address in (_address_of_this_machine(), "127.0.0.2"):
            with pytest.raises(OSError, match=r".+"), socket.create_connection((address, port), timeout=2):
                pass


def _address_of_this_machine() -> str:
    """The address by which others would reach this machine; another of loopback where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return "127.0.0.3"
        address = str(probe.getsockname()[0])
    return address if not address.startswith("127.0.0.1") else "127.0.0.3"


def test_an_upgrade_that_is_none_is_refused(broker: PracticeProgram) -> None:
    for path in ("/paper/stream", "/data-stream/v2/iex"):
        answer = broker.http.get(root(broker) + path, headers=broker.keys, timeout=10)
        assert answer.status_code == 400
        assert "message" in answer.json()
    with pytest.raises(InvalidStatus) as caught:
        connect(broker.line["data_stream_url"] + "/v2/nothing", proxy=None)
    assert caught.value.response.status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v2/orders", b"\xff\xfe", 400),
        ("POST", "/v2/orders", b"[]", 400),
        ("POST", "/v2/orders", b"{" * 20_000, 400),
        ("POST", "/v2/orders", b'{"symbol": "AAPL", "symbol": "KO"}', 422),
        ("PATCH", "/v2/account/configurations", b"null", 400),
        ("PATCH", "/v2/account/configurations", b'{"a":' * 5000, 400),
        ("POST", "/v2/watchlists", b"5", 400),
        ("POST", "/v2/nothing", b"{}", 404),
        ("PUT", "/v2/orders", b"{}", 405),
    ],
)
def test_a_bad_body_gets_the_documented_error(
    broker: PracticeProgram, method: str, path: str, body: bytes, status: int
) -> None:
    answer = broker.call(method, path, data=body)
    assert answer.status_code == status, answer.text
    assert isinstance(answer.json()["code"], int)


def test_many_connections_that_say_nothing_do_no_harm(broker: PracticeProgram) -> None:
    address = ("127.0.0.1", urlsplit(broker.line["data_url"]).port or 0)
    with contextlib.ExitStack() as stack:
        for number in range(200):
            connection = stack.enter_context(socket.create_connection(address, timeout=10))
            if number % 2:
                connection.sendall(
                    b"POST /paper/v2/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n{"
                )
        assert broker.call("GET", "/v2/clock").status_code == 200


def test_a_chunked_body_that_breaks_off_is_no_failure_of_the_server(broker: PracticeProgram) -> None:
    address = ("127.0.0.1", urlsplit(broker.line["data_url"]).port or 0)
    head = b"POST /paper/v2/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    for rest in (b"zz\r\n", b"5\r\nab", b"-1\r\n\r\n", b"fffffffffffffffff\r\n"):
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(head + rest)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(100)
        assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer


def test_a_body_that_is_not_packed_as_it_says_is_refused(broker: PracticeProgram) -> None:
    headers = broker.keys | {"Content-Encoding": "gzip"}
    answer = broker.http.post(root(broker) + "/paper/v2/orders", data=b"abc", headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (400, 40010000)


@pytest.mark.parametrize("path", ["/exchange", "/v1/oauth/authorize", "/v1/oauth/token"])
def test_a_body_nested_too_deep_is_refused_by_who_gives_tokens(broker: PracticeProgram, path: str) -> None:
    partner = (broker.line["broker_api_key"], broker.line["broker_api_secret"])
    headers = {"Content-Type": "application/json"}
    answer = broker.http.post(
        root(broker) + path, data=b'{"a":' * 5000, headers=headers, auth=partner, timeout=10
    )
    assert answer.status_code == 400, answer.text
