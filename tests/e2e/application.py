"""Bellwether as a person runs it: main.py in a process of its own, on a real screen, with a keyboard."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Self

import psutil

from tests.patience import PATIENCE_S
from tests.ui.signin.process import wait_for
from tests.ui.signin.screen import Screen

ROOT = Path(__file__).resolve().parents[2]
SIGNED_IN = "Bellwether - Paper"
SIGNED_OUT = "Bellwether"
SIGN_IN = "Sign in - Bellwether"


class AppScreen(Screen):
    """A screen on which windows are found by their titles."""

    def titles(self, beginning: str) -> list[str]:
        """The titles of the visible windows that begin so."""
        found = self._xdotool("search", "--onlyvisible", "--name", f"^{beginning}").stdout.split()
        return [self._xdotool("getwindowname", window).stdout.strip() for window in found]

    def press(self, beginning: str, *keys: str) -> None:
        """Give the first window with such a title the keyboard, and type."""
        # A search comes back empty when some other window goes away under it.
        found = wait_for(
            lambda: self._xdotool("search", "--onlyvisible", "--name", f"^{beginning}").stdout.split(),
            f"a window called {beginning}",
        )
        self._xdotool("windowactivate", "--sync", found[0])
        self.press_key(*keys)

    def press_key(self, *keys: str) -> None:
        """Type keys into whatever has the keyboard."""
        self._xdotool("key", *keys)

    def confirm(self, question: str) -> bool:
        """Press Return, and say whether the question is gone."""
        self.press_key("Return")
        return not self.titles(question)

    def type(self, text: str) -> None:
        """Type a text into whatever has the keyboard."""
        self._xdotool("type", text)


class RunningApp:
    """One run; leaving the block quits it and checks that it went in peace."""

    def __init__(
        self, screen: AppScreen, environment: dict[str, str], data_dir: Path, *arguments: str
    ) -> None:
        self.screen, self.data_dir = screen, data_dir
        self.environment = screen.environment | environment
        data_dir.mkdir(parents=True, exist_ok=True)
        self.output = data_dir.parent / f"{data_dir.name}.output"
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "main.py"), "--data-dir", str(data_dir), *arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        if failure is not None:
            self.kill()
        elif self.process.poll() is None:
            self.quit()

    @property
    def log(self) -> str:
        file = self.data_dir / "logs" / "bellwether.log"
        return (file.read_text("utf-8") if file.exists() else "") + self.output.read_text("utf-8")

    def titles(self, beginning: str = "Bellwether") -> list[str]:
        """The titles of the visible windows that begin so."""
        return self.screen.titles(beginning)

    def wait_for_title(self, wanted: str, *, exactly: bool = False) -> None:
        """Wait until a window says so in its title."""

        def is_there() -> bool:
            assert self.process.poll() is None, self.log
            return any(title == wanted if exactly else title.startswith(wanted) for title in self.titles())

        wait_for(is_there, f"a window called {wanted}", timeout_s=2 * PATIENCE_S)

    def wait_for_log(self, text: str) -> None:
        """Wait until the log says so."""
        wait_for(lambda: text in self.log, f"the log line {text!r}", timeout_s=2 * PATIENCE_S)

    def press(self, *keys: str) -> None:
        """Type keys into the main window."""
        self.screen.press(SIGNED_OUT, *keys)

    def sign_in(self) -> None:
        """Press the welcome page's button, once it takes it, and wait until the session is there."""
        self.wait_for_title(SIGNED_OUT, exactly=True)

        def is_under_way() -> bool:
            self.press("Return")
            # Patiently: while the sign-in is under way, Return is its Cancel.
            with contextlib.suppress(AssertionError):
                wait_for(self._is_signing_in, "the sign-in", timeout_s=5)
                return True
            return False

        wait_for(is_under_way, "the sign-in")
        self.wait_for_title(SIGNED_IN)

    def _is_signing_in(self) -> bool:
        """Whether the sign-in window's program runs, or has done its work already."""
        for program in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if "--sign-in-window" in program.cmdline():
                    return True
        return any(title.startswith(SIGNED_IN) for title in self.titles())

    def loaded_libraries(self) -> set[str]:
        """The files that the process has mapped."""
        return {mapped.path for mapped in psutil.Process(self.process.pid).memory_maps(grouped=True)}

    def quit(self) -> None:
        """Quit with the keyboard, and be gone with everything that was started."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.press("ctrl+q")
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not quit: {self.log}") from None
        assert code == 0, self.log
        _, left = psutil.wait_procs(children, timeout=PATIENCE_S)
        assert not left, f"left running: {left}"

    def kill(self) -> None:
        """End it by force, with everything that it started."""
        main = psutil.Process(self.process.pid)
        for program in [*main.children(recursive=True), main]:
            program.kill()
        self.process.wait(PATIENCE_S)


def files_below(*folders: Path) -> list[Path]:
    """Every file that was written, wherever the program may write."""
    return [Path(folder) / name for top in folders for folder, _, names in os.walk(top) for name in names]
