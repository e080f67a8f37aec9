"""The account's past as far as it was read: orders and activities, one file per account and environment.

A cache of what the broker keeps, never the truth: a file that is not sound is put aside and a new one begun,
so that the worst case is reading again. Bound to its account when it is made.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec

from core.domain.activity import Activity
from core.domain.environment import Environment
from core.domain.order import Order
from core.errors import StorageFailed

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE history (account_id TEXT NOT NULL, environment TEXT NOT NULL);
CREATE TABLE span (list TEXT NOT NULL, low TEXT NOT NULL, high TEXT NOT NULL) STRICT;
CREATE TABLE orders (
    id TEXT PRIMARY KEY, place TEXT NOT NULL, is_open INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX orders_place ON orders (place DESC, id DESC);
CREATE TABLE activities (id TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
"""
_ORDER = msgspec.json.Decoder(Order)
_ACTIVITY = msgspec.json.Decoder(Activity)
_ENCODER = msgspec.json.Encoder()

Item = TypeVar("Item")
Spans = Sequence[tuple[str, str]]
Cursor = tuple[str, ...]


class HistoryList(StrEnum):
    """The lists that are kept."""

    ORDERS = "orders"
    ACTIVITIES = "activities"


class History:
    """Used on one thread at a time. Every method raises StorageFailed when the file does not do its part."""

    def __init__(self, path: Path, *, account_id: str, environment: Environment) -> None:
        """Open or make the file; `was_put_aside` says whether an unsound one was replaced.

        Raises StorageFailed when it is another account's, or cannot be made.
        """
        self.path = path
        self.was_put_aside = False
        self._has_holes = False
        self._owner = (account_id, environment.value)
        with self._translated("could not be opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._database = self._opened()
            except sqlite3.OperationalError:
                raise  # a lock, a full disk, a missing right: the file may be sound
            except sqlite3.DatabaseError:
                self._put_aside()
                self._database = self._opened()

    def put_orders(self, orders: Iterable[Order], spans: Spans | None = None) -> None:
        """Keep orders, replacing older versions; `spans` is what has been read with them, all or nothing."""
        rows = [(order.id, _place(order), _may_change(order), _ENCODER.encode(order)) for order in orders]
        with self._transaction():
            self._database.executemany("INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?)", rows)
            self._put_spans(HistoryList.ORDERS, spans)

    def put_activities(self, activities: Iterable[Activity], spans: Spans | None = None) -> None:
        """Keep activities; `spans` is what has been read with them, all or nothing."""
        rows = [(entry.id, _ENCODER.encode(entry)) for entry in activities]
        with self._transaction():
            self._database.executemany("INSERT OR REPLACE INTO activities VALUES (?, ?)", rows)
            self._put_spans(HistoryList.ACTIVITIES, spans)

    def spans(self, of: HistoryList) -> tuple[tuple[str, str], ...]:
        """What has been read of a list; nothing is, once a record turned out to be unreadable."""
        if self._has_holes:
            return ()
        with self._translated("could not be read"):
            return tuple(self._database.execute("SELECT low, high FROM span WHERE list = ?", (of.value,)))

    def orders(self, after: Cursor, limit: int) -> tuple[tuple[Order, ...], Cursor]:
        """The next orders, newest first, and where to go on: () at first, and again at the end."""
        place, order_id = after or ("\uffff", "")
        with self._translated("could not be read"):
            rows = self._database.execute(
                "SELECT place, id, body FROM orders WHERE (place, id) < (?, ?) "
                "ORDER BY place DESC, id DESC LIMIT ?",
                (place, order_id, limit),
            ).fetchall()
        orders = self._decoded(_ORDER, (row[2] for row in rows))
        return orders, (str(rows[-1][0]), str(rows[-1][1])) if len(rows) == limit else ()

    def activities(self, after: Cursor, limit: int) -> tuple[tuple[Activity, ...], Cursor]:
        """The next activities, newest first, and where to go on: () at first, and again at the end."""
        (last,) = after or ("\uffff",)
        with self._translated("could not be read"):
            rows = self._database.execute(
                "SELECT id, body FROM activities WHERE id < ? ORDER BY id DESC LIMIT ?", (last, limit)
            ).fetchall()
        return self._decoded(_ACTIVITY, (row[1] for row in rows)), (str(rows[-1][0]),) if len(
            rows
        ) == limit else ()

    def open_order_ids(self) -> tuple[str, ...]:
        """Orders that were open when they were last seen, or had an open leg, and may have ended unseen."""
        with self._translated("could not be read"):
            return tuple(row[0] for row in self._database.execute("SELECT id FROM orders WHERE is_open"))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _opened(self) -> sqlite3.Connection:
        with contextlib.ExitStack() as unless_prepared:
            database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            unless_prepared.callback(database.close)
            self._prepare(database)
            unless_prepared.pop_all()
        return database

    def _prepare(self, database: sqlite3.Connection) -> None:
        execute = database.execute
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = NORMAL")  # what a power cut takes is read again
        execute("PRAGMA busy_timeout = 2000")
        version = execute("PRAGMA user_version").fetchone()[0]
        if version == 0 and not execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            self._make(database)
        elif version != SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"version {version}")
        owner = execute("SELECT account_id, environment FROM history").fetchone()
        if owner != self._owner:
            raise StorageFailed(
                f"The local history {self.path.name} belongs to another account.",
                "It is left alone; the history is read from the broker and not kept.",
            )
        for table in HistoryList:
            if execute(f"PRAGMA quick_check({table.value})").fetchone() != ("ok",):
                raise sqlite3.DatabaseError(f"{table.value} is damaged")

    def _make(self, database: sqlite3.Connection) -> None:
        execute = database.execute
        execute("BEGIN IMMEDIATE")
        try:
            for statement in _SCHEMA.split(";")[:-1]:
                execute(statement)
            execute("INSERT INTO history VALUES (?, ?)", self._owner)
            execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            execute("COMMIT")
        except sqlite3.Error:
            if database.in_transaction:
                execute("ROLLBACK")
            raise

    def _put_aside(self) -> None:
        self.was_put_aside = True
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        self.path.replace(self.path.with_name(f"{self.path.name}.damaged"))

    def _decoded(self, decoder: "msgspec.json.Decoder[Item]", bodies: Iterable[bytes]) -> tuple[Item, ...]:
        found = []
        for body in bodies:
            try:
                found.append(decoder.decode(body))
            except msgspec.DecodeError:  # as good as none: read again from the broker
                self._has_holes = True
        return tuple(found)

    def _put_spans(self, of: HistoryList, spans: Spans | None) -> None:
        if spans is not None:
            self._database.execute("DELETE FROM span WHERE list = ?", (of.value,))
            rows = [(of.value, low, high) for low, high in spans]
            self._database.executemany("INSERT INTO span VALUES (?, ?, ?)", rows)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._translated("could not be written"):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            finally:
                if self._database.in_transaction:  # a full disk may have rolled back by itself
                    self._database.execute("ROLLBACK")

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StorageFailed(
                f"The local history {what}.",
                "Free disk space or check the data folder. Nothing at the broker has changed.",
                detail=f"{self.path.name}: {type(error).__name__}: {error}",
            ) from error


def _may_change(order: Order) -> bool:
    return order.is_open or any(leg.is_open for leg in order.legs)


def _place(order: Order) -> str:
    """Sorts by submission time; orders without one come last."""
    return "" if order.submitted_at is None else f"{order.submitted_at:%Y-%m-%dT%H:%M:%S.%f}"
