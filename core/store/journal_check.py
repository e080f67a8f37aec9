"""Whether a journal's file is sound, and ours. Only reads: what is refused stays as it is, to the byte."""

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from core.domain.environment import Environment
from core.errors import StorageDamaged, StorageFailed
from core.store.journal_schema import COLUMNS_OF, LISTED, SCHEMA_VERSION, STEPS, row_sum

_BUSY_MS = 500
# A name that is not there, a text that is none: in a file that we wrote only damage explains it.
_DAMAGE = frozenset({0, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_MISMATCH})
_CONCLUSIVE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_NOTADB})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """What a file was found to be that may be used."""

    version: int  # 0 for one that holds nothing
    log_bytes: int  # how long its log has to be at least; 0 when it need not be there


def connected(path: Path, *, only_reads: bool = False) -> sqlite3.Connection:
    """Open the database at `path`; its statements may call `row_sum`. Raises sqlite3.Error."""
    if only_reads:
        place = path.absolute().as_posix()
        address = f"file://{'' if place.startswith('/') else '/'}{quote(place)}?mode=ro"
        database = sqlite3.connect(address, uri=True, isolation_level=None)
    else:
        database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.create_function("row_sum", -1, row_sum, deterministic=True)
    database.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    return database


def check_beside_log(path: Path, account_id: str, environment: Environment) -> Sound | None:
    """Check a file that has a log, without making the log part of the file; None if that cannot be done.

    Whoever may write does that when it closes, whatever it found. Raises StorageFailed and sqlite3.Error.
    """
    shared = path.with_name(f"{path.name}-shm")
    is_ours = not shared.exists()
    try:
        with closing(connected(path, only_reads=True)) as database:
            return check(database, path.name, account_id, environment)
    except sqlite3.Error as error:
        if error_code(error) in _CONCLUSIVE:
            raise
        return None  # no room on the disk to read the log by, or a journal of another kind to play back
    finally:
        if is_ours:
            with suppress(OSError):
                shared.unlink(missing_ok=True)


def check(database: sqlite3.Connection, name: str, account_id: str, environment: Environment) -> Sound:
    """Check the whole file. Raises StorageFailed when it is not sound or not ours, and sqlite3.Error."""
    try:
        return _check(database, name, (account_id, environment.value))
    except sqlite3.Error as error:
        if error_code(error) in _DAMAGE:
            raise damaged(name) from error
        raise


def _check(database: sqlite3.Connection, name: str, bound: tuple[str, str]) -> Sound:
    # Rows are fetched at once: a statement that fails between two of them would keep the file open.
    execute = database.execute
    version = execute("PRAGMA user_version").fetchone()[0]
    # Half a page lost in the middle would otherwise show only when that page is needed.
    if execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise damaged(name)
    if version not in STEPS and version != SCHEMA_VERSION:
        raise StorageFailed(
            f"The order journal {name} was written by another version of Bellwether.",
            "Trading is off. Use that version, or move the file away after checking your orders.",
        )
    tables = {row[0] for row in execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()}
    if tables if version == 0 else not tables >= {"journal", "intent"}:
        raise StorageFailed(f"{name} is not an order journal.", "Trading is off. Move the file away.")
    if version == 0:
        return Sound(version=0, log_bytes=0)
    if execute("SELECT account_id, environment FROM journal").fetchone() != bound:
        raise StorageFailed(f"The order journal {name} belongs to another account.", "Trading is off.")
    columns = tuple(row[1] for row in execute("PRAGMA table_info(intent)").fetchall())
    if columns != COLUMNS_OF[version] or not _is_as_written(database, version):
        raise damaged(name)
    log_bytes = execute("SELECT log_bytes FROM journal").fetchone()[0] if version >= 3 else 0
    return Sound(version=version, log_bytes=int(log_bytes))


def _is_as_written(database: sqlite3.Connection, version: int) -> bool:
    """Whether each row is there, found by its id, and the same to the bit."""
    if database.execute("PRAGMA integrity_check(intent)").fetchone()[0] != "ok":
        return False
    wrong = f"checksum IS NOT row_sum({LISTED})" if version >= 3 else "0"
    # Rows are never deleted: they are numbered from 1 without a gap.
    query = f"SELECT count(*), min(rowid), max(rowid), sum({wrong}) FROM intent NOT INDEXED"  # noqa: S608
    count, first, last, wrong_rows = database.execute(query).fetchone()
    return bool(count == 0 or (first == 1 and last == count and wrong_rows == 0))


def damaged(name: str) -> StorageDamaged:
    """What is told of a file whose content can no longer be believed."""
    return StorageDamaged(
        f"The order journal {name} is damaged.",
        "Trading is off and the file is kept. Check your orders at the broker, then move it away.",
    )


def error_code(error: BaseException) -> int:
    """SQLite's code without the part that says more than matters here; 0 when there is none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
