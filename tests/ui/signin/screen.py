"""A real X server with a window manager, and a mouse and a keyboard to use it with."""

import contextlib
import os
import subprocess
from collections.abc import Iterator

from tests.ui.signin.process import wait_for

TITLE = "Sign in - Bellwether"
_WHEEL_DOWN = "5"


class Screen:
    """A display of its own; gone with the block it was opened in."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    @classmethod
    @contextlib.contextmanager
    def opened(cls, environment: dict[str, str]) -> Iterator["Screen"]:
        with contextlib.ExitStack() as stack:
            display = wait_for(lambda: _served_display(stack, environment), "an X server")
            screen = cls(environment | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"})
            manager = subprocess.Popen(
                ["openbox"], env=screen.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            stack.callback(_end, manager)
            wait_for(
                lambda: "_NET_SUPPORTING_WM_CHECK" in _properties(screen.environment), "a window manager"
            )
            yield screen

    def window(self) -> str:
        """Wait for the sign-in window and return its id."""

        def find() -> str:
            done = self._xdotool("search", "--onlyvisible", "--name", TITLE)
            return done.stdout.split()[0] if done.stdout.split() else ""

        found: str = wait_for(find, "the sign-in window")
        return found

    def window_named(self, pattern: str) -> str:
        """The id of a window with such a title, or nothing."""
        found = self._xdotool("search", "--onlyvisible", "--name", pattern).stdout.split()
        return found[0] if found else ""

    def press_cross(self, window: str) -> None:
        """Press the close button that the window manager draws at the right end of the title bar."""
        _left, _top, width, _height = self.geometry(window)
        self._xdotool("mousemove", "--window", window, str(width - 10), "-10", "click", "1")

    def geometry(self, window: str) -> tuple[int, int, int, int]:
        """Left, top, width and height."""
        lines = self._xdotool("getwindowgeometry", "--shell", window).stdout.splitlines()
        values = dict(line.split("=") for line in lines)
        return int(values["X"]), int(values["Y"]), int(values["WIDTH"]), int(values["HEIGHT"])

    def scroll_to_end(self, window: str) -> None:
        self._xdotool("mousemove", "--window", window, "250", "400", "click", "--repeat", "40", _WHEEL_DOWN)

    def click(self, window: str, x: int, y: int) -> None:
        self._xdotool("mousemove", "--window", window, str(x), str(y), "click", "1")

    def close(self, window: str) -> None:
        """Close it as a person does, through the window manager."""
        self._xdotool("windowactivate", "--sync", window, "key", "alt+F4")

    def _xdotool(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["xdotool", *words], env=self.environment, capture_output=True, text=True, check=False, timeout=20
        )


def _served_display(stack: contextlib.ExitStack, environment: dict[str, str]) -> str:
    """Start a server on a free display; nothing if another one was quicker to take it."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    # Without this the server starts over when its last client leaves, and refuses whoever comes just then.
    command.append("-noreset")
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    stack.callback(_end, server)
    os.close(writing)
    with os.fdopen(reading) as number:
        display = f":{number.readline().strip()}"
    return display if _properties(environment | {"DISPLAY": display}) else ""


def _properties(environment: dict[str, str]) -> str:
    """The names of the root window's properties; the window manager sets its own when it is ready."""
    done = subprocess.run(["xprop", "-root"], env=environment, capture_output=True, text=True, check=False)
    return done.stdout


def _end(program: "subprocess.Popen[bytes]") -> None:
    program.terminate()
    program.wait(10)
