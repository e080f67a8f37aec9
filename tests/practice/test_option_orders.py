"""Options: single and multi-leg orders, what covers them, and what becomes of them."""

from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
import pytest

from practice.engine.activities import Wanted
from practice.engine.orders import Kind, State, Tif
from practice.engine.refusals import Refusal
from practice.engine.rules import Change
from practice.engine.settlement import Settlement
from practice.server.wire import order_json, position_json
from tests.practice.engine import Day, instant, refusal


@pytest.fixture
def day() -> Day:
    return Day()


def test_a_call_is_bought_for_a_hundred_shares_and_valued_as_such(day: Day) -> None:
    call = day.contracts("call")[0]
    order = day.filled("buy", "2", symbol=call.symbol)
    assert order.average_price is not None
    assert order_json(order)["asset_class"] == "us_option"
    assert day.account.cash == 100_000 - 200 * order.average_price
    shown = position_json(day.account, day.account.positions[call.symbol], day.brokerage)
    assert Decimal(shown["cost_basis"]) == 200 * order.average_price
    assert Decimal(shown["market_value"]) == 200 * Decimal(shown["current_price"])
    assert (shown["asset_class"], shown["asset_marginable"]) == ("us_option", False)
    money = day.brokerage.figures(day.account)
    assert money.equity == day.account.cash + money.long_value
    day.brokerage.close_position(day.account, call, Decimal(1))
    day.wait_for(lambda: day.account.held(call) == 1)


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"qty": "1.5"}, 40010001, "qty must be integer"),
        ({"tif": Tif.IOC}, 42210000, "options orders must be DAY or GTC orders"),
        ({"kind": Kind.TRAILING_STOP, "trail_price": Decimal(1)}, 40010001, "invalid order type for options"),
        ({"limit": "1.00", "extended_hours": True}, 42210000, "extended hours is not allowed"),
        ({"limit": "1.001"}, 42210000, "sub-penny"),
        ({"order_class": "bracket", "profit": "9", "loss": "0.01"}, 42210000, "must be simple or mleg"),
        ({"intent": "buy_to_close"}, 42210000, "position intent mismatch, inferred: buy_to_open"),
    ],
)
def test_an_impossible_option_order_is_refused(
    day: Day, fields: dict[str, Any], code: int, message: str
) -> None:
    options = {"qty": "1", "symbol": day.contracts("call")[0].symbol} | fields
    found = refusal(day, "buy", options.pop("qty"), **options)
    assert message in found.message
    assert found.code == code


def test_a_call_is_written_only_against_shares_that_stay(day: Day) -> None:
    call = day.contracts("call")[0]
    found = refusal(day, "sell", "2", symbol=call.symbol)
    assert call.contract is not None
    assert (found.status, found.code) == (403, 40310000)
    assert (
        found.message
        == "insufficient underlying qty available for covered call (required: 200, available: 0)"
    )
    assert found.extra == {
        "symbol": call.symbol,
        "required_qty": "200",
        "available_qty": "0",
        "underlying_asset_id": call.contract.underlying.asset_id,
    }
    day.filled("buy", "250")
    day.place("sell", "2", symbol=call.symbol)
    assert refusal(day, "sell", "51").extra["available"] == "50"
    day.pass_time(5)
    assert day.account.held(call) == -2
    assert refusal(day, "sell", "51").extra["available"] == "50"


def test_a_written_put_is_secured_with_cash(day: Day) -> None:
    put = day.contracts("put")[0]
    assert put.contract is not None
    before = day.brokerage.figures(day.account).cash_power
    order = day.filled("sell", "1", symbol=put.symbol)
    assert order.average_price is not None
    after = day.brokerage.figures(day.account).cash_power
    assert after == before + 100 * order.average_price - 100 * put.contract.strike
    found = refusal(day, "sell", "50", symbol=put.symbol)
    assert "insufficient options buying power for cash-secured put" in found.message
    assert found.extra.keys() == {"buying_power", "options_buying_power", "cost_basis"}


def test_the_level_says_what_may_be_opened(day: Day) -> None:
    calls, puts = day.contracts("call"), day.contracts("put")

    def refused(level: int) -> list[str]:
        day.account.configurations.max_options_trading_level = level
        messages = []
        for attempt in (
            partial(day.place, "sell", "1", symbol=puts[5].symbol),
            partial(day.place, "buy", "1", symbol=calls[5].symbol, limit="0.01"),
            partial(day.combination, "1", (calls[0].symbol, "buy", 1), (calls[1].symbol, "sell", 1)),
        ):
            try:
                attempt()
            except Refusal as refusal:
                messages.append(refusal.message)
        return messages

    single = "account not eligible to trade options at this level"
    spread = "account not eligible to trade multi-leg options"
    assert [refused(level) for level in (0, 1, 2, 3)] == [
        [single, single, spread],
        [single, spread],
        [spread],
        [],
    ]


def test_a_spread_trades_as_one_and_tells_of_both_legs(day: Day) -> None:
    near, far = day.contracts("call")[:2]
    order = day.combination("3", (near.symbol, "buy", 1), (far.symbol, "sell", 1))
    day.wait_for(lambda: not order.is_open)
    assert order.state == State.FILLED
    assert [leg.state for leg in order.legs] == [State.FILLED] * 2
    long, short = order.legs
    assert order.average_price is not None
    assert long.average_price is not None
    assert short.average_price is not None
    assert order.average_price == long.average_price - short.average_price
    assert [day.account.held(one) for one in (near, far)] == [3, -3]
    assert day.account.cash == 100_000 - 300 * order.average_price
    event = msgspec.json.decode(day.log[-1])
    assert event["event"] == "fill"
    assert "execution_id" not in event
    assert [leg["symbol"] for leg in event["legs"]] == [near.symbol, far.symbol]
    assert event["position_qtys"] == {near.symbol: "3", far.symbol: "-3"}
    shown = event["order"]
    assert (shown["symbol"], shown["asset_class"], shown["side"]) == ("", "", "")
    assert shown["asset_id"] == "00000000-0000-0000-0000-000000000000"
    assert [(leg["ratio_qty"], leg["type"], leg["qty"]) for leg in shown["legs"]] == [("1", "", "3")] * 2


def test_a_spread_reserves_what_it_may_lose(day: Day) -> None:
    near, far = day.contracts("call")[:2]
    assert near.contract is not None
    assert far.contract is not None
    width = far.contract.strike - near.contract.strike
    power = day.brokerage.figures(day.account).cash_power
    credit = day.combination("2", (near.symbol, "sell", 1), (far.symbol, "buy", 1), limit="-4.00")
    assert day.brokerage.figures(day.account).cash_power == power - 200 * (width - 4)
    day.pass_time(1)
    day.brokerage.cancel(credit)
    day.pass_time(1)
    assert day.brokerage.figures(day.account).cash_power == power
    assert {leg.state for leg in credit.legs} == {State.CANCELED}
    with pytest.raises(Refusal, match="insufficient options buying power for mleg order"):
        day.combination("900", (near.symbol, "sell", 1), (far.symbol, "buy", 1), limit="-0.01")


def test_a_resting_spread_is_replaced_and_canceled_as_a_whole(day: Day) -> None:
    near, far = day.contracts("call")[:2]
    old = day.combination("2", (near.symbol, "buy", 1), (far.symbol, "sell", 1), limit="0.01")
    day.pass_time(1)
    with pytest.raises(Refusal, match="unable to cancel order in current state"):
        day.brokerage.cancel(old.legs[0])
    new = day.brokerage.replace(day.account, old, Change(qty=Decimal(5), limit_price=Decimal("0.02")))
    day.pass_time(1)
    assert (old.state, old.legs[0].state) == (State.REPLACED, State.REPLACED)
    assert (new.state, [leg.qty for leg in new.legs]) == (State.NEW, [Decimal(5)] * 2)
    assert set(day.account.open_orders) == {new.id, *(leg.id for leg in new.legs)}
    day.brokerage.cancel(new)
    day.pass_time(1)
    assert day.account.open_orders == {}


@pytest.mark.parametrize(
    ("legs", "fields", "message"),
    [
        ([(0, "buy", 1)], {}, "between 2 and 4 legs"),
        ([(0, "buy", 1), (0, "sell", 1)], {}, "different symbols"),
        ([(0, "buy", 2), (1, "sell", 2)], {}, "relatively prime"),
        ([(0, "sell", 1), (1, "sell", 1)], {}, "not eligible to trade uncovered option contracts"),
        ([(0, "buy", 1), (1, "sell", 2)], {}, "not eligible to trade uncovered option contracts"),
        ([(0, "buy", 1), (1, "sell", 1)], {"limit": "1.001"}, "sub-penny"),
        ([(0, "buy", 1), (1, "sell", 1)], {"extended_hours": True}, "extended hours is not allowed"),
    ],
)
def test_an_impossible_spread_is_refused(
    day: Day, legs: list[tuple[int, Any, int]], fields: dict[str, Any], message: str
) -> None:
    calls = day.contracts("call")
    with pytest.raises(Refusal, match=message):
        day.combination("1", *((calls[n].symbol, side, ratio) for n, side, ratio in legs), **fields)


def settled(day: Day) -> list[Settlement]:
    told: list[Settlement] = []
    day.brokerage.settlements.listen(told.append)
    return told


def pass_expiry(day: Day) -> None:
    day.pass_time(9 * 24 * 3600)


def test_what_is_out_of_the_money_expires_and_what_is_in_it_becomes_shares() -> None:
    kinds = set()
    for seed in (3, 4):
        day = Day(seed=seed)
        told = settled(day)
        call, put = day.contracts("call")[0], day.contracts("put")[0]
        assert call.contract is not None
        assert put.contract is not None
        day.filled("buy", "1", symbol=call.symbol)
        day.filled("buy", "1", symbol=put.symbol)
        cash = day.account.cash
        pass_expiry(day)
        assert {one.instrument for one in told} == {call, put}
        assert call.symbol not in day.account.positions
        shares = sum(one.shares for one in told)
        assert day.held() == shares
        assert day.account.cash == cash + sum(one.cash for one in told)
        kinds |= {one.kind for one in told}
        for one in told:
            if one.kind == "exercise":
                assert one.instrument.contract is not None
                assert abs(one.cash) == 100 * one.instrument.contract.strike
    assert kinds == {"exercise", "expiry"}


def test_a_holder_exercises_early_and_may_decline_at_the_end(day: Day) -> None:
    told = settled(day)
    call = day.contracts("call")[0]
    assert call.contract is not None
    with pytest.raises(Refusal, match="insufficient qty available for exercise"):
        day.brokerage.settlements.exercise(day.account, call)
    day.filled("buy", "1", symbol=call.symbol)
    cash = day.account.cash
    day.brokerage.settlements.exercise(day.account, call)
    assert (day.held(), day.account.held(call)) == (Decimal(100), Decimal(0))
    assert day.account.cash == cash - 100 * call.contract.strike
    assert [one.kind for one in told] == ["exercise"]
    ledger = day.brokerage.activities.of(day.account)
    bought, gone = ledger.page(Wanted(types=frozenset({"OPEXC", "OPTRD"})), "desc", 9, None)
    assert (gone.type, gone.qty, gone.net_amount, gone.cash_after) == ("OPEXC", Decimal(-1), Decimal(0), cash)
    assert (bought.type, bought.qty, bought.price) == ("OPTRD", Decimal(100), call.contract.strike)
    assert (bought.cash_after, bought.group_id) == (day.account.cash, gone.group_id)
    deep = day.contracts("put")[0]
    day.filled("buy", "1", symbol=deep.symbol)
    day.brokerage.settlements.do_not_exercise(day.account, deep)
    pass_expiry(day)
    assert [one.kind for one in told] == ["exercise", "expiry"]
    with pytest.raises(Refusal, match="is not an option contract"):
        day.brokerage.settlements.exercise(day.account, day.instrument())


def test_exercising_is_refused_between_the_close_and_midnight() -> None:
    day = Day(start=instant("2026-11-18T15:00:00-05:00"), hours="exchange")
    call = day.contracts("call")[0]
    day.filled("buy", "1", symbol=call.symbol)
    day.brokerage.floor.advance(instant("2026-11-18T16:30:00-05:00"))
    with pytest.raises(Refusal, match="between market close and midnight") as caught:
        day.brokerage.settlements.exercise(day.account, call)
    assert caught.value.status == 422
    day.brokerage.floor.advance(instant("2026-11-19T00:00:01-05:00"))
    day.brokerage.settlements.exercise(day.account, call)
    assert day.held() == 100


def test_a_written_call_that_ends_in_the_money_takes_the_shares() -> None:
    for seed in range(1, 30):
        day = Day(seed=seed)
        told = settled(day)
        call = day.contracts("call")[0]
        day.filled("buy", "100")
        day.filled("sell", "1", symbol=call.symbol)
        pass_expiry(day)
        assert day.account.held(call) == 0
        if told[0].kind == "assignment":
            assert (day.held(), told[0].shares) == (Decimal(0), Decimal(-100))
            return
    raise AssertionError("no call was assigned")


def test_shares_that_an_order_is_about_to_sell_are_not_delivered_as_well() -> None:
    for seed in range(1, 30):
        day = Day(seed=seed)
        told = settled(day)
        put = day.contracts("put")[0]
        day.filled("buy", "100")
        day.filled("buy", "1", symbol=put.symbol)
        resting = day.place("sell", "100", limit=day.ask() * 2, tif=Tif.GTC)
        pass_expiry(day)
        assert (day.held(), resting.state) == (Decimal(100), State.NEW)
        if told[0].kind == "cash":
            assert told[0].cash > 0
            return
    raise AssertionError("no put ended in the money")


def test_an_expired_contract_is_not_active(day: Day) -> None:
    call = day.contracts("call")[0]
    assert call.contract is not None
    day.brokerage.floor.advance(instant(f"{call.contract.expiry}T15:30:00-05:00"))
    resting = day.place("buy", "1", symbol=call.symbol, limit="0.01", tif=Tif.GTC)
    day.pass_time(3600)
    assert resting.state == State.EXPIRED
    found = refusal(day, "buy", "1", symbol=call.symbol)
    assert (found.code, found.message) == (40010001, f"asset {call.symbol} is not active")
