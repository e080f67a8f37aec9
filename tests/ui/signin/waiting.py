"""Waiting for conditions in a child that runs Qt's event loop."""

import time
from collections.abc import Callable

from PySide6.QtTest import QTest

LOOK_EVERY_MS = 10


def wait_until(condition: Callable[[], object], timeout_s: float = 10.0) -> bool:
    """Run the event loop until the condition holds; False when it did not in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        QTest.qWait(LOOK_EVERY_MS)
    return True
