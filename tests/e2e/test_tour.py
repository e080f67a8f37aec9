"""The tour is the first end-to-end test: everything once, by itself, without a screen."""

import json
import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QImage

from tests.e2e.application import ROOT

STEPS = [
    "welcome",
    "sign in",
    "live panels",
    "event log",
    "rest a limit order",
    "replace it",
    "fill a market order",
    "cancel the first",
    "cut the order stream",
    "recover",
]


def test_the_tour_holds_every_step_and_leaves_pictures_in_both_themes(tmp_path: Path) -> None:
    folder = tmp_path / "tour"
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "--tour", str(folder)],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    report = json.loads((folder / "tour.json").read_text("utf-8"))
    assert [entry["step"] for entry in report] == STEPS, done.stderr
    assert [entry for entry in report if not entry["held"]] == [], done.stderr
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    for entry in report:
        assert entry["expected"]
        assert entry["seen"]
        assert entry["ms"] >= 0
    pictures = [name for entry in report for name in entry["pictures"]]
    assert len(pictures) == 2 * len(STEPS)
    for name in pictures:
        assert not QImage(str(folder / name)).isNull(), name
    for name in ("sign-in-dark.png", "sign-in-light.png"):
        assert _colours(QImage(str(folder / name))) > 50, f"{name} is empty"


def _colours(picture: QImage) -> int:
    assert not picture.isNull()
    small = picture.scaledToWidth(120)
    return len({small.pixel(x, y) for x in range(small.width()) for y in range(small.height())})
