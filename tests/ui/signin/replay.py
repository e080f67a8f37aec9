"""Runs in a child process: replays the rows through the real engine and prints what came of each.

Usage: `python -m tests.ui.signin.replay PORT KEY_HASH MODE`. With MODE `as-shipped` it is every row under the
program's own engine flags; with `interceptor-only` what goes past the page to the interceptor, without the
rule that hides the redirect host. Only here, never in the program, are names mapped to one loopback server
and its key trusted.
"""

import json
import os
import sys
import time
from collections.abc import Callable

from tests.ui.signin.broker import BROKER
from tests.ui.signin.rows import CB, ROWS, STATE, Row
from ui.signin import environment

ORIGIN = f"https://{BROKER}"
EVENT_KINDS = ("code", "declined", "failed", "refused", "blocked")


def prepare_engine(port: int, key_hash: str, *, with_rules: bool = True) -> bool:
    """Set the engine up as the program does, and map every name that is left; say whether it is sandboxed."""
    sandboxed = not environment.is_root()
    rules = environment.resolver_rules(CB, [ORIGIN]) if with_rules else ""
    mapped = f"{rules}, MAP * 127.0.0.1:{port}".removeprefix(", ")
    environment.configure_engine(os.environ, rules=mapped, sandboxed=sandboxed)
    os.environ["QTWEBENGINE_CHROMIUM_FLAGS"] += f" --ignore-certificate-errors-spki-list={key_hash}"
    return sandboxed


def main(port: int, key_hash: str, *, with_rules: bool) -> int:
    prepare_engine(port, key_hash, with_rules=with_rules)

    import shiboken6
    from PySide6.QtCore import Qt, QUrl
    from PySide6.QtTest import QTest
    from PySide6.QtWebEngineWidgets import QWebEngineView
    from PySide6.QtWidgets import QApplication

    from core.protocol.signin import CodeGrant, Declined, Failed, Refused, SignInAttempt
    from tests.ui.signin.waiting import wait_until
    from ui.signin.engine import new_profile
    from ui.signin.guard import RequestGuard
    from ui.signin.page import SignInPage

    app = QApplication(sys.argv[:1])
    profile = new_profile(app)
    view = QWebEngineView()
    view.resize(500, 500)
    view.show()

    def click_until(condition: Callable[[], object]) -> None:
        """Click again while the page is not yet ready for a mouse, as a person would."""
        for _ in range(5):
            target = view.focusProxy()
            assert target is not None
            QTest.mouseClick(target, Qt.MouseButton.LeftButton, pos=view.rect().center())
            if wait_until(condition, timeout_s=1):
                return

    def replay(index: int, row: Row) -> dict[str, object]:
        events: list[str] = []
        state = {"is_done": False, "is_loaded": False}
        attempt = SignInAttempt(
            redirect_uri=CB,
            state=STATE,
            sign_in_origins=[ORIGIN],
            issuer=None,
            clock=time.monotonic,
        )
        guard = RequestGuard(CB, [ORIGIN])
        page = SignInPage(attempt, guard, profile, view)

        def judge(verdict: object) -> None:
            match verdict:
                case CodeGrant(code=code):
                    events.append(f"code {code}")
                case Declined(reason=reason):
                    events.append(f"declined {reason}")
                case Failed(reason=failure):
                    events.append(f"failed {failure}")
                case Refused(site=site):
                    events.append(f"refused {site}")

        queued = Qt.ConnectionType.QueuedConnection
        page.judged.connect(judge, queued)
        page.strayed.connect(lambda verdict, _url: judge(verdict), queued)
        page.blocked.connect(lambda what, _url: events.append(f"blocked {what}"), queued)
        page.titleChanged.connect(lambda title: state.update(is_done=title == "done"))
        page.loadFinished.connect(lambda _ok: state.update(is_loaded=True))
        view.setPage(page)
        page.load(QUrl(f"{ORIGIN}/row/{index}/start"))
        awaits_event = row.expect.startswith(EVENT_KINDS)
        if row.clicks:
            wait_until(lambda: state["is_loaded"])
            click_until(lambda: events)
        wait_until(lambda: events if awaits_event else state["is_done"])
        result = {"events": events, "done": state["is_done"], "dropped": guard.dropped}
        QTest.qWait(0)
        shiboken6.delete(page)
        return result

    results = [replay(index, row) for index, row in enumerate(ROWS) if with_rules or row.expect == "dropped"]
    shiboken6.delete(view)
    shiboken6.delete(profile)
    print(json.dumps(results), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], with_rules=sys.argv[3] == "as-shipped"))
