"""A reversal on a real desk, journal and socket: the second order once, after proof, or never."""

import json

import pytest

from core.domain.listing import Listing
from core.domain.order import Side
from core.services.positions import PositionKeeper
from core.services.reversal import Reversal, Step
from tests.core.golden import golden
from tests.core.services.desk import Desk, FastClock
from tests.fakes.broker import Broker, accept_and_lose, refuse


@pytest.fixture
def positions(desk: Desk, broker: Broker, qtbot):
    broker.positions.append(
        {**golden("position"), "symbol": "NVDA", "qty": "7", "qty_available": "7", "side": "long"}
    )
    keeper = PositionKeeper(desk.link, FastClock())
    keeper.refresh()
    qtbot.waitUntil(lambda: "NVDA" in keeper.positions)
    yield keeper
    keeper.stop()


def begun(desk: Desk, keeper: PositionKeeper, objection: str = "") -> Reversal:
    reversal = Reversal(desk.desk, keeper, keeper.positions["NVDA"], objection=lambda _request: objection)
    reversal.start()
    return reversal


def placed(broker: Broker) -> list[dict[str, str]]:
    return [json.loads(body) for body in broker.sent("POST")]


def fill_close(broker: Broker, qtbot) -> None:
    qtbot.waitUntil(lambda: len(broker.orders) == 1)
    broker.fill(next(iter(broker.orders)))


@pytest.mark.expects_log("positions could not be read")
def test_the_other_side_is_opened_once_when_the_close_is_filled_and_the_position_gone(
    desk, positions, broker, qtbot
):
    reversal = begun(desk, positions)
    fill_close(broker, qtbot)
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: reversal.step is Step.PROVING)
    assert len(placed(broker)) == 1  # the broker still lists the position
    for name in ("NVDA", ""):
        positions.take(Listing(unreadable=(name,)))
        assert len(placed(broker)) == 1  # what cannot be read may be this one
    broker.positions.clear()
    qtbot.waitUntil(lambda: reversal.step is Step.OPENED)
    qtbot.waitUntil(lambda: len(placed(broker)) == 2)
    close, opening = placed(broker)
    assert (close["side"], close["qty"], close["position_intent"]) == (Side.SELL, "7", "sell_to_close")
    assert (opening["side"], opening["qty"], opening["position_intent"]) == (Side.SELL, "7", "sell_to_open")
    positions.take(Listing())
    reversal.start()
    assert len(placed(broker)) == 2


def test_a_close_that_is_refused_opens_nothing(desk, positions, broker, qtbot):
    broker.faults.place.append(refuse(403, "insufficient qty available"))
    reversal = begun(desk, positions)
    qtbot.waitUntil(lambda: reversal.is_over)
    positions.take(Listing())
    assert reversal.step is Step.STOPPED
    assert "insufficient qty" in reversal.reason
    assert len(placed(broker)) == 1


def test_a_lost_answer_waits_for_evidence_and_doubles_nothing(desk, positions, broker, qtbot, impatient):
    broker.faults.place.append(accept_and_lose)
    reversal = begun(desk, positions)
    fill_close(broker, qtbot)
    broker.positions.clear()
    # The look-up may have been faster than the fill, and no stream tells of it here.
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: reversal.step is Step.OPENED)
    qtbot.waitUntil(lambda: len(placed(broker)) == 2)
    assert len(broker.orders) == 2


def test_a_partial_fill_that_ends_opens_nothing(desk, positions, broker, qtbot):
    reversal = begun(desk, positions)
    qtbot.waitUntil(lambda: len(desk.desk.orders) == 1)
    (order_id,) = desk.desk.orders
    desk.desk.cancel(order_id)
    qtbot.waitUntil(lambda: reversal.is_over)
    positions.take(Listing())
    assert reversal.step is Step.STOPPED
    assert len(placed(broker)) == 1


def test_given_up_it_never_opens(desk, positions, broker, qtbot):
    reversal = begun(desk, positions)
    reversal.stop()
    fill_close(broker, qtbot)
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: any(order.status.is_final for order in desk.desk.orders.values()))
    positions.take(Listing())
    assert (reversal.step, len(placed(broker))) == (Step.STOPPED, 1)


def test_what_is_objected_to_at_the_last_moment_is_not_sent(desk, positions, broker, qtbot):
    reversal = begun(desk, positions, objection="cannot be sold short")
    fill_close(broker, qtbot)
    broker.positions.clear()
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: reversal.is_over)
    assert (reversal.step, reversal.reason) == (Step.STOPPED, "cannot be sold short")
    assert len(placed(broker)) == 1
