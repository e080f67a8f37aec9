"""The order journal: what is about to be sent is on disk before the first byte leaves.

SQLite in WAL mode with synchronous=FULL: a commit returns only after the disk has it. One file for each
account and environment, bound to them when it is made; opening it for another account is an error.
The order lanes share one connection; a lock keeps their statements apart.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from core.domain.environment import Environment
from core.domain.intent import Intent, IntentKind, IntentState
from core.errors import StorageFailed
from core.store.journal_check import Sound, check, check_beside_log, connected, damaged, error_code
from core.store.journal_schema import COLUMNS, COLUMNS_OF, LISTED, SCHEMA_VERSION, STEPS, row_sum
from core.store.whereabouts import Whereabouts
from core.store.write_ahead_log import LogState, log_state

# SQLite empties its log in the middle of a commit once it holds a thousand pages, each with a head: 4.12 MB.
ROOM_BYTES = 4_400_000
_CACHE_KIB = 256
# Changed rows after which the log is emptied where no order waits for it: two or three dozen orders.
MANY_CHANGES = 300
_WRITING_S = 0.02
_MARKS = ",".join("?" * len(COLUMNS_OF[SCHEMA_VERSION]))
# An UPDATE that changes nothing writes nothing: SQLite compares. This one it does not compare.
_WRITE_SOMETHING = f"PRAGMA user_version = {SCHEMA_VERSION}"
_SUM = f"row_sum({LISTED})"
_INSERT = f"INSERT INTO intent ({LISTED}, checksum) VALUES ({_MARKS})"  # noqa: S608 - of our own names


def _change(names: tuple[str, ...], condition: str = "") -> str:
    """The statement that changes columns of a row together with its sum, if the row is as it was written.

    The new sum is made of what the row holds, and not of what is believed of it.
    """
    new = ", ".join(f":{name}" if name in names else name for name in COLUMNS)
    changes = ", ".join(f"{name} = :{name}" for name in names)
    return (
        f"UPDATE intent SET {changes}, checksum = row_sum({new}) "  # noqa: S608 - of our own names
        f"WHERE client_order_id = :client_order_id AND checksum = {_SUM} {condition}"
    )


_NOTE = _change(("order_id", "state", "reason", "since_ns", "request_id", "is_let_go"))
_SEND_AGAIN = _change(("sendings", "is_let_go"), "AND body = :body")


class Journal:
    """The intents of one account, durable."""

    def __init__(self, path: Path, *, account_id: str, environment: Environment) -> None:
        """Open or make the journal. Raises StorageFailed when it is not sound or another account's.

        Every row is compared with its sum. `is_cut_short` tells that what was written last may be missing:
        the machine died, or worse.
        """
        named, path = path, Path(os.path.realpath(path))  # SQLite keeps the log beside the file itself
        self.path = path
        self._account_id, self._environment = account_id, environment
        self._lock = threading.Lock()
        self._changes_moved = 0  # how many of the changes are in the file itself, out of the log
        self._log = path.with_name(f"{path.name}-wal")
        self._is_log_awaited = False
        with self._translated("could not be opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not path.exists()
            log = self._look_at_log()
            # Stands beside a file while that is made: one that is empty without this has lost what it held.
            unfinished = path.with_name(f"{path.name}-new")
            if is_new:
                unfinished.touch()
            is_unfinished = unfinished.exists()
            held = self._log.stat().st_size if self._log.exists() else 0
            sound = check_beside_log(path, account_id, environment) if held else None
            self._database = connected(path)
        try:
            with self._translated("could not be opened"):
                sound = self._prepare(sound)
                if sound.version == 0:
                    self.is_cut_short = not is_unfinished
                else:
                    self.is_cut_short = _is_cut_short(log, held, sound)
                if is_unfinished:
                    unfinished.unlink()
                self._whereabouts = Whereabouts(named, self._log)
        except StorageFailed:
            self._database.close()
            raise

    def record(self, intent: Intent) -> None:
        """Write a new intent; returns once the disk has it. After StorageFailed nothing may be sent."""
        if intent.account_id != self._account_id or intent.environment is not self._environment:
            raise StorageFailed("This order belongs to another account.", "Nothing was sent.")
        row: tuple[object, ...] = (
            intent.client_order_id,
            intent.kind.value,
            intent.symbol,
            intent.body,
            intent.target_order_id,
            intent.order_id,
            intent.state.value,
            intent.reason,
            intent.created_ns,
            intent.since_ns,
            intent.request_id,
            intent.sendings,
            int(intent.is_let_go),
        )
        with self._translated("could not be written, so nothing was sent"):
            self._whereabouts.require()
            self._database.execute(_INSERT, (*row, row_sum(*row)))

    def record_again(self, intent: Intent, *, at_ns: int) -> None:
        """Write that a person sends a recorded intent once more at `at_ns`, byte for byte as it was.

        Returns once the disk has it. After StorageFailed nothing may be sent.
        """
        key, number = intent.client_order_id, intent.sendings
        with (
            self._translated("could not be written, so nothing was sent again"),
            self._at_once() as execute,
        ):
            self._whereabouts.look()
            again = {"client_order_id": key, "body": intent.body, "sendings": number, "is_let_go": 0}
            if execute(_SEND_AGAIN, again).rowcount != 1:
                raise ValueError("no such intent")
            execute("INSERT INTO sending VALUES (?, ?, ?)", (key, number, at_ns))

    def update(self, intent: Intent) -> None:
        """Write the state of a known intent. Raises StorageFailed; the earlier record stays as it was."""
        note = {
            "client_order_id": intent.client_order_id,
            "order_id": intent.order_id,
            "state": intent.state.value,
            "reason": intent.reason,
            "since_ns": intent.since_ns,
            "request_id": intent.request_id,
            "is_let_go": int(intent.is_let_go),
        }
        with self._translated("could not be updated"):
            if self._database.execute(_NOTE, note).rowcount != 1 and self._has(intent.client_order_id):
                raise damaged(self.path.name)
            self._whereabouts.look()  # for the next order, which has no time for it

    def note_moments(self, moments: Mapping[str, Mapping[str, int]]) -> None:
        """Write when intents passed which points, in nanoseconds since the click. Raises StorageFailed."""
        rows = [(key, name, after) for key, passed in moments.items() for name, after in passed.items()]
        with self._translated("could not be updated"):
            self._empty_log()
            with self._at_once():
                self._database.executemany("INSERT OR REPLACE INTO moment VALUES (?, ?, ?)", rows)

    def moments(self, client_order_id: str) -> dict[str, int]:
        """When an intent passed which points, in nanoseconds since the click. Raises StorageFailed."""
        query = "SELECT moment, after_ns FROM moment WHERE client_order_id = ?"
        with self._translated("could not be read"):
            return dict(self._database.execute(query, (client_order_id,)).fetchall())

    def probe(self) -> None:
        """Write without changing anything. Raises StorageFailed while the disk takes nothing."""
        with self._translated("could not be written"), self._at_once() as execute:
            self._whereabouts.look()
            execute(_WRITE_SOMETHING)

    def unsettled(self) -> tuple[Intent, ...]:
        """Every intent whose fate is not settled, oldest first. Raises StorageFailed."""
        settled = [state.value for state in IntentState if state.is_settled]
        marks = ",".join("?" * len(settled))
        query = (
            f"SELECT {LISTED}, checksum FROM intent "  # noqa: S608 - of our own names
            f"WHERE state NOT IN ({marks}) ORDER BY created_ns"
        )
        with self._translated("could not be read"):
            return tuple(self._intent(row) for row in self._database.execute(query, settled))

    def known_ids(self) -> frozenset[str]:
        """The client order ids of every intent ever made here: what tells our orders from foreign ones."""
        with self._translated("could not be read"):
            return frozenset(row[0] for row in self._database.execute("SELECT client_order_id FROM intent"))

    def close(self) -> None:
        """Close the file; nothing may be recorded after."""
        with self._lock:
            if self._is_log_awaited:
                with suppress(sqlite3.Error):  # then the next start misses a log in which nothing was left
                    self._await_log(0)
            self._database.close()
            self._whereabouts.close()

    def _look_at_log(self) -> LogState:
        """Refuse a log that SQLite would take for an older one, and write over (threat model O6)."""
        found = log_state(self._log)
        while found is LogState.DAMAGED:
            threading.Event().wait(_WRITING_S)
            again = log_state(self._log)  # another program may have been writing just then
            if again is found:
                raise damaged(self.path.name)
            found = again
        size = self.path.stat().st_size if self.path.exists() else None
        if not size and self._log.exists() and self._log.stat().st_size:
            raise damaged(self.path.name)
        return found

    def _prepare(self, sound: Sound | None) -> Sound:
        """Make sure of the file, unless that was done, and bring it up; what was found."""
        execute = self._database.execute
        # Held until closed: two programs on one journal would each believe in half of the orders.
        execute("PRAGMA locking_mode = EXCLUSIVE")
        # Nothing is changed before it is known to be ours.
        if sound is None:
            sound = check(self._database, self.path.name, self._account_id, self._environment)
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = FULL")
        execute("PRAGMA journal_size_limit = -1")  # its length is made once, and waited for by the next start
        # The log begins anew, so that no half record of an earlier run lies behind those of this one. It is
        # opened by reading: before that SQLite says that a table is locked.
        execute("SELECT 1 FROM sqlite_master").fetchall()
        self._is_log_awaited = sound.log_bytes > 0
        with suppress(sqlite3.OperationalError):  # a full disk: what is there can be read all the same
            if self._is_log_awaited:
                # The note goes where half a record would be, were the log not begun anew before it too.
                execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
                self._await_log(0)
            execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if sound.version != SCHEMA_VERSION:
            self._bring_up_from(sound.version)
            # That wrote every row anew; and a log in which no order is begins with no record.
            with suppress(sqlite3.OperationalError):
                execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return sound

    def make_room(self) -> None:
        """Let the log grow now: a commit that makes it longer takes the disk twice as long. Never raises.

        Pages that do not fit the cache go to the log, and are dead there once they are rolled back: what is
        recorded is written over them. Without room for that a record may still find some.
        """
        execute = self._database.execute
        with self._lock:
            try:
                execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
                execute("BEGIN IMMEDIATE")
                execute("CREATE TABLE room (filler BLOB)")
                execute("INSERT INTO room VALUES (zeroblob(?))", (ROOM_BYTES,))
                execute("ROLLBACK")
                execute(_WRITE_SOMETHING)  # has the disk take it all
                self._await_log(self._log.stat().st_size)
                execute("PRAGMA wal_checkpoint").fetchone()  # it must be known without the log
            except (sqlite3.OperationalError, OSError):
                if self._database.in_transaction:
                    execute("ROLLBACK")
                # A log without a length is to begin with something else than an order.
                with suppress(sqlite3.OperationalError):
                    execute(_WRITE_SOMETHING)

    def _empty_log(self) -> None:
        """Move what is in the log into the file itself, if it is much: else a commit would have to."""
        changes = self._database.total_changes
        if changes - self._changes_moved >= MANY_CHANGES:
            self._changes_moved = changes
            self._database.execute("PRAGMA wal_checkpoint").fetchone()

    def _await_log(self, length: int) -> None:
        """Have the next start look for a log of that length, or for none."""
        self._database.execute("UPDATE journal SET log_bytes = ?", (length,))
        self._is_log_awaited = length > 0

    def _has(self, client_order_id: str) -> bool:
        query = "SELECT 1 FROM intent WHERE client_order_id = ?"
        return self._database.execute(query, (client_order_id,)).fetchone() is not None

    def _bring_up_from(self, version: int) -> None:
        """Make the tables of this version, all or nothing: half a journal would belong to nobody."""
        with self._at_once() as execute:
            for step in range(version, SCHEMA_VERSION):
                for statement in STEPS[step].split(";")[:-1]:
                    execute(statement)
            if version == 0:
                bound = (self._account_id, self._environment.value)
                execute("INSERT INTO journal (account_id, environment) VALUES (?, ?)", bound)
            execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def _at_once(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """All that is executed within, or nothing."""
        execute = self._database.execute
        execute("BEGIN IMMEDIATE")
        try:
            yield execute
            execute("COMMIT")
        except (sqlite3.Error, OSError, ValueError):
            if self._database.in_transaction:
                execute("ROLLBACK")
            raise

    def _intent(self, row: tuple[object, ...]) -> Intent:
        if row[-1] != row_sum(*row[:-1]):
            raise damaged(self.path.name)
        client_order_id, kind, symbol, body, target, order_id, state, reason, created_ns, since_ns = row[:10]
        request_id, sendings, is_let_go, _sum = row[10:]
        return Intent(
            client_order_id=str(client_order_id),
            kind=IntentKind(str(kind)),
            environment=self._environment,
            account_id=self._account_id,
            symbol=str(symbol),
            body=bytes(body) if isinstance(body, bytes) else b"",
            state=IntentState(str(state)),
            created_ns=int(str(created_ns)),
            since_ns=int(str(since_ns)),
            target_order_id=None if target is None else str(target),
            order_id=None if order_id is None else str(order_id),
            reason=str(reason),
            request_id=str(request_id),
            sendings=int(str(sendings)),
            is_let_go=bool(is_let_go),
        )

    def _translated(self, what: str) -> "_Turn":
        return _Turn(self._lock, self.path.name, what)


class _Turn:
    """One at a time at the file; what goes wrong meanwhile is raised as StorageFailed, in a trader's words.

    A class, and no generator: an order waits for it.
    """

    __slots__ = ("_lock", "_name", "_what")

    def __init__(self, lock: threading.Lock, name: str, what: str) -> None:
        self._lock, self._name, self._what = lock, name, what

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        self._lock.release()
        if isinstance(error, sqlite3.Error | OSError | ValueError):
            raise _translation(error, self._name, self._what) from error


def _translation(error: sqlite3.Error | OSError | ValueError, name: str, what: str) -> StorageFailed:
    code = error_code(error)
    detail = f"{type(error).__name__}: {error}"
    if code == sqlite3.SQLITE_BUSY:
        return StorageFailed(
            f"The order journal {name} is in use by another program.",
            "Trading is off here. Close the other one, then start again.",
            detail=detail,
        )
    if code == sqlite3.SQLITE_NOTADB:
        return StorageFailed(
            f"{name} is not an order journal.", "Trading is off. Move the file away.", detail=detail
        )
    if code == sqlite3.SQLITE_CORRUPT:
        return damaged(name)
    return StorageFailed(
        f"The order journal {what}.",
        "Free disk space or check the data folder, then try again.",
        detail=f"{name}: {detail}",
    )


def _is_cut_short(log: LogState, held: int, sound: Sound) -> bool:
    """Whether what was recorded last may be missing in a log that has `held` bytes."""
    if held < sound.log_bytes:
        return True  # what is missing of it may end where a record does
    if log is LogState.UNBEGUN:
        # Without a length it was cut off while it was given one, and no order was recorded in it yet. Earlier
        # versions gave it none.
        return sound.version != SCHEMA_VERSION or sound.log_bytes > 0
    return log is LogState.CUT_SHORT
