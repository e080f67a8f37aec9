"""Activities as a file for other programs: CSV or JSON, whole or not at all.

Numbers are written as the exact text of their decimals. A spreadsheet would run text that begins like a
formula, and a description comes from outside: in CSV such text gets an apostrophe (OWASP, "CSV injection").
"""

import csv
import io
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec

from core.domain.activity import Activity
from core.domain.money import plain
from core.errors import StorageFailed

COLUMNS = tuple(field.name for field in fields(Activity))
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_activities(path: Path, activities: Sequence[Activity]) -> int:
    """Write them as the name's ending says, `.json` or else CSV; returns how many.

    Raises StorageFailed; then nothing has changed, and a file that was there is as it was.
    """
    text = as_json(activities) if path.suffix.lower() == ".json" else as_csv(activities)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise StorageFailed(
            f"The file {path.name} could not be written: {error.strerror or type(error).__name__}.",
            "Nothing was exported; an older file is as it was. Free disk space or choose another place.",
            detail=type(error).__name__,
        ) from error
    return len(activities)


def as_csv(activities: Sequence[Activity]) -> bytes:
    """Return one line for each, under a line of names; UTF-8 with the mark that spreadsheets know it by."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for entry in activities:
        values = (getattr(entry, name) for name in COLUMNS)
        writer.writerow([_guarded(value) if isinstance(value, str) else spelled(value) for value in values])
    return sheet.getvalue().encode("utf-8-sig")


def as_json(activities: Sequence[Activity]) -> bytes:
    """Return a list of objects; what the broker did not say is null."""
    rows = [{name: _member(getattr(entry, name)) for name in COLUMNS} for entry in activities]
    return msgspec.json.format(msgspec.json.encode(rows), indent=2) + b"\n"


def spelled(value: Decimal | date | None) -> str:
    """Return a number without an exponent, a time in UTC, a day; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat()


def _member(value: str | Decimal | date | None) -> str | None:
    return value if value is None or isinstance(value, str) else spelled(value)


def _guarded(text: str) -> str:
    return f"'{text}" if text.lstrip(" ").startswith(_BEGINS_A_FORMULA) else text
