"""Observes a start: the first paint of the window, and the paint that shows account, positions and quotes."""

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QRegion
from PySide6.QtWidgets import QWidget

from tests.bench.children.observer import Observer
from tests.bench.children.painted import PaintWatch

if TYPE_CHECKING:
    from core.services.session import Session
    from ui.main_window import MainWindow


class FirstWindow(Observer):
    """Ends when the window has been painted."""

    def window_made(self, window: "MainWindow") -> None:
        PaintWatch(window, self._end)

    def _end(self, _region: QRegion) -> None:
        if not self.answer:
            self.finish(painted_ns=time.monotonic_ns())


class SignedIn(Observer):
    """Ends when account, positions and the first quotes have been painted."""

    def __init__(self, order: dict[str, Any]) -> None:
        super().__init__(order)
        self._seen: dict[str, int] = {}

    def session_shown(self, window: "MainWindow", session: "Session") -> None:
        desk = window.desk
        watched: dict[str, tuple[QWidget, Callable[[], bool]]] = {
            "account": (desk.account, lambda: session.account.account is not None),
            "positions": (desk.positions.view.viewport(), lambda: desk.positions.model.rowCount() > 0),
            "quotes": (
                desk.watchlist.view.viewport(),
                lambda: any(row.last is not None for row in desk.watchlist.model.rows()),
            ),
        }

        def look(name: str, _region: QRegion) -> None:
            if name not in self._seen and watched[name][1]():
                self._seen[name] = time.monotonic_ns()
                if len(self._seen) == len(watched):
                    self.finish(painted_ns=self._seen)

        for name, (widget, _) in watched.items():
            PaintWatch(widget, partial(look, name))
