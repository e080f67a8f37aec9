"""The order desk on a broker that behaves: one intent, one request, one outcome."""

import json
from decimal import Decimal

import pytest

from core.domain.environment import Environment
from core.domain.intent import IntentKind, IntentState
from core.domain.order import OrderStatus
from core.domain.request import ReplaceRequest
from core.domain.trading_block import TradingBlock
from core.errors import NotFound, NotPermitted
from core.services.orders import OrderDesk
from tests.core.builders import account, event, order, position
from tests.core.services.desk import buy
from tests.fakes.broker import refuse

S = IntentState


def test_one_click_is_one_request_with_the_journaled_bytes(desk, broker, qtbot):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    intent = desk.desk.intent(key)
    assert broker.sent("POST") == [intent.body]
    assert json.loads(intent.body) == {
        "symbol": "AAPL",
        "qty": "10",
        "side": "buy",
        "type": "limit",
        "time_in_force": "day",
        "limit_price": "189.4",
        "client_order_id": key,
    }
    assert desk.states(key) == [S.SENT, S.WORKING]
    assert intent.order_id == broker.order_of(key)["id"]
    assert desk.desk.is_own(desk.desk.orders[intent.order_id])


def test_five_hundred_clicks_are_five_hundred_orders_each_sent_once(desk, broker, qtbot):
    keys = [desk.place() for _ in range(500)]
    qtbot.waitUntil(lambda: all(desk.state(key) is S.WORKING for key in keys))
    sent = [json.loads(body)["client_order_id"] for body in broker.sent("POST")]
    assert sent == keys


def test_a_refusal_is_final_and_keeps_the_brokers_words(desk, broker, qtbot):
    broker.faults.place.append(refuse(403, "insufficient buying power"))
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.REFUSED)
    assert desk.desk.intent(key).reason == "insufficient buying power"
    assert broker.sent("GET", "/v2/orders:by_client") == []


@pytest.mark.parametrize("copies", [1, 3])
def test_a_fill_is_told_once_however_often_it_is_delivered(desk, broker, qtbot, copies):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    placed = desk.desk.orders[desk.desk.intent(key).order_id]
    partly = order(
        placed.id,
        status=OrderStatus.PARTIALLY_FILLED,
        client_order_id=key,
        filled_qty=Decimal(4),
        updated_at=placed.updated_at,
    )
    piece = event("partial_fill", partly, execution_id="e-1", price=Decimal("189.4"), qty=Decimal(4))
    desk.desk.take_events((piece,) * copies)
    desk.desk.take_events((piece,))
    assert [(fill.qty, fill.price) for fill in desk.fills] == [(Decimal(4), Decimal("189.4"))]
    assert desk.desk.orders[placed.id].filled_qty == Decimal(4)


def test_late_and_early_events_end_in_the_same_book(desk):
    life = [
        event("new", order(status=OrderStatus.NEW)),
        event(
            "partial_fill",
            order(status=OrderStatus.PARTIALLY_FILLED, filled_qty=Decimal(4)),
            execution_id="e-1",
            qty=Decimal(4),
            price=Decimal(1),
        ),
        event(
            "fill",
            order(status=OrderStatus.FILLED, filled_qty=Decimal(10)),
            execution_id="e-2",
            qty=Decimal(6),
            price=Decimal(1),
        ),
    ]
    desk.desk.take_events(tuple(reversed(life)))
    assert desk.desk.orders["o-1"].status is OrderStatus.FILLED
    assert {fill.qty for fill in desk.fills} == {Decimal(4), Decimal(6)}
    assert not desk.desk.is_own(desk.desk.orders["o-1"])


def test_a_replacement_is_a_new_order_linked_to_the_old_one(desk, broker, qtbot):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    old = desk.desk.intent(key).order_id
    intent = desk.desk.replace(ReplaceRequest(order_id=old, limit_price=Decimal(190)))
    qtbot.waitUntil(lambda: desk.state(intent.client_order_id) is S.WORKING)
    assert broker.sent("PATCH", f"/v2/orders/{old}") == [intent.body]
    new = desk.desk.orders[desk.desk.intent(intent.client_order_id).order_id]
    assert (new.replaces, new.limit_price) == (old, Decimal(190))
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: desk.state(key) is S.REPLACED)


def test_a_cancel_is_done_when_the_order_says_so(desk, broker, qtbot):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    cancel = desk.desk.cancel(desk.desk.intent(key).order_id)
    qtbot.waitUntil(lambda: desk.state(cancel.client_order_id) is S.CANCELED)
    assert desk.state(key) is S.CANCELED
    assert len(broker.sent("DELETE")) == 1
    assert desk.states(cancel.client_order_id)[0] is S.SENT


def test_a_second_cancel_of_the_same_order_is_the_first_one(desk, broker, qtbot):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    order_id = desk.desk.intent(key).order_id
    cancels = [desk.desk.cancel(order_id).client_order_id for _ in range(5)]
    assert len(set(cancels)) == 1
    qtbot.waitUntil(lambda: desk.state(cancels[0]) is S.CANCELED)
    assert len(broker.sent("DELETE")) == 1


def test_the_fill_may_win_against_the_cancel(desk, broker, qtbot):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    order_id = desk.desk.intent(key).order_id
    broker.sends_events = False
    broker.fill(order_id)
    cancel = desk.desk.cancel(order_id)
    qtbot.waitUntil(lambda: desk.state(key) is S.FILLED)
    qtbot.waitUntil(lambda: desk.state(cancel.client_order_id) is S.FILLED)
    assert "already in" in desk.desk.intent(cancel.client_order_id).reason


def test_cancel_all_answers_for_each_order(desk, broker, qtbot):
    keys = [desk.place() for _ in range(3)]
    qtbot.waitUntil(lambda: all(desk.state(key) is S.WORKING for key in keys))
    cancels = desk.desk.cancel_all()
    assert len(cancels) == 3
    qtbot.waitUntil(lambda: all(desk.state(key) is S.CANCELED for key in keys))
    assert len(broker.sent("DELETE")) == 3
    assert desk.desk.cancel_all() == ()


@pytest.mark.parametrize(
    ("held", "side", "qty"),
    [
        (position(), "sell", "10"),
        (position(qty_available=Decimal(4)), "sell", "4"),
        (position(qty=Decimal(-7), qty_available=Decimal(-7)), "buy", "7"),
    ],
)
def test_a_position_is_closed_by_an_ordinary_order_of_ours(desk, broker, qtbot, held, side, qty):
    intent = desk.desk.close_position(held)
    qtbot.waitUntil(lambda: desk.state(intent.client_order_id) is S.WORKING)
    (body,) = broker.sent("POST")
    sent = json.loads(body)
    assert (sent["type"], sent["side"], sent["qty"]) == ("market", side, qty)
    assert sent["client_order_id"] == intent.client_order_id
    assert broker.sent("DELETE") == []


def test_a_position_that_orders_hold_whole_is_not_closed_with_its_full_quantity(desk, broker):
    with pytest.raises(ValueError, match="qty_not_positive"):
        desk.desk.close_position(position(qty_available=Decimal(0)))
    assert broker.sent("POST") == []
    assert desk.desk.open_intents == ()


def test_what_has_problems_is_neither_journaled_nor_sent(desk, broker):
    with pytest.raises(ValueError, match="limit_price_off_grid"):
        desk.place(limit_price=Decimal("189.401"))
    assert desk.intents_told == []
    assert broker.sent("POST") == []


def test_an_order_goes_under_the_id_that_was_shown_and_no_other_one_ever_does(qtbot, desk, broker):
    shown = desk.desk.new_client_order_id()
    assert desk.desk.place(buy(), client_order_id=shown).client_order_id == shown
    with pytest.raises(ValueError, match="placed before"):
        desk.desk.place(buy(), client_order_id=shown)
    qtbot.waitUntil(lambda: len(broker.sent("POST")) == 1)
    assert desk.place() != shown


def test_an_order_that_is_not_known_cannot_be_cancelled_or_replaced(desk):
    with pytest.raises(NotFound):
        desk.desk.cancel("nobody")
    with pytest.raises(NotFound):
        desk.desk.replace(ReplaceRequest(order_id="nobody", qty=Decimal(1)))


def held(desk: OrderDesk) -> bool:
    try:
        desk.place(buy())
    except NotPermitted:
        return True
    return False


def test_nothing_is_sent_before_the_orders_are_read(make_desk, broker, qtbot):
    desk = make_desk()
    assert desk.desk.trading_block is TradingBlock.NOT_READY
    assert held(desk.desk)
    desk.open(qtbot)
    assert desk.blocks == [TradingBlock.NONE]


def test_without_the_scope_nothing_is_sent_not_even_a_cancel(make_desk, qtbot):
    desk = make_desk(scopes=frozenset({"data"}))
    desk.desk.start()
    desk.desk.reconcile()
    desk.desk.take_events((event("new", order()),))
    assert desk.desk.trading_block is TradingBlock.NO_SCOPE
    assert held(desk.desk)
    with pytest.raises(NotPermitted):
        desk.desk.cancel("o-1")
    qtbot.waitUntil(lambda: bool(desk.orders_told))


def test_a_blocked_account_holds_orders_and_lets_cancels_go(desk, broker, qtbot):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    desk.desk.take_account(account(trading_blocked=True))
    assert held(desk.desk)
    cancel = desk.desk.cancel(desk.desk.intent(key).order_id)
    qtbot.waitUntil(lambda: desk.state(cancel.client_order_id) is S.CANCELED)
    desk.desk.take_account(account())
    assert desk.blocks[-2:] == [TradingBlock.ACCOUNT_BLOCKED, TradingBlock.NONE]


def test_a_live_account_waits_for_the_person_and_goes_to_the_live_host_alone(make_desk, broker, qtbot):
    desk = make_desk(environment=Environment.LIVE)
    desk.desk.start()
    desk.desk.reconcile()
    qtbot.waitUntil(lambda: broker.sent("GET", "/live/v2/orders?status=open") != [])
    assert held(desk.desk)
    desk.desk.unlock_live()
    qtbot.waitUntil(lambda: desk.blocks[-1:] == [TradingBlock.NONE])
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    assert {path.split("/")[1] for _, path, _ in broker.requests} == {"live"}


def test_a_refused_token_holds_everything_and_is_told(desk, broker, qtbot):
    broker.faults.place.append(refuse(401, "request is not authorized"))
    key = desk.place()
    qtbot.waitUntil(lambda: bool(desk.token_errors))
    desk.desk.refuse_token(desk.token_errors[0])
    assert desk.state(key) is S.REFUSED
    assert desk.desk.trading_block is TradingBlock.TOKEN_REFUSED
    assert held(desk.desk)


def test_every_request_carries_the_token_and_nobody_elses(desk, broker, qtbot):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    assert broker.tokens_seen == {"Bearer canary-token-5b1c7c1e"}


def test_the_kinds_of_intents_are_told_apart(desk, qtbot):
    key = desk.place()
    qtbot.waitUntil(lambda: desk.state(key) is S.WORKING)
    cancel = desk.desk.cancel(desk.desk.intent(key).order_id)
    assert (desk.desk.intent(key).kind, cancel.kind) == (IntentKind.PLACE, IntentKind.CANCEL)
    assert cancel.target_order_id == desk.desk.intent(key).order_id
