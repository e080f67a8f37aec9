"""One attempt's life in the event loop: application, profile, window, and their end in the right order."""

import gc
from pathlib import Path

import shiboken6
from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from core.clock import continuous_s
from core.protocol.signin import AttemptLine, Outcome, SignInAttempt
from ui.signin.engine import new_profile
from ui.signin.parent_watch import ParentWatch
from ui.signin.pictures import PictureTaker
from ui.signin.pipe import AnswerLine
from ui.signin.window import SignInWindow
from ui.theme.fonts import Fonts
from ui.theme.resources import resource_path


def new_application(argv0: str) -> QApplication:
    """Return the process's application, dressed as the trading window is."""
    # Only our own name: the engine would obey command-line switches.
    app = QApplication([argv0])
    # The window lives for minutes and makes little garbage, while a collection on the thread that
    # watches the parent could destroy a widget there.
    gc.disable()
    app.setApplicationName("Bellwether")
    app.setDesktopFileName("bellwether")
    app.setQuitOnLastWindowClosed(False)
    return app


class SignInSession(QObject):
    """Owns everything of one attempt; the process ends with it."""

    def __init__(self, app: QApplication, line: AttemptLine, answer: AnswerLine, *, sandboxed: bool) -> None:
        """Build the window; nothing is loaded or shown yet."""
        super().__init__()
        self._app = app
        self._answer = answer
        self._outcome: Outcome | None = None
        attempt = SignInAttempt.of(line, continuous_s)
        self.profile = new_profile(self._app)
        icon = QIcon(str(resource_path("icons", "bellwether.svg")))
        fonts = Fonts()
        app.setFont(fonts.base)
        self.window = SignInWindow(line, attempt, self.profile, icon, fonts, sandboxed=sandboxed)
        self._pictures = (
            None if line.pictures is None else PictureTaker(self.window, Path(line.pictures), line.theme)
        )
        self._parent_watch = ParentWatch(self)
        self._parent_watch.parent_gone.connect(self.window.close_with_parent)
        self.window.finished.connect(self._conclude)

    def carry_out(self) -> int:
        """Show the window, run until the attempt has ended, and return the exit code."""
        self._parent_watch.start()
        self.window.start()
        self._app.exec()
        return 0

    @Slot(object)
    def _conclude(self, outcome: Outcome) -> None:
        self._outcome = outcome
        if self._pictures is not None and self._pictures.is_busy:
            self._pictures.done.connect(self._end)
        else:
            self._end()

    @Slot()
    def _end(self) -> None:
        """Answer first, so that the code is redeemed while the engine is still being taken apart."""
        if self._outcome is not None:
            self._answer.send(self._outcome)
        self.window.hide()
        # Queued: a widget says that it is destroyed before its children, the page among them, are.
        self.window.destroyed.connect(self._end_profile, Qt.ConnectionType.QueuedConnection)
        self.window.deleteLater()

    @Slot()
    def _end_profile(self) -> None:
        shiboken6.delete(self.profile)
        self._app.quit()
