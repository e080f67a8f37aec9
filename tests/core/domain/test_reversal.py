"""Reversals and exits: the second order only after proof, and nothing that would leave at once."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.environment import Environment
from core.domain.intent import Intent, IntentKind, IntentState
from core.domain.legs import OrderClass
from core.domain.order import Order, OrderStatus, OrderType
from core.domain.position import Position
from core.domain.protection import Exit, ExitProblem, exit_problems, exit_request, exits_for, result_at
from core.domain.request import closing_request
from core.domain.reversal import Ruling, judge_close, may_reverse, opening_request

HELD = Position(
    symbol="NVDA", asset_class="us_equity", qty=D(40), avg_entry_price=D(180), current_price=D(182)
)
COIN = Position(symbol="BTCUSD", asset_class="crypto", qty=D("0.5"), avg_entry_price=D(90_000))
OPTION = Position(symbol="AAPL261218C00200000", asset_class="us_option", qty=D(-2), avg_entry_price=D("3.1"))


def intent(state: IntentState) -> Intent:
    return Intent(
        client_order_id="c-1",
        kind=IntentKind.PLACE,
        environment=Environment.PAPER,
        account_id="a",
        symbol="NVDA",
        body=b"",
        state=state,
        created_ns=0,
        since_ns=0,
        order_id="o-1",
    )


def order(status: OrderStatus, filled: D) -> Order:
    known: dict[str, Any] = {"id": "o-1", "client_order_id": "c-1", "symbol": "NVDA", "side": "sell"}
    return Order(
        **known,
        type="market",
        time_in_force="day",
        status=status,
        status_text=status.value,
        qty=D(40),
        filled_qty=filled,
    )


@given(
    qty=st.integers(1, 50).map(D),
    state=st.sampled_from(IntentState),
    status=st.sampled_from(OrderStatus),
    filled=st.integers(0, 50).map(D),
    held=st.none() | st.integers(-50, 50).map(D),
    has_order=st.booleans(),
)
def test_the_second_order_follows_only_a_whole_fill_that_the_positions_confirm(
    qty, state, status, filled, held, has_order
):
    seen = order(status, filled) if has_order else None
    position = None if held is None else replace(HELD, qty=held)
    ruling = judge_close(qty, intent(state), seen, position)
    is_proven = state is IntentState.FILLED and has_order and status is OrderStatus.FILLED and filled == qty
    assert (ruling is Ruling.OPEN) is (is_proven and held is None)
    if not state.is_settled:
        assert ruling is Ruling.WAIT


def test_an_intent_that_nobody_knows_opens_nothing():
    assert judge_close(D(40), None, order(OrderStatus.FILLED, D(40)), None) is Ruling.STOP


@pytest.mark.parametrize(
    ("position", "may"),
    [
        (HELD, True),
        (replace(HELD, qty=D("40.5")), False),
        (replace(HELD, qty_available=D(30)), False),
        (COIN, False),
        (OPTION, True),
    ],
)
def test_only_what_can_be_held_on_the_other_side_is_reversed(position, may):
    assert may_reverse(position) is may


def test_the_two_orders_of_a_reversal_name_what_they_do():
    close, opening = closing_request(HELD), opening_request(HELD)
    assert close.body("a")["position_intent"] == "sell_to_close"
    assert opening.body("b") == {
        "symbol": "NVDA",
        "qty": "40",
        "side": "sell",
        "type": "market",
        "time_in_force": "day",
        "position_intent": "sell_to_open",
        "client_order_id": "b",
    }
    assert (close.only_closes, opening.only_closes) == (True, False)
    assert opening_request(OPTION).body("c")["position_intent"] == "buy_to_open"


def test_both_exits_are_one_group_and_a_single_one_says_that_it_closes():
    both = exit_request(HELD, Exit.BOTH, qty=D(40), gain=D("191.5"), loss=D(178))
    assert both.body("a") == {
        "symbol": "NVDA",
        "qty": "40",
        "side": "sell",
        "type": "limit",
        "time_in_force": "gtc",
        "order_class": "oco",
        "take_profit": {"limit_price": "191.5"},
        "stop_loss": {"stop_price": "178"},
        "client_order_id": "a",
    }
    loss = exit_request(HELD, Exit.LOSS, qty=D(40), gain=D("191.5"), loss=D(178))
    assert (loss.type, loss.order_class, loss.only_closes) == (OrderType.STOP, OrderClass.SIMPLE, True)
    assert loss.body("a")["stop_price"] == "178"
    gain = exit_request(HELD, Exit.GAIN, qty=D(40), gain=D("191.5"), loss=None)
    assert gain.body("a")["limit_price"] == "191.5"


def test_a_coins_stop_needs_the_price_to_leave_at():
    asked = exit_request(COIN, Exit.LOSS, qty=D("0.5"), gain=None, loss=D(88_000))
    assert asked.type is OrderType.STOP_LIMIT
    assert asked.problems()
    asked = exit_request(COIN, Exit.LOSS, qty=D("0.5"), gain=None, loss=D(88_000), loss_limit=D(87_900))
    assert asked.problems() == ()
    assert (asked.symbol, asked.only_closes) == ("BTC/USD", True)
    assert exits_for(COIN) == (Exit.GAIN, Exit.LOSS)
    assert exits_for(OPTION) == ()


prices = st.decimals(min_value=D("0.01"), max_value=D(1_000), places=2)


@given(gain=prices, loss=prices, mark=prices, short=st.booleans())
def test_an_exit_that_would_leave_at_once_is_always_found(gain, loss, mark, short):
    held = replace(HELD, qty=D(-40) if short else D(40))
    found = exit_problems(held, Exit.BOTH, qty=D(40), gain=gain, loss=loss, mark=mark)
    assert (ExitProblem.GAIN_WRONG_SIDE in found) is (gain >= mark if short else gain <= mark)
    assert (ExitProblem.LOSS_WRONG_SIDE in found) is (loss <= mark if short else loss >= mark)


def test_more_than_is_free_and_fractions_in_a_group_are_found():
    held = replace(HELD, qty_available=D(30))
    found = exit_problems(held, Exit.BOTH, qty=D("30.5"), gain=D(190), loss=D(170), mark=D(182))
    assert found == (ExitProblem.QTY_ABOVE_FREE, ExitProblem.GROUP_NEEDS_WHOLE)


def test_what_an_exit_earns_counts_side_and_contract_size():
    assert result_at(HELD, D("191.5"), D(40)) == D(460)
    assert result_at(OPTION, D("2.6"), D(2)) == D(100)
