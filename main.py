"""Bellwether's entry: reads the command line, cleans the environment, and starts one of its programs.

Nothing of Qt is imported before the environment is clean, and nothing of the trading program before it is
known that no other one holds the data directory.
"""

import argparse
import builtins
import contextlib
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from core.domain.product import INDEPENDENCE, NAME, VERSION
from ui.signin.inherited import clean

if TYPE_CHECKING:
    from types import ModuleType

    from core.services.workbench import Commands
    from ui.program import Program

ROOT = Path(__file__).resolve().parent
_M_ARENA_MAX = -8  # malloc.h of the GNU C library
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; ends the program with a usage line on errors."""
    parser = argparse.ArgumentParser(
        prog="bellwether",
        description=f"{NAME}, a trading client for accounts at Alpaca. {INDEPENDENCE}",
        allow_abbrev=False,
    )
    broker = parser.add_mutually_exclusive_group()
    broker.add_argument(
        "--practice", action="store_true", help="trade at a simulated broker on this computer (the default)"
    )
    broker.add_argument(
        "--profile", metavar="NAME-or-FILE", help="connection profile: a shipped name or a file"
    )
    parser.add_argument("--data-dir", metavar="DIR", type=Path, help="where everything is kept")
    parser.add_argument("--tour", metavar="DIR", type=Path, help="show everything once, by itself, into DIR")
    parser.add_argument("--log-level", choices=LOG_LEVELS, default="INFO")
    parser.add_argument("--version", action="version", version=f"{NAME} {VERSION}")
    options = parser.parse_args(arguments)
    if options.tour is not None and options.profile is not None:
        parser.error("--tour shows the practice broker; it does not go with --profile")
    return options


def main(argv: Sequence[str]) -> int:
    """Run the program that `argv` names and return its exit code."""
    # The programs we start of ourselves; their first argument says which, so that a package can be them all.
    match argv[1:2]:
        case ["--sign-in-window"]:
            from ui.signin.program import run  # the web engine: only ever in this process

            return run(argv[0])
        case ["--practice-broker"]:
            from practice.__main__ import main as run_practice  # its own server library

            return run_practice(list(argv[2:]))
        case ["--keyring"]:
            from core.store.keyring_program import (
                run as run_keyring,  # the system's keyring and its libraries
            )

            return run_keyring()
    options = parsed(argv[1:])
    clean(os.environ)
    return run_trading(options, argv[0])


def data_directory(options: argparse.Namespace) -> Path:
    """Where the trading program keeps everything; a tour keeps to its own directory."""
    if options.data_dir is not None:
        return Path(options.data_dir).expanduser().absolute()
    if options.tour is not None:
        return Path(options.tour).expanduser().absolute() / "data"
    from PySide6.QtCore import QStandardPaths

    base = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    return Path(base) / NAME.lower()


def commands() -> "Commands":
    """How to start our other programs: a package starts itself, a source tree starts this file."""
    from core.services.workbench import Commands

    broker = ("--practice-broker", "--exit-with-parent")
    if getattr(sys, "frozen", False):
        return Commands(
            sign_in_window=(sys.executable, "--sign-in-window"),
            practice_broker=(sys.executable, *broker),
            keyring=(sys.executable, "--keyring"),
            token_proxy=None,
        )
    this = (sys.executable, str(ROOT / "main.py"))
    return Commands(
        sign_in_window=(*this, "--sign-in-window"),
        practice_broker=(*this, *broker),
        keyring=(*this, "--keyring"),
        token_proxy=(sys.executable, "-m", "token_proxy", "--exit-with-parent"),
    )


def import_plainly() -> None:
    """Have modules imported by Python alone.

    WORKAROUND: PySide6 puts a hook of its own in front of every import. It reads the source of each module
    that is imported from then on, and keeps the text for good, to learn whether the module uses PySide6: for
    switching features (`from __feature__ import snake_case`) that nobody switches here. That is 60 ms of
    every start and 10 MiB.
    """
    import PySide6.QtCore  # noqa: F401 - installs the hook

    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)


def import_without_extensions() -> None:
    """Have msgspec imported without `typing_extensions`, which it takes where it finds it.

    That reads all of it, half a megabyte, for three names that Python's own `typing` has too since 3.11.
    """
    name = "typing_extensions"
    if name in sys.modules:
        return
    sys.modules[name] = cast("ModuleType", None)  # what the import system takes for "there is none"
    try:
        import msgspec  # noqa: F401 - for those who import it from now on
    finally:
        del sys.modules[name]


def share_one_heap() -> None:
    """Have all threads take memory from one heap.

    The C library of Linux gives each thread a heap of its own, so that many can allocate at once. Ours take
    turns under Python's lock anyway, and thirteen heaps hold two megabytes that nobody uses.
    """
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(AttributeError):  # another C library than GNU's
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def run_trading(options: argparse.Namespace, argv0: str) -> int:
    """Show the window, build the rest of the trading program behind it, and run until it is quit."""
    gc.disable()  # `ui.app` collects garbage by timers; loading makes none that is worth looking for
    import_plainly()
    import_without_extensions()

    from core.net.lanes import Lane
    from core.net.single_instance import SingleInstance
    from core.services.frame_clock import FrameClock
    from core.services.settings import Settings
    from core.store.logs import start_logging
    from ui.app import create_application
    from ui.first_frame import FirstFrame
    from ui.main_window import MainWindow

    data_dir = data_directory(options)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        start_logging(data_dir / "logs", options.log_level)
    except OSError as error:
        sys.stderr.write(f"{NAME} cannot write to {data_dir}: {error.strerror}\n")
        return 1
    # Font and icon caches of the libraries below us belong into our directory too.
    os.environ["XDG_CACHE_HOME"] = str(data_dir / "cache")

    application = create_application(argv0)
    instance = SingleInstance(data_dir)
    if not instance.acquire():
        instance.raise_other()
        sys.stderr.write(f"{NAME} is running already with {data_dir}; its window is raised.\n")
        return 0
    disk = Lane("disk")
    settings = Settings(data_dir / "settings.toml", disk)
    frames = FrameClock()
    window = MainWindow(application.theme, settings, frames)
    instance.raise_asked.connect(window.come_forward)
    programs: list[Program] = []

    def begin() -> None:
        """The window stands: now load and start what it will show."""
        share_one_heap()
        from core.services.workbench import Places, Workbench
        from core.store.vault import open_no_vault
        from ui.program import Program

        places = Places(root=ROOT, profiles=ROOT / "resources" / "profiles", data_dir=data_dir)
        # A tour leaves nothing behind in the person's keyring, and takes nothing out of it.
        open_vault = None if options.tour is None else open_no_vault
        workbench = Workbench(places, commands(), settings, disk, frames=frames, open_vault=open_vault)
        program = Program(application, window, workbench, profile=options.profile, tour=options.tour)
        programs.append(program)
        program.start()

    # Not `quit`: that asks every window first, and one that refuses would keep a program without a face.
    window.closed.connect(application.exit)
    first_frame = FirstFrame(window)
    first_frame.drawn.connect(begin)
    window.show()
    try:
        return application.exec()
    finally:
        for program in programs:
            program.stop()
        disk.stop()
        instance.release()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
