"""What holds for every test: no screen, nobody's own bus or folders, nothing left behind or logged unasked.

Qt's messages and exceptions in slots are pytest-qt's part; the messages that are tolerated stand in
pyproject.toml, each with its reason.
"""

import gc
import itertools
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# Before anything loads Qt. A test that wants a screen, a bus or a keyring starts its own.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.pop("DBUS_SESSION_BUS_ADDRESS", None)
_FIGURE = "figure"
_OUTSIDE = Path(tempfile.mkdtemp(prefix="bellwether-tests-"))
for _name in ("CONFIG_HOME", "DATA_HOME", "STATE_HOME", "CACHE_HOME", "RUNTIME_DIR"):
    (_OUTSIDE / _name).mkdir(0o700)
    os.environ[f"XDG_{_name}"] = str(_OUTSIDE / _name)


from tests.leaks import Snapshot, collect_everything  # noqa: E402
from tests.patience import PatientBot  # noqa: E402

# How long an example takes, or takes to draw, says how fast the machine is and nothing else.
_ANY_SPEED: dict[str, Any] = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("developer", **_ANY_SPEED)
hypothesis.settings.register_profile("ci", **_ANY_SPEED, derandomize=True)
hypothesis.settings.register_profile("long", **_ANY_SPEED, max_examples=2000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the tests marked long")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "expects_log(*patterns): every line at WARNING or above matches one of them"
    )
    profile = "long" if config.getoption("--long") else "ci" if os.environ.get("CI") else "developer"
    hypothesis.settings.load_profile(profile)


def pytest_unconfigure() -> None:
    shutil.rmtree(_OUTSIDE, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        long = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if item not in long]
        config.hook.pytest_deselected(items=long)


def pytest_collection_finish() -> None:
    """Collect garbage between tests and on this thread only: another could destroy a widget, and crash Qt."""
    gc.collect()
    gc.freeze()
    gc.disable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for kind in terminalreporter.stats.values() for report in kind]
    for report in sorted(reports, key=lambda report: getattr(report, "nodeid", "")):
        if isinstance(report, pytest.TestReport) and report.when == "call":
            for name, text in report.user_properties:
                if name == _FIGURE:
                    terminalreporter.write_line(f"FIGURE {text}")


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str, int, int, str], None]:
    """Tell what a long proof found: `figure(name, count, failures, detail)`, before it is asserted.

    The end of the run shows it, alone on its line, whatever became of the test:
    `FIGURE <name> <count> <failures> <detail>`.
    """

    def tell(name: str, count: int, failures: int, detail: str) -> None:
        words = [name, str(count), str(failures), *detail.split()]
        assert name.split() == [name]
        assert detail
        record_property(_FIGURE, " ".join(words))

    return tell


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> PatientBot:
    """pytest-qt's fixture, with more patience."""
    return PatientBot(request)


_TESTS = itertools.count(1)


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    if next(_TESTS) % 250 == 0:
        collect_everything()
    before = Snapshot()
    yield
    if leftovers := before.leftovers():
        pytest.fail("left behind: " + "; ".join(leftovers))


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _nothing_logged_unasked(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail on a line at WARNING or above, unless the test reads the log (caplog) or says what it expects."""
    listener = _Listener()
    logging.getLogger().addHandler(listener)
    yield
    logging.getLogger().removeHandler(listener)
    marks = request.node.iter_markers("expects_log")
    expected = [pattern for mark in marks for pattern in mark.args]
    unexpected = [
        line for line in listener.lines if not any(re.search(pattern, line) for pattern in expected)
    ]
    if unexpected and "caplog" not in request.fixturenames:
        pytest.fail("logged: " + "; ".join(unexpected))
