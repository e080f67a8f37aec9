"""The transport against a real server that misbehaves: what it says of an order is never wrong."""

import contextlib
import gzip
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.domain.order import Order
from core.domain.secret import Secret
from core.errors import (
    AppError,
    BadAnswer,
    NotFound,
    Offline,
    OrderRefused,
    OutcomeUnknown,
    Overloaded,
    SignInExpired,
)
from core.net import connections
from core.net import http as http_module
from core.net.http import Transport
from core.net.open_connections import OpenConnections
from core.protocol.call import Answer, Call, Host, Timeouts
from core.protocol.trading import cancel_order, place_order, read_account
from tests.core.golden import golden
from tests.fakes.scripted_server import Peer, Script, ScriptedServer, free_port, scripted, unreachable
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parents[3]
TOKEN = Secret("canary-token-5b1c")
QUICK = Timeouts(connect_s=0.3, read_s=0.3, whole_s=0.6)
LONG_S = 10.0  # many times what a hasty call may take, and less than what hangs or drips goes on for
BODY = b'{"symbol":"AAPL",  "qty":"10"}'
ORDER = json.dumps(golden("order")).encode()
ACCOUNT = json.dumps(golden("account")).encode()

PLACE: Call[Any] = place_order(BODY)
READ: Call[Any] = read_account()
HASTY_PLACE, HASTY_READ = replace(PLACE, timeouts=QUICK), replace(READ, timeouts=QUICK)


def transport_to(url: str, **options: Any) -> Transport:
    return Transport({Host.TRADING: url}, TOKEN, user_agent="Bellwether/test", **options)


def outcome(url: str, call: Call[Any], **options: Any) -> object:
    """What a call to that address comes to: its result, or the error it raises."""
    transport = transport_to(url, **options)
    try:
        return transport.run(call)
    except AppError as error:
        return error
    finally:
        transport.close()


def answering(body: bytes, status: str = "200 OK", *headers: str) -> Script:
    def script(peer: Peer) -> None:
        while peer.read_request():
            peer.answer(body, status, *headers)

    return script


def saying(*pieces: bytes) -> Script:
    """Read a request, say exactly this, hang up."""

    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(*pieces)

    return script


def test_an_order_leaves_byte_for_byte_with_its_token_and_comes_home_as_a_value():
    with scripted(answering(ORDER)) as server:
        order = outcome(server.url, PLACE)
    (request,) = server.requests
    head, body = request.split(b"\r\n\r\n", 1)
    lines = {line.split(b":")[0].lower(): line for line in head.split(b"\r\n")[1:]}
    assert head.startswith(b"POST /v2/orders HTTP/1.1\r\n")
    assert body == BODY
    assert lines[b"authorization"] == b"Authorization: Bearer canary-token-5b1c"
    assert lines[b"user-agent"] == b"User-Agent: Bellwether/test"
    assert lines[b"content-type"] == b"Content-Type: application/json"
    assert getattr(order, "client_order_id", None) == "desk-7f3a-000001"


def test_the_token_is_not_for_the_proxy():
    with scripted(answering(ORDER)) as server:
        transport = Transport({Host.PROXY: server.url}, TOKEN, user_agent="x")
        transport.run(replace(PLACE, host=Host.PROXY, path=""))
        transport.close()
    assert b"canary-token" not in server.requests[0]


def accept_and_reset(peer: Peer) -> None:
    peer.reset()


def read_and_reset(peer: Peer) -> None:
    peer.read_request()
    peer.reset()


def hang_unread(peer: Peer) -> None:
    peer.hang()


def read_and_hang(peer: Peer) -> None:
    peer.read_request()
    peer.hang()


def drip(start: bytes, rest: bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(start)
        peer.drip(rest, 0.05)

    return script


OK = b"HTTP/1.1 200 OK\r\n"
BROKEN_GZIP = gzip.compress(ORDER)[:-9] + b"\xff" * 9
LOST = {
    "read, then reset": read_and_reset,
    "read, then closed": saying(),
    "half a status line": saying(b"HTTP/1."),
    "no HTTP at all": saying(b"220 mail.example ESMTP\r\n\r\n"),
    "head without an end": saying(OK + b"Content-Length: 5\r\n"),
    "more headers than anybody has": saying(OK + b"X: y\r\n" * 5_000 + b"\r\n"),
    "a header line without an end": saying(OK + b"X: " + b"y" * 100_000),
    "a length that is none": saying(OK + b"Content-Length: many\r\n\r\n{}"),
    "two lengths": saying(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    "less than promised": saying(OK + b"Content-Length: 500\r\n\r\n" + ORDER[:100]),
    "a chunk cut off": saying(OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{"),
    "a chunk of no size": saying(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
    "gzip that is none": answering(ORDER, "200 OK", "Content-Encoding: gzip"),
    "gzip with a broken end": answering(BROKEN_GZIP, "200 OK", "Content-Encoding: gzip"),
}
ENDLESS = {
    "never read": hang_unread,
    "read and never answered": read_and_hang,
    "a dripping head": drip(b"", OK + b"X: " + b"y" * 1_000),
    "a dripping body": drip(OK + b"Content-Length: 1000\r\n\r\n", ORDER),
    "dripping chunks": drip(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n" * 200),
    "a body without length that drips": drip(OK + b"\r\n", ORDER),
}


@pytest.mark.parametrize("script", LOST.values(), ids=LOST.keys())
def test_an_order_whose_answer_is_lost_is_unknown_and_sent_once(script):
    with scripted(script) as server:
        place = outcome(server.url, PLACE)
    assert type(place) is OutcomeUnknown
    assert server.connections == 1


@pytest.mark.parametrize("script", ENDLESS.values(), ids=ENDLESS.keys())
def test_an_order_whose_answer_never_ends_is_unknown_in_time_and_sent_once(script):
    with scripted(script) as server:
        started = time.monotonic()
        place = outcome(server.url, HASTY_PLACE)
        took_s = time.monotonic() - started
    assert type(place) is OutcomeUnknown
    assert server.connections == 1
    assert took_s < LONG_S


@pytest.mark.parametrize("script", LOST.values(), ids=LOST.keys())
def test_a_read_whose_answer_is_lost_may_be_tried_again(script):
    with scripted(script) as server:
        assert isinstance(outcome(server.url, READ), Offline | BadAnswer)


@pytest.mark.parametrize("script", ENDLESS.values(), ids=ENDLESS.keys())
def test_a_read_whose_answer_never_ends_may_be_tried_again(script):
    with scripted(script) as server:
        assert isinstance(outcome(server.url, HASTY_READ), Offline | BadAnswer)


def test_a_reset_before_anything_was_read_is_judged_by_what_had_left():
    """The reset may come before our first byte or after it; only the first is proof that nothing left."""
    with scripted(accept_and_reset) as server:
        place = outcome(server.url, HASTY_PLACE)
    assert type(place) in (Offline, OutcomeUnknown)
    assert ("Nothing was sent" in getattr(place, "remedy", "")) == (type(place) is Offline)
    assert server.connections == 1


def take_a_little_and_reset(peer: Peer) -> None:
    peer.receive(1)
    peer.reset()


@pytest.mark.parametrize("script", [take_a_little_and_reset, Peer.hang])
def test_an_order_that_left_in_part_may_have_arrived(script):
    """More than the system holds for a peer that does not read, so that what hands it over fails."""
    huge = replace(HASTY_PLACE, body=b" " * 50_000_000)
    with scripted(script) as server:
        assert type(outcome(server.url, huge)) is OutcomeUnknown
    assert server.connections == 1


UNREADABLE = {
    "HTML": b"<!doctype html><title>Welcome to the hotel</title>",
    "nothing": b"",
    "half of the JSON": ORDER[:200],
    "an order without an id": b'{"symbol":"AAPL"}',
    "a list": b"[]",
    "nested for ever": b"[" * 200_000,
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_success_that_cannot_be_read_is_an_unknown_order_and_a_bad_answer_to_a_read(body):
    with scripted(answering(body)) as server:
        assert type(outcome(server.url, PLACE)) is OutcomeUnknown
        assert type(outcome(server.url, READ)) is BadAnswer


@pytest.mark.parametrize("call", [PLACE, READ], ids=["order", "read"])
def test_nothing_left_when_nobody_listens(call):
    error = outcome(f"http://127.0.0.1:{free_port()}", call)
    assert type(error) is Offline
    assert "Nothing was sent" in error.remedy


@pytest.mark.parametrize("call", [HASTY_PLACE, HASTY_READ], ids=["order", "read"])
def test_nothing_left_when_the_connection_takes_too_long(call):
    with unreachable() as url:
        started = time.monotonic()
        error = outcome(url, call)
    assert type(error) is Offline
    assert "Nothing was sent" in error.remedy
    assert time.monotonic() - started < LONG_S


@pytest.mark.parametrize("call", [HASTY_PLACE, HASTY_READ])
def test_nothing_left_when_the_name_took_too_long_to_be_found(call, monkeypatch):
    """For that the system knows no time-out of ours, and the price of an order grows old meanwhile."""
    at_once = socket.create_connection

    def slowly(*arguments: Any) -> socket.socket:
        threading.Event().wait(3 * QUICK.connect_s)
        return at_once(*arguments)

    with scripted(answering(ORDER)) as server:
        monkeypatch.setattr(socket, "create_connection", slowly)
        error = outcome(server.url, call)
        monkeypatch.undo()
    assert type(error) is Offline
    assert error.remedy.startswith("Nothing was sent.")
    assert server.requests == []


def test_nothing_left_when_the_name_does_not_exist():
    assert type(outcome("http://broker.invalid", PLACE)) is Offline


@pytest.mark.parametrize("token", ["two\r\nlines", "two\nlines", "\x00", "\u00e9"])
def test_nothing_left_when_the_token_cannot_be_a_header(token):
    with scripted(answering(ORDER)) as server:
        transport = Transport({Host.TRADING: server.url}, Secret(token), user_agent="x")
        with pytest.raises(Offline, match="could not be reached"):
            transport.run(PLACE)
        transport.close()
    assert server.requests == []


@pytest.mark.parametrize(
    "path", ["/v2/a b", "/v2/a\r\nX:y", "/v2/a\nb", "/v2/a\tb", "/v2/a\x00b", "/v2/\u00e9"]
)
def test_nothing_left_when_the_path_would_end_the_line(path):
    with scripted(answering(ORDER)) as server:
        transport = transport_to(server.url)
        transport.run(PLACE)  # so that a connection is there, and has sent something before
        with pytest.raises(Offline, match="could not be reached"):
            transport.run(replace(PLACE, path=path))
        transport.close()
    assert len(server.requests) == 1


def garble(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\nthis is not TLS")


# WORKAROUND: Python 3.11 forgets to close a socket that was reset between its connection and its handshake.
PYTHON_FORGETS = pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(garble, id="plain"),
        pytest.param(accept_and_reset, id="reset", marks=PYTHON_FORGETS),
        pytest.param(hang_unread, id="hang"),
    ],
)
def test_nothing_left_when_there_is_no_secure_connection(script):
    with scripted(script) as server:
        error = outcome(f"https://127.0.0.1:{server.port}", HASTY_PLACE)
    assert type(error) is Offline
    assert "Nothing was sent" in error.remedy


def test_a_certificate_nobody_vouches_for_is_refused_before_anything_is_said(self_signed):
    def script(peer: Peer) -> None:
        peer.start_tls(self_signed)
        peer.read_request()

    with scripted(script) as server:
        error = outcome(f"https://127.0.0.1:{server.port}", PLACE)
    assert type(error) is Offline
    assert "could not be made secure" in error.headline
    assert server.requests == []


def test_a_certificate_that_is_vouched_for_is_taken_for_its_own_name_alone(
    self_signed, certificate, monkeypatch
):
    monkeypatch.setattr(connections, "where", lambda: str(certificate))

    def script(peer: Peer) -> None:
        peer.start_tls(self_signed)
        answering(ORDER)(peer)

    with scripted(script) as server:
        taken = outcome(f"https://127.0.0.1:{server.port}", PLACE)
        error = outcome(f"https://localhost:{server.port}", PLACE)
    assert isinstance(taken, Order)
    assert type(error) is Offline
    assert "could not be made secure" in error.headline
    assert len(server.requests) == 1


ANSWERS = [
    ("403 Forbidden", b'{"code":40310000,"message":"insufficient buying power"}', OrderRefused),
    ("401 Unauthorized", b'{"message":"unauthorized."}\n', SignInExpired),
    ("404 Not Found", b'{"code":40410000,"message":"order not found"}', NotFound),
    ("429 Too Many Requests", b"", Overloaded),
    ("500 Internal Server Error", b'{"code":50010000,"message":"internal"}', OutcomeUnknown),
    ("502 Bad Gateway", b"<html>nginx</html>", OutcomeUnknown),
    ("504 Gateway Timeout", b"", OutcomeUnknown),
    ("403 Forbidden", b"<html>nginx</html>", OutcomeUnknown),
    ("301 Moved", b"", OutcomeUnknown),
]


@pytest.mark.parametrize(("status", "body", "kind"), ANSWERS)
def test_an_answer_is_judged_by_the_calls_own_table(status, body, kind):
    with scripted(answering(body, status)) as server:
        assert type(outcome(server.url, PLACE)) is kind
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_no_redirect_is_followed(status):
    with scripted(answering(ORDER)) as elsewhere:
        to = f"Location: {elsewhere.url}/v2/orders"
        with scripted(answering(b"", status, to)) as server:
            assert type(outcome(server.url, PLACE)) is OutcomeUnknown
            assert type(outcome(server.url, READ)) is BadAnswer
    assert elsewhere.connections == 0


def test_a_cancel_needs_no_body():
    with scripted(answering(b"", "204 No Content")) as server:
        assert outcome(server.url, cancel_order("o-1")) is None
    assert server.requests[0].startswith(b"DELETE /v2/orders/o-1 ")


@pytest.mark.parametrize("body", [b"<html>Welcome to this network</html>", b'{"cut', b"\xff"])
def test_a_page_is_no_proof_that_a_cancel_was_asked_for(body):
    with scripted(answering(body)) as server:
        assert type(outcome(server.url, cancel_order("o-1"))) is OutcomeUnknown


@pytest.mark.parametrize("body", [b"", b"\r\n", b"{}", ORDER])
def test_a_cancel_may_be_answered_with_its_order_or_nothing(body):
    with scripted(answering(body)) as server:
        assert outcome(server.url, cancel_order("o-1")) is None


def test_after_a_failure_of_our_own_no_answer_is_left_for_the_next_request():
    def script(peer: Peer) -> None:
        peer.read_request()
        peer.read_request()  # comes on another connection
        peer.answer(ORDER)

    def fail() -> None:
        raise MemoryError

    with scripted(script, answering(ACCOUNT)) as server:
        transport = transport_to(server.url)
        with pytest.raises(MemoryError):
            transport.run(PLACE, on_sent=fail)
        assert type(transport.run(READ)).__name__ == "Account"
        transport.close()


def test_gzip_is_understood():
    with scripted(answering(gzip.compress(ACCOUNT), "200 OK", "Content-Encoding: gzip")) as server:
        assert getattr(outcome(server.url, READ), "number", None) == "PA3SIM00001"


def test_a_zipped_answer_without_its_sum_is_one_cut_short():
    """All of the JSON is there; whether it is what the broker wrote is not known without the last bytes."""
    body = gzip.compress(ORDER)[:-6]
    with scripted(answering(body, "200 OK", "Content-Encoding: gzip")) as server:
        assert type(outcome(server.url, PLACE)) is OutcomeUnknown


@pytest.mark.parametrize("zipped", [True, False])
def test_an_endless_answer_is_cut_off(monkeypatch, zipped):
    monkeypatch.setattr(http_module, "MAX_ANSWER_BYTES", 1_000_000)
    body, header = b" " * 30_000_000, "X-Plain: yes"
    if zipped:
        body, header = gzip.compress(body), "Content-Encoding: gzip"
    with scripted(answering(body, "200 OK", header)) as server:
        assert isinstance(outcome(server.url, READ), Offline | BadAnswer)
        assert type(outcome(server.url, PLACE)) is OutcomeUnknown


def test_the_environment_steers_nothing(monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login thief password thief\n")
    (tmp_path / ".netrc").chmod(0o600)
    with scripted(answering(ACCOUNT)) as server, scripted(answering(ACCOUNT)) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.upper(), proxy.url)
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
            monkeypatch.setenv(name, str(tmp_path / "nothing.pem"))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        monkeypatch.setenv("HOME", str(tmp_path))
        outcome(server.url, READ)
    assert b"Authorization: Bearer canary-token-5b1c" in server.requests[0]
    assert proxy.connections == 0


@pytest.fixture
def hanging() -> Iterator[ScriptedServer]:
    with scripted(read_and_hang) as server:
        yield server


@pytest.mark.parametrize(("call", "kind"), [(PLACE, OutcomeUnknown), (READ, Offline)], ids=["order", "read"])
def test_abort_ends_what_is_in_flight_at_once_and_what_comes_later_never_leaves(hanging, call, kind):
    transport = transport_to(hanging.url)
    came: list[BaseException] = []

    def work() -> None:
        try:
            transport.run(replace(call, timeouts=Timeouts(read_s=30, whole_s=60)))
        except AppError as error:
            came.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    _wait_until(lambda: hanging.requests)
    transport.abort()
    thread.join(LONG_S)
    assert not thread.is_alive()
    assert [type(error) for error in came] == [kind]
    with pytest.raises(Offline, match="session has ended"):
        transport.run(call)
    transport.close()
    assert hanging.connections == 1


def test_a_connection_made_during_the_abort_is_not_used():
    class Connection:
        closed = False

        def close(self) -> None:
            self.closed = True

    connections, late = OpenConnections(), Connection()
    connections.shut_down()
    with pytest.raises(OSError, match="ended"):
        connections.admit(late)  # type: ignore[arg-type]
    assert late.closed


def test_many_threads_share_a_transport_and_not_their_connections():
    with scripted(answering(ACCOUNT)) as server:
        transport = transport_to(server.url)
        threads = [
            threading.Thread(target=lambda: [transport.run(READ) for _ in range(20)]) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        transport.close()
    assert len(server.requests) == 60
    assert server.connections == 3


def test_after_a_sleep_no_order_leaves_on_a_connection_from_before():
    with scripted(answering(ORDER)) as server:
        transport = transport_to(server.url)
        for connections_made in (1, 1):
            transport.run(PLACE)
            assert server.connections == connections_made
        transport.distrust()
        for connections_made in (2, 2):
            transport.run(PLACE)
            assert server.connections == connections_made
        transport.close()


def test_after_a_sleep_a_read_under_way_is_ended_and_an_order_is_not():
    asked, may_answer = threading.Semaphore(0), threading.Event()

    def script(peer: Peer) -> None:
        request = peer.read_request()
        asked.release()
        assert may_answer.wait(PATIENCE_S)
        with contextlib.suppress(OSError):  # the reader is gone
            peer.answer(ORDER if request.startswith(b"POST") else ACCOUNT)

    with scripted(script) as server:
        transport, ends = transport_to(server.url), {}

        def run(call: Call[Any]) -> None:
            try:
                ends[call.method] = transport.run(call)
            except AppError as error:
                ends[call.method] = error

        reading, placing = (threading.Thread(target=run, args=(call,)) for call in (READ, PLACE))
        for thread in (reading, placing):
            thread.start()
            assert asked.acquire(timeout=PATIENCE_S)
        transport.distrust()
        reading.join()
        assert isinstance(ends["GET"], Offline)
        assert placing.is_alive()
        may_answer.set()
        placing.join()
        assert isinstance(ends["POST"], Order)
        transport.close()


def test_something_is_said_now_and_then_on_a_kept_connection_so_that_nobody_forgets_it():
    with scripted(answering(ACCOUNT)) as server:
        transport = transport_to(server.url)
        transport.run(READ)
        sock = transport._connection(Host.TRADING).sock
        assert sock is not None
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if sys.platform == "linux":
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 30
        transport.close()


def test_a_kept_connection_that_was_closed_meanwhile_is_made_anew():
    closed = threading.Event()

    def once(peer: Peer) -> None:
        peer.read_request()
        peer.answer(ORDER)
        peer.close()
        closed.set()

    with scripted(once) as server:
        transport = transport_to(server.url)
        transport.run(PLACE)
        assert closed.wait(PATIENCE_S)
        transport.run(PLACE)
        transport.close()
    assert len(server.requests) == 2


def test_a_kept_connection_that_dies_under_an_order_leaves_it_unknown():
    def twice(peer: Peer) -> None:
        peer.read_request()
        peer.answer(ORDER)
        peer.read_request()

    with scripted(twice) as server:
        transport = transport_to(server.url)
        transport.run(PLACE)
        with pytest.raises(OutcomeUnknown):
            transport.run(PLACE)
        transport.close()
    assert len(server.requests) == 2
    assert server.connections == 1


@pytest.mark.parametrize(
    ("first", "call"),
    [
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", HASTY_PLACE),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", PLACE),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 12\r\n\r\n", cancel_order("o-1")),
        (b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", cancel_order("o-1")),
    ],
)
def test_what_else_is_said_to_one_order_is_never_read_as_the_answer_to_the_next(first, call):
    def says_more_later(peer: Peer) -> None:
        peer.read_request()
        peer.send(first)
        if peer.read_request():
            peer.answer(b'{"message":"insufficient buying power"}', "403 Forbidden")

    with scripted(says_more_later, answering(ORDER)) as server:
        transport = transport_to(server.url)
        with contextlib.suppress(OutcomeUnknown):
            transport.run(call)
        assert transport.run(PLACE).client_order_id
        transport.close()
    assert (len(server.requests), server.connections) == (2, 2)


def test_an_interim_answer_is_passed_over():
    def hints_first(peer: Peer) -> None:
        while peer.read_request():
            peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: </v2>\r\n\r\n")
            peer.answer(ORDER)

    with scripted(hints_first) as server:
        transport = transport_to(server.url)
        assert isinstance(transport.run(PLACE), Order)
        assert isinstance(transport.run(PLACE), Order)
        transport.close()
    assert (len(server.requests), server.connections) == (2, 1)


def test_an_empty_answer_that_claims_to_be_zipped_is_an_empty_answer():
    with scripted(answering(b"", "204 No Content", "Content-Encoding: gzip")) as server:
        transport = transport_to(server.url)
        assert transport.run(cancel_order("o-1")) is None
        transport.close()


def test_every_attempt_is_timed_and_only_an_answer_counts_as_one():
    samples: list[tuple[Host, bool]] = []

    def note(host: Host, seconds: float, answer: Answer | None) -> None:
        assert 0 <= seconds < PATIENCE_S
        samples.append((host, answer is not None))

    with scripted(answering(b"{}", "500 Oops")) as server:
        outcome(server.url, READ, on_attempt=note)
    outcome(f"http://127.0.0.1:{free_port()}", READ, on_attempt=note)
    assert samples == [(Host.TRADING, True), (Host.TRADING, False)]


def test_no_error_tells_the_token_the_body_or_the_query():
    with scripted(read_and_reset) as server:
        error = outcome(server.url, PLACE)
    assert isinstance(error, AppError)
    shown = f"{error!r} {error} {error.detail} {error.remedy}"
    assert "canary" not in shown
    assert "AAPL" not in shown
    assert error.__cause__ is None


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=120), st.booleans())
def test_no_answer_whatever_makes_an_order_look_unsent(tail, with_status):
    start = b"HTTP/1.1 2" if with_status else b""
    with scripted(saying(start + tail)) as server:
        place = outcome(server.url, PLACE)
    assert type(place) is OutcomeUnknown
    assert len(server.requests) == 1


def _wait_until(happened: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not happened():
        assert time.monotonic() < deadline
        pause.wait(0.005)


def test_a_base_address_may_have_a_path():
    with scripted(answering(ACCOUNT)) as server:
        transport = transport_to(server.url + "/paper")
        transport.run(READ)
        transport.close()
    assert server.requests[0].startswith(b"GET /paper/v2/account ")
