"""A main window that a dialog blocks, for a real window system; says what became of both."""

import sys
from typing import cast

from PySide6.QtWidgets import QApplication

from core.services.frame_clock import FrameClock
from core.services.settings import Settings
from tests.fakes.services import FakeSettings
from ui.dialogs.frame import DialogFrame
from ui.main_window import MainWindow
from ui.theme.theme import Theme


def main() -> int:
    application = QApplication([])
    theme = Theme("dark")
    theme.apply(application)
    window = MainWindow(theme, cast(Settings, FakeSettings()), FrameClock())
    window.resize(1024, 600)
    window.closed.connect(lambda: print("closed", flush=True))
    window.closed.connect(application.quit)
    window.show()
    window.ask_to_sign_out()
    (dialog,) = window.findChildren(DialogFrame)
    dialog.rejected.connect(lambda: print("answered with no", flush=True))
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
