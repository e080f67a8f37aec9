"""Exported activities: exact figures, harmless to spreadsheets, and written whole or not at all."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.activity import Activity
from core.errors import StorageFailed
from core.store.export import COLUMNS, as_csv, as_json, write_activities

FILL = Activity(
    id="20261120143005123::a",
    type="FILL",
    at=datetime(2026, 11, 20, 14, 30, 5, 123456, tzinfo=UTC),
    symbol="BTC/USD",
    side="sell",
    qty=Decimal("0.000000100"),
    price=Decimal("91240.50"),
    net_amount=Decimal("-1E+3"),
)
DIVIDEND = Activity(id="2::b", type="DIV", day=date(2026, 11, 19), description='Cash, "special"\nline two')


def rows(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))


def test_csv_has_a_line_for_each_with_exact_decimals_and_utc_times():
    fill, dividend = rows(as_csv([FILL, DIVIDEND]))
    assert (fill["qty"], fill["price"], fill["net_amount"]) == ("0.0000001", "91240.5", "-1000")
    assert fill["at"] == "2026-11-20T14:30:05.123456Z"
    assert (dividend["day"], dividend["qty"]) == ("2026-11-19", "")
    assert dividend["description"] == 'Cash, "special"\nline two'
    assert tuple(fill) == COLUMNS


def test_json_has_the_same_with_decimals_as_text_and_null_for_what_was_not_said():
    fill, dividend = json.loads(as_json([FILL, DIVIDEND]))
    assert (fill["qty"], fill["net_amount"]) == ("0.0000001", "-1000")
    assert dividend["price"] is None
    assert dividend["day"] == "2026-11-19"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\uff1d1", "\n=1"])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(text: str):
    (row,) = rows(as_csv([Activity(id="1", type="DIV", description=text)]))
    assert row["description"].startswith("'")
    assert json.loads(as_json([Activity(id="1", type="DIV", description=text)]))[0]["description"] == text


@given(text=st.text(), code=st.text(max_size=5))
def test_whatever_the_text_is_it_comes_back_and_no_cell_begins_a_formula(text: str, code: str):
    (row,) = rows(as_csv([Activity(id="1", type=code, description=text)]))
    assert row["description"].removeprefix("'") == text.removeprefix("'")
    assert not any(cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())


def test_the_ending_of_the_name_decides_the_format(tmp_path: Path):
    assert write_activities(tmp_path / "a.csv", [FILL, DIVIDEND]) == 2
    assert write_activities(tmp_path / "a.JSON", [FILL]) == 1
    assert rows((tmp_path / "a.csv").read_bytes())[0]["symbol"] == "BTC/USD"
    assert json.loads((tmp_path / "a.JSON").read_bytes())[0]["symbol"] == "BTC/USD"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.JSON", "a.csv"]


def test_a_failure_says_so_and_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    target = tmp_path / "a.csv"
    target.write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.store.export.os.fsync", full)
    with pytest.raises(StorageFailed, match="No space left on device") as failed:
        write_activities(target, [FILL])
    assert "Nothing was exported" in failed.value.remedy
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_folder_that_is_gone_is_a_failure_in_words(tmp_path: Path):
    with pytest.raises(StorageFailed, match="could not be written"):
        write_activities(tmp_path / "gone" / "a.csv", [FILL])
