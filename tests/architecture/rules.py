"""What each part of the program may load, call and name: the tables that the checks read.

Which of our own packages may import which is not here but in pyproject.toml, under [tool.importlinter]. What
ruff already refuses (print, shell=True, relative imports, naive times) is not repeated.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What of a source file a ban looks at."""

    IMPORT = "import"  # a module, or anything in it
    LATE = "late import"  # one inside a function or method
    CALL = "call"  # a call, by its dotted end: "time.sleep" or ".exec"
    NAME = "name"  # a name or attribute wherever it stands, definitions included
    BASE = "base class"
    FORMAT = "format"  # a directive of strftime in an f-string or a plain one, such as %A


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """Things that must not appear in the modules under `inside`, save in those under `outside`."""

    kind: Kind
    what: tuple[str, ...]
    why: str
    inside: tuple[str, ...]
    outside: tuple[str, ...] = ()

    def holds_in(self, module: str) -> bool:
        """Say whether the ban speaks of this module."""
        return any(is_within(module, part) for part in self.inside) and not any(
            is_within(module, part) for part in self.outside
        )


def is_within(name: str, part: str) -> bool:
    """Say whether a dotted name is `part` or lies below it."""
    return name == part or name.startswith(f"{part}.")


APP = ("main", "core", "ui")
OURS = (*APP, "practice", "token_proxy")
EVERYWHERE = (*OURS, "tests")

# The Qt modules that a package may load; the longest matching name decides. None: all of them.
QT_ALLOWED: dict[str, frozenset[str] | None] = {
    "core": frozenset(),
    "core.net": frozenset({"QtCore", "QtNetwork", "QtWebSockets"}),
    "core.services": frozenset({"QtCore"}),
    "practice": frozenset(),
    "token_proxy": frozenset(),
    "main": frozenset({"QtCore", "QtGui", "QtWidgets"}),
    "ui": None,
    "ui.signin": None,
}
WEB_ENGINE = ("QtWebEngineCore", "QtWebEngineWidgets", "QtWebEngineQuick", "QtWebChannel", "QtWebView")

# Modules that import ours late, and what each gains by it.
LATE_IMPORTERS = {
    "core.net.http": "the HTTP library loads with the first call, off the start path",
    "main": "decides from its arguments which program it is; each loads only its own parts",
    "token_proxy.__main__": "the HTTP library makes TLS contexts when loaded: first SSLKEYLOGFILE has to go",
    "ui.desk": "windows that few open would cost every start their time and memory",
    "ui.main_window": "what no empty window needs, from panels to HTTP client, would keep it waiting",
    "ui.signin.program": "the engine reads the environment when it is loaded, and may be missing altogether",
}

# Modules whose loops ask again after a moment, since what they wait for cannot announce itself.
POLLERS = {
    "tests.ui.signin.process": "the state of another process",
}

# Modules that run the one event loop of their process.
LOOP_OWNERS = {
    "main": "the trading process",
    "ui.signin.session": "the sign-in process",
}

BANS = (
    Ban(
        kind=Kind.IMPORT,
        what=(*(f"PySide6.{name}" for name in WEB_ENGINE),),
        why="the web engine lives in the sign-in process alone",
        inside=OURS,
        outside=("ui.signin",),
    ),
    Ban(
        kind=Kind.IMPORT,
        what=("PySide6.QtWebChannel", "PySide6.QtCharts", "PySide6.QtDataVisualization"),
        why="pages get no way into the program; the chart modules are GPL",
        inside=OURS,
    ),
    Ban(
        kind=Kind.IMPORT,
        what=("token_proxy",),
        why="the app must be unable to import what holds the client secret",
        inside=(*APP, "practice"),
    ),
    Ban(
        kind=Kind.IMPORT,
        what=("alpaca", "pandas", "numpy"),
        why="the broker's SDK and what it drags along are the tests' oracle, never a run-time dependency",
        inside=OURS,
    ),
    Ban(
        kind=Kind.IMPORT,
        what=("urllib.request", "http.client", "httptools"),
        why="REST goes through the lanes of core.net",
        inside=APP,
        outside=("core.net",),
    ),
    Ban(
        kind=Kind.IMPORT,
        what=("requests", "urllib3"),
        why="the lanes of core.net speak HTTP without them, in half the time and memory",
        inside=APP,
    ),
    Ban(
        kind=Kind.IMPORT,
        what=("sqlite3", "keyring"),
        why="what outlives the process belongs to core.store",
        inside=OURS,
        outside=("core.store",),
    ),
    Ban(
        kind=Kind.IMPORT,
        what=("aiohttp", "asyncio"),
        why="the app has Qt's event loop and no other; this is the servers' library",
        inside=APP,
    ),
    Ban(
        kind=Kind.IMPORT,
        what=("socket", "ssl", "http", "threading", "subprocess", "sqlite3", "tempfile", "shutil", "random"),
        why="domain and protocol do no I/O, start no thread and draw no lots: those come in as values",
        inside=("core.domain", "core.protocol"),
        outside=("core.domain.secret",),  # its register of what to mask is read by the log, on any thread
    ),
    Ban(
        kind=Kind.IMPORT,
        what=("pickle", "marshal", "shelve"),
        why="outside data is parsed by a typed schema",
        inside=OURS,
    ),
    Ban(
        kind=Kind.LATE,
        what=OURS,
        why="a circular import is a design question; a late import is not its answer",
        inside=OURS,
        outside=tuple(LATE_IMPORTERS),
    ),
    Ban(
        kind=Kind.CALL,
        what=("time.sleep",),
        why="wait for a condition, an event or a timer, never for seconds",
        inside=EVERYWHERE,
        outside=tuple(POLLERS),
    ),
    Ban(
        kind=Kind.CALL,
        what=("time.time", "time.monotonic", "datetime.now", "datetime.today", "date.today", "uuid.uuid4"),
        why="clock and randomness are injected below services",
        inside=("core.domain", "core.protocol"),
    ),
    Ban(
        kind=Kind.CALL,
        what=(".exec", ".exec_"),
        why="no nested event loops: dialog.open() and its signals",
        inside=OURS,
        outside=tuple(LOOP_OWNERS),
    ),
    Ban(
        kind=Kind.CALL,
        what=(".processEvents", "QEventLoop"),
        why="no nested event loops: return, and let a signal bring you back",
        inside=OURS,
    ),
    Ban(
        kind=Kind.CALL,
        what=tuple(
            f"QMessageBox.{name}" for name in ("information", "question", "warning", "critical", "about")
        )
        + tuple(f"QInputDialog.get{name}" for name in ("Text", "Item", "Int", "Double", "MultiLineText"))
        + tuple(f"QFileDialog.get{name}" for name in ("OpenFileName", "OpenFileNames", "SaveFileName"))
        + ("QFileDialog.getExistingDirectory", "QColorDialog.getColor", "QFontDialog.getFont"),
        why="these run a nested event loop: make the dialog, open() it and connect its signals",
        inside=OURS,
    ),
    Ban(
        kind=Kind.BASE,
        what=("QThread",),
        why="move a worker object to a QThread instead; a subclass's slots run on the wrong thread",
        inside=OURS,
    ),
    Ban(
        kind=Kind.NAME,
        what=("QSettings",),
        why="settings are a file in the data directory; QSettings writes elsewhere",
        inside=OURS,
    ),
    Ban(
        kind=Kind.NAME,
        what=(
            "runJavaScript",
            "setWebChannel",
            "QWebEngineScript",
            "loadAllCookies",
            "cookieAdded",
            "scripts",
        ),
        why="we host the page where a password is typed: nothing of ours may look into it",
        inside=("ui",),
    ),
    Ban(
        kind=Kind.NAME,
        what=("installEventFilter", "eventFilter", "keyPressEvent", "keyReleaseEvent", "grabKeyboard"),
        why="keys typed into the page are not ours to see; shortcuts are QAction's",
        inside=("ui.signin",),
    ),
    Ban(
        kind=Kind.FORMAT,
        what=("%a", "%A", "%b", "%B", "%h", "%p", "%c", "%x", "%X"),
        why="once Qt has started, these follow the computer's language: ui.day_words has the program's",
        inside=OURS,
    ),
    Ban(
        kind=Kind.NAME,
        what=("client_secret",),
        why="the client secret belongs to the token proxy alone",
        inside=APP,
    ),
)
