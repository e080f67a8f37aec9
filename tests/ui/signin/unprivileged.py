"""A place and an interpreter that a user without rights can use, made by root for a test.

The checkout and its virtual environment may lie under a home that nobody else can enter, so what the
sign-in process needs is linked, or copied where links do not reach, into a folder that anyone can read.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import PySide6

from tests.ui.signin.process import REPOSITORY
from ui.signin.environment import is_root

NOBODY = 65_534
_PACKAGES = ("PySide6", "shiboken6", "msgspec")
_OWN = ("core", "ui", "resources", "main.py")


@dataclass(frozen=True)
class Place:
    """`command` starts main.py there, as any user."""

    folder: Path
    home: Path
    command: tuple[str, ...]


def unusable_reason() -> str:
    """Why the test cannot be run here; empty when it can."""
    if not is_root():
        return "only root can start a program as another user"
    interpreter = Path("/usr/bin/python3")
    if not interpreter.exists():
        return "there is no /usr/bin/python3 that another user could run"
    ask = "import sys; print(*sys.version_info[:2])"
    version = subprocess.run([interpreter, "-c", ask], capture_output=True, text=True, check=True).stdout
    ours = f"{sys.version_info[0]} {sys.version_info[1]}"
    if version.strip() != ours:
        return f"/usr/bin/python3 is {version.strip()}, our packages are for {ours}"
    return ""


def made_place(folder: Path) -> Place:
    """Fill `folder`, which anyone may enter, and make a home for the user without rights."""
    packages = Path(PySide6.__file__).parents[1]
    site = folder / "site-packages"
    site.mkdir()
    for name in _PACKAGES:
        shutil.copytree(packages / name, site / name, copy_function=_link_or_copy, symlinks=True)
    for name in _OWN:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
    home = folder / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    paths = [str(folder), str(site)]
    run = f"import sys; sys.path[:0] = {paths!r}; import main; sys.exit(main.main(['x', '--sign-in-window']))"
    return Place(folder, home, ("/usr/bin/python3", "-I", "-c", run))


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
