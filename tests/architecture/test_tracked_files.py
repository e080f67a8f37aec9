"""Nothing committed belongs to one machine, and the search for such things finds them."""

from pathlib import Path

import pytest

from tests.architecture.tracked import findings, findings_in, tracked_files

ROOT = Path(__file__).resolve().parents[2]


def test_committed_files_name_no_index_and_no_machine() -> None:
    assert [str(finding) for finding in findings(ROOT)] == []


@pytest.mark.parametrize(
    "parts",
    [
        ("https://py", "pi.org/simple"),
        ("https://files.python", "hosted.org/x.whl"),
        ("http://deb.", "debian.org/debian"),
        ("cd /wor", "k/main"),
        ("/ro", "ot/.cache"),
        ("/home/", "ann/src"),
        ("--extra-index", "-url=x"),
        ("-----BEGIN RSA PRIVATE", " KEY-----"),
    ],
)
def test_a_line_that_names_one_is_found(parts: tuple[str, str]) -> None:
    content = b"first\n" + "".join(parts).encode() + b"\n"
    [finding] = findings_in("some/file.py", content)
    assert str(finding).startswith("some/file.py:2: ")


@pytest.mark.parametrize(
    "text", ["tests/work/order.py", "https://broker.example/work/1", "the /working/ orders"]
)
def test_ordinary_text_is_let_be(text: str) -> None:
    assert list(findings_in("some/file.py", text.encode())) == []


def test_a_tree_without_git_is_searched_too(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "b.py").touch()
    assert tracked_files(tmp_path) == [tmp_path / "a.py"]
