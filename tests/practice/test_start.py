"""The program as it is started and stopped."""

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.practice.program import ROOT, PracticeProgram, Stream, until

KEYS = {
    "authorize_url", "token_url", "trading_url", "stream_url", "data_url", "data_stream_url", "client_id",
    "client_secret", "redirect_uris", "exchange_url", "api_key", "api_secret", "control_url", "simulated",
    "pid", "broker_url", "broker_api_key", "broker_api_secret", "partner_authorize_url", "live_api_key",
    "live_api_secret",
}  # fmt: skip


def test_the_first_line_says_where_everything_is_and_is_the_only_one(tmp_path: Path) -> None:
    with PracticeProgram(tmp_path / "log") as program:
        line = program.line
        assert set(line) == KEYS
        assert line["simulated"] is True
        assert line["pid"] == program.process.pid
        assert line["stream_url"]["paper"].endswith("/stream")
        for url in [*line["trading_url"].values(), line["data_url"], line["data_stream_url"]]:
            assert re.fullmatch(r"(http|ws)://127\.0\.0\.1:\d+/[a-z-]+", url)
        assert program.call("GET", "/v2/account").status_code == 200
        stdout = program.process.stdout
        assert program.process.stdin is not None
        program.process.stdin.close()
        assert stdout is not None
        assert stdout.read() == b""


def test_accounts_are_the_same_at_every_start_unless_new_ones_are_asked_for(tmp_path: Path) -> None:
    def account_id(*arguments: str) -> str:
        with PracticeProgram(tmp_path / "log", *arguments) as program:
            return str(program.call("GET", "/v2/account").json()["id"])

    assert account_id() == account_id()
    assert len({account_id(), account_id("--new-accounts"), account_id("--new-accounts")}) == 3


def test_it_loads_nothing_heavy() -> None:
    code = "import practice.server.run, sys; print({'pandas', 'numpy', 'PySide6'} & {*sys.modules})"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "set()"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a child process without asking it")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_peace_even_with_open_streams(tmp_path: Path, number: signal.Signals) -> None:
    with PracticeProgram(tmp_path / "log") as program:
        with Stream(program.line["data_stream_url"] + "/v2/iex") as stream:
            stream.hear()
            program.process.send_signal(number)
            assert program.process.wait(10) == 0
        assert program.log == ""


def test_it_does_not_wait_for_a_request_that_hangs(tmp_path: Path) -> None:
    program = PracticeProgram(tmp_path / "log")
    program.control("POST", "/fault", route="GET /v2/clock", kind="hang")
    host, port = "127.0.0.1", int(program.line["data_url"].split(":")[2].split("/")[0])
    with socket.create_connection((host, port)) as connection:
        connection.sendall(b"GET /paper/v2/clock HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        until(lambda: None if program.control("GET", "/faults")["list"] else True, "the fault was never met")
        assert program.stop() == 0, program.log


def test_names_and_ids_follow_from_the_seed_and_secrets_do_not(tmp_path: Path) -> None:
    lines = []
    for seed in ("7", "7", "8"):
        with PracticeProgram(tmp_path / "log", "--seed", seed) as program:
            lines.append(program.line)
    assert lines[0]["client_id"] == lines[1]["client_id"] != lines[2]["client_id"]
    assert lines[0]["api_key"] == lines[1]["api_key"] != lines[2]["api_key"]
    assert len({line["client_secret"] for line in lines}) == 3
    assert len({line["api_secret"] for line in lines}) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "99999"],
        ["--speed", "0"],
        ["--speed", "inf"],
        ["--rate-limit", "-1"],
        ["--host", "0.0.0.0"],
    ],
)
def test_impossible_arguments_are_refused(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "practice", *arguments]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert (answer.returncode, answer.stdout) == (2, "")


def test_a_taken_port_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "practice", "--port", port]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "cannot start" in answer.stderr


def test_tokens_outlive_a_restart_when_their_digests_are_kept(tmp_path: Path) -> None:
    kept = tmp_path / "grants.json"
    with PracticeProgram(tmp_path / "log", "--auto-approve", "--keep-grants", str(kept)) as program:
        token = program.token()
    assert token not in kept.read_text()
    with PracticeProgram(tmp_path / "log", "--keep-grants", str(kept)) as program:
        assert program.call("GET", "/v2/account", token=token).status_code == 200
        program.control("POST", "/revoke")
        assert program.call("GET", "/v2/account", token=token).status_code == 401
    assert json.loads(kept.read_text()) == {}


def test_a_file_of_grants_that_cannot_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    kept = tmp_path / "grants.json"
    kept.write_text("not json")
    command = [sys.executable, "-m", "practice", "--keep-grants", str(kept)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert answer.returncode == 1
    assert answer.stderr.startswith("practice: cannot start:")


def test_a_place_that_keeps_no_file_of_grants_is_said_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "practice", "--keep-grants", str(tmp_path / "none" / "grants.json")]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert answer.returncode == 1
    assert answer.stderr.startswith("practice: cannot start:")


def test_time_can_run_faster(tmp_path: Path) -> None:
    with PracticeProgram(tmp_path / "log", "--speed", "600") as program:

        def stamp() -> str:
            return str(program.call("GET", "/v2/clock").json()["timestamp"])[:16]

        first = stamp()
        until(lambda: True if stamp() > first else None, "the simulated minute never ended", 5)


def test_secrets_are_never_logged(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with PracticeProgram(log, "--auto-approve", "--log-level", "debug") as program:
        code = program.code(state="the-state")
        token = program.token()
        program.call("GET", "/v2/account", token=token)
        program.call("POST", "/v2/orders", token=token, data=b"{")
        with Stream(program.line["stream_url"]["paper"]) as stream:
            stream.say({"action": "authenticate", "data": {"oauth_token": token}})
            stream.hear()
        secrets = [code, token, "the-state", *(program.line[k] for k in ("client_secret", "api_secret"))]
    text = log.read_text()
    assert "/paper/v2/account 200" in text
    assert not [secret for secret in secrets if secret in text]
