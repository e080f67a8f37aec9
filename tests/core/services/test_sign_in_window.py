"""The sign-in window as a process: one attempt in, one line out, nothing left behind."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.protocol.signin import CodeGrant, Declined, Failed, decode_attempt
from core.services import sign_in_window
from core.services.sign_in_window import SignInWindow
from tests.core.builders import profile
from tests.patience import PATIENCE_MS

# Says what its first argument is, then waits for its input to end, as the real one does.
CHILD = """
import pathlib, sys
line = sys.stdin.readline()
pathlib.Path(sys.argv[1]).write_text(line)
said = sys.argv[2].encode().decode("unicode_escape")
sys.stdout.write(said)
sys.stdout.flush()
sys.stderr.write("js: something about https://broker.example/?code=canary\\n")
if sys.argv[3] == "stay":
    sys.stdin.read()
pathlib.Path(sys.argv[1] + ".ended").write_text("by itself")
"""
CODE = '{"outcome":"code","code":"C1"}\\n'


def constant(length: int) -> str:
    return "r" * (length * 4 // 3 + 1)


@pytest.fixture
def window(qapp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., SignInWindow]]:
    monkeypatch.setattr(sign_in_window, "_GRACE_MS", PATIENCE_MS)
    windows: list[SignInWindow] = []

    def make(said: str, then: str = "stay") -> SignInWindow:
        command = [sys.executable, "-c", CHILD, str(tmp_path / "attempt"), said, then]
        windows.append(SignInWindow(command))
        return windows[-1]

    yield make
    for each in windows:
        each.close()
        each.wait_closed()


def opened(window: SignInWindow, **changes: Any) -> str | None:
    return window.open(profile(**changes), constant, theme="dark", centre=(10, 20))


def answers(window: SignInWindow) -> list[Any]:
    said: list[Any] = []
    window.answered.connect(said.append)
    return said


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (CODE, CodeGrant(code="C1")),
        ('{"outcome":"declined","reason":"access_denied"}\\n', Declined(reason="access_denied")),
        ('{"outcome":"failed","reason":"expired"}\\n', Failed(reason="expired")),
        (CODE + CODE, CodeGrant(code="C1")),
        (CODE + "chatter", CodeGrant(code="C1")),
    ],
)
def test_the_one_line_is_the_answer(window, qtbot, said, outcome):
    one = window(said)
    heard = answers(one)
    opened(one)
    qtbot.waitUntil(lambda: heard == [outcome])


@pytest.mark.expects_log("answered something unreadable")
@pytest.mark.parametrize(
    "said",
    [
        "\\n",
        "nonsense\\n",
        '{"outcome":"code"}\\n',
        '{"outcome":"code","code":""}\\n',
        '{"outcome":"code","code":"a\\\\u202eb"}\\n',
        '{"outcome":"failed","reason":"<b>lure</b>"}\\n',
        "x" * 60_000 + "\\n",
    ],
)
def test_a_line_that_was_not_agreed_is_no_answer_to_believe(window, qtbot, said):
    one = window(said)
    heard = answers(one)
    opened(one)
    qtbot.waitUntil(lambda: len(heard) == 1)
    assert heard[0] in (Failed(reason="malformed_answer"), Failed(reason="renderer_gone"))


@pytest.mark.parametrize("said", ["", '{"outcome":"code","code":"C'])
@pytest.mark.expects_log("answered something unreadable")
def test_a_window_that_dies_in_the_middle_is_a_failure(window, qtbot, said):
    one = window(said, "leave")
    heard = answers(one)
    opened(one)
    qtbot.waitUntil(lambda: len(heard) == 1)
    assert isinstance(heard[0], Failed)


def test_a_window_that_cannot_start_is_a_failure_and_no_noise(qapp, qtbot):
    one = SignInWindow(["/nonexistent/program"])
    heard = answers(one)
    opened(one)
    qtbot.waitUntil(lambda: heard == [Failed(reason="engine_missing")])
    one.wait_closed()


def test_the_attempt_holds_what_the_window_needs_and_no_verifier(window, qtbot, tmp_path):
    one = window(CODE)
    heard = answers(one)
    verifier = opened(one)
    qtbot.waitUntil(lambda: len(heard) == 1)
    text = (tmp_path / "attempt").read_text()
    attempt = decode_attempt(text.encode())
    assert verifier is not None
    assert f'"{verifier}"' not in text
    assert f"={verifier}&" not in text
    assert "code_challenge_method=S256" in attempt.authorize_url
    assert attempt.centre == (10, 20)
    assert attempt.loopback_only
    assert attempt.state == constant(32)


def test_without_pkce_there_is_neither_verifier_nor_challenge(window, qtbot, tmp_path):
    one = window(CODE)
    heard = answers(one)
    assert opened(one, pkce=False) is None
    qtbot.waitUntil(lambda: len(heard) == 1)
    assert "code_challenge" not in (tmp_path / "attempt").read_text()


def test_closing_ends_the_process_and_nothing_is_answered(window, qtbot, tmp_path):
    one = window("")
    heard = answers(one)
    opened(one)
    qtbot.waitUntil(lambda: (tmp_path / "attempt").exists())
    one.close()
    one.wait_closed()
    assert (tmp_path / "attempt.ended").read_text() == "by itself"
    assert heard == []


def test_a_second_opening_ends_the_first(window, qtbot):
    one = window(CODE)
    heard = answers(one)
    opened(one)
    opened(one)
    qtbot.waitUntil(lambda: len(heard) == 1)
    one.wait_closed()
    assert len(heard) == 1


def test_what_the_engine_chatters_does_not_reach_the_log(window, qtbot, caplog):
    caplog.set_level("DEBUG")
    one = window(CODE)
    heard = answers(one)
    opened(one)
    qtbot.waitUntil(lambda: len(heard) == 1)
    one.close()
    one.wait_closed()
    assert "canary" not in caplog.text
