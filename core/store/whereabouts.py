"""Whether files in use are still where the next start of the program will look for them.

A file that was deleted or moved takes what is written all the same, and nobody would ever find it.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

# A folder that changed just now could change again without its time telling: they are counted in ticks of
# four milliseconds as a rule, and of two seconds on file systems of cards and sticks.
_SETTLED_NS = 3_000_000_000


class Whereabouts:
    """Of files, as they are now. Used on one thread at a time.

    To look at each file is to walk its whole path, which an order would wait for. A folder that is held open
    tells without a walk whether anything in it was made, moved or deleted since then, or it itself was: only
    then is each file looked at. Always if they are in several folders, as one behind a link may be, and where
    folders cannot be held open, as on Windows.
    """

    def __init__(self, *files: Path) -> None:
        """Raises OSError if one is missing."""
        self._files = {str(file): _identity(str(file)) for file in files}
        self._folder: int | None = None
        self._seen: tuple[int, int, int] | None = None
        folders = {os.path.realpath(file.parent) for file in files}
        if len(folders) == 1:
            with suppress(OSError):
                self._folder = os.open(folders.pop(), os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))

    def require(self) -> None:
        """Raise OSError if a file was deleted, moved or replaced, or its folder was.

        What was done to folders above it, or to links among those, `look` alone sees.
        """
        if self._seen is None or self._glance() != self._seen:
            self.look()

    def look(self) -> None:
        """Raise OSError if there is another file, or none, at the place of one of them."""
        seen = self._glance()
        self._seen = None
        for file, identity in self._files.items():
            if _identity(file) != identity:
                raise FileNotFoundError("the file was moved or deleted while in use")
        if seen is not None and time.time_ns() - max(seen[:2]) > _SETTLED_NS:
            self._seen = seen

    def close(self) -> None:
        """Let go of the folder."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None

    def _glance(self) -> tuple[int, int, int] | None:
        if self._folder is None:
            return None
        found = os.fstat(self._folder)
        return found.st_mtime_ns, found.st_ctime_ns, found.st_nlink


def _identity(file: str) -> tuple[int, int]:
    """What tells a file from another that took its name. Raises OSError when there is none."""
    found = os.stat(file)  # noqa: PTH116 - an order may wait for it, and a Path takes its time
    return found.st_dev, found.st_ino
