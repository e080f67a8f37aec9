"""Lets the program stream for a while: says when every watched symbol has a price, then how it went."""

import json
import sys
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer

from core.domain.connection import StreamName
from tests.bench.children.observer import Observer

if TYPE_CHECKING:
    from core.services.session import Session
    from ui.main_window import MainWindow

_LOOK_MS = 100


class Soak(Observer):
    """Ends after the seconds that were ordered."""

    def session_shown(self, window: "MainWindow", session: "Session") -> None:
        def look() -> None:
            if all(session.market.ticker(symbol) for symbol in session.watchlist.symbols):
                self._looking.stop()
                say(streaming=True)
                QTimer.singleShot(int(self.order["seconds"] * 1000), end)

        def end() -> None:
            status = session.connection.status(StreamName.QUOTES)
            self.finish(
                symbols=session.connection.symbols_followed(StreamName.QUOTES), messages=status.messages
            )

        self._looking = QTimer(window)
        self._looking.timeout.connect(look)
        self._looking.start(_LOOK_MS)


def say(**line: Any) -> None:
    """Tell the parent something before the end."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
