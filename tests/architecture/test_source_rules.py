"""The source obeys the tables of rules, and each rule bites when it is broken."""

import ast
from pathlib import Path

import pytest

from tests.architecture.rules import (
    BANS,
    EVERYWHERE,
    LATE_IMPORTERS,
    LOOP_OWNERS,
    OURS,
    POLLERS,
    Ban,
    Kind,
)
from tests.architecture.source import breaks, facts, findings, findings_in, sources

ROOT = Path(__file__).resolve().parents[2]

# One breach each: the module it stands in, the source, and a word of the reason.
BREACHES = [
    ("ui.panels.page", "from PySide6.QtWebEngineWidgets import QWebEngineView", "sign-in process"),
    ("ui.signin.page", "from PySide6 import QtWebChannel", "no way into"),
    ("main", "import token_proxy.config", "client secret"),
    ("core.services.quotes", "import alpaca.trading", "oracle"),
    ("core.services.quotes", "from requests import Session", "lanes"),
    ("core.net.http", "import urllib3", "half the time"),
    ("core.services.quotes", "import http.client", "lanes"),
    ("core.services.orders", "import sqlite3", "core.store"),
    ("core.net.lanes", "import asyncio", "Qt's event loop"),
    ("core.domain.order", "import threading", "no I/O"),
    ("practice.engine.book", "import pickle", "typed schema"),
    ("core.services.orders", "def f():\n    from core.services.quotes import Board", "design question"),
    ("tests.core.test_book", "import time\ntime.sleep(1)", "condition"),
    ("core.net.lanes", "from time import sleep", "condition"),
    ("core.protocol.retry", "from datetime import datetime\nnow = datetime.now(None)", "injected"),
    ("core.domain.order", "import datetime\nday = datetime.date.today()", "injected"),
    ("ui.dialogs.confirm", "def f(dialog):\n    dialog.exec()", "nested"),
    ("ui.dialogs.confirm", "def f(self):\n    self.dialog().exec_()", "nested"),
    ("core.services.session", "loop = QtCore.QEventLoop()", "nested"),
    ("ui.panels.orders", "QtWidgets.QMessageBox.question(None, 'a', 'b')", "nested"),
    ("core.net.stream", "class Stream(QtCore.QThread): ...", "worker object"),
    ("ui.main_window", "settings = QtCore.QSettings()", "data directory"),
    ("ui.signin.page", "def f(page):\n    page.runJavaScript('1')", "password"),
    ("ui.signin.view", "class V:\n    def eventFilter(self, a, b): ...", "not ours to see"),
    ("ui.panels.orders", "def f(at):\n    return f'since {at:%H:%M %b}'", "computer's language"),
    ("core.store.export", "def f(at):\n    return at.strftime('%A, %H:%M')", "computer's language"),
    ("core.domain.profile", "class P:\n    client_secret: str", "proxy alone"),
    ("core.protocol.stream", "from PySide6.QtCore import QObject", "Qt modules allowed here: none"),
    ("core.services.quotes", "from PySide6.QtGui import QColor", "Qt modules allowed here: QtCore"),
    ("core.net.stream", "import PySide6.QtWidgets", "Qt modules allowed here: QtCore, QtNetwork"),
    ("core.net.stream", "import shiboken6", "Qt modules allowed here"),
    ("practice.server", "from PySide6.QtCore import QTimer", "Qt modules allowed here: none"),
]

# The same things where they belong.
ALLOWED = [
    ("ui.signin.view", "from PySide6.QtWebEngineWidgets import QWebEngineView"),
    ("core.net.answer_reader", "from httptools import HttpResponseParser"),
    ("core.store.journal", "import sqlite3"),
    ("practice.server", "import asyncio\nfrom aiohttp import web"),
    ("core.services.quotes", "from PySide6.QtCore import QObject"),
    ("core.net.stream", "from PySide6.QtWebSockets import QWebSocket"),
    ("core.net.stream", "thread = QThread()"),
    ("main", "app.exec()"),
    ("main", "def f():\n    import ui.app"),
    ("core.services.clock", "from time import monotonic\nnow = monotonic()"),
    ("core.protocol.retry", "import time\ndef f(clock=time.monotonic): ..."),
    ("ui.panels.orders", "dialog.open()"),
    ("ui.panels.orders", "def f(at):\n    return f'{at:%Y-%m-%d}', '%b' in at.strftime('%H:%M%%b')"),
    ("token_proxy.config", "client_secret = ''"),
]


def test_the_source_breaks_no_rule() -> None:
    assert [str(finding) for finding in findings(ROOT)] == []


@pytest.mark.parametrize(("module", "text", "reason"), BREACHES)
def test_a_breach_is_found_with_its_reason(module: str, text: str, reason: str) -> None:
    assert any(reason in finding.why for finding in findings_in(module, text))


@pytest.mark.parametrize(("module", "text"), ALLOWED)
def test_what_belongs_where_it_stands_is_let_be(module: str, text: str) -> None:
    assert findings_in(module, text) == []


def test_every_ban_has_an_example_that_breaks_it() -> None:
    found = {finding.why for module, text, _ in BREACHES for finding in findings_in(module, text)}
    assert [ban.why for ban in BANS if ban.why not in found] == []


def test_a_finding_names_the_place_and_the_reason() -> None:
    [finding] = findings_in("ui.panels.orders", "\n\nimport aiohttp")
    assert str(finding).startswith("ui.panels.orders:3: import aiohttp: the app has Qt's event loop")


@pytest.mark.parametrize(
    ("kind", "what", "exceptions"),
    [
        (Kind.LATE, OURS, LATE_IMPORTERS),
        (Kind.CALL, (".exec",), LOOP_OWNERS),
        (Kind.CALL, ("time.sleep",), POLLERS),
    ],
)
def test_an_exception_that_nobody_needs_any_more_is_gone(
    kind: Kind, what: tuple[str, ...], exceptions: dict[str, str]
) -> None:
    ban = Ban(kind=kind, what=what, why="", inside=EVERYWHERE)
    users = {
        module
        for module, text in sources(ROOT)
        if module in exceptions and any(breaks(fact, ban) for fact in facts(ast.parse(text)))
    }
    assert exceptions.keys() - users == set()
