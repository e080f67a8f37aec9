"""Whether files in use are still where the next start looks: real files, real folders."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.store.whereabouts import Whereabouts


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    folder = tmp_path / "above" / "folder"
    folder.mkdir(parents=True)
    first, second = folder / "orders", folder / "orders-wal"
    first.write_text("1")
    second.write_text("2")
    return first, second


@pytest.fixture
def places(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch):
    """Looked at after the folder has rested, so that from now on the folder alone is asked."""
    made = Whereabouts(*files)
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 60_000_000_000)
    made.look()
    yield made
    made.close()


def replaced(file: Path) -> None:
    other = file.with_name("other")
    other.write_bytes(file.read_bytes())
    other.rename(file)


def folder_replaced(file: Path) -> None:
    folder = file.parent
    folder.rename(folder.with_name("elsewhere"))
    folder.mkdir()
    for one in (file, file.with_name("orders-wal")):
        one.write_text("new")


LOSSES: list[Callable[[Path], object]] = [
    Path.unlink,
    lambda file: file.with_name("orders-wal").unlink(),
    lambda file: file.rename(file.with_name("renamed")),
    lambda file: file.rename(file.parent.parent / "orders"),
    lambda file: file.parent.rename(file.parent.with_name("elsewhere")),
    replaced,
    folder_replaced,
]


@pytest.mark.parametrize("lose", LOSSES)
def test_what_became_of_a_file_or_its_folder_is_seen_at_once(places, files, lose):
    places.require()
    lose(files[0])
    with pytest.raises(FileNotFoundError):
        places.require()


def test_writing_and_other_files_of_the_folder_are_no_loss(places, files):
    files[0].write_text("more")
    places.require()
    (files[0].parent / "another").write_text("x")
    places.require()
    (files[0].parent / "another").unlink()
    places.require()


def test_a_file_that_comes_back_is_in_place_again(places, files):
    files[0].rename(files[0].with_name("aside"))
    with pytest.raises(FileNotFoundError):
        places.require()
    files[0].with_name("aside").rename(files[0])
    places.require()


def test_a_folder_above_that_was_moved_is_seen_by_a_look(places, files):
    above = files[0].parent.parent
    above.rename(above.with_name("elsewhere"))
    with pytest.raises(FileNotFoundError):
        places.look()
    # And from then on by everyone, until it is back.
    with pytest.raises(FileNotFoundError):
        places.require()
    above.with_name("elsewhere").rename(above)
    places.require()


def test_a_folder_that_changed_just_now_is_not_trusted_to_tell_of_the_next_change(files, monkeypatch):
    """As on a system whose files are stamped once in a few milliseconds: two changes, one time."""
    made = Whereabouts(*files)
    made.look()
    coarse = files[0].parent.stat()
    monkeypatch.setattr(os, "fstat", lambda _folder: coarse)
    files[0].unlink()
    with pytest.raises(FileNotFoundError):
        made.require()
    monkeypatch.undo()
    made.close()


def test_a_link_to_a_file_in_another_folder_that_is_turned_elsewhere_is_seen(files, tmp_path, monkeypatch):
    link, other = tmp_path / "link", tmp_path / "other"
    link.symlink_to(files[0])
    other.write_text("3")
    made = Whereabouts(link, files[1])
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 60_000_000_000)
    made.look()
    link.unlink()
    link.symlink_to(other)
    with pytest.raises(FileNotFoundError, match="moved or deleted"):
        made.require()
    made.close()


def test_without_folders_that_can_be_held_open_each_file_is_looked_at(files, monkeypatch):
    def refused(*_asked: object) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "open", refused)
    made = Whereabouts(*files)
    made.require()
    files[1].unlink()
    with pytest.raises(FileNotFoundError):
        made.require()
    made.close()


def test_a_missing_file_is_told_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        Whereabouts(tmp_path / "nothing")
