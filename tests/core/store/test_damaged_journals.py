"""Whatever happens to the files of a journal, it is opened with all that was recorded, or told, or refused.

A bit flips, an end is cut off, a page is written over another: in the file or in its log, after an orderly
end and after a kill.
"""

import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.domain.environment import Environment
from core.domain.intent import Intent, IntentKind, IntentState
from core.errors import StorageFailed
from core.store.journal import Journal
from tests.fakes.torn_log import used

S = IntentState
NAME, LOG = "paper-a.sqlite", "paper-a.sqlite-wal"
PAGE, HEAD, FRAME = 4096, 32, 24 + 4096
Files = dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Left:
    """What a run leaves on the disk, and every form that each of its intents has had there, newest last."""

    files: Files
    history: dict[str, list[Intent]]

    def __repr__(self) -> str:
        return f"Left({len(self.history)} intents)"

    @property
    def newest(self) -> set[Intent]:
        return {forms[-1] for forms in self.history.values()}


def opened(path: Path) -> Journal:
    return Journal(path, account_id="a", environment=Environment.PAPER)


def files_in(folder: Path) -> Files:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Run:
    """Records orders, and remembers what it recorded."""

    def __init__(self, path: Path) -> None:
        self.journal = opened(path)
        self.journal.make_room()
        self.history: dict[str, list[Intent]] = {}

    def record(self, numbers: range) -> None:
        for number in numbers:
            kind = (IntentKind.PLACE, IntentKind.REPLACE, IntentKind.CANCEL)[number % 3]
            self._remember(
                self.journal.record,
                Intent(
                    client_order_id=f"bw-{number:08}-0000",
                    kind=kind,
                    environment=Environment.PAPER,
                    account_id="a",
                    symbol=("NVDA", "BRK.B", "BTC/USD")[number % 3],
                    body=b""
                    if kind is IntentKind.CANCEL
                    else b'{"qty":"%d","limit_price":"12.5"}' % number * 4,
                    state=S.JOURNALED,
                    created_ns=number + 1,
                    since_ns=number + 1,
                    target_order_id=None if kind is IntentKind.PLACE else f"o-{number}",
                ),
            )

    def note(self, numbers: range) -> None:
        states = (S.WORKING, S.FILLED, S.UNKNOWN, S.REFUSED)
        for number in numbers:
            noted = replace(
                self.history[f"bw-{number:08}-0000"][-1],
                state=states[number % 4],
                order_id=f"o-{number}",
                since_ns=10**9 + number,
                reason="why" * (number % 4 == 3),
            )
            self._remember(self.journal.update, noted)
            if noted.state is S.UNKNOWN:
                again = replace(noted, sendings=2)
                self._remember(lambda intent: self.journal.record_again(intent, at_ns=5), again)

    def time(self, numbers: range) -> None:
        moments = dict.fromkeys(("clicked", "journaled", "answered"), 1)
        self.journal.note_moments({f"bw-{number:08}-0000": moments for number in numbers})

    def _remember(self, write: Callable[[Intent], None], intent: Intent) -> None:
        write(intent)
        self.history.setdefault(intent.client_order_id, []).append(intent)


def made(path: Path, *, is_killed: bool, earlier: int, later: int) -> Left:
    """A run of `earlier` orders that ended well, and one of `later` orders in the same files."""
    run = Run(path)
    run.record(range(earlier))
    run.note(range(earlier // 2))
    run.time(range(earlier))
    run.journal.close()
    again = Run(path)
    again.history = run.history
    again.record(range(earlier, earlier + later))
    again.note(range(earlier // 2, earlier + later // 2))
    if is_killed:
        files = files_in(path.parent)
        again.journal.close()
        return Left(files=files, history=run.history)
    again.journal.close()
    return Left(files=files_in(path.parent), history=run.history)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Left]:
    """What runs of several kinds leave behind."""
    shapes = {
        "closed": (False, 20, 20),
        "killed": (True, 20, 20),
        "killed_early": (True, 0, 3),
        "closed_small": (False, 2, 2),
    }
    return {
        name: made(tmp_path_factory.mktemp(name) / NAME, is_killed=is_killed, earlier=earlier, later=later)
        for name, (is_killed, earlier, later) in shapes.items()
    }


SHAPES = st.sampled_from(["closed", "killed", "killed_early", "closed_small"])


class Blow(StrEnum):
    """What may happen to a file."""

    FLIP = "flip"  # one bit
    CUT = "cut"  # the end is missing
    CUT_AT_A_PAGE = "cut_at_a_page"  # where it is hardest to notice
    DOUBLE = "double"  # a page is written over another


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A blow to one file, at a place given as a share of it."""

    blow: Blow
    is_log: bool
    is_behind_records: bool  # also where the log has only room for more
    place: int
    other: int
    bit: int

    def to(self, files: Files) -> Files:
        """The files afterwards."""
        name = LOG if self.is_log and LOG in files else NAME
        whole = files[name]
        head, size = (HEAD, FRAME) if name == LOG else (0, PAGE)
        end = len(whole) if name == NAME or self.is_behind_records else used(whole) or len(whole)
        match self.blow:
            case Blow.FLIP:
                at = end * self.place // SCALE
                harmed = whole[:at] + bytes([whole[at] ^ 1 << self.bit]) + whole[at + 1 :]
            case Blow.CUT:
                harmed = whole[: end * self.place // SCALE]
            case Blow.CUT_AT_A_PAGE:
                harmed = whole[: head + (end - head) // size * self.place // SCALE * size]
            case _:
                pieces = (end - head) // size
                one, two = (head + pieces * share // SCALE * size for share in (self.place, self.other))
                harmed = whole[:two] + whole[one : one + size] + whole[two + size :]
        return {**files, name: harmed}


SCALE = 1 << 24
DAMAGES = st.builds(
    Damage,
    blow=st.sampled_from(Blow),
    is_log=st.booleans(),
    is_behind_records=st.sampled_from([False, False, False, True]),
    place=st.integers(0, SCALE - 1),
    other=st.integers(0, SCALE - 1),
    bit=st.integers(0, 7),
)


def everything(journal: Journal) -> set[Intent]:
    """All that a journal knows, the settled too."""
    query = "SELECT state, client_order_id FROM intent NOT INDEXED"
    settled = {key: state for state, key in journal._database.execute(query) if S(state).is_settled}
    assert journal.known_ids() == settled.keys() | {one.client_order_id for one in journal.unsettled()}
    rows = journal._database.execute("SELECT * FROM intent NOT INDEXED").fetchall()
    return {journal._intent(row) for row in rows}


def check(folder: Path, harmed: Files, before: Left) -> str:
    """Open what is left; what came of it: "whole", "told" or "refused"."""
    for name, content in harmed.items():
        (folder / name).write_bytes(content)
    try:
        journal = opened(folder / NAME)
    except StorageFailed:
        assert files_in(folder) == harmed, "what was refused is not as it was"
        return "refused"
    try:
        found = everything(journal)
        if not journal.is_cut_short:
            assert found == before.newest
            return "whole"
    finally:
        journal.close()
    for intent in found:
        assert intent in before.history[intent.client_order_id], f"{intent} was never recorded"
    # Only what came last may be missing.
    numbers = sorted(before.history)
    assert sorted(intent.client_order_id for intent in found) == numbers[: len(found)]
    return "told"


@given(damage=DAMAGES, shape=SHAPES)
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_damaged_is_told_or_refused_and_never_taken_for_what_was_recorded(left, damage, shape):
    before = left[shape]
    with tempfile.TemporaryDirectory() as folder:
        check(Path(folder), damage.to(before.files), before)


@pytest.mark.long
def test_ten_thousand_damaged_journals_are_told_refused_or_whole(left, figure):
    chance, came, wrong = random.Random(1), Counter[str](), []
    for _ in range(10_000):
        shape = chance.choice(sorted(left))
        damage = Damage(
            blow=chance.choice(list(Blow)),
            is_log=chance.random() < 0.5,
            is_behind_records=chance.random() < 0.25,
            place=chance.randrange(SCALE),
            other=chance.randrange(SCALE),
            bit=chance.randrange(8),
        )
        with tempfile.TemporaryDirectory() as folder:
            try:
                came[check(Path(folder), damage.to(left[shape].files), left[shape])] += 1
            except AssertionError as error:
                wrong.append(f"{shape} {damage}: {error}")
    detail = " ".join(f"{name}={came[name]}" for name in ("whole", "told", "refused"))
    figure("damaged_journals", 10_000, len(wrong), detail)
    assert wrong == []


@pytest.mark.parametrize("shape", ["closed", "killed", "killed_early", "closed_small"])
def test_files_that_nothing_happened_to_are_whole(left, tmp_path, shape):
    assert check(tmp_path, left[shape].files, left[shape]) == "whole"
