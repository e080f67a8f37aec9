"""Reports for the trader: plain text files, each written whole or not at all."""

import contextlib
import os
from pathlib import Path

from core.errors import StorageFailed


def write_report(path: Path, text: str) -> Path:
    """Write `text` and return where it stands: beside `path` when something of that name is there already.

    Synced before it gets its name. Raises StorageFailed; then nothing of that name has appeared.
    """
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        free = _free(path)
        part.replace(free)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise StorageFailed(
            "The report could not be saved.",
            "It is still on the screen: copy it, then check the disk.",
            detail=str(error),
        ) from error
    return free


def _free(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free
