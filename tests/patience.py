"""How long a test waits for what is bound to come.

Far longer than it takes anywhere: a wait that ends costs nothing of it, and a slow machine is no failure.
"""

from collections.abc import Callable
from typing import Any

from pytestqt.qtbot import QtBot

PATIENCE_S = 30.0
PATIENCE_MS = 30_000


class PatientBot(QtBot):
    """pytest-qt's bot, whose own patience is five seconds."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE_MS) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE_MS, **options: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **options)

    def waitExposed(self, widget: Any, *, timeout: int = PATIENCE_MS) -> Any:
        return super().waitExposed(widget, timeout=timeout)
