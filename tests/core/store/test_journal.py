"""The order journal: what was recorded is there after any end, and what cannot be recorded is not sent."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.domain.environment import Environment
from core.domain.intent import Intent, IntentKind, IntentState
from core.errors import StorageFailed
from core.store.journal import Journal
from core.store.journal_schema import COLUMNS, SCHEMA_VERSION, STEPS, row_sum
from tests.fakes.torn_log import torn, used

ROOT = Path(__file__).parents[3]
S = IntentState


def an_intent(number: int = 1, **changes: object) -> Intent:
    known = Intent(
        client_order_id=f"bw-{number}",
        kind=IntentKind.PLACE,
        environment=Environment.PAPER,
        account_id="a",
        symbol="NVDA",
        body=b'{"qty":"10", "symbol":"NVDA"}\x00\xff',
        state=S.JOURNALED,
        created_ns=number,
        since_ns=number,
    )
    return replace(known, **changes)


def opened(path: Path, account_id: str = "a", environment: Environment = Environment.PAPER) -> Journal:
    return Journal(path, account_id=account_id, environment=environment)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal" / "paper-a.sqlite"


def test_an_intent_is_found_again_byte_for_byte(path):
    written = an_intent(target_order_id="o-1", kind=IntentKind.REPLACE, reason="why")
    journal = opened(path)
    journal.record(written)
    journal.close()
    again = opened(path)
    assert again.unsettled() == (written,)
    again.close()


def test_what_became_of_an_intent_is_found_again_and_the_settled_are_not_open(path):
    journal = opened(path)
    for number, state in enumerate(S):
        journal.record(an_intent(number))
        journal.update(an_intent(number, state=state, order_id=f"o-{number}", since_ns=99))
    journal.close()
    again = opened(path)
    found = again.unsettled()
    assert {intent.state for intent in found} == {state for state in S if not state.is_settled}
    assert all(intent.order_id and intent.since_ns == 99 for intent in found)
    assert again.known_ids() == {f"bw-{number}" for number in range(len(S))}
    again.close()


def test_open_intents_come_oldest_first(path):
    journal = opened(path)
    for number in (3, 1, 2):
        journal.record(an_intent(number))
    assert [intent.created_ns for intent in journal.unsettled()] == [1, 2, 3]
    journal.close()


def test_an_id_is_never_recorded_twice(path):
    journal = opened(path)
    journal.record(an_intent())
    with pytest.raises(StorageFailed, match="nothing was sent"):
        journal.record(an_intent())
    journal.close()


def test_nothing_is_recorded_after_the_end(path):
    journal = opened(path)
    journal.close()
    journal.close()
    with pytest.raises(StorageFailed):
        journal.record(an_intent())
    with pytest.raises(StorageFailed):
        journal.unsettled()


def test_every_commit_waits_for_the_disk(path):
    journal = opened(path)
    assert journal._database.execute("PRAGMA synchronous").fetchone() == (2,)
    assert journal._database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    journal.close()


@pytest.mark.parametrize("changes", [{"account_id": "b"}, {"environment": Environment.LIVE}])
def test_an_intent_of_another_account_is_not_taken(path, changes):
    journal = opened(path)
    with pytest.raises(StorageFailed, match="another account"):
        journal.record(an_intent(**changes))
    assert journal.known_ids() == frozenset()
    journal.close()


@pytest.mark.parametrize(("account", "environment"), [("b", Environment.PAPER), ("a", Environment.LIVE)])
def test_a_journal_of_another_account_is_not_opened(path, account, environment):
    opened(path).close()
    with pytest.raises(StorageFailed, match="belongs to another account"):
        opened(path, account, environment)
    opened(path).close()


def test_a_journal_of_a_later_version_is_left_alone(path):
    opened(path).close()
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    database.close()
    before = path.read_bytes()
    with pytest.raises(StorageFailed, match="another version"):
        opened(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_left_alone(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE photos (name TEXT)")
    database.close()
    with pytest.raises(StorageFailed, match="is not an order journal"):
        opened(path)
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("photos",)]
    database.close()


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to look at" * 50, b"SQLite format 3\x00junk"]
)
def test_a_foreign_file_is_refused_and_kept(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StorageFailed):
        opened(path)
    assert path.read_bytes() == content


def test_a_folder_in_the_files_place_is_refused(path):
    path.mkdir(parents=True)
    with pytest.raises(StorageFailed):
        opened(path)


def test_a_state_of_a_later_version_is_told_and_not_guessed(path):
    journal = opened(path)
    journal.record(an_intent())
    sum_of_it = ", ".join(COLUMNS).replace("state", "'teleported'")
    journal._database.execute(f"UPDATE intent SET state = 'teleported', checksum = row_sum({sum_of_it})")
    with pytest.raises(StorageFailed, match="could not be read"):
        journal.unsettled()
    journal.close()


def test_a_crash_while_it_is_made_leaves_nothing_that_belongs_to_nobody(path, monkeypatch):
    """The making fails at each of its statements in turn; the next opening starts afresh."""
    path.parent.mkdir()
    for fails_at in range(2, 30):
        database = _FailingDatabase(path, fails_at)
        monkeypatch.setattr(sqlite3, "connect", lambda *_args, database=database, **_options: database)
        try:
            Journal(path, account_id="a", environment=Environment.PAPER).close()
        except StorageFailed:
            monkeypatch.undo()
            opened(path).close()
        else:
            monkeypatch.undo()
        path.unlink(missing_ok=True)


class _FailingDatabase:
    """A real connection whose statement number `fails_at` is refused."""

    def __init__(self, path: Path, fails_at: int) -> None:
        self._real = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._left = fails_at

    def execute(self, *arguments: str) -> sqlite3.Cursor:
        self._left -= 1
        if self._left == 0:
            raise sqlite3.OperationalError("disk I/O error")
        return self._real.execute(*arguments)

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


def test_a_torn_tail_costs_at_most_what_was_being_written(path, tmp_path):
    """The log is longer than what is recorded in it: what is not written yet is what was there before."""
    journal = opened(path)
    journal.make_room()
    log, copy = Path(f"{path}-wal"), tmp_path / "copy" / path.name
    before = log.read_bytes()
    for number in range(20):
        journal.record(an_intent(number))
    after = log.read_bytes()
    assert len(after) == len(before)
    copy.parent.mkdir()
    known: list[int] = []
    for length in range(0, used(after) + 7_001, 7_001):
        shutil.copy(path, copy)
        Path(f"{copy}-wal").write_bytes(after[:length] + before[length:])
        try:
            again = opened(copy)
        except StorageFailed:
            # Not even the schema had reached the disk, so nothing can have been sent.
            assert not known
            continue
        numbers = sorted(intent.created_ns for intent in again.unsettled())
        assert numbers == list(range(len(numbers)))
        known.append(len(numbers))
        again.close()
        for name in copy.parent.iterdir():
            name.unlink()
    journal.close()
    assert known == sorted(known)
    assert known[-1] >= 18


def test_two_lanes_write_at_once(path):
    journal = opened(path)

    def write(first: int) -> None:
        for number in range(first, first + 100):
            journal.record(an_intent(number))
            journal.update(an_intent(number, state=S.FILLED))

    lanes = [threading.Thread(target=write, args=(first,)) for first in (0, 1000)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    assert len(journal.known_ids()) == 200
    assert journal.unsettled() == ()
    journal.close()


CHILD = """
import sys
from msgspec.structs import replace
from pathlib import Path
from core.domain.environment import Environment
from core.domain.intent import Intent, IntentKind, IntentState
from core.errors import StorageFailed
from core.store.journal import Journal

journal = Journal(Path(sys.argv[1]), account_id="a", environment=Environment.PAPER)
for number in range(100_000):
    intent = Intent(
        client_order_id=f"bw-{number}", kind=IntentKind.PLACE, environment=Environment.PAPER, account_id="a",
        symbol="NVDA", body=b"x" * 500, state=IntentState.JOURNALED, created_ns=number, since_ns=number,
    )
    try:
        journal.record(intent)
        print(intent.client_order_id, flush=True)
        sys.stdin.readline()
        journal.update(replace(intent, state=IntentState.FILLED))
    except StorageFailed as error:
        print("refused", error.detail, flush=True)
        sys.exit(3)
"""


def child(path: Path, first: Callable[[], None] | None = None) -> "subprocess.Popen[str]":
    """Start a program that records one intent after another; it does `first` before anything else."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path)],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=first,
    )


def test_what_was_recorded_survives_a_kill_before_its_outcome_is_noted(path):
    with child(path) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        for number in range(5):
            assert program.stdout.readline() == f"bw-{number}\n"
            if number < 4:
                program.stdin.write("\n")
                program.stdin.flush()
        program.kill()
    again = opened(path)
    assert again.known_ids() == {f"bw-{number}" for number in range(5)}
    assert [intent.client_order_id for intent in again.unsettled()] == ["bw-4"]
    assert again.unsettled()[0].body == b"x" * 500
    again.close()


def test_a_kill_at_any_moment_loses_nothing_that_was_acknowledged(path):
    with child(path) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write("\n" * 500)
        program.stdin.flush()
        said = [program.stdout.readline() for _ in range(60)]
        program.kill()
        said += program.stdout.readlines()
    again = opened(path)
    assert {line.strip() for line in said if line.endswith("\n")} <= again.known_ids()
    again.close()


def test_the_log_does_not_grow_while_orders_are_recorded(path):
    journal, log = opened(path), Path(f"{path}-wal")
    journal.make_room()
    room = log.stat().st_size
    for number in range(300):
        journal.record(an_intent(number))
        journal.update(an_intent(number, state=S.WORKING))
        if number % 50 == 0:
            journal.note_moments({f"bw-{one}": dict.fromkeys("abcdefgh", 1) for one in range(number)})
    assert log.stat().st_size == room
    journal.close()
    again = opened(path)
    assert len(again.known_ids()) == 300
    assert again._database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'room'").fetchone() == (
        0,
    )
    again.close()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit to make a disk small with")
def test_a_full_disk_is_a_refusal_and_what_was_there_stays(path):
    import resource

    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    with child(path, small_disk) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write("\n" * 3_000)
        program.stdin.flush()
        said = program.stdout.read().splitlines()
        program.stdin.close()
        assert program.wait() == 3
    assert said[-1].startswith("refused paper-a.sqlite: OperationalError")
    again = opened(path)
    assert again.known_ids() >= set(said[:-1])
    again.record(an_intent(999_999))
    again.close()


VERSION_1 = """
CREATE TABLE journal (account_id TEXT NOT NULL, environment TEXT NOT NULL);
CREATE TABLE intent (
    client_order_id TEXT PRIMARY KEY, kind TEXT NOT NULL, symbol TEXT NOT NULL, body BLOB NOT NULL,
    target_order_id TEXT, order_id TEXT, state TEXT NOT NULL, reason TEXT NOT NULL,
    created_ns INTEGER NOT NULL, since_ns INTEGER NOT NULL
) STRICT;
CREATE INDEX intent_state ON intent (state);
INSERT INTO journal VALUES ('a', 'paper');
INSERT INTO intent VALUES ('bw-1', 'place', 'NVDA', x'7b7d', NULL, 'o-1', 'working', '', 1, 2);
INSERT INTO intent VALUES ('bw-2', 'place', 'NVDA', x'7b7d', NULL, NULL, 'refused', 'why', 3, 4);
PRAGMA user_version = 1;
"""


VERSION_2 = VERSION_1.replace(
    "PRAGMA user_version = 1;",
    """
ALTER TABLE intent ADD COLUMN request_id TEXT NOT NULL DEFAULT '';
ALTER TABLE intent ADD COLUMN sendings INTEGER NOT NULL DEFAULT 1;
ALTER TABLE intent ADD COLUMN is_let_go INTEGER NOT NULL DEFAULT 0;
CREATE TABLE sending (
    client_order_id TEXT NOT NULL, number INTEGER NOT NULL, at_ns INTEGER NOT NULL,
    PRIMARY KEY (client_order_id, number)
) STRICT;
CREATE TABLE moment (
    client_order_id TEXT NOT NULL, moment TEXT NOT NULL, after_ns INTEGER NOT NULL,
    PRIMARY KEY (client_order_id, moment)
) STRICT;
UPDATE intent SET sendings = 2, is_let_go = 1 WHERE client_order_id = 'bw-1';
INSERT INTO sending VALUES ('bw-1', 2, 50);
INSERT INTO moment VALUES ('bw-1', 'clicked', 0);
PRAGMA user_version = 2;
""",
)


def as_written_by(version: str, path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as database:
        database.executescript("PRAGMA journal_mode = WAL;" + version)
    database.close()


@pytest.fixture
def old_path(path: Path) -> Path:
    """A journal as the first version wrote it."""
    as_written_by(VERSION_1, path)
    return path


def test_a_journal_of_the_second_version_is_brought_up_with_all_that_it_holds(path):
    as_written_by(VERSION_2, path)
    for _ in range(2):
        journal = opened(path)
        assert journal.known_ids() == {"bw-1", "bw-2"}
        assert not journal.is_cut_short
        (left,) = journal.unsettled()
        assert (left.state, left.order_id, left.sendings, left.is_let_go) == (S.WORKING, "o-1", 2, True)
        assert journal.moments("bw-1") == {"clicked": 0}
        journal.close()
    journal = opened(path)
    journal.update(replace(journal.unsettled()[0], state=S.FILLED))
    assert journal.unsettled() == ()
    journal.close()


@pytest.mark.parametrize("version", [VERSION_1, VERSION_2])
def test_an_old_journal_that_was_never_closed_is_brought_up_from_its_log(path, tmp_path, version):
    database = sqlite3.connect(tmp_path / path.name)
    database.executescript("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;" + version)
    path.parent.mkdir()
    for file in (tmp_path / path.name, log_of(tmp_path / path.name)):
        shutil.copy(file, path.parent / file.name)
    database.close()
    journal = opened(path)
    assert journal.known_ids() == {"bw-1", "bw-2"}
    assert not journal.is_cut_short
    journal.record(an_intent(3))
    journal.close()
    again = opened(path)
    assert [intent.client_order_id for intent in again.unsettled()] == ["bw-1", "bw-3"]
    again.close()


def test_a_journal_of_the_second_version_with_thousands_of_orders_is_brought_up_whole(path):
    as_written_by(VERSION_2, path)
    with sqlite3.connect(path) as database:
        database.executemany(
            "INSERT INTO intent VALUES (?, 'place', 'NVDA', ?, NULL, NULL, 'unknown', '', ?, 1, '', 1, 0)",
            [(f"bw-{number}", b"x" * 300, number) for number in range(10, 5_000)],
        )
    database.close()
    opened(path).close()
    assert path.with_name(path.name + "-wal").exists() is False
    journal = opened(path)
    assert len(journal.known_ids()) == 4_992
    assert len(journal.unsettled()) == 4_991
    journal.close()


def test_a_journal_of_the_first_version_is_brought_up_with_all_that_it_holds(old_path):
    journal = opened(old_path)
    assert journal.known_ids() == {"bw-1", "bw-2"}
    (left,) = journal.unsettled()
    assert (left.state, left.order_id, left.body, left.sendings) == (S.WORKING, "o-1", b"{}", 1)
    journal.record(an_intent(3))
    journal.close()
    again = opened(old_path)
    assert again.known_ids() == {"bw-1", "bw-2", "bw-3"}
    again.close()


def test_another_accounts_journal_is_not_brought_up(old_path):
    with pytest.raises(StorageFailed, match="belongs to another account"):
        opened(old_path, "b")
    with sqlite3.connect(old_path) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
    database.close()


def test_a_journal_that_cannot_be_brought_up_stays_of_the_first_version(old_path, monkeypatch):
    broken = STEPS[1].replace("CREATE TABLE moment", "CREATE NONSENSE moment")
    monkeypatch.setitem(STEPS, 1, broken)
    with pytest.raises(StorageFailed):
        opened(old_path)
    with sqlite3.connect(old_path) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM intent").fetchone() == (2,)
    database.close()


def test_a_journal_in_use_is_not_opened_a_second_time(path):
    first = opened(path)
    first.record(an_intent())
    with pytest.raises(StorageFailed, match="in use by another program"):
        opened(path)
    first.record(an_intent(2))
    first.close()
    again = opened(path)
    assert again.known_ids() == {"bw-1", "bw-2"}
    again.close()


def test_another_sending_is_written_beside_the_first(path):
    journal = opened(path)
    journal.record(an_intent())
    journal.record_again(an_intent(sendings=2), at_ns=50)
    journal.record_again(an_intent(sendings=3), at_ns=60)
    with pytest.raises(StorageFailed, match="nothing was sent again"):
        journal.record_again(an_intent(sendings=3), at_ns=70)
    with pytest.raises(StorageFailed, match="nothing was sent again"):
        journal.record_again(an_intent(sendings=4, body=b"another"), at_ns=80)
    with pytest.raises(StorageFailed, match="nothing was sent again"):
        journal.record_again(an_intent(7, sendings=2), at_ns=90)
    assert [intent.sendings for intent in journal.unsettled()] == [3]
    journal.close()
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT number, at_ns FROM sending").fetchall() == [(2, 50), (3, 60)]
    database.close()


def test_what_was_let_go_and_why_it_was_refused_is_found_again(path):
    journal = opened(path)
    journal.record(an_intent())
    journal.update(an_intent(state=S.UNKNOWN, is_let_go=True, request_id="r-1"))
    journal.close()
    again = opened(path)
    assert [(intent.is_let_go, intent.request_id) for intent in again.unsettled()] == [(True, "r-1")]
    again.close()


def test_moments_are_kept_and_may_be_completed(path):
    journal = opened(path)
    journal.note_moments({"bw-1": {"clicked": 0, "journaled": 300}})
    journal.note_moments({"bw-1": {"clicked": 0, "journaled": 300, "answered": 9_000}})
    journal.close()
    again = opened(path)
    assert again.moments("bw-1") == {"clicked": 0, "journaled": 300, "answered": 9_000}
    assert again.moments("bw-2") == {}
    again.probe()
    again.close()


@pytest.mark.parametrize("cut", [1, 100, 3_000])
def test_a_torn_tail_costs_at_most_the_record_that_was_never_acknowledged(path, cut):
    """The machine died while the last record was being written: the log ends in the middle of it."""
    with child(path) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write("\n" * 20)
        program.stdin.flush()
        acknowledged = [program.stdout.readline().strip() for _ in range(10)]
        program.kill()
        program.stdout.read()
    log = path.with_name(path.name + "-wal")
    whole = log.read_bytes()
    end = used(whole)
    log.write_bytes(torn(whole, whole[end - 4_000 : end - cut]))
    again = opened(path)
    assert set(acknowledged) <= again.known_ids()
    again.record(an_intent(999))
    again.close()


@pytest.mark.parametrize("keep", [0.9, 0.5, 0.1])
def test_a_journal_whose_end_is_missing_is_refused_and_kept(path, keep):
    journal = opened(path)
    for number in range(500):
        journal.record(an_intent(number))
    journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(StorageFailed):
        opened(path)
    assert len(path.read_bytes()) == int(len(whole) * keep)


def test_a_page_of_rubbish_in_the_middle_is_noticed_before_anything_is_sent(path):
    journal = opened(path)
    for number in range(500):
        journal.record(an_intent(number))
    journal.close()
    whole = bytearray(path.read_bytes())
    whole[40_960:45_056] = b"?" * 4_096
    path.write_bytes(whole)
    with pytest.raises(StorageFailed):
        opened(path)


def after_a_crash(path: Path, folder: Path, records: int) -> Path:
    """A copy of a journal with that many records, as a crash leaves it: most of them in the log."""
    journal = opened(path)
    for number in range(records):
        journal.record(an_intent(number))
    copy = folder / "crashed" / path.name
    copy.parent.mkdir()
    for file in (path, log_of(path)):
        shutil.copy(file, copy.parent / file.name)
    journal.close()
    return copy


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


@pytest.mark.parametrize("place", [100, 40_000, 90_000])
def test_a_log_damaged_in_the_middle_is_refused_and_kept_whenever_it_is_opened(path, tmp_path, place):
    """SQLite alone would take what comes before the damage for all there is, and write over the rest."""
    copy = after_a_crash(path, tmp_path, 30)
    damaged = bytearray(log_of(copy).read_bytes())
    damaged[place] ^= 0xFF
    log_of(copy).write_bytes(damaged)
    for _ in range(2):
        with pytest.raises(StorageFailed, match="is damaged"):
            opened(copy)
        assert log_of(copy).read_bytes() == damaged


def test_a_log_without_its_file_is_refused_and_kept(path, tmp_path):
    copy = after_a_crash(path, tmp_path, 3)
    log = log_of(copy).read_bytes()
    for lose in (lambda: copy.write_bytes(b""), copy.unlink):
        lose()
        with pytest.raises(StorageFailed, match="is damaged"):
            opened(copy)
        assert log_of(copy).read_bytes() == log


def test_an_end_that_is_missing_is_told_and_nothing_before_it_is_lost(path, tmp_path):
    copy = after_a_crash(path, tmp_path, 5)
    log, frame = log_of(copy).read_bytes(), 24 + 4096
    # Behind the records lies the room for more; a frame that ends one names the pages of the file.
    newest = [place for place in range(32, len(log), frame) if any(log[place + 4 : place + 8])][-1]
    log_of(copy).write_bytes(log[: newest + 1_000])
    again = opened(copy)
    assert again.is_cut_short
    assert again.known_ids() == {f"bw-{number}" for number in range(4)}
    again.close()
    whole = opened(copy)
    assert not whole.is_cut_short
    whole.close()


def test_a_file_that_lost_all_it_held_is_told(path):
    opened(path).close()
    path.write_bytes(b"")
    again = opened(path)
    assert again.is_cut_short
    again.close()


def test_a_new_journal_and_one_that_a_crash_left_whole_have_nothing_to_tell(path, tmp_path):
    copy = after_a_crash(path, tmp_path, 5)
    for file in (tmp_path / "new.sqlite", copy):
        journal = opened(file)
        assert not journal.is_cut_short
        journal.close()


@pytest.mark.parametrize("version", [0, 1, SCHEMA_VERSION, 99])
@pytest.mark.parametrize("table", ["photos (name)", "journal (account_id, environment)"])
def test_not_a_byte_of_another_programs_database_changes(path, version, table):
    path.parent.mkdir()
    with sqlite3.connect(path) as database:
        database.execute(f"CREATE TABLE {table}")
        database.execute(f"PRAGMA user_version = {version}")
    database.close()
    before = path.read_bytes()
    with pytest.raises(StorageFailed, match=r"not an order journal|another version"):
        opened(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="a link takes rights there that a trader has not")
def test_a_link_to_a_journal_is_that_journal_and_one_that_was_turned_elsewhere_takes_nothing(path, tmp_path):
    journal = opened(path)
    journal.make_room()
    journal.record(an_intent(1))
    crashed = tmp_path / "crashed"
    shutil.copytree(path.parent, crashed)
    journal.close()
    link = tmp_path / "link.sqlite"
    link.symlink_to(crashed / path.name)
    linked = opened(link)
    assert linked.unsettled() == (an_intent(1),)
    linked.record(an_intent(2))
    link.unlink()
    link.symlink_to(path)
    with pytest.raises(StorageFailed, match="nothing was sent"):
        linked.record(an_intent(3))
    linked.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a file that is in use where it is")
@pytest.mark.parametrize("lost", ["folder", "file", "log", "moved"])
def test_a_journal_that_is_no_longer_where_it_was_takes_nothing(path, lost):
    """What is written to a file without a name is gone at the next start."""
    journal = opened(path)
    journal.record(an_intent(1))
    match lost:
        case "folder":
            shutil.rmtree(path.parent)
        case "file":
            path.unlink()
        case "log":
            log_of(path).unlink()
        case "moved":
            path.parent.rename(path.parent.with_name("elsewhere"))
    writes: tuple[Callable[[], None], ...] = (
        lambda: journal.record(an_intent(2)),
        lambda: journal.record_again(an_intent(1, sendings=2), at_ns=1),
        journal.probe,
    )
    for write in writes:
        with pytest.raises(StorageFailed, match="could not be written"):
            write()
    if lost == "moved":
        path.parent.with_name("elsewhere").rename(path.parent)
        journal.probe()
        journal.record(an_intent(2))
    journal.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a file that is in use where it is")
def test_a_data_folder_moved_as_a_whole_is_told_by_the_next_note_and_then_nothing_is_taken(path):
    path = path.parent / "journals" / path.name
    journal = opened(path)
    journal.record(an_intent(1))
    path.parent.parent.rename(path.parent.parent.with_name("elsewhere"))
    with pytest.raises(StorageFailed, match="could not be updated"):
        journal.update(replace(an_intent(1), state=IntentState.FILLED))
    with pytest.raises(StorageFailed, match="nothing was sent"):
        journal.record(an_intent(2))
    path.parent.parent.with_name("elsewhere").rename(path.parent.parent)
    assert journal.unsettled() == ()  # the note was taken along
    journal.close()


@pytest.mark.parametrize("what", [b"bw-7", b"NVDA", b"journaled", b"why-7", b"o-7", b"r-7", b'"qty":"7"'])
def test_a_bit_flipped_in_what_a_row_says_is_damage_wherever_it_stands(path, what):
    """The id stands in the table and in its index: an order of ours must not become another program's."""
    journal = opened(path)
    for number in range(20):
        journal.record(
            an_intent(
                number, order_id=f"o-{number}", reason=f"why-{number}", request_id=f"r-{number}",
                body=b'{"qty":"%d"}' % number,
            )
        )  # fmt: skip
    journal.close()
    whole, start, places = path.read_bytes(), 0, []
    while (start := whole.find(what, start)) >= 0:
        places.append(start)
        start += 1
    assert places
    # What was there before a row was moved may stand in the file a second time, and belongs to nothing.
    harmed = [whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :] for place in places]
    refused = 0
    for content in harmed:
        path.write_bytes(content)
        try:
            again = opened(path)
        except StorageFailed:
            assert path.read_bytes() == content
            refused += 1
        else:
            assert len(again.unsettled()) == 20
            again.close()
    assert refused >= (2 if what == b"bw-7" else 1)


def test_the_sum_of_a_row_is_the_same_in_every_version():
    """Of a journal that lies on somebody's disk."""
    texts = ("o-1", "refused", "n\xf6 \u2013 \u0378")
    assert row_sum("bw-1", "place", "BTC/USD", b"\x00{}", None, *texts, 1, 2, "", 1, 0) == 1682156076
    assert row_sum("bw-1", "place", "BTC/USD", "no body", None, *texts, 1, 2, "", 1, 0) is None


def test_a_note_keeps_the_sum_right_when_a_sending_was_counted_that_never_was_written(path):
    journal = opened(path)
    journal.record(an_intent())
    journal.update(an_intent(sendings=2, state=S.UNKNOWN))
    journal.close()
    again = opened(path)
    assert [intent.sendings for intent in again.unsettled()] == [1]
    again.close()


def test_a_row_that_is_damaged_while_in_use_takes_no_note_that_would_hide_it(path):
    journal = opened(path)
    journal.record(an_intent())
    journal.record(an_intent(2))
    journal._database.execute("UPDATE intent SET symbol = 'NVDB' WHERE client_order_id = 'bw-1'")
    with pytest.raises(StorageFailed, match="is damaged"):
        journal.update(an_intent(state=S.FILLED))
    with pytest.raises(StorageFailed, match="nothing was sent again"):
        journal.record_again(an_intent(sendings=2), at_ns=1)
    with pytest.raises(StorageFailed, match="is damaged"):
        journal.unsettled()
    journal.update(an_intent(2, state=S.FILLED))
    journal.close()
    with pytest.raises(StorageFailed, match="is damaged"):
        opened(path)


def test_a_row_that_is_gone_is_damage(path):
    journal = opened(path)
    for number in range(3):
        journal.record(an_intent(number))
    journal._database.execute("DELETE FROM intent WHERE client_order_id = 'bw-1'")
    journal.close()
    with pytest.raises(StorageFailed, match="is damaged"):
        opened(path)


@pytest.mark.parametrize("lost", ["the last record", "all records", "all it held", "the log"])
def test_a_log_that_ends_where_a_record_does_or_is_gone_is_told(path, tmp_path, lost):
    journal, log = opened(path), log_of(path)
    journal.make_room()
    for number in range(5):
        journal.record(an_intent(number))
    copy = tmp_path / "crashed" / path.name
    copy.parent.mkdir()
    shutil.copy(path, copy)
    whole = log.read_bytes()
    journal.close()
    frame = 24 + 4096
    ends = [at + frame for at in range(32, used(whole), frame) if any(whole[at + 4 : at + 8])]
    length, known = {
        "the last record": (ends[-2], 4),
        "all records": (32, 0),
        "all it held": (0, 0),
        "the log": (0, 0),
    }[lost]
    if lost != "the log":
        log_of(copy).write_bytes(whole[:length])
    again = opened(copy)
    assert again.is_cut_short
    assert len(again.known_ids()) == known
    again.record(an_intent(99))
    again.close()
    once_more = opened(copy)
    assert not once_more.is_cut_short
    once_more.close()


def test_no_log_is_missed_that_was_not_promised(path, tmp_path):
    """After an orderly end, and after a crash wherever the log is emptied or given its length anew."""
    first = opened(path)
    first.make_room()
    first.record(an_intent())
    first.close()
    assert not log_of(path).exists()
    copy = tmp_path / "crashed" / path.name
    journal = opened(path)
    moments: list[dict[str, bytes]] = []
    journal._database.set_trace_callback(
        lambda _statement: moments.append({file.name: file.read_bytes() for file in (path, log_of(path))})
    )
    journal.make_room()
    journal.record(an_intent(2))
    journal.note_moments({"bw-2": {"clicked": 0}})
    moments.append({file.name: file.read_bytes() for file in (path, log_of(path))})
    journal.close()
    assert len(moments) > 10
    for files in moments:
        copy.parent.mkdir()
        for name, content in files.items():
            (copy.parent / name).write_bytes(content)
        again = opened(copy)
        assert not again.is_cut_short
        again.close()
        shutil.rmtree(copy.parent)
