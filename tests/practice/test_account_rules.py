"""What an account may buy, sell and owe: buying power, margin, switches, blocks."""

from decimal import Decimal
from typing import Any

import pytest

from practice.engine.accounts import Account
from practice.engine.orders import Kind, State, Tif
from practice.engine.refusals import Refusal
from tests.practice.engine import Day, instant, refusal


@pytest.fixture
def day() -> Day:
    return Day()


def test_four_times_margin_is_counted_from_maintenance_and_two_times_from_initial(day: Day) -> None:
    day.filled("buy", "100")
    configurations = day.account.configurations
    money = day.brokerage.figures(day.account)
    value = money.long_value
    assert money.multiplier == 2
    assert money.buying_power == 2 * (money.equity - value / 2)
    configurations.max_margin_multiplier = "4"
    money = day.brokerage.figures(day.account)
    assert money.buying_power == 4 * (money.equity - value * Decimal("0.3"))
    assert money.overnight_power == 2 * (money.equity - value / 2)
    configurations.max_margin_multiplier = "1"
    assert day.brokerage.figures(day.account).buying_power == day.account.cash


def test_a_small_account_has_no_margin_and_cannot_sell_short(day: Day) -> None:
    day.account.cash = Decimal(1999)
    assert day.brokerage.figures(day.account).multiplier == 1
    assert refusal(day, "sell", "1", symbol="F").message == "account is not allowed to short"
    day.account.cash = Decimal(2000)
    assert day.brokerage.figures(day.account).multiplier == 2


def test_coins_and_options_are_paid_from_cash_alone(day: Day) -> None:
    day.account.cash = Decimal(1000)
    day.account.configurations.max_margin_multiplier = "4"
    found = refusal(day, "buy", None, symbol="BTC/USD", tif=Tif.GTC, notional=Decimal(1500))
    assert found.extra == {"buying_power": "1000", "cost_basis": "1500"}
    day.place("buy", None, symbol="BTC/USD", tif=Tif.GTC, notional=Decimal(600))
    assert day.brokerage.figures(day.account).cash_power == 400


def test_market_orders_are_judged_by_the_far_side_the_middle_or_the_last_trade() -> None:
    for clock, judged in (("18T12", "far"), ("18T08", "middle"), ("18T22", "middle"), ("21T12", "last")):
        day = Day(start=instant(f"2026-11-{clock}:00:00-05:00"), hours="exchange")
        quote = day.brokerage.market.standing_quote(day.instrument(), day.brokerage.now)
        price = {
            "far": day.ask(),
            "middle": day.instrument().price(quote.bid + quote.ask) / 2,
            "last": day.brokerage.last_price(day.instrument()),
        }[judged]
        day.place("buy", "10")
        assert day.brokerage.figures(day.account).reserved == 10 * price, clock


def blocked(account: Account) -> None:
    account.trading_blocked = True


def closed(account: Account) -> None:
    account.account_blocked = True


def suspended(account: Account) -> None:
    account.configurations.suspend_trade = True


@pytest.mark.parametrize(
    ("switch", "message"),
    [
        (blocked, "account is not authorized to trade"),
        (closed, "account is blocked"),
        (suspended, "new orders are rejected by user request"),
    ],
)
def test_a_blocked_account_sends_nothing(day: Day, switch: Any, message: str) -> None:
    calls = day.contracts("call")
    resting = day.place("buy", "1", limit=day.bid() - 5)
    switch(day.account)
    assert refusal(day, "buy", "1").message == message
    with pytest.raises(Refusal, match=message):
        day.combination("1", (calls[0].symbol, "buy", 1), (calls[1].symbol, "sell", 1))
    day.brokerage.cancel(resting)  # but what it sent can be taken back
    day.pass_time(1)
    assert resting.state == State.CANCELED


def test_fractions_can_be_switched_off_for_shares_but_not_for_coins(day: Day) -> None:
    day.account.configurations.fractional_trading = False
    for fields in ({"qty": "1.5"}, {"qty": None, "notional": Decimal(100)}):
        found = refusal(day, "buy", fields.pop("qty"), **fields)
        assert (found.status, found.message) == (403, "fractional trading is not enabled for this account")
    day.place("buy", "0.01", symbol="BTC/USD", tif=Tif.GTC)


def test_no_fraction_of_a_share_is_ever_short(day: Day) -> None:
    day.filled("sell", "3")
    for fields in ({"qty": "1.5"}, {"qty": None, "notional": Decimal(100)}):
        found = refusal(day, "buy", fields.pop("qty"), **fields)
        assert (found.status, found.message) == (422, "short positions can only be closed in whole shares")
    day.filled("buy", "1")
    assert day.held() == -2


def test_no_amount_is_bought_of_what_is_being_closed(day: Day) -> None:
    day.filled("buy", "10")
    day.place("sell", "10", limit=day.ask() + 10)
    found = refusal(day, "buy", None, notional=Decimal(100), limit=day.bid() - 5, kind=Kind.LIMIT)
    assert found.message == "unable to open new notional orders while having open closing position orders"


def test_an_intent_that_the_position_contradicts_is_refused(day: Day) -> None:
    found = refusal(day, "sell", "1", intent="sell_to_close")
    assert (found.code, found.message) == (
        42210000,
        "position intent mismatch, inferred: sell_to_open, specified: sell_to_close",
    )
    assert day.place("sell", "1", intent="sell_to_open").intent == "sell_to_open"


def test_quantities_of_coins_are_cut_to_nine_decimals_in_silence(day: Day) -> None:
    order = day.filled("buy", "0.0123456789123", symbol="BTC/USD", tif=Tif.GTC)
    assert order.qty == Decimal("0.012345678")
    held = day.held("BTC/USD")
    assert held == held.quantize(Decimal("1e-9"))
    assert order.qty * Decimal("0.9975") - held < Decimal("1e-9")
    day.brokerage.close_position(day.account, day.instrument("BTC/USD"))
    day.pass_time(2)
    assert day.held("BTC/USD") == 0


def test_a_wash_trade_names_the_order_it_would_meet(day: Day) -> None:
    day.filled("buy", "10")
    resting = day.place("sell", "10", kind=Kind.STOP, stop=day.bid() - 5)
    found = refusal(day, "buy", "1")
    assert found.extra == {
        "existing_order_id": resting.id,
        "reject_reason": "opposite side stop order exists",
    }


def test_exits_that_wait_are_no_wash_for_their_entry(day: Day) -> None:
    limit = day.bid() - 5
    day.place("buy", "1", limit=limit, order_class="bracket", profit=limit + 1, loss=limit - 1)
    day.place("buy", "1", limit=limit, order_class="bracket", profit=limit + 1, loss=limit - 1)
