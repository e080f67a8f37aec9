"""Connections that a panel makes to a session and can undo at once."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QMetaObject, QObject, SignalInstance


class Bindings:
    """Remembers connections; `clear` undoes them, after which no slot of the panel hears the session."""

    def __init__(self) -> None:
        self._made: list[QMetaObject.Connection] = []

    def connect(self, signal: SignalInstance, slot: Callable[..., Any]) -> None:
        """Connect and remember."""
        self._made.append(signal.connect(slot))

    def clear(self) -> None:
        """Undo every connection; ones whose sender is gone already are fine."""
        for connection in self._made:
            QObject.disconnect(connection)
        self._made.clear()
