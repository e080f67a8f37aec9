"""The order journal: what is about to be sent is on disk before the first byte leaves.

SQLite in WAL mode with synchronous=FULL: a commit returns only after the disk has it. One file for each
account and environment, bound to them when it is made; opening it for another account is an error.
The order lanes share one connection; a lock keeps their statements apart.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from core.domain.environment import Environment
from core.domain.intent import Intent, IntentKind, IntentState
from core.errors import StorageFailed
from core.store.write_ahead_log import LogState, log_state

SCHEMA_VERSION = 2
# SQLite empties its log in the middle of a commit once it holds a thousand pages, each with a head: 4.12 MB.
ROOM_BYTES = 4_400_000
_CACHE_KIB = 256
# Changed rows after which the log is emptied where no order waits for it: two or three dozen orders.
MANY_CHANGES = 300
_SCHEMA_1 = """
CREATE TABLE journal (account_id TEXT NOT NULL, environment TEXT NOT NULL);
CREATE TABLE intent (
    client_order_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    symbol TEXT NOT NULL,
    body BLOB NOT NULL,
    target_order_id TEXT,
    order_id TEXT,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_ns INTEGER NOT NULL,
    since_ns INTEGER NOT NULL
) STRICT;
CREATE INDEX intent_state ON intent (state);
"""
# `sending` has a row for each Retry by a person, `moment` when an intent passed which point after the click.
_TO_2 = """
ALTER TABLE intent ADD COLUMN request_id TEXT NOT NULL DEFAULT '';
ALTER TABLE intent ADD COLUMN sendings INTEGER NOT NULL DEFAULT 1;
ALTER TABLE intent ADD COLUMN is_let_go INTEGER NOT NULL DEFAULT 0;
CREATE TABLE sending (
    client_order_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    PRIMARY KEY (client_order_id, number)
) STRICT;
CREATE TABLE moment (
    client_order_id TEXT NOT NULL,
    moment TEXT NOT NULL,
    after_ns INTEGER NOT NULL,
    PRIMARY KEY (client_order_id, moment)
) STRICT;
"""
# What leads from each version to the next; an empty file is version 0.
_STEPS = {0: _SCHEMA_1, 1: _TO_2}
_WRITING_S = 0.02
_COLUMNS = (
    "client_order_id, kind, symbol, body, target_order_id, order_id, state, reason, created_ns, since_ns, "
    "request_id, sendings, is_let_go"
)
_MARKS = ",".join("?" * 13)


class Journal:
    """The intents of one account, durable."""

    def __init__(self, path: Path, *, account_id: str, environment: Environment) -> None:
        """Open or make the journal. Raises StorageFailed when it is not sound or another account's.

        `is_cut_short` tells that what was written last may be missing: the machine died, or worse.
        """
        self.path = path
        self._account_id, self._environment = account_id, environment
        self._lock = threading.Lock()
        self._changes_moved = 0  # how many of the changes are in the file itself, out of the log
        self._log = path.with_name(f"{path.name}-wal")
        self._places: dict[Path, tuple[int, int]] = {}
        with self._translated("could not be opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not path.exists()
            self.is_cut_short = self._look_at_log() is LogState.CUT_SHORT
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            with self._translated("could not be opened"):
                version = self._prepare()
                # A file that was made and holds nothing: the making was cut short, or all that came after.
                self.is_cut_short |= version == 0 and not is_new
                self._places = {file: _place(file) for file in (path, self._log)}
        except StorageFailed:
            self._database.close()
            raise

    def record(self, intent: Intent) -> None:
        """Write a new intent; returns once the disk has it. After StorageFailed nothing may be sent."""
        if intent.account_id != self._account_id or intent.environment is not self._environment:
            raise StorageFailed("This order belongs to another account.", "Nothing was sent.")
        row = (
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
            intent.is_let_go,
        )
        with self._translated("could not be written, so nothing was sent"):
            self._require_in_place()
            self._database.execute(f"INSERT INTO intent ({_COLUMNS}) VALUES ({_MARKS})", row)  # noqa: S608

    def record_again(self, intent: Intent, *, at_ns: int) -> None:
        """Write that a person sends a recorded intent once more at `at_ns`, byte for byte as it was.

        Returns once the disk has it. After StorageFailed nothing may be sent.
        """
        key, number = intent.client_order_id, intent.sendings
        with (
            self._translated("could not be written, so nothing was sent again"),
            self._at_once() as execute,
        ):
            self._require_in_place()
            changed = execute(
                "UPDATE intent SET sendings = ?, is_let_go = 0 WHERE client_order_id = ? AND body = ?",
                (number, key, intent.body),
            )
            if changed.rowcount != 1:
                raise ValueError("no such intent")
            execute("INSERT INTO sending VALUES (?, ?, ?)", (key, number, at_ns))

    def update(self, intent: Intent) -> None:
        """Write the state of a known intent. Raises StorageFailed; the earlier record stays as it was."""
        with self._translated("could not be updated"):
            self._database.execute(
                "UPDATE intent SET state = ?, order_id = ?, reason = ?, since_ns = ?, request_id = ?, "
                "is_let_go = ? WHERE client_order_id = ?",
                (
                    intent.state.value,
                    intent.order_id,
                    intent.reason,
                    intent.since_ns,
                    intent.request_id,
                    intent.is_let_go,
                    intent.client_order_id,
                ),
            )

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
            self._require_in_place()
            execute("UPDATE journal SET account_id = account_id")

    def unsettled(self) -> tuple[Intent, ...]:
        """Every intent whose fate is not settled, oldest first. Raises StorageFailed."""
        settled = [state.value for state in IntentState if state.is_settled]
        marks = ",".join("?" * len(settled))
        query = f"SELECT {_COLUMNS} FROM intent WHERE state NOT IN ({marks}) ORDER BY created_ns"  # noqa: S608
        with self._translated("could not be read"):
            return tuple(self._intent(row) for row in self._database.execute(query, settled))

    def known_ids(self) -> frozenset[str]:
        """The client order ids of every intent ever made here: what tells our orders from foreign ones."""
        with self._translated("could not be read"):
            return frozenset(row[0] for row in self._database.execute("SELECT client_order_id FROM intent"))

    def close(self) -> None:
        """Close the file; nothing may be recorded after."""
        with self._lock:
            self._database.close()

    def _look_at_log(self) -> LogState:
        """Refuse a log that SQLite would take for an older one, and write over (threat model O6)."""
        found = log_state(self._log)
        while found is LogState.DAMAGED:
            threading.Event().wait(_WRITING_S)
            again = log_state(self._log)  # another program may have been writing just then
            if again is found:
                raise self._damaged()
            found = again
        size = self.path.stat().st_size if self.path.exists() else None
        if not size and self._log.exists() and self._log.stat().st_size:
            raise self._damaged()
        return found

    def _prepare(self) -> int:
        """Make sure of the file and bring it up; the version that was found."""
        execute = self._database.execute
        execute("PRAGMA busy_timeout = 500")
        # Held until closed: two programs on one journal would each believe in half of the orders.
        execute("PRAGMA locking_mode = EXCLUSIVE")
        version = execute("PRAGMA user_version").fetchone()[0]
        # Half a page lost in the middle would otherwise show only when that page is needed.
        if execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise self._damaged()
        # Nothing is changed before it is known to be ours.
        self._require_ours(version)
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = FULL")
        # The log begins anew, so that no half record of an earlier run lies behind those of this one. It is
        # opened by reading: before that SQLite says that a table is locked.
        execute("SELECT 1 FROM sqlite_master").fetchall()
        with suppress(sqlite3.OperationalError):  # a full disk: what is there can be read all the same
            execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if version != SCHEMA_VERSION:
            self._bring_up_from(version)
        return int(version)

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
                execute("UPDATE journal SET account_id = account_id")  # has the disk take it all
            except sqlite3.OperationalError:
                if self._database.in_transaction:
                    execute("ROLLBACK")

    def _empty_log(self) -> None:
        """Move what is in the log into the file itself, if it is much: else a commit would have to."""
        changes = self._database.total_changes
        if changes - self._changes_moved >= MANY_CHANGES:
            self._changes_moved = changes
            self._database.execute("PRAGMA wal_checkpoint").fetchone()

    def _require_ours(self, version: int) -> None:
        name = self.path.name
        if version not in _STEPS and version != SCHEMA_VERSION:
            raise StorageFailed(
                f"The order journal {name} was written by another version of Bellwether.",
                "Trading is off. Use that version, or move the file away after checking your orders.",
            )
        execute = self._database.execute
        tables = {row[0] for row in execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables if version == 0 else not tables >= {"journal", "intent"}:
            raise StorageFailed(f"{name} is not an order journal.", "Trading is off. Move the file away.")
        bound = (self._account_id, self._environment.value)
        if version and execute("SELECT account_id, environment FROM journal").fetchone() != bound:
            raise StorageFailed(f"The order journal {name} belongs to another account.", "Trading is off.")

    def _damaged(self) -> StorageFailed:
        return StorageFailed(
            f"The order journal {self.path.name} is damaged.",
            "Trading is off and the file is kept. Check your orders at the broker, then move it away.",
        )

    def _require_in_place(self) -> None:
        """Raise OSError if the file is not where the next start will look for it."""
        if any(_place(file) != place for file, place in self._places.items()):
            raise FileNotFoundError("the file was moved or deleted while in use")

    def _bring_up_from(self, version: int) -> None:
        """Make the tables of this version, all or nothing: half a journal would belong to nobody."""
        with self._at_once() as execute:
            for step in range(version, SCHEMA_VERSION):
                for statement in _STEPS[step].split(";")[:-1]:
                    execute(statement)
            if version == 0:
                execute("INSERT INTO journal VALUES (?, ?)", (self._account_id, self._environment.value))
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
        client_order_id, kind, symbol, body, target, order_id, state, reason, created_ns, since_ns = row[:10]
        request_id, sendings, is_let_go = row[10:]
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

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except (sqlite3.Error, OSError, ValueError) as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest says more than matters here
            if code == sqlite3.SQLITE_BUSY:
                raise StorageFailed(
                    f"The order journal {self.path.name} is in use by another program.",
                    "Trading is off here. Close the other one, then start again.",
                    detail=f"{type(error).__name__}: {error}",
                ) from error
            if code == sqlite3.SQLITE_NOTADB:
                raise StorageFailed(
                    f"{self.path.name} is not an order journal.",
                    "Trading is off. Move the file away.",
                    detail=f"{type(error).__name__}: {error}",
                ) from error
            if code == sqlite3.SQLITE_CORRUPT:
                raise self._damaged() from error
            raise StorageFailed(
                f"The order journal {what}.",
                "Free disk space or check the data folder, then try again.",
                detail=f"{self.path.name}: {type(error).__name__}: {error}",
            ) from error


def _place(file: Path) -> tuple[int, int]:
    """What tells a file from another that took its name. Raises OSError when there is none."""
    found = file.stat()
    return found.st_dev, found.st_ino
