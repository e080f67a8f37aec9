"""The log of a database: every way of damaging it is told from a record that was never complete."""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store.write_ahead_log import LogState, log_state

RECORDS = 12
HEAD, FRAME = 32, 24 + 4096


@pytest.fixture
def log(tmp_path: Path) -> Iterator[bytes]:
    """The log of a database with a dozen records, as a crash leaves it."""
    database = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE t (x)")
    for number in range(RECORDS):
        database.execute("INSERT INTO t VALUES (?)", (f"{number:0900}",))
    yield (tmp_path / "a.sqlite-wal").read_bytes()
    database.close()


def state(tmp_path: Path, log: bytes) -> LogState:
    path = tmp_path / "copy-wal"
    path.write_bytes(log)
    return log_state(path)


def test_a_log_that_is_whole_empty_or_not_there_is_whole(tmp_path, log):
    assert state(tmp_path, log) is LogState.WHOLE
    assert state(tmp_path, b"") is LogState.WHOLE
    assert log_state(tmp_path / "nothing-wal") is LogState.WHOLE


def test_a_log_that_ends_within_a_frame_is_cut_short_and_never_called_damaged(tmp_path, log):
    ends = [at + FRAME for at in range(HEAD, len(log), FRAME) if any(log[at + 4 : at + 8])]
    for length in range(1, len(log), 509):
        at_an_end = (length - HEAD) % FRAME == 0
        torn = LogState.UNBEGUN if length < ends[0] else LogState.CUT_SHORT
        assert state(tmp_path, log[:length]) is (LogState.WHOLE if at_an_end else torn)


def test_a_flipped_bit_anywhere_is_damage_unless_only_the_last_record_suffers(tmp_path, log):
    chance = random.Random(1)
    last = len(log) - 2 * FRAME
    for _ in range(300):
        place = chance.randrange(last)
        damaged = bytearray(log)
        damaged[place] ^= 1 << chance.randrange(8)
        assert state(tmp_path, bytes(damaged)) is LogState.DAMAGED, place
    damaged = bytearray(log)
    damaged[-1] ^= 1
    assert state(tmp_path, bytes(damaged)) is LogState.CUT_SHORT


FIELDS = {"page": 3, "size": 7, "first salt": 8, "second salt": 15, "sum": 16, "content": 99}


@pytest.mark.parametrize("field", FIELDS)
def test_a_bit_flipped_in_the_frame_that_ends_the_last_record_is_told_wherever_it_is(tmp_path, log, field):
    """A frame of another log, or one that ends no record, would be what was left over from before."""
    for bit in range(8):
        damaged = bytearray(log)
        damaged[len(log) - FRAME + FIELDS[field]] ^= 1 << bit
        assert state(tmp_path, bytes(damaged)) is LogState.CUT_SHORT


def test_a_last_record_that_lost_the_mark_of_its_end_is_told(tmp_path, log):
    damaged = bytearray(log)
    damaged[len(log) - FRAME + 4 : len(log) - FRAME + 8] = bytes(4)
    assert state(tmp_path, bytes(damaged)) is LogState.CUT_SHORT


def test_a_frame_written_over_the_end_of_the_last_record_is_told(tmp_path, log):
    other = next(at for at in range(HEAD, len(log), FRAME) if not any(log[at + 4 : at + 8]))
    damaged = log[:-FRAME] + log[other : other + FRAME]
    assert state(tmp_path, damaged) is LogState.CUT_SHORT


def test_what_lies_behind_a_log_that_was_begun_anew_is_not_part_of_it(tmp_path):
    path = tmp_path / "a.sqlite"
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE t (x)")
    for number in range(RECORDS):
        database.execute("INSERT INTO t VALUES (?)", (number,))
    database.execute("PRAGMA wal_checkpoint").fetchall()
    database.execute("INSERT INTO t VALUES (99)")
    assert log_state(tmp_path / "a.sqlite-wal") is LogState.WHOLE
    database.close()


def test_pages_that_were_rolled_back_are_no_damage(tmp_path):
    database = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA cache_size = 10")
    database.execute("CREATE TABLE t (x)")
    database.execute("BEGIN")
    database.execute("INSERT INTO t VALUES (zeroblob(400000))")
    database.execute("ROLLBACK")
    assert (tmp_path / "a.sqlite-wal").stat().st_size > 300_000
    assert log_state(tmp_path / "a.sqlite-wal") is LogState.WHOLE
    database.execute("INSERT INTO t VALUES (1)")
    assert log_state(tmp_path / "a.sqlite-wal") is LogState.WHOLE
    database.close()


@pytest.mark.parametrize("rubbish", [b"x", b"x" * 31, b"x" * 32, b"x" * 5_000, b"\0" * 5_000])
def test_what_is_no_log_is_never_whole(tmp_path, rubbish):
    assert state(tmp_path, rubbish) is not LogState.WHOLE
