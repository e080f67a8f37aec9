"""What a test may leave behind: nothing. Threads, child processes, windows, running timers and Qt threads.

A snapshot taken before a test is compared with the state after it; what wider fixtures hold is in both.
Whatever is on its way out is waited for, so that a slow machine is no leak.
"""

import gc
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.patience import PATIENCE_S

# Threads and windows that stay without being anybody's mistake.
TOLERATED = {
    "pytest_timeout": "the watchdog of pytest-timeout, where there are no alarm signals",
    "QTipLabel": "Qt keeps its one tool-tip window for the life of the program",
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything alive at one moment that a test could forget."""

    threads: frozenset[threading.Thread] = field(default_factory=lambda: frozenset(_threads()))
    children: frozenset[psutil.Process] = field(default_factory=lambda: frozenset(_children()))
    qt_objects: frozenset[int] = field(default_factory=lambda: frozenset(_qt_objects()))

    def leftovers(self) -> list[str]:
        """Name what has come since and does not go away by itself. Collects garbage: main thread only."""
        threads = [thread for thread in _threads() if thread not in self.threads and _stays(thread)]
        return [
            *(f"thread {thread.name}" for thread in threads),
            *(_described(child) for child in self._children_that_stay()),
            *self._qt_objects_that_stay(),
        ]

    def _qt_objects_that_stay(self) -> list[str]:
        gc.collect()
        suspects = _qt_objects().keys() - self.qt_objects
        names = []
        if suspects:  # perhaps garbage that hangs on something set aside
            collect_everything()
            names = [name for address, name in _qt_objects().items() if address in suspects]
        gc.freeze()  # what survives a test is set aside, so that collecting after each one stays cheap
        return names

    def _children_that_stay(self) -> Iterable[psutil.Process]:
        new = [child for child in _children() if child not in self.children]
        return psutil.wait_procs(new, timeout=PATIENCE_S)[1] if new else []


def _threads() -> Iterator[threading.Thread]:
    return (thread for thread in threading.enumerate() if not thread.name.startswith(tuple(TOLERATED)))


def _stays(thread: threading.Thread) -> bool:
    if not isinstance(thread, threading._DummyThread):
        thread.join(PATIENCE_S)
        return thread.is_alive()
    # Python's note that a Qt thread has run Python. It outlives the thread, so ask the system, where one can.
    task = Path(f"/proc/self/task/{thread.native_id}")
    waiting = threading.Event()
    for _ in range(int(PATIENCE_S * 100)):
        if not task.exists():
            return False
        waiting.wait(0.01)
    return True


def _children() -> list[psutil.Process]:
    if os.name == "posix":
        try:  # at no cost, where psutil reads the whole process table
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return []
    return [child for child in psutil.Process().children(recursive=True) if child.is_running()]


def _described(child: psutil.Process) -> str:
    try:
        return f"child process {child.pid}: {' '.join(child.cmdline())[:200]}"
    except psutil.Error:
        return f"child process {child.pid}"


def _qt_objects() -> dict[int, str]:
    """Return the windows, and of what is not set aside the running timers and threads, that Qt has now."""
    core: Any = sys.modules.get("PySide6.QtCore")
    app = core and core.QCoreApplication.instance()
    if not app:
        return {}
    core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
    import shiboken6  # not before somebody has loaded Qt

    def is_running(thing: Any) -> bool:
        if not issubclass(type(thing), (core.QTimer, core.QThread)) or not shiboken6.isValid(thing):
            return False
        if isinstance(thing, core.QTimer):
            return bool(thing.isActive())
        return bool(thing.isRunning()) and thing is not core.QThread.currentThread()

    windows = [
        window
        for window in (app.topLevelWidgets() if hasattr(app, "topLevelWidgets") else ())
        if shiboken6.isValid(window) and type(window).__name__ not in TOLERATED
    ]
    running = [thing for thing in gc.get_objects() if is_running(thing)]
    return {int(shiboken6.getCppPointer(thing)[0]): _named(thing) for thing in (*windows, *running)}


def _named(thing: Any) -> str:
    if hasattr(thing, "interval"):
        return f"running timer of {type(thing.parent()).__name__}, {thing.interval()} ms"
    kind = "window" if hasattr(thing, "windowTitle") else "running thread"
    return f"{kind} {type(thing).__name__} {thing.objectName()!r}"


def collect_everything() -> None:
    """Collect also the garbage among, or held by, what was set aside after earlier tests."""
    gc.unfreeze()
    gc.collect()
