"""The whole sign-in process: what it answers, what it obeys, what it leaves behind."""

import base64
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from PySide6.QtGui import QImage

from core.protocol.signin import AttemptLine
from tests.ui.signin.broker import BrokerDouble, Page
from tests.ui.signin.process import REPOSITORY, SignInProcess, wait_for
from tests.ui.signin.rows import CB, STATE, redirect
from tests.ui.signin.stage import attempt_line
from ui.signin.environment import is_root

CODE = "CODE-canary-7f3a9d"
RESTING = Page("<h1 style='color:#123456'>A resting page</h1>")
needs_root = pytest.mark.skipif(not is_root(), reason="only root is refused")


def answering(broker: BrokerDouble, query: str) -> AttemptLine:
    broker.pages["/authorize"] = redirect(302, f"{CB}?{query}")
    return attempt_line(broker)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"code={CODE}&state={STATE}", {"outcome": "code", "code": CODE}),
        (f"error=access_denied&state={STATE}", {"outcome": "declined", "reason": "access_denied"}),
        (f"code={CODE}&state=forged", {"outcome": "failed", "reason": "state_mismatch"}),
        (f"state={STATE}", {"outcome": "failed", "reason": "malformed_answer"}),
    ],
)
def test_the_brokers_answer_is_one_line_on_standard_output(
    query: str,
    expected: dict[str, str],
    broker: BrokerDouble,
    tmp_path: Path,
    quiet_environment: dict[str, str],
) -> None:
    line = answering(broker, query)
    with SignInProcess.started(line, tmp_path, quiet_environment) as process:
        assert process.outcome() == expected
        assert process.popen.returncode == 0
        assert CODE not in process.noise()
        assert STATE not in process.noise()


def test_neither_code_nor_state_is_written_anywhere(
    broker: BrokerDouble, tmp_path: Path, quiet_environment: dict[str, str]
) -> None:
    broker.pages["/authorize"] = Page(
        f"<script>localStorage.setItem('x', '{CODE}'); document.cookie = 'c={CODE}; max-age=9999';"
        f"setTimeout(() => location = '{CB}?code={CODE}&state={STATE}', 50)</script>"
    )
    with SignInProcess.started(attempt_line(broker), tmp_path, quiet_environment) as process:
        assert process.outcome()["outcome"] == "code"
    secrets = [CODE, STATE]
    spellings = [spelling for secret in secrets for spelling in _spellings(secret)]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    guilty = [path for path in files for spelling in spellings if spelling in path.read_bytes()]
    assert guilty == []


def _spellings(secret: str) -> list[bytes]:
    raw = secret.encode()
    return [
        raw,
        quote(secret, safe="").encode(),
        base64.b64encode(raw)[:-4],
        raw.hex().encode(),
        secret.encode("utf-16-le"),
    ]


def test_the_window_leaves_no_browser_profile_behind(
    broker: BrokerDouble, tmp_path: Path, quiet_environment: dict[str, str]
) -> None:
    line = answering(broker, f"code={CODE}&state={STATE}")
    with SignInProcess.started(line, tmp_path, quiet_environment) as process:
        process.outcome()
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    # The engine's certificate store is all that an off-the-record profile writes, and it is empty.
    assert {path for path in left if ".pki/nssdb" not in path} == {"noise.txt"}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_pictures_of_the_whole_window_are_taken_before_the_answer(
    theme: str, broker: BrokerDouble, tmp_path: Path, quiet_environment: dict[str, str]
) -> None:
    broker.pages["/authorize"] = Page(
        "<body style='margin:0;background:#2080c0'><script>"
        f"setTimeout(() => location = '{CB}?code={CODE}&state={STATE}', 10)</script>"
    )
    folder = tmp_path / "tour"
    line = attempt_line(broker, theme=theme, pictures=str(folder))
    with SignInProcess.started(line, tmp_path, quiet_environment) as process:
        assert process.outcome()["outcome"] == "code"
    pictures = {name: QImage(str(folder / f"sign-in-{name}.png")) for name in ("dark", "light")}
    for picture in pictures.values():
        assert (picture.width(), picture.height()) == (560, 760)
        assert picture.pixelColor(280, 400).name() == "#2080c0"
    assert pictures["dark"].pixelColor(5, 5).lightness() < 60 < pictures["light"].pixelColor(5, 5).lightness()


def test_the_window_ends_when_the_trading_process_is_gone(
    broker: BrokerDouble, tmp_path: Path, quiet_environment: dict[str, str]
) -> None:
    broker.pages["/authorize"] = RESTING
    with SignInProcess.started(attempt_line(broker), tmp_path, quiet_environment) as process:
        process.renderer()
        children = process.children()
        process.hang_up()
        assert process.output() == b'{"outcome":"failed","reason":"closed"}\n'
        _gone, alive = psutil.wait_procs(children, timeout=10)
        assert alive == []


def test_a_renderer_killed_from_outside_leaves_the_window_alive(
    broker: BrokerDouble, tmp_path: Path, quiet_environment: dict[str, str]
) -> None:
    broker.pages["/authorize"] = RESTING
    with SignInProcess.started(attempt_line(broker), tmp_path, quiet_environment) as process:
        renderer = process.renderer()
        renderer.kill()
        psutil.wait_procs([renderer], timeout=10)
        assert process.popen.poll() is None
        process.hang_up()
        assert process.popen.wait(10) == 0


@pytest.mark.parametrize(
    "line",
    [b"\n", b"{}\n", b"not json\n", b'{"authorize_url": 1}\n', b"x" * 70_000],
    ids=lambda line: line[:12],
)
def test_a_line_that_is_no_attempt_opens_nothing(
    line: bytes, tmp_path: Path, quiet_environment: dict[str, str]
) -> None:
    with SignInProcess.started(line, tmp_path, quiet_environment) as process:
        assert process.outcome() == {"outcome": "failed", "reason": "bad_attempt"}
        assert process.popen.returncode == 1


def test_an_end_of_input_before_a_line_opens_nothing(
    tmp_path: Path, quiet_environment: dict[str, str]
) -> None:
    with SignInProcess.started(b'{"authorize', tmp_path, quiet_environment) as process:
        process.hang_up()
        assert process.outcome() == {"outcome": "failed", "reason": "bad_attempt"}


@needs_root
@pytest.mark.parametrize(
    "changes",
    [
        {"loopback_only": False},
        {
            "authorize_url": "https://auth.broker.example/authorize",
            "sign_in_origins": ["https://auth.broker.example"],
        },
    ],
    ids=["a profile that does not say so", "a host on the network"],
)
def test_root_is_refused_unless_everything_stays_on_this_computer(
    changes: dict[str, Any], broker: BrokerDouble, tmp_path: Path, quiet_environment: dict[str, str]
) -> None:
    line = attempt_line(broker, **changes)
    with SignInProcess.started(line, tmp_path, quiet_environment) as process:
        assert process.outcome() == {"outcome": "failed", "reason": "root_refused"}
        assert "ordinary user" in process.noise()
    assert broker.requests == []


def test_a_missing_engine_is_an_outcome(
    broker: BrokerDouble, tmp_path: Path, quiet_environment: dict[str, str]
) -> None:
    without_engine = (
        "import sys; sys.modules['PySide6.QtWebEngineCore'] = None\n"
        "from ui.signin.program import run; run('x')"
    )
    command = [sys.executable, "-c", without_engine]
    line = attempt_line(broker)
    with SignInProcess.started(line, tmp_path, quiet_environment, command=command) as process:
        assert process.outcome() == {"outcome": "failed", "reason": "engine_missing"}


def test_nothing_from_outside_opens_a_port_logs_keys_or_chooses_engine_flags(
    broker: BrokerDouble, tmp_path: Path, quiet_environment: dict[str, str]
) -> None:
    broker.pages["/authorize"] = RESTING
    keys, log = tmp_path / "keys.txt", tmp_path / "net.json"
    hostile = {
        "QTWEBENGINE_REMOTE_DEBUGGING": "127.0.0.1:0",
        "QTWEBENGINE_CHROMIUM_FLAGS": f"--remote-debugging-port=0 --log-net-log={log}",
        "QTWEBENGINEPROCESS_PATH": "/bin/false",
        "QT_PLUGIN_PATH": str(tmp_path),
        "QT_LOGGING_RULES": "*=true",
        "SSLKEYLOGFILE": str(keys),
    }
    command = [
        sys.executable,
        "main.py",
        "--sign-in-window",
        "--webEngineArgs",
        "--remote-debugging-port=0",
        f"--log-net-log={log}",
    ]
    environment = quiet_environment | hostile
    with SignInProcess.started(attempt_line(broker), tmp_path, environment, command=command) as process:
        wait_for(lambda: "/authorize" in broker.paths(), "the page's request")
        everyone = [psutil.Process(process.popen.pid), *process.children()]
        listening = [
            connection
            for one in everyone
            for connection in one.net_connections()
            if connection.status == psutil.CONN_LISTEN
        ]
        assert listening == []
        told = " ".join(argument for child in process.children() for argument in child.cmdline())
        assert "remote-debugging" not in told
        assert "net-log" not in told
        process.hang_up()
        process.popen.wait(10)
    assert not keys.exists()
    assert not log.exists()


def test_importing_the_entry_loads_nothing_of_qt() -> None:
    probe = (
        "import sys; import ui.signin.program, ui.signin.environment; "
        "sys.exit(any('PySide6' in name for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", probe], cwd=REPOSITORY, check=False).returncode == 0
