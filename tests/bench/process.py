"""Child processes that are given one JSON line and answer with JSON lines."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
_SCREEN = Path(__file__).with_name("screen.json")
_PATIENCE_S = 20.0
Answer = dict[str, Any]


class Child:
    """A Python module in a process of its own; leaving the block ends it.

    `started_ns` is the monotonic clock just before it was started. On the systems we run on that clock is
    one for all processes, so that moments noted by parent and child can be subtracted.
    """

    def __init__(self, module: str, *arguments: str, order: Mapping[str, Any] | None = None) -> None:
        self._module = module
        self.started_ns = time.monotonic_ns()
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.bench.children.{module}", *arguments],
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        if order is not None:
            self.tell(order)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def tell(self, order: Mapping[str, Any]) -> None:
        """Send one line."""
        if self._process.stdin is None:
            raise RuntimeError("made with pipes")
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()

    def hear(self, patience_s: float = 60.0) -> Answer:
        """Wait for the next line. Raises RuntimeError when the child ends without one, or takes too long."""
        if self._process.stdout is None:
            raise RuntimeError("made with pipes")
        patience = threading.Timer(patience_s, self._process.kill)
        patience.start()
        try:
            line = self._process.stdout.readline()
        finally:
            patience.cancel()
            patience.join()
        if not line:
            raise RuntimeError(f"{self._module} ended with {self._process.wait(_PATIENCE_S)} and no answer")
        return dict(json.loads(line))

    def close_input(self) -> None:
        """Every child takes this as its end; a last answer may follow."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def end(self) -> None:
        """End it, and wait."""
        self.close_input()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def run_once(command: Sequence[str]) -> tuple[int, Answer]:
    """Run a command to its end; returns the moment of its start, and the JSON line it printed."""
    started_ns = time.monotonic_ns()
    done = subprocess.run(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, check=True)
    return started_ns, dict(json.loads(done.stdout))


def _environment() -> dict[str, str]:
    """Ours, but compiled modules are kept, as they are wherever people run this.

    Without a display the screen is one on which the window has its usual size: Qt's own would squeeze it.
    """
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if own.get("QT_QPA_PLATFORM") == "offscreen":
        own["QT_QPA_PLATFORM"] = f"offscreen:configfile={_SCREEN}"
    return own
