"""Flatten on a real desk, a real journal and a real socket: it goes on until the broker says zero."""

import json

import pytest
from PySide6.QtCore import QObject, Slot

from core.domain.flattening import CANNOT_BE_READ, Stage
from core.errors import NotPermitted
from core.services.flatten import Flatten, FlattenReport
from core.services.positions import PositionKeeper
from tests.core.golden import golden
from tests.core.services.desk import Desk, FastClock
from tests.fakes.broker import accept_and_lose, refuse


class Witness(QObject):
    """A run of Flatten beside its desk, with what it reported."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.positions = PositionKeeper(desk.link, FastClock(), self)
        self.flatten = Flatten(desk.link, desk.desk, self.positions, FastClock(), parent=self)
        self.reports: list[FlattenReport] = []
        self.flatten.finished.connect(self._take)

    def stages(self) -> dict[str, Stage]:
        return {line.symbol: line.stage for line in self.flatten.lines}

    def stop(self) -> None:
        self.flatten.stop()
        self.positions.stop()

    @Slot(object)
    def _take(self, report: FlattenReport) -> None:
        self.reports.append(report)


@pytest.fixture
def witness(desk: Desk):
    one = Witness(desk)
    yield one
    one.stop()


def hold(broker, symbol: str, qty: str) -> None:
    side = "short" if qty.startswith("-") else "long"
    broker.positions.append(
        {**golden("position"), "symbol": symbol, "qty": qty, "qty_available": qty, "side": side}
    )


def placed(broker) -> list[dict[str, str]]:
    return [json.loads(body) for body in broker.sent("POST")]


def fill_last(broker) -> None:
    """The newest order fills, and its position is gone from the list."""
    order = list(broker.orders.values())[-1]
    broker.fill(order["id"])
    broker.positions = [held for held in broker.positions if held["symbol"] != order["symbol"]]


def test_an_empty_account_is_flat_and_nothing_is_sent(witness, broker, qtbot):
    witness.flatten.start()
    qtbot.waitUntil(lambda: len(witness.reports) == 1)
    assert witness.reports[0].is_flat
    assert broker.sent("POST") == broker.sent("DELETE") == []


@pytest.mark.expects_log("could not be read", "unreadable_order")
@pytest.mark.parametrize("kind", ["position", "order"])
def test_while_the_broker_lists_what_cannot_be_read_it_is_not_flat(witness, broker, qtbot, kind):
    if kind == "position":
        broker.positions.append({**golden("position"), "symbol": "TSLA", "qty": "many"})
        key = "position:TSLA"
    else:
        broker.orders["odd"] = {**golden("order"), "id": "odd", "status": "new", "filled_qty": "many"}
        key = "order:odd"
    witness.flatten.start()
    qtbot.waitUntil(lambda: [line.key for line in witness.flatten.lines] == [key])
    read = len(broker.sent("GET", "/v2/positions"))
    qtbot.waitUntil(lambda: len(broker.sent("GET", "/v2/positions")) >= read + 3)
    assert (witness.reports, witness.flatten.lines[0].reason) == ([], CANNOT_BE_READ)
    broker.positions.clear()
    broker.orders.clear()
    qtbot.waitUntil(lambda: len(witness.reports) == 1)
    assert witness.reports[0].is_flat


def test_orders_go_then_positions_and_the_report_tells_it_in_order(witness, desk, broker, qtbot):
    resting = desk.place(symbol="NVDA")
    qtbot.waitUntil(lambda: broker.order_of(resting) is not None and bool(desk.desk.orders))
    hold(broker, "NVDA", "7")
    hold(broker, "TSLA", "-3")
    witness.flatten.start()
    qtbot.waitUntil(lambda: len(broker.sent("POST")) == 3)
    closes = {order["symbol"]: order for order in placed(broker)[1:]}
    assert (closes["NVDA"]["side"], closes["NVDA"]["qty"], closes["NVDA"]["position_intent"]) == (
        "sell", "7", "sell_to_close",
    )  # fmt: skip
    assert (closes["TSLA"]["side"], closes["TSLA"]["position_intent"]) == ("buy", "buy_to_close")
    for order in [*broker.orders.values()]:
        if order["status"] == "new":
            broker.fill(order["id"])
    broker.positions.clear()
    qtbot.waitUntil(lambda: len(witness.reports) == 1)
    (report,) = witness.reports
    assert report.is_flat
    assert report.open_lines == ()
    keys = [entry.line.key for entry in report.entries]
    assert keys.index(next(key for key in keys if key.startswith("order:"))) < keys.index("position:NVDA")
    assert len(broker.sent("POST")) == 3


def test_a_lost_answer_never_makes_a_second_close(witness, broker, qtbot):
    hold(broker, "NVDA", "7")
    broker.faults.place.append(accept_and_lose)
    witness.flatten.start()
    qtbot.waitUntil(lambda: len(broker.orders) == 1)
    qtbot.waitUntil(lambda: witness.stages().get("NVDA") is Stage.CLOSING)
    fill_last(broker)
    qtbot.waitUntil(lambda: len(witness.reports) == 1)
    assert witness.reports[0].is_flat
    assert len(broker.sent("POST")) == 1


def test_what_resists_is_shown_with_the_brokers_words_and_tried_again(witness, broker, qtbot):
    hold(broker, "NVDA", "7")
    broker.faults.place.append(refuse(403, "asset is not tradable"))
    witness.flatten.start()
    qtbot.waitUntil(lambda: any("not tradable" in line.reason for line in witness.flatten.lines))
    qtbot.waitUntil(lambda: len(broker.orders) == 1)
    fill_last(broker)
    qtbot.waitUntil(lambda: len(witness.reports) == 1)
    assert any("not tradable" in entry.line.reason for entry in witness.reports[0].entries)
    assert len({order["client_order_id"] for order in placed(broker)}) == 2


def test_stopped_by_the_trader_it_sends_nothing_more_and_says_what_is_left(witness, broker, qtbot):
    hold(broker, "NVDA", "7")
    witness.flatten.start()
    qtbot.waitUntil(lambda: len(broker.orders) == 1)
    witness.flatten.stop()
    (report,) = witness.reports
    assert not report.is_flat
    assert [line.symbol for line in report.open_lines] == ["NVDA"]
    assert not witness.flatten.is_running
    witness.flatten.start()
    assert witness.flatten.is_running


def test_without_the_scope_it_does_not_begin(make_desk, qtbot):
    desk = make_desk(scopes=frozenset({"data"}))
    witness = Witness(desk)
    with pytest.raises(NotPermitted):
        witness.flatten.start()
    assert not witness.flatten.is_running
    witness.stop()
