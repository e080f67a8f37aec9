"""Child programs: one line when they are ready, gone when we are."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.domain.environment import Environment
from core.errors import AppError
from core.services import programs
from core.services.programs import ChildProgram, PracticePrograms
from tests.patience import PATIENCE_MS

ROOT = Path(__file__).parents[3]
SAY = "import sys; print({line!r}, flush=True); sys.stdin.read()"
PRACTICE: dict[str, Any] = {
    "authorize_url": "http://127.0.0.1:9/oauth/authorize",
    "token_url": "http://127.0.0.1:9/oauth/token",
    "trading_url": {"paper": "http://127.0.0.1:9/paper", "live": "http://127.0.0.1:9/live"},
    "stream_url": {"paper": "ws://127.0.0.1:9/paper/stream", "live": "ws://127.0.0.1:9/live/stream"},
    "data_url": "http://127.0.0.1:9/data",
    "data_stream_url": "ws://127.0.0.1:9/data",
    "client_id": "practice-client",
    "client_secret": "canary-secret",
    "redirect_uris": ["https://bellwether.invalid/oauth/callback"],
    "exchange_url": "http://127.0.0.1:9/exchange",
    "simulated": True,
}


def saying(line: str) -> list[str]:
    return [sys.executable, "-c", SAY.format(line=line)]


@pytest.fixture
def child(qapp, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ChildProgram]]:
    monkeypatch.setattr(programs, "STOP_MS", PATIENCE_MS)
    children: list[ChildProgram] = []

    def make(command: list[str], **options: Any) -> ChildProgram:
        children.append(ChildProgram("The child", command, **options))
        return children[-1]

    yield make
    for each in children:
        each.stop()


def test_its_line_says_that_it_is_ready_and_its_input_ends_it(child, qtbot):
    one = child(saying('{"url": "http://x", "more": [1]}'))
    with qtbot.waitSignal(one.ready) as said:
        one.start()
    assert said.args == [{"url": "http://x", "more": [1]}]
    one.stop()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["/nonexistent/program"], "could not be started"),
        ([sys.executable, "-c", "raise SystemExit(3)"], "could not start"),
        (saying("not json"), "said something unreadable"),
        (saying("[1, 2]"), "said something unreadable"),
        ([sys.executable, "-c", "print('{}', flush=True)"], "ended unexpectedly"),
    ],
)
def test_what_goes_wrong_is_told_once(child, qtbot, command, words):
    one = child(command)
    told: list[AppError] = []
    one.failed.connect(told.append)
    one.start()
    qtbot.waitUntil(lambda: len(told) == 1)
    assert words in told[0].headline
    one.stop()
    assert len(told) == 1


def test_one_that_does_not_come_up_is_given_up(child, qtbot, monkeypatch):
    monkeypatch.setattr(programs, "READY_MS", 50)
    one = child([sys.executable, "-c", "import sys; sys.stdin.read()"])
    with qtbot.waitSignal(one.failed) as told:
        one.start()
    assert "did not come up in time" in told.args[0].headline


@pytest.mark.expects_log("did not end by itself")
def test_one_that_will_not_end_is_ended(child, qtbot, monkeypatch):
    monkeypatch.setattr(programs, "STOP_MS", 100)
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('{}', flush=True)\n"
        "while True: time.sleep(60)"
    )
    one = child([sys.executable, "-c", stubborn])
    with qtbot.waitSignal(one.ready):
        one.start()
    one.stop()


def test_what_it_complains_about_is_logged_in_its_name(child, qtbot, caplog):
    caplog.set_level("INFO")
    complaining = (
        "import sys; print('oops', file=sys.stderr, flush=True); print('{}', flush=True); sys.stdin.read()"
    )
    one = child([sys.executable, "-c", complaining])
    with qtbot.waitSignal(one.ready):
        one.start()
    qtbot.waitUntil(lambda: "The child: oops" in caplog.text)


@pytest.fixture
def practice(qapp, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., PracticePrograms]]:
    monkeypatch.setattr(programs, "STOP_MS", PATIENCE_MS)
    made: list[PracticePrograms] = []

    def make(line: object, proxy: list[str] | None = None) -> PracticePrograms:
        template = ROOT / "resources" / "profiles" / "practice.toml"
        made.append(PracticePrograms(saying(json.dumps(line)), proxy, template, folder=ROOT))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def test_the_practice_profile_is_filled_in_from_the_line(practice, qtbot):
    one = practice(PRACTICE)
    with qtbot.waitSignal(one.ready) as said:
        one.start()
    (profile,) = said.args
    assert profile.is_loopback_only
    assert profile.is_ready
    assert profile.proxy_url == PRACTICE["exchange_url"]
    assert profile.endpoints[Environment.LIVE].stream_url == PRACTICE["stream_url"]["live"]


def test_with_a_proxy_the_code_goes_there_and_its_secret_by_the_environment_alone(practice, qtbot):
    proxy = (
        "import json, os, sys\n"
        "assert os.environ['BELLWETHER_PROXY_CLIENT_SECRET'] == 'canary-secret'\n"
        "assert 'canary' not in ' '.join(sys.argv)\n"
        "print(json.dumps({'exchange_url': 'http://127.0.0.1:8/exchange'}), flush=True)\n"
        "sys.stdin.read()"
    )
    one = practice(PRACTICE, [sys.executable, "-c", proxy])
    with qtbot.waitSignal(one.ready) as said:
        one.start()
    assert said.args[0].proxy_url == "http://127.0.0.1:8/exchange"


@pytest.mark.parametrize(
    "changes",
    [
        {"authorize_url": None},
        {"redirect_uris": []},
        {"trading_url": "http://127.0.0.1:9"},
        {"data_url": "http://elsewhere.example"},
        {"exchange_url": ""},
    ],
)
def test_a_line_that_says_too_little_or_leads_elsewhere_is_refused(practice, qtbot, changes):
    one = practice({**PRACTICE, **changes})
    outcomes: list[Any] = []
    one.ready.connect(outcomes.append)
    one.failed.connect(outcomes.append)
    one.start()
    qtbot.waitUntil(lambda: len(outcomes) == 1)
    assert isinstance(outcomes[0], AppError) or not outcomes[0].is_ready
