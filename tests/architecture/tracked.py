"""Looks through every file that is committed for what belongs to one machine and not to the project."""

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# Written so that this file does not match itself.
FORBIDDEN = (
    (re.compile(rb"pypi[.]org|python[h]osted|npmjs[.]|deb[.]debian[.]org"), "the address of a package index"),
    (re.compile(rb"(?<![\w./-])/(?:work|farm|root|home/\w+)(?:/)"), "a path of somebody's machine"),
    (re.compile(rb"--(?:extra-)?index-[u]rl|--find-[l]inks", re.MULTILINE), "a place to fetch packages from"),
    (re.compile(rb"-----BEGIN [A-Z ]*PRIVATE K[E]Y-----"), "a private key"),
)
# Folders that are made and never committed, for trees that are not a git checkout.
MADE = {".git", ".venv", "build", "dist", "__pycache__", ".hypothesis"}
BINARY = {".png", ".ttf", ".ico", ".icns", ".wav", ".qm"}


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of a committed file that names a machine."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


def tracked_files(root: Path) -> list[Path]:
    """Return the committed files; in a tree without git, all but what is made."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout
        names = [name.decode() for name in listed.split(b"\0") if name]
    except (OSError, subprocess.CalledProcessError):
        files = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
        names = [str(path) for path in files if not MADE & set(path.parts)]
    return [root / name for name in names if (root / name).is_file()]


def findings_in(path: str, content: bytes) -> Iterable[Finding]:
    """Return the lines of one file that name an index, a machine or a key."""
    for pattern, what in FORBIDDEN:
        for match in pattern.finditer(content):
            yield Finding(path, content.count(b"\n", 0, match.start()) + 1, f"{what}: {match[0].decode()}")


def findings(root: Path) -> Iterable[Finding]:
    """Return what the committed files under `root` should not hold."""
    for path in tracked_files(root):
        if path.suffix not in BINARY:
            yield from findings_in(path.relative_to(root).as_posix(), path.read_bytes())
