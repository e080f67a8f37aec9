"""The QApplication: its name, its look, its garbage collection, and what becomes of uncaught exceptions."""

import gc
import logging
import sys
import threading
from types import TracebackType

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from core.domain.product import NAME
from core.errors import AppError
from ui.theme.theme import Theme
from ui.theme.tokens import ThemeName
from ui.theme.window_icon import window_icon

_YOUNG_MS, _ALL_MS = 1_000, 20_000
_YOUNG_GENERATION = 1
_log = logging.getLogger(__name__)


class Application(QApplication):
    """The one application object. Make it with `create_application`."""

    uncaught = Signal(object)  # AppError: fit to be shown; may be emitted from any thread

    def __init__(self, argv0: str, theme_name: ThemeName) -> None:
        super().__init__([argv0])
        self.setApplicationName(NAME.lower())
        self.setApplicationDisplayName(NAME)
        self.setDesktopFileName(NAME.lower())
        self.theme = Theme(theme_name, self)
        self.theme.apply(self)
        self.setWindowIcon(window_icon(self.theme))
        self._collection = _Collection(self)
        sys.excepthook = self._report
        threading.excepthook = self._report_in_thread

    def _report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self.quit()
            return
        # The traceback without its locals: they may hold what no log should (threat model T7).
        _log.error("uncaught %s", kind.__name__, exc_info=(kind, error, trace))
        if isinstance(error, AppError):
            self.uncaught.emit(error)
            return
        self.uncaught.emit(
            AppError(
                self.tr("Something went wrong inside the program ({kind}).").format(kind=kind.__name__),
                self.tr(
                    "It goes on, but what you just did may be incomplete: check your orders. "
                    "The log has the details."
                ),
            )
        )

    def _report_in_thread(self, hook: threading.ExceptHookArgs) -> None:
        if hook.exc_value is not None:
            self._report(hook.exc_type, hook.exc_value, hook.exc_traceback)


class _Collection(QObject):
    """Runs Python's cycle collector on the GUI thread only: elsewhere it could destroy a widget.

    Everything that exists by now is the program's own code and stays for good, so it is left out.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()
        for every_ms, collect in ((_YOUNG_MS, self._collect_young), (_ALL_MS, self._collect_all)):
            timer = QTimer(self)
            timer.setInterval(every_ms)
            timer.timeout.connect(collect)
            timer.start()

    @Slot()
    def _collect_young(self) -> None:
        gc.collect(_YOUNG_GENERATION)

    @Slot()
    def _collect_all(self) -> None:
        gc.collect()


def create_application(argv0: str, theme_name: ThemeName = "dark") -> Application:
    """Return the application; call it once, before any widget. Of the command line Qt sees only `argv0`.

    From here on garbage is collected by timers of the application, and `sys.excepthook` is ours.
    """
    return Application(argv0, theme_name)
