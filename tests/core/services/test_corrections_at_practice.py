"""What the exchange takes back or corrects, on a whole session against the real practice broker."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal as D
from pathlib import Path

import pytest

from core.domain.alarm import Alarm, AlarmKind
from core.domain.intent import IntentState
from core.domain.order import Order, OrderStatus, OrderType, Side
from core.domain.request import OrderRequest
from tests.core.services.practice_world import PATIENCE_MS, World


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def world(qapp, tmp_path: Path, stack: ExitStack, qtbot, caplog) -> World:
    caplog.set_level(logging.ERROR, "core.services.orders")  # alarms are told there as warnings
    return World(tmp_path, stack, "--hours", "always").begin(qtbot)


def bought(world: World, qtbot, qty: str = "1") -> str:
    """Buy at the market; the id of our intent, when the order is filled."""
    request = OrderRequest(symbol="KO", side=Side.BUY, qty=D(qty), type=OrderType.MARKET)
    key = world.session.orders.place(request).client_order_id
    qtbot.waitUntil(lambda: shows(world, key, OrderStatus.FILLED), timeout=PATIENCE_MS)
    return key


def shows(world: World, key: str, status: OrderStatus) -> bool:
    intent = world.session.orders.intent(key)
    return bool(intent and intent.order_id) and shown(world, key).status is status


def shown(world: World, key: str) -> Order:
    intent = world.session.orders.intent(key)
    assert intent is not None
    return world.session.orders.orders[intent.order_id or ""]


def cash(world: World) -> D | None:
    account = world.session.account.account
    return None if account is None else account.cash


def test_a_bust_is_looked_up_and_leaves_order_position_cash_and_gains_without_the_trade(world, qtbot):
    session = world.session
    session.gains.begin()
    qtbot.waitUntil(lambda: cash(world) is not None, timeout=PATIENCE_MS)
    before = cash(world)
    key = bought(world, qtbot)
    qtbot.waitUntil(lambda: "KO" in session.positions.positions, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "KO" in session.gains.gains, timeout=PATIENCE_MS)
    alarms: list[Alarm] = []
    session.orders.alarmed.connect(alarms.append)
    world.broker.control("POST", "/bust", client_order_id=key)
    qtbot.waitUntil(lambda: shows(world, key, OrderStatus.CANCELED), timeout=PATIENCE_MS)
    order = shown(world, key)
    assert (order.filled_qty, order.filled_avg_price) == (D(0), None)
    assert [alarm.kind for alarm in alarms] == [AlarmKind.BUSTED]
    intent = session.orders.intent(key)
    assert intent is not None
    assert intent.state is IntentState.CANCELED
    assert session.orders.executions(order.id) == ()
    asked = [one["path"] for one in world.broker.asked(f"GET /v2/orders/{order.id}")]
    assert asked, "the bust was believed without a look-up"
    # Far sooner than the half minute after which positions are read in any case.
    qtbot.waitUntil(lambda: "KO" not in session.positions.positions, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: cash(world) == before, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: session.gains.gains["KO"].qty == 0, timeout=PATIENCE_MS)
    gains = session.gains.gains["KO"]
    assert (gains.cost, gains.realised) == (D(0), D(0))


def test_a_correction_changes_average_price_position_and_gains(world, qtbot):
    session = world.session
    session.gains.begin()
    key = bought(world, qtbot)
    was = shown(world, key).filled_avg_price
    assert was is not None
    right = was - D("0.50")
    alarms: list[Alarm] = []
    session.orders.alarmed.connect(alarms.append)
    world.broker.control("POST", "/correct", client_order_id=key, price=str(right))
    qtbot.waitUntil(lambda: shown(world, key).filled_avg_price == right, timeout=PATIENCE_MS)
    assert shown(world, key).status is OrderStatus.FILLED
    assert [alarm.kind for alarm in alarms] == [AlarmKind.CORRECTED]
    assert [fill.price for fill in session.orders.executions(shown(world, key).id)] == [right]

    def cost() -> D | None:
        held = session.positions.positions.get("KO")
        return None if held is None else held.avg_entry_price

    qtbot.waitUntil(lambda: cost() == right, timeout=PATIENCE_MS)
    qtbot.waitUntil(
        lambda: "KO" in session.gains.gains and session.gains.gains["KO"].average == right,
        timeout=PATIENCE_MS,
    )


def test_a_bust_that_the_stream_loses_is_found_by_the_broker_s_list(world, qtbot):
    key = bought(world, qtbot)
    world.broker.control("POST", "/faults", kind="drop_event", stream="orders", event="trade_bust")
    world.broker.control("POST", "/bust", client_order_id=key)
    alarms: list[Alarm] = []
    world.session.orders.alarmed.connect(alarms.append)
    world.session.orders.reconcile()
    qtbot.waitUntil(lambda: bool(alarms), timeout=PATIENCE_MS)
    assert {alarm.kind for alarm in alarms} == {AlarmKind.TOTAL_FELL}
