"""The window manager's cross on a window that a dialog blocks, under a real X server and window manager."""

import os
import subprocess
import sys

from tests.ui.signin.process import wait_for
from tests.ui.signin.screen import Screen


def test_the_cross_of_a_blocked_window_quits_and_answers_the_dialog_with_no():
    with Screen.opened(dict(os.environ)) as screen:
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.ui.blocked_close_program"],
            env=screen.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            wait_for(lambda: screen.window_named("Sign out\\?"), "the dialog")
            window = wait_for(lambda: screen.window_named("^Bellwether$"), "the main window")
            screen.press_cross(window)
            printed, complaints = program.communicate(timeout=20)
        finally:
            program.kill()
            program.wait(10)
    assert printed.split("\n") == ["answered with no", "closed", ""]
    assert complaints == ""
