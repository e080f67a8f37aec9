"""From the button to the report on disk: the real window, session and sockets, the real practice broker."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from core.domain.environment import Environment
from core.services.clock import SystemClock
from tests.core.services.practice_world import PATIENCE_MS, World
from ui.dialogs.flatten import FlattenQuestion, FlattenWindow
from ui.main_window import MainWindow
from ui.models.flatten import REASON


@pytest.fixture
def world(qapp, tmp_path: Path, qtbot) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(tmp_path, stack, "--hours", "always").begin(qtbot)


@pytest.fixture
def window(theme, qtbot, world: World) -> Iterator[MainWindow]:
    made = MainWindow(theme, world.settings, world.frames, SystemClock())
    qtbot.addWidget(made)
    made.resize(1440, 900)
    made.show()
    account = world.session.account.account
    assert account is not None
    made.show_session(world.session, {Environment.PAPER: account})
    yield made
    made.close_session()


def press_flatten(window: MainWindow, qtbot: Any) -> FlattenWindow:
    qtbot.mouseClick(window.desk.positions.flatten, Qt.MouseButton.LeftButton)
    (asked,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, FlattenQuestion) and w.isVisible()]
    qtbot.waitUntil(asked.deed.isEnabled)
    qtbot.mouseClick(asked.deed, Qt.MouseButton.LeftButton)
    (shown,) = window.findChildren(FlattenWindow)
    return shown


def test_one_press_leaves_the_account_flat_and_a_report_that_names_no_account(world, window, qtbot, tmp_path):
    world.hold("NVDA", "7")
    world.hold("BTC/USD", "0.02", time_in_force="gtc")
    world.broker.order(symbol="AAPL", qty="5", type="limit", limit_price="1.00")
    world.session.orders.reconcile()
    world.read(qtbot, "NVDA")
    shown = press_flatten(window, qtbot)
    qtbot.waitUntil(lambda: shown.is_over, timeout=2 * PATIENCE_MS)
    assert shown.heading.text().startswith("Flat, confirmed by the broker at ")
    assert world.listed("/v2/positions") == []
    assert world.listed("/v2/orders?status=open") == []
    qtbot.waitUntil(lambda: "Report saved" in shown.kept.text(), timeout=PATIENCE_MS)
    (file,) = (tmp_path / "reports").iterdir()
    text = file.read_text("utf-8")
    assert str(file) in shown.kept.text()
    assert "Long 7 NVDA: Closing" in text
    assert "Buy 5 AAPL at 1.00: Cancelling" in text
    number = world.broker.call("GET", "/v2/account").json()["account_number"]
    assert number not in text
    assert number[-4:] in text
    qtbot.waitUntil(lambda: window.desk.positions.count == "", timeout=PATIENCE_MS)


def test_signing_out_while_something_resists_stops_it_and_still_leaves_a_report(
    world, window, qtbot, tmp_path
):
    world.hold("NVDA", "7")
    world.read(qtbot, "NVDA")
    refusal = '{"code":40310000,"message":"asset NVDA is not tradable"}'
    world.broker.control(
        "POST", "/faults", kind="status", route="POST /v2/orders", status=403, body=refusal, count=0
    )
    shown = press_flatten(window, qtbot)
    said = "does not trade this instrument. \u201casset NVDA is not tradable\u201d"

    def resists() -> bool:
        cells = [shown.model.cell(place, REASON).text for place in range(shown.model.rowCount())]
        return any(said in cell for cell in cells)

    qtbot.waitUntil(resists, timeout=PATIENCE_MS)
    assert not shown.is_over
    window.close_session()
    world.session.stop()
    (file,) = (tmp_path / "reports").iterdir()
    text = file.read_text("utf-8")
    assert "Stopped by the trader. Not flat" in text
    assert said in text
