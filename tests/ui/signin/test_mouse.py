"""A real mouse on the real window on a real X server, at the practice broker's own page."""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtGui import QImage

from core.protocol.signin import (
    AttemptLine,
    AuthorizeRequest,
    authorize_url,
    code_challenge,
    encode_attempt,
    new_state,
    new_verifier,
    origin_of,
)
from tests.ui.signin.process import REPOSITORY, TIMEOUT_S, SignInProcess, wait_for
from tests.ui.signin.screen import Screen

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="an X server is Linux's")


@dataclass
class Practice:
    authorize_url: str
    client_id: str
    redirect_uri: str

    def attempt(self) -> AttemptLine:
        state = new_state(secrets.token_urlsafe)
        request = AuthorizeRequest(
            authorize_url=self.authorize_url,
            client_id=self.client_id,
            redirect_uri=self.redirect_uri,
            scopes=("trading", "data"),
            environment="paper",
        )
        challenge = code_challenge(new_verifier(secrets.token_urlsafe))
        return AttemptLine(
            authorize_url=authorize_url(request, state=state, challenge=challenge),
            redirect_uri=self.redirect_uri,
            state=state,
            sign_in_origins=[origin_of(self.authorize_url) or ""],
            environment="paper",
            theme="dark",
            loopback_only=True,
            centre=(640, 500),
        )


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    with subprocess.Popen(
        [sys.executable, "-m", "practice", "--port", "0", "--seed", "7", "--exit-with-parent"],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as broker:
        assert broker.stdout is not None
        line = json.loads(broker.stdout.readline())
        yield Practice(line["authorize_url"], line["client_id"], line["redirect_uris"][0])
        broker.terminate()


@pytest.fixture
def screen(quiet_environment: dict[str, str]) -> Iterator[Screen]:
    with Screen.opened(quiet_environment) as opened:
        yield opened


def located(line: AttemptLine, screen: Screen, *ids: str) -> dict[str, Any]:
    """What `locate` says of the page, on the same screen."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.ui.signin.locate", encode_attempt(line).decode().strip(), *ids],
        cwd=REPOSITORY,
        env=screen.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=True,
    )
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_the_window_is_shown_once_and_does_not_flash(practice: Practice, screen: Screen) -> None:
    """A native window that takes the place of the first does so before everybody, and clicks are lost."""
    assert located(practice.attempt(), screen)["shown"] == 1


def outcome_of_clicking(button: str, practice: Practice, screen: Screen, folder: Path) -> dict[str, str]:
    line = practice.attempt()
    x, y = located(line, screen, button)[button]
    with SignInProcess.started(line, folder, screen.environment) as process:
        window = screen.window()
        deadline = time.monotonic() + TIMEOUT_S
        # As a person: scroll down, click, and again while the page was not ready for it.
        while process.popen.poll() is None and time.monotonic() < deadline:
            screen.scroll_to_end(window)
            screen.click(window, x, y)
            try:
                process.popen.wait(0.5)
            except subprocess.TimeoutExpired:
                continue
        return process.outcome()


def test_a_click_on_allow_gives_a_code(practice: Practice, screen: Screen, tmp_path: Path) -> None:
    outcome = outcome_of_clicking("allow", practice, screen, tmp_path)
    assert outcome["outcome"] == "code"
    assert len(outcome["code"]) > 8


def test_a_click_on_deny_is_told_as_declined(practice: Practice, screen: Screen, tmp_path: Path) -> None:
    outcome = outcome_of_clicking("deny", practice, screen, tmp_path)
    assert outcome == {"outcome": "declined", "reason": "access_denied"}


def test_a_click_on_our_cancel_ends_the_attempt(practice: Practice, screen: Screen, tmp_path: Path) -> None:
    with SignInProcess.started(practice.attempt(), tmp_path, screen.environment) as process:
        window = screen.window()
        screen.click(window, 560 - 50, 760 - 36)
        assert process.outcome() == {"outcome": "failed", "reason": "cancelled"}


def test_the_window_opens_over_the_middle_of_the_main_window(
    practice: Practice, screen: Screen, tmp_path: Path
) -> None:
    with SignInProcess.started(practice.attempt(), tmp_path, screen.environment) as process:
        window = screen.window()

        def is_placed() -> bool:
            left, top, width, height = screen.geometry(window)
            has_size = (width, height) == (560, 760)
            frame = 60  # what the window manager adds around it, which xdotool counts twice
            return has_size and abs(left + 280 - 640) <= frame and abs(top + 380 - 500) <= frame

        wait_for(is_placed, "the window in its place")
        process.hang_up()
        process.outcome()


def test_pictures_on_a_real_screen_show_the_page(practice: Practice, screen: Screen, tmp_path: Path) -> None:
    line = msgspec.structs.replace(practice.attempt(), pictures=str(tmp_path))
    with SignInProcess.started(line, tmp_path, screen.environment) as process:
        for theme in ("dark", "light"):
            file = tmp_path / f"sign-in-{theme}.png"
            wait_for(file.exists, "a picture")
            picture: QImage = wait_for(partial(_whole, file), "a whole picture")
            page = picture.copy(0, 130, 560, 520)
            colours = {page.pixel(x, y) for x in range(0, 560, 5) for y in range(0, 520, 5)}
            assert len(colours) > 20
        process.hang_up()
        process.outcome()


def _whole(file: Path) -> QImage | None:
    picture = QImage(str(file))
    return None if picture.isNull() else picture


def test_closing_the_window_by_its_manager_ends_the_attempt(
    practice: Practice, screen: Screen, tmp_path: Path
) -> None:
    with SignInProcess.started(practice.attempt(), tmp_path, screen.environment) as process:
        screen.close(screen.window())
        assert process.outcome() == {"outcome": "failed", "reason": "closed"}
