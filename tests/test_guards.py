"""The guards of conftest.py catch what they are for: shown by a suite of careless tests, run as a child."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

CARELESS = """
import logging, subprocess, sys, threading
import pytest
from PySide6.QtCore import QObject, QTimer, Signal, Slot, qWarning
from PySide6.QtWidgets import QWidget
from tests import leaks

leaks.PATIENCE_S = 3.0
kept = []


def test_a_thread_stays():
    thread = threading.Thread(target=threading.Event().wait, args=(4,), name="forgotten")
    thread.start()


def test_a_child_process_stays():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    kept.append(child)


def test_a_window_stays(qapp):
    kept.append(QWidget(objectName="lost"))


def test_a_timer_runs_on(qapp):
    timer = QTimer(interval=4321)
    timer.start()
    kept.append(timer)


def test_a_warning_is_logged():
    logging.getLogger("core.net").warning("the line went quiet")


def test_qt_warns(qapp):
    qWarning("something is amiss")


def test_a_slot_raises(qapp):
    class Receiver(QObject):
        sent = Signal()

        @Slot()
        def receive(self):
            raise LookupError("in a slot")

    receiver = Receiver()
    receiver.sent.connect(receiver.receive)
    receiver.sent.emit()


@pytest.mark.expects_log("went quiet")
def test_a_warning_is_expected_and_logged():
    logging.getLogger("core.net").warning("the line went quiet")


def test_everything_is_put_away(qapp, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.timer = QTimer(window, interval=10)
    window.timer.start()
    thread = threading.Thread(target=threading.Event().wait, args=(0.05,))
    thread.start()


def test_a_proof_fails(figure):
    figure("careless_proof", 40, 1, "of a kind")
    raise AssertionError("one failed")


@pytest.mark.long
def test_that_takes_long():
    raise AssertionError("only under --long")
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("careless")
    (folder / "test_careless.py").write_text(CARELESS)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-rA"]
    command += ["-c", str(ROOT / "pyproject.toml"), str(folder / "test_careless.py")]
    environment = {**os.environ, "COLUMNS": "300"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    return re.sub(r"\S*::", "", done.stdout)


@pytest.mark.parametrize(
    ("test", "complaint"),
    [
        ("test_a_thread_stays", "left behind: thread forgotten"),
        ("test_a_child_process_stays", "left behind: child process"),
        ("test_a_window_stays", "left behind: window QWidget 'lost'"),
        ("test_a_timer_runs_on", "left behind: running timer of NoneType, 4321 ms"),
        ("test_a_warning_is_logged", "logged: WARNING core.net: the line went quiet"),
    ],
)
def test_what_is_left_over_is_an_error_that_names_it(outcome: str, test: str, complaint: str) -> None:
    assert f"\nPASSED {test}\n" in outcome  # the test itself was content
    assert f"\nERROR {test} - Failed: {complaint}" in outcome


@pytest.mark.parametrize("test", ["test_qt_warns", "test_a_slot_raises"])
def test_what_qt_reports_fails_the_test(outcome: str, test: str) -> None:
    assert f"\nFAILED {test}" in outcome


@pytest.mark.parametrize("test", ["test_a_warning_is_expected_and_logged", "test_everything_is_put_away"])
def test_careful_tests_are_let_be(outcome: str, test: str) -> None:
    assert f"\nPASSED {test}\n" in outcome
    assert f"\nERROR {test} " not in outcome


def test_what_a_proof_found_stands_alone_on_a_line_also_when_it_failed(outcome: str) -> None:
    assert "\nFIGURE careless_proof 40 1 of a kind\n" in outcome


def test_long_tests_wait_for_the_option(outcome: str) -> None:
    assert "test_that_takes_long" not in outcome
    assert "1 deselected" in outcome
