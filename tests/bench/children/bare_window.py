"""The rival of every start and of every megabyte: the smallest window that PySide6 can show.

Prints the moment of its first paint; with `--stay` it then waits for the end of its input.
"""

import sys
import threading
import time

from PySide6.QtGui import QRegion
from PySide6.QtWidgets import QApplication, QMainWindow

from tests.bench.children.painted import PaintWatch


def main() -> int:
    """Show the window."""
    application = QApplication(["bare"])
    window = QMainWindow()
    stays = sys.argv[1:] == ["--stay"]

    def tell(_region: QRegion) -> None:
        sys.stdout.write(f'{{"painted_ns": {time.monotonic_ns()}}}\n')
        sys.stdout.flush()
        if not stays:
            QApplication.quit()

    watch = PaintWatch(window, tell)
    if stays:
        threading.Thread(target=lambda: (sys.stdin.read(), QApplication.quit()), daemon=True).start()
    window.resize(1440, 900)
    window.show()
    code = application.exec()
    watch.deleteLater()
    return code


if __name__ == "__main__":
    sys.exit(main())
