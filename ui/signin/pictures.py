"""Pictures of the sign-in window for the tour: the whole window with its page, in both themes."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from ui.signin.window import SignInWindow
from ui.theme.tokens import ThemeName

_LOOK_EVERY_MS = 60
_MOST_LOOKS = 60


class PictureTaker(QObject):
    """Waits until the page is on the screen and still, then saves one PNG for each theme."""

    done = Signal()

    def __init__(self, window: SignInWindow, folder: Path, theme: ThemeName) -> None:
        super().__init__(window)
        self._window = window
        self._folder = folder
        self._theme = theme
        self._waiting: list[ThemeName] = ["light", "dark"] if theme == "dark" else ["dark", "light"]
        self._last = QImage()
        self._looks = 0
        self._timer = QTimer(self)
        # WORKAROUND: PySide looks for the setter of a keyword by the capitals of the computer's
        # language: with interval= above, no window opens on a Turkish one.
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        window.page_painted.connect(self._begin)

    @property
    def is_busy(self) -> bool:
        """Whether pictures are being taken right now."""
        return self._timer.isActive()

    @Slot()
    def _begin(self) -> None:
        if self._waiting and not self.is_busy:
            self._next_theme()
            self._timer.start()

    def _next_theme(self) -> None:
        self._window.set_theme(self._waiting[-1])
        self._last, self._looks = QImage(), 0

    @Slot()
    def _look(self) -> None:
        """Take the picture once two looks in a row saw the same page, and something on it."""
        seen = self._window.grab().toImage()
        self._looks += 1
        is_still = seen == self._last and _has_content(seen.copy(self._window.view.geometry()))
        self._last = seen
        if not is_still and self._looks < _MOST_LOOKS:
            return
        theme = self._waiting.pop()
        self._folder.mkdir(parents=True, exist_ok=True)
        seen.save(str(self._folder / f"sign-in-{theme}.png"))
        if self._waiting:
            self._next_theme()
            return
        self._timer.stop()
        self._window.set_theme(self._theme)
        self.done.emit()


def _has_content(page: QImage) -> bool:
    """Tell whether a page is more than one colour, looked at on a coarse grid."""
    colours = {page.pixel(x, y) for x in range(0, page.width(), 7) for y in range(0, page.height(), 7)}
    return len(colours) > 1
