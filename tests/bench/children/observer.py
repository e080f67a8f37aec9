"""What looks over the trading program's shoulder, and puts it into the child's main."""

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from core.services.session import Session
    from ui.main_window import MainWindow


class Observer:
    """Sees the window and the session; ends the program with `finish`. Subclasses do the looking."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.answer: dict[str, Any] = {}

    def window_made(self, window: "MainWindow") -> None:
        """The window exists and is about to be shown."""

    def session_shown(self, window: "MainWindow", session: "Session") -> None:
        """The window has been bound to a session."""

    def finish(self, **answer: Any) -> None:
        """End the program; `answer` is the child's line."""
        self.answer = answer
        QApplication.quit()
