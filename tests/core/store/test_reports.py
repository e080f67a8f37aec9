from pathlib import Path

import pytest

from core.errors import AppError, StorageFailed
from core.services.reports import Reports
from core.store.reports import write_report


def test_a_report_is_written_whole_and_never_over_another(tmp_path: Path):
    first = write_report(tmp_path / "reports" / "flatten-1.txt", "one\n")
    second = write_report(tmp_path / "reports" / "flatten-1.txt", "two\n")
    assert (first.name, first.read_text()) == ("flatten-1.txt", "one\n")
    assert (second.name, second.read_text()) == ("flatten-1-2.txt", "two\n")
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == [
        "flatten-1-2.txt",
        "flatten-1.txt",
    ]


def test_a_full_disk_is_told_and_leaves_nothing_half_written(tmp_path: Path, monkeypatch):
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.store.reports.os.fsync", full)
    with pytest.raises(StorageFailed) as told:
        write_report(tmp_path / "flatten-1.txt", "one\n")
    assert "still on the screen" in told.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path):
    (tmp_path / "reports").write_text("a file, where the folder should be")
    with pytest.raises(StorageFailed):
        write_report(tmp_path / "reports" / "flatten-1.txt", "one\n")


def test_reports_come_home_with_their_path(qapp, qtbot, tmp_path: Path):
    keeper, told = Reports(tmp_path / "reports"), list[Path | AppError]()
    keeper.keep("a.txt", "text", told.append, told.append)
    qtbot.waitUntil(lambda: len(told) == 1)
    assert told == [tmp_path / "reports" / "a.txt"]
    keeper.stop()


def test_what_waits_when_it_stops_is_written_all_the_same(qapp, tmp_path: Path):
    keeper = Reports(tmp_path / "reports")
    for name in "abc":
        keeper.keep(name, f"text {name}", lambda _path: None, lambda _error: None)
    keeper.stop()
    keeper.keep("late", "text", lambda _path: None, lambda _error: None)
    assert {path.name: path.read_text() for path in (tmp_path / "reports").iterdir()} == {
        "a": "text a", "b": "text b", "c": "text c",
    }  # fmt: skip
