"""The engine's sandbox: always on for an ordinary user, and off as root only where the window says so."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.ui.signin.broker import BrokerDouble, Page
from tests.ui.signin.process import SignInProcess, wait_for
from tests.ui.signin.stage import attempt_line
from tests.ui.signin.unprivileged import NOBODY, Place, made_place, unusable_reason
from ui.signin.environment import is_root

SECCOMP_FILTER = "2"


def status(process: psutil.Process, name: str) -> str:
    """A field of /proc/PID/status."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    return next(line.split(":")[1].strip() for line in text.splitlines() if line.startswith(f"{name}:"))


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    if reason := unusable_reason():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(
        prefix="bellwether-", dir="/var/tmp", ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield made_place(folder)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_the_renderer_of_an_ordinary_user_is_sandboxed(
    place: Place, broker: BrokerDouble, tmp_path: Path, quiet_environment: dict[str, str]
) -> None:
    broker.pages["/authorize"] = Page("<h1>hello</h1>")
    environment = quiet_environment | {
        "HOME": str(place.home),
        "TMPDIR": str(place.home),
        "XDG_RUNTIME_DIR": str(place.home),
        # What an outsider would set to switch it off.
        "QTWEBENGINE_DISABLE_SANDBOX": "1",
        "QTWEBENGINE_CHROMIUM_FLAGS": "--no-sandbox",
    }
    started = SignInProcess.started(
        attempt_line(broker), tmp_path, environment, command=place.command, cwd=place.folder, user=NOBODY
    )
    with started as process:
        wait_for(lambda: status(process.renderer(), "Seccomp") == SECCOMP_FILTER, "a sandboxed renderer")
        renderer = process.renderer()
        assert status(renderer, "Uid").split() == [str(NOBODY)] * 4
        assert status(renderer, "CapEff") == "0" * 16
        assert not any("--no-sandbox" in child.cmdline() for child in process.children())
        process.hang_up()
        assert process.outcome() == {"outcome": "failed", "reason": "closed"}


@pytest.mark.skipif(not is_root(), reason="only root runs without the sandbox")
def test_as_root_a_page_on_this_computer_opens_without_the_sandbox(
    broker: BrokerDouble, tmp_path: Path, quiet_environment: dict[str, str]
) -> None:
    broker.pages["/authorize"] = Page("<h1>hello</h1>")
    with SignInProcess.started(attempt_line(broker), tmp_path, quiet_environment) as process:
        assert status(process.renderer(), "Seccomp") != SECCOMP_FILTER
        process.hang_up()
        assert process.outcome()["outcome"] == "failed"
