"""Runs in a child process: finds where buttons of a page are in the sign-in window, for a real mouse.

Usage: `python -m tests.ui.signin.locate ATTEMPT_JSON ID...`; prints `{id: [x, y]}` in window coordinates,
after the page has been scrolled to its end, and under "shown" how often the window was shown until then.
The program itself never looks into a page; this test does it in a window of its own, and the mouse then goes
to the same place in the program's.
"""

import json
import sys

from PySide6.QtCore import QEvent, QObject

from core.protocol.signin import decode_attempt
from tests.ui.signin.stage import Stage

_FIND = """
scrollTo(0, document.documentElement.scrollHeight);
JSON.stringify(Object.fromEntries(%s.map(id => {
    const r = document.getElementById(id).getBoundingClientRect();
    return [id, [r.x + r.width / 2, r.y + r.height / 2]];
})))
"""


class Shows(QObject):
    """Counts how often a window is shown: once more whenever its native window is replaced."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Show
        return False


def main(line: bytes, ids: list[str]) -> int:
    shows = Shows()
    stage = Stage(decode_attempt(line), watcher=shows)
    stage.wait_loaded()
    found: list[str] = []
    stage.window.page.runJavaScript(_FIND % json.dumps(ids), found.append)
    stage.wait(lambda: found)

    from PySide6.QtCore import QPoint

    corner = stage.window.view.mapTo(stage.window, QPoint(0, 0))
    positions = {
        name: [round(corner.x() + x), round(corner.y() + y)] for name, (x, y) in json.loads(found[0]).items()
    }
    stage.clear()
    print(json.dumps({**positions, "shown": shows.count}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1].encode(), sys.argv[2:]))
