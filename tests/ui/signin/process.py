"""The sign-in process as the trading process starts it: one line in, one line out."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from core.protocol.signin import AttemptLine, encode_attempt

REPOSITORY = Path(__file__).resolve().parents[3]
TIMEOUT_S = 30.0


def wait_for(condition: Callable[[], Any], what: str, timeout_s: float = TIMEOUT_S) -> Any:
    """Return the condition's first true value; AssertionError when none came in time."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.02)
    return value


class SignInProcess:
    """A running `main.py --sign-in-window`; use `started`, which leaves nothing behind."""

    def __init__(self, popen: "subprocess.Popen[bytes]", noise: Path) -> None:
        self.popen = popen
        self._noise = noise

    @classmethod
    @contextlib.contextmanager
    def started(
        cls,
        line: AttemptLine | bytes,
        folder: Path,
        environment: dict[str, str],
        *,
        command: Sequence[str] = (sys.executable, "main.py", "--sign-in-window"),
        cwd: Path = REPOSITORY,
        user: int | None = None,
    ) -> Iterator["SignInProcess"]:
        noise = folder / "noise.txt"
        with (
            noise.open("wb") as noise_file,
            subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=noise_file,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            ) as popen,
        ):
            process = cls(popen, noise)
            try:
                process.send(line if isinstance(line, bytes) else encode_attempt(line))
                yield process
            finally:
                for remaining in (
                    [*process.children(), psutil.Process(popen.pid)] if popen.poll() is None else []
                ):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        remaining.kill()

    def send(self, data: bytes) -> None:
        assert self.popen.stdin is not None
        self.popen.stdin.write(data)
        self.popen.stdin.flush()

    def hang_up(self) -> None:
        """End its standard input, as the death of the parent does."""
        assert self.popen.stdin is not None
        self.popen.stdin.close()

    def outcome(self) -> dict[str, str]:
        """Wait for the end; there must be exactly one line on standard output."""
        lines = self.output().splitlines()
        assert len(lines) == 1, lines
        answer: dict[str, str] = json.loads(lines[0])
        return answer

    def output(self) -> bytes:
        """Everything on standard output; waits for the end while standard input stays open."""
        self.popen.wait(TIMEOUT_S)
        assert self.popen.stdout is not None
        return self.popen.stdout.read()

    def children(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.popen.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def renderer(self) -> psutil.Process:
        """Wait for the process that draws the page: a fork of the engine's zygote, which keeps its name."""

        def find() -> psutil.Process | None:
            for child in self.children():
                with contextlib.suppress(psutil.NoSuchProcess):
                    parent = child.parent()
                    if parent is not None and "--type=zygote" in parent.cmdline() and not child.children():
                        return child
            return None

        found: psutil.Process = wait_for(find, "a renderer process")
        return found

    def noise(self) -> str:
        return self._noise.read_text(errors="replace")
