"""How the order journal is laid out, version by version, and the sum that each row carries."""

import zlib

SCHEMA_VERSION = 3
COLUMNS = (
    "client_order_id",
    "kind",
    "symbol",
    "body",
    "target_order_id",
    "order_id",
    "state",
    "reason",
    "created_ns",
    "since_ns",
    "request_id",
    "sendings",
    "is_let_go",
)
LISTED = ", ".join(COLUMNS)
SCHEMA_1 = """
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
TO_2 = """
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
# Each row is read at the start, so that its sum can be compared: an index by state only costs. `log_bytes` is
# how long the log is at least, once it was given its length, and 0 when nothing of it is left to be read.
TO_3 = f"""
ALTER TABLE intent ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
UPDATE intent SET checksum = row_sum({LISTED});
DROP INDEX intent_state;
ALTER TABLE journal ADD COLUMN log_bytes INTEGER NOT NULL DEFAULT 0;
"""  # noqa: S608 - of our own names
# What leads from each version to the next; an empty file is version 0.
STEPS = {0: SCHEMA_1, 1: TO_2, 2: TO_3}
# The columns of `intent` in each version: one that claims another version than it has was damaged.
COLUMNS_OF = {1: COLUMNS[:10], 2: COLUMNS, 3: (*COLUMNS, "checksum")}


def row_sum(*row: object) -> int | None:
    """What tells a row of `intent` from the same with a bit changed; `row` has the values of COLUMNS.

    None when it cannot be a row of ours. SQLite calls it too, by this name. It must never give another sum
    for the same row: journals outlive versions of this program and of Python.
    """
    body = row[3]
    if not isinstance(body, bytes):
        return None
    return zlib.crc32(body, zlib.crc32(ascii((row[:3], row[4:])).encode("ascii")))
