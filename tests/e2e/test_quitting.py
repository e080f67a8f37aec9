"""Leaving the program: no question keeps anybody, and nothing is left running."""

from pathlib import Path

import psutil

from tests.e2e.application import AppScreen, RunningApp
from tests.e2e.conftest import Backend
from tests.patience import PATIENCE_S
from tests.ui.signin.process import wait_for


def test_an_open_question_keeps_nobody_from_quitting(
    screen: AppScreen, backend: Backend, tmp_path: Path
) -> None:
    nowhere = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/no-bus"}
    with RunningApp(screen, nowhere, tmp_path / "data", "--profile", str(backend.profile)) as app:
        app.sign_in()
        children = psutil.Process(app.process.pid).children(recursive=True)
        app.press("ctrl+k")
        screen.type("Sign out")
        screen.press_key("Return")
        wait_for(lambda: app.titles("Sign out"), "the question")
        screen.press("Sign out", "ctrl+q")
        assert app.process.wait(PATIENCE_S) == 0, app.log
        _, left = psutil.wait_procs(children, timeout=PATIENCE_S)
        assert not left, f"left running: {left}"
