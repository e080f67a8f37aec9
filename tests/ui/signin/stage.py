"""Runs in a child process: puts the real window on a stage, plays one scenario, prints what could be seen.

Usage: `python -m tests.ui.signin.stage SCENARIO`; a scenario is a function of `scenarios.py`. The window, the
page, the profile and the engine's flags are the program's own; only the pipe to a parent is missing.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from core.protocol.signin import AttemptLine, Outcome, SignInAttempt, encode_outcome
from tests.ui.signin.broker import BrokerDouble, Page
from tests.ui.signin.rows import CB, STATE
from ui.signin import environment

if TYPE_CHECKING:
    from PySide6.QtCore import QObject, Qt
    from PySide6.QtWebEngineCore import QWebEngineProfile

    from ui.signin.site import Site


Facts = dict[str, Any]
ProfileMaker = Callable[[], "QWebEngineProfile"]


def attempt_line(broker: BrokerDouble, **changes: Any) -> AttemptLine:
    """The attempt for a double on loopback; `changes` are fields of the line."""
    fields: dict[str, Any] = {
        "authorize_url": broker.origin + "/authorize",
        "redirect_uri": CB,
        "state": STATE,
        "sign_in_origins": [broker.origin],
        "environment": "paper",
        "theme": "dark",
        "loopback_only": True,
    }
    return AttemptLine(**(fields | changes))


class Stage:
    """The window of one attempt and what a test may ask of it. Make one in a process."""

    broker: BrokerDouble  # of a stage that was `opened`

    def __init__(
        self,
        line: AttemptLine,
        *,
        rules: str | None = None,
        profile_maker: ProfileMaker | None = None,
        watcher: "QObject | None" = None,
    ) -> None:
        """`watcher` sees the window's events from before it is shown."""
        sandboxed = not environment.is_root()
        own_rules = environment.resolver_rules(line.redirect_uri, line.sign_in_origins)
        environment.configure_engine(os.environ, rules=rules or own_rules, sandboxed=sandboxed)

        from PySide6.QtGui import QIcon

        from ui.signin.engine import new_profile
        from ui.signin.session import new_application
        from ui.signin.window import SignInWindow
        from ui.theme.fonts import Fonts

        self.app = new_application("stage")
        fonts = Fonts()
        self.app.setFont(fonts.base)
        self.profile = profile_maker() if profile_maker else new_profile(self.app)
        self.outcomes: list[Outcome] = []
        attempt = SignInAttempt.of(line, time.monotonic)
        self.window: SignInWindow = SignInWindow(
            line, attempt, self.profile, QIcon(), fonts, sandboxed=sandboxed
        )
        self.window.finished.connect(self.outcomes.append)
        if watcher is not None:
            self.window.installEventFilter(watcher)
        self.window.start()

    def wait(self, condition: Callable[[], object], timeout_s: float = 10.0) -> None:
        """Run the event loop until the condition holds; it is an error if it never does."""
        from tests.ui.signin.waiting import wait_until

        if not wait_until(condition, timeout_s):
            raise TimeoutError(f"Never came true; the window shows {self.facts()}")

    def wait_loaded(self) -> None:
        from ui.signin.site import Trust

        self.wait(lambda: self.window.bar.site.trust in (Trust.THIS_COMPUTER, Trust.VERIFIED))

    def wait_for_site(self, *sites: "Site") -> None:
        self.wait(lambda: self.window.bar.site in sites)

    def click_page_until(
        self, condition: Callable[[], object], button: "Qt.MouseButton | None" = None
    ) -> None:
        """Click, and again while the page was not yet ready for a mouse, as a person would."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        from tests.ui.signin.waiting import wait_until

        for _ in range(8):
            target = self.window.view.focusProxy()
            assert target is not None
            QTest.mouseClick(target, button or Qt.MouseButton.LeftButton, pos=target.rect().center())
            if wait_until(condition, 1):
                return
        raise TimeoutError(f"No click helped; the window shows {self.facts()}")

    def facts(self) -> Facts:
        """Everything a person can read in the window now, and how the attempt ended."""
        window = self.window
        return {
            "title": window.windowTitle(),
            "site": window.bar.site.name,
            "trust": window.bar.site.trust.name,
            "sentence": window.bar.sentence.text(),
            "notice": window.notice.text if window.notice.isVisible() else "",
            "headline": window.message.headline.text() if window.message.isVisible() else "",
            "remedy": window.message.remedy.text() if window.message.isVisible() else "",
            "warning": self._text_of("sandboxWarning"),
            "can_retry": window.footer.retry.isVisible(),
            "outcomes": [json.loads(encode_outcome(outcome)) for outcome in self.outcomes],
        }

    def _text_of(self, object_name: str) -> str:
        from PySide6.QtWidgets import QLabel

        label = self.window.findChild(QLabel, object_name)
        return label.text() if isinstance(label, QLabel) and label.isVisible() else ""

    def clear(self) -> None:
        """Take everything apart in the order the program does."""
        import shiboken6

        shiboken6.delete(self.window)
        shiboken6.delete(self.profile)


@contextmanager
def opened(page: Page, more: Mapping[str, Page] | None = None, **changes: Any) -> Iterator[Stage]:
    """A stage whose broker answers the authorize address with `page`; cleared when the block ends well."""
    with BrokerDouble.serving() as broker:
        broker.pages["/authorize"] = page
        broker.pages |= more or {}
        stage = Stage(attempt_line(broker, **changes))
        stage.broker = broker
        yield stage
        stage.clear()


def main(scenario: str) -> int:
    from tests.ui.signin import scenarios

    facts = getattr(scenarios, scenario)()
    print(json.dumps(facts), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
