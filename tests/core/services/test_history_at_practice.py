"""The past as the practice broker serves it: nothing missing, nothing twice, while others go on trading."""

from pathlib import Path

import pytest

from core.domain.environment import Environment
from core.domain.order import Order
from core.domain.profile import Endpoints
from core.domain.secret import Secret
from core.protocol import paging
from core.services import history_reader
from core.services.broker_link import BrokerLink
from core.services.history import ActivityFeed, OrderHistory
from core.services.history_reader import HistoryPhase
from core.services.history_shelf import HistoryShelf
from tests.core.builders import profile
from tests.practice.program import PracticeProgram


@pytest.fixture
def practice(tmp_path: Path):
    with PracticeProgram(tmp_path / "practice.log", "--auto-approve", "--rate-limit", "0") as program:
        yield program


def test_every_order_and_fill_is_met_while_new_ones_arrive(qapp, qtbot, practice, tmp_path, monkeypatch):
    monkeypatch.setattr(paging.OrderWalk.__init__, "__kwdefaults__", {"limit": 5})
    monkeypatch.setattr(paging.ActivityWalk.__init__, "__kwdefaults__", {"limit": 3})
    monkeypatch.setattr(history_reader, "PACE_MS", 0)

    def place(**terms: str) -> str:
        placed = practice.order(symbol="AAPL", side="buy", qty="1", time_in_force="day", **terms)
        return str(placed["id"])

    resting = [place(type="limit", limit_price="1.00") for _ in range(17)]
    bought = [place(type="market") for _ in range(4)]
    for order_id in bought:
        practice.settled(order_id, "filled")
    urls = practice.line["trading_url"]["paper"], practice.line["stream_url"]["paper"]
    endpoints = Endpoints(trading_url=urls[0], stream_url=urls[1])
    link = BrokerLink(
        profile(endpoints={Environment.PAPER: endpoints}),
        Environment.PAPER,
        Secret(practice.token(env="paper")),
        user_agent="test",
    )
    shelf = HistoryShelf(tmp_path / "history.sqlite", account_id="a", environment=Environment.PAPER)
    orders, activities = OrderHistory(link, shelf), ActivityFeed(link, shelf)
    pages: list[list[str]] = []
    entries: list[str] = []
    filled: list[str] = []

    def note(page: tuple[Order, ...]) -> None:
        pages.append([order.id for order in page])
        if len(pages) < 4:
            place(type="limit", limit_price="1.00")  # by somebody else, in the middle of the reading

    orders.arrived.connect(note)
    activities.arrived.connect(lambda page: entries.extend(entry.id for entry in page))
    activities.arrived.connect(lambda page: filled.extend(e.order_id for e in page if e.type == "FILL"))
    try:
        orders.reader.read_all()
        activities.reader.read_all()
        for reader in (orders.reader, activities.reader):
            qtbot.waitUntil(lambda reader=reader: reader.progress.phase is HistoryPhase.COMPLETE)
        met = [order_id for page in pages for order_id in page]
        assert set(met) >= {*resting, *bought}
        assert len(entries) == len(set(entries))
        assert set(filled) >= set(bought)
    finally:
        orders.stop()
        activities.stop()
        link.stop(lambda: None)
        shelf.stop()
