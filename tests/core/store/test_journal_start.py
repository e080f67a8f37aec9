"""A journal's start: when it is cut short, nothing was recorded yet, and nothing is said to be missing."""

import random
import shutil
import sqlite3
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from core.domain.environment import Environment
from core.domain.intent import Intent, IntentKind, IntentState
from core.store.journal import Journal
from tests.fakes.torn_log import used

ROOT = Path(__file__).parents[3]
AN_INTENT = Intent(
    client_order_id="bw-1",
    kind=IntentKind.PLACE,
    environment=Environment.PAPER,
    account_id="a",
    symbol="NVDA",
    body=b"{}",
    state=IntentState.JOURNALED,
    created_ns=1,
    since_ns=1,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal" / "paper-a.sqlite"


def opened(path: Path) -> Journal:
    return Journal(path, account_id="a", environment=Environment.PAPER)


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


class NoRoom:
    """A database on a disk without room for the length of the log."""

    def __init__(self, real: sqlite3.Connection) -> None:
        self._real = real

    def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        if "zeroblob" in statement:
            raise sqlite3.OperationalError("database or disk is full")
        return self._real.execute(statement, *arguments)

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


def test_a_run_that_was_killed_at_its_start_has_lost_nothing(path, tmp_path):
    """While the file is made, and while its log is given its length, no order is recorded."""
    copy = tmp_path / "killed" / path.name
    moments: list[dict[str, bytes]] = []

    def note() -> None:
        moments.append({file.name: file.read_bytes() for file in path.parent.iterdir()})

    class Traced(sqlite3.Connection):
        def execute(self, *arguments):
            note()
            return super().execute(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        connect = sqlite3.connect
        patch.setattr(sqlite3, "connect", lambda *args, **options: connect(*args, factory=Traced, **options))
        first = opened(path)
        first.make_room()
        note()
        first.close()
        again = opened(path)
        again.make_room()
        note()
        again.close()
    chance, frame, cut = random.Random(1), 24 + 4096, 0
    for before, after in pairwise(moments):
        whole = after.get(log_of(path).name, b"")
        grown = len(whole) - len(before.get(log_of(path).name, b""))
        # What the log grew by may have been written in part: up to anywhere in a frame.
        at = [len(whole) - chance.randrange(1, grown) for _ in range(12)] if grown > 1 else []
        near = [len(whole) - grown + more for more in (10, 32 + 24, frame, 32 + frame + 24) if more < grown]
        for length in [None, *at, *near]:
            files = after if length is None else {**before, log_of(path).name: whole[:length]}
            cut += length is not None
            copy.parent.mkdir()
            for name, content in files.items():
                (copy.parent / name).write_bytes(content)
            left = opened(copy)
            assert not left.is_cut_short
            left.close()
            shutil.rmtree(copy.parent)
    assert cut > 30


def test_a_file_that_is_made_leaves_nothing_beside_it(path):
    opened(path).close()
    assert list(path.parent.iterdir()) == [path]


FULL_DISK = """
import os, resource, sys
from pathlib import Path
from core.domain.environment import Environment
from core.errors import StorageFailed
from core.store.journal import Journal

for size in map(int, sys.argv[2:]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        journal = Journal(Path(sys.argv[1], f"{size}.sqlite"), account_id="a", environment=Environment.PAPER)
        journal.make_room()
        print(f"opened {size}", flush=True)
    except StorageFailed:
        print(f"refused {size}", flush=True)
os._exit(9)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on how long a file may get")
def test_a_start_on_a_full_disk_has_lost_nothing_even_when_it_was_killed(tmp_path):
    sizes = [0, 1, 100, 4_096, 4_152, 5_000, 12_345, 40_000, 50_000, 1_000_000, 3_333_333]
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path), *map(str, sizes)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout.split("\n")
    assert "refused 0" in said
    assert "opened 1000000" in said
    for size in sizes:
        journal = opened(tmp_path / f"{size}.sqlite")
        assert not journal.is_cut_short, size
        journal.close()


FILLED_UP = """
import resource, sys
from pathlib import Path
from core.errors import StorageFailed
from tests.core.store.test_journal_start import AN_INTENT, opened
from msgspec.structs import replace

resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, resource.RLIM_INFINITY))
journal = opened(Path(sys.argv[1]))
journal.make_room()
number = 0
try:
    while True:
        number += 1
        journal.record(replace(AN_INTENT, client_order_id=f"bw-{number}", body=b"x" * 9_000))
except StorageFailed:
    pass
for _ in range(2):
    try:
        journal.probe()
    except StorageFailed:
        print("full")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.probe()
journal.record(replace(AN_INTENT, client_order_id="afterwards"))
journal.close()
print(number - 1)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on how long a file may get")
def test_a_probe_tells_a_full_disk_from_one_that_has_room_again(path):
    """It once wrote nothing, since nothing had changed, and so took every disk for a good one."""
    command = [sys.executable, "-c", FILLED_UP, str(path)]
    *said, number = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert said == ["full", "full"]
    journal = opened(path)
    assert journal.known_ids() == {*(f"bw-{one + 1}" for one in range(int(number))), "afterwards"}
    assert int(number) > 1
    journal.close()


def test_a_first_record_on_a_disk_without_more_room_is_missed_when_it_is_torn(path, tmp_path, monkeypatch):
    journal = opened(path)
    monkeypatch.setattr(journal, "_database", NoRoom(journal._database))
    journal.make_room()
    journal.record(AN_INTENT)
    copy = tmp_path / "killed" / path.name
    copy.parent.mkdir()
    shutil.copy(path, copy)
    whole = log_of(path).read_bytes()
    log_of(copy).write_bytes(whole[: used(whole) - 100])
    journal.close()
    again = opened(copy)
    assert again.is_cut_short
    again.close()
