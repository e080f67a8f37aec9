"""Start, stop, and what happens to requests that are in flight meanwhile."""

import contextlib
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from tests.patience import PATIENCE_S
from tests.practice.program import until
from tests.token_proxy import upstream as told
from tests.token_proxy.program import Answer, ProxyProgram, exchange_fields, post_bytes, settings
from tests.token_proxy.upstream import TOKEN, UpstreamDouble
from token_proxy.connections import Limits


def test_one_line_tells_where_it_listens_within_two_seconds(tmp_path: Path, upstream: UpstreamDouble) -> None:
    with ProxyProgram(settings(upstream.url, BIND="127.0.0.1:1"), tmp_path / "log", "--port", "0") as program:
        spent = psutil.Process(program.process.pid).cpu_times()  # whatever else the machine does
        assert spent.user + spent.system < 2
        assert program.line == {
            "exchange_url": f"http://127.0.0.1:{program.port}/exchange",
            "health_url": f"http://127.0.0.1:{program.port}/healthz",
        }
        assert program.port > 1


def test_the_path_is_configurable(tmp_path: Path, upstream: UpstreamDouble) -> None:
    with ProxyProgram(settings(upstream.url, PATH="/v1/token"), tmp_path / "log") as program:
        assert program.line["exchange_url"].endswith("/v1/token")
        assert program.post(exchange_fields(), path="/v1/token").status == 200
        assert program.post(exchange_fields()).status == 404


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("arguments", [(), ("--exit-with-parent",)], ids=["alone", "child"])
def test_a_signal_ends_it_in_peace(
    tmp_path: Path, upstream: UpstreamDouble, number: signal.Signals, arguments: tuple[str, ...]
) -> None:
    with ProxyProgram(settings(upstream.url), tmp_path / "log", *arguments) as program:
        program.process.send_signal(number)

        assert program.process.wait(PATIENCE_S) == 0
    assert program.log.splitlines()[1:] == []


def test_a_child_ends_with_its_parent_and_others_do_not(tmp_path: Path, upstream: UpstreamDouble) -> None:
    with (
        ProxyProgram(settings(upstream.url), tmp_path / "log", "--exit-with-parent") as child,
        ProxyProgram(settings(upstream.url), tmp_path / "other") as other,
    ):
        for program in (child, other):
            assert program.process.stdin is not None
            program.process.stdin.close()

        assert child.process.wait(PATIENCE_S) == 0
        assert other.post(exchange_fields()).status == 200


def test_a_stop_finishes_what_is_in_flight(tmp_path: Path, upstream: UpstreamDouble) -> None:
    upstream.answer = told.held
    with (
        ProxyProgram(settings(upstream.url), tmp_path / "log") as program,
        program.connect() as waiting,
        program.connect() as sending,
    ):
        request = post_bytes(exchange_fields(code="C2"))
        sending.sendall(request[:100])
        waiting.sendall(post_bytes(exchange_fields()))
        upstream.wait_for_calls(1)
        program.process.send_signal(signal.SIGTERM)
        wait_until_refused(program)
        sending.sendall(request[100:])
        upstream.wait_for_calls(2)
        assert program.process.poll() is None
        upstream.release()

        for connection in (waiting, sending):
            answer = Answer.read_from(connection)
            assert (answer.status, answer.json) == (200, TOKEN)
        assert program.process.wait(PATIENCE_S) == 0
    assert len(upstream.calls) == 2


def test_a_stop_does_not_wait_for_those_who_only_dawdle(tmp_path: Path, upstream: UpstreamDouble) -> None:
    with (
        ProxyProgram(settings(upstream.url), tmp_path / "log") as program,
        program.connect() as silent,
        program.connect() as half,
    ):
        half.sendall(b"POST /exchange HTTP/1.1\r\n")
        assert program.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").status == 200  # both are accepted
        asked = time.monotonic()
        assert program.stop() == 0
        assert time.monotonic() - asked < Limits().read_s - 1
        for connection in (silent, half):
            assert Answer.read_from(connection).status == 0


def test_stopping_one_of_two_under_load_loses_no_code(tmp_path: Path, upstream: UpstreamDouble) -> None:
    """A code that has reached the broker is answered; one that has not may go to the other instance."""
    codes = iter([f"C{number}" for number in range(240)])
    lock = threading.Lock()
    granted: list[str] = []
    problems: list[str] = []

    def work(first: ProxyProgram, second: ProxyProgram) -> None:
        while True:
            with lock:
                code = next(codes, None)
            if code is None:
                return
            answer = Answer(0, {}, b"")
            for program in (first, second):
                with contextlib.suppress(ConnectionError):
                    answer = program.post(exchange_fields(code=code))
                if answer.status:
                    break
            with lock:
                (granted if answer.status == 200 else problems).append(code)
                if len(granted) == 60:
                    one.process.send_signal(signal.SIGTERM)

    with (
        ProxyProgram(settings(upstream.url), tmp_path / "one") as one,
        ProxyProgram(settings(upstream.url), tmp_path / "two") as two,
    ):
        pairs = [(one, two), (two, one)] * 3
        workers = [threading.Thread(target=work, args=pair) for pair in pairs]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(4 * PATIENCE_S)
        assert one.process.wait(PATIENCE_S) == 0

    asked = [call.body.split(b"&")[1].removeprefix(b"code=").decode() for call in upstream.calls]
    assert problems == []
    assert sorted(granted) == sorted(asked)
    assert len(set(asked)) == 240


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_the_program_keeps_no_connection_to_the_broker(proxy: ProxyProgram, upstream: UpstreamDouble) -> None:
    descriptors = Path(f"/proc/{proxy.process.pid}/fd")
    if not descriptors.exists():
        pytest.skip("this system does not list open files")
    proxy.post(exchange_fields())

    def open_files() -> int:
        return len(list(descriptors.iterdir()))

    before = open_files()
    for _ in range(20):
        assert proxy.post(exchange_fields()).headers["connection"] == "close"

    until(lambda: open_files() <= before or None, "a connection was kept")
    assert all(call.headers["connection"] == "close" for call in upstream.calls)


def wait_until_refused(program: ProxyProgram, timeout_s: float = PATIENCE_S) -> None:
    """Return when new connections are no longer taken."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        try:
            program.connect().close()
        except ConnectionError:
            return
    raise AssertionError("it still listens")
