"""Realised and held: fills folded by average cost, checked against a lot-by-lot reckoning of totals."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.activity import Activity
from core.domain.gains import Gains, fold
from core.domain.instrument import multiplier_of

START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def fill(number: int, side: str, qty: str, price: str, *, symbol: str = "NVDA", days: int = 0) -> Activity:
    return Activity(
        id=f"{number:06d}",
        type="FILL",
        symbol=symbol,
        side=side,
        qty=D(qty),
        price=D(price),
        at=START + timedelta(days=days, minutes=number),
    )


def folded(*fills: Activity) -> dict[str, Gains]:
    return fold(fills, day=TODAY, day_of=lambda at: at.date())


def test_adding_averages_and_reducing_realises_the_difference():
    gains = folded(fill(1, "buy", "10", "100"), fill(2, "buy", "10", "110"), fill(3, "sell", "5", "120"))[
        "NVDA"
    ]
    assert (gains.qty, gains.average, gains.realised) == (D(15), D(105), D(75))


def test_turning_round_realises_what_was_held_and_opens_the_rest():
    gains = folded(fill(1, "buy", "10", "100"), fill(2, "sell", "15", "90"))["NVDA"]
    assert (gains.qty, gains.average, gains.realised) == (D(-5), D(90), D(-100))
    assert gains.opened_at == START + timedelta(minutes=2)


def test_a_short_gains_when_it_is_bought_back_lower():
    gains = folded(fill(1, "sell", "4", "50"), fill(2, "buy", "4", "45"))["NVDA"]
    assert (gains.qty, gains.average, gains.realised) == (D(0), None, D(20))
    assert gains.opened_at is None


def test_a_fill_that_was_undone_counts_as_if_it_had_never_been():
    kept, undone = fill(1, "buy", "10", "100"), fill(2, "buy", "10", "110")
    sale, back = fill(3, "sell", "5", "120"), replace(undone, id="000004", qty=D(-10))
    gains = folded(kept, undone, sale, back)["NVDA"]
    assert gains == folded(kept, sale)["NVDA"]
    again = replace(undone, id="000005", price=D(105))  # corrected: the same at another price
    assert folded(kept, undone, sale, back, again)["NVDA"].cost == D(500) + D(1050)


def test_what_undoes_a_fill_that_is_not_known_counts_as_the_other_side_s():
    kept, back = fill(1, "buy", "10", "100"), replace(fill(2, "buy", "4", "110"), qty=D(-4))
    gains = folded(kept, back)["NVDA"]
    assert (gains.qty, gains.realised) == (D(6), D(40))


def test_a_coin_fee_goes_back_with_what_it_was_taken_for():
    bought = fill(1, "buy", "1", "100", symbol="BTC/USD")
    fee = Activity(id="000001", type="CFEE", symbol="BTCUSD", qty=D("-0.1"), price=D(100))
    back = (replace(bought, id="000002", qty=D(-1)), replace(fee, id="000002", qty=D("0.1")))
    assert folded(bought, fee, *back)["BTCUSD"] == Gains(symbol="BTCUSD")
    assert folded(bought, back[1])["BTCUSD"].qty == 1


def test_only_todays_fills_count_for_the_day():
    gains = folded(
        fill(1, "buy", "10", "100"), fill(2, "sell", "5", "101"), fill(3, "sell", "5", "103", days=1)
    )["NVDA"]
    assert (gains.realised, gains.realised_day, gains.fills, gains.fills_day) == (D(20), D(15), 3, 1)


def test_an_option_contract_stands_for_a_hundred():
    symbol = "AAPL261218C00200000"
    gains = folded(fill(1, "buy", "2", "1.50", symbol=symbol), fill(2, "sell", "1", "2.00", symbol=symbol))
    assert (gains[symbol].average, gains[symbol].realised) == (D("1.50"), D(50))
    assert multiplier_of("AAPL") == 1


def test_coins_are_found_under_the_symbol_of_their_position():
    assert folded(fill(1, "buy", "0.5", "90000", symbol="BTC/USD"))["BTCUSD"].qty == D("0.5")


def test_history_that_does_not_reach_back_is_told_from_one_that_does():
    gains = folded(fill(1, "sell", "5", "100"))["NVDA"]
    assert gains.reaches_back_to(D(-5))
    assert not gains.reaches_back_to(D(5))


def test_what_is_no_fill_changes_nothing():
    dividend = Activity(id="1", type="DIV", symbol="NVDA", net_amount=D(7), qty=D(1), price=D(7))
    assert folded(dividend) == {}


trades = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell"]), st.integers(1, 500), st.integers(1, 100_000), st.integers(0, 1)
    ),
    max_size=30,
)


@given(trades=trades, order=st.randoms())
def test_realised_and_held_always_add_up_to_what_was_paid_and_received(trades, order):
    fills = [
        fill(number, side, str(qty), str(D(cents) / 100), days=min(1, day))
        for number, (side, qty, cents, day) in enumerate(trades)
    ]
    shuffled = [*fills]
    order.shuffle(shuffled)
    gains = folded(*shuffled).get("NVDA", Gains(symbol="NVDA"))
    signed = sum((one.qty or D(0)) * (1 if one.side == "buy" else -1) for one in fills)
    paid = sum((one.qty or D(0)) * (one.price or D(0)) * (1 if one.side == "buy" else -1) for one in fills)
    assert gains.qty == signed
    # Cash out equals what the holding cost less what was earned, whatever the path.
    assert gains.cost - gains.realised == pytest.approx(paid, abs=D("1e-15"))
    if not gains.qty:
        assert gains.cost == 0


def fee(number: int, qty: str) -> Activity:
    return Activity(id=f"{number:06d}", type="CFEE", symbol="BTC/USD", qty=D(qty), at=START)


def test_a_fee_in_coins_leaves_less_at_the_same_cost():
    bought = fill(1, "buy", "0.02", "80000", symbol="BTC/USD")
    gains = folded(fee(2, "-0.00005"), bought)["BTCUSD"]
    assert (gains.qty, gains.cost, gains.realised, gains.fills) == (D("0.01995"), D(1600), D(0), 1)
    assert gains.average == D(1600) / D("0.01995")


def test_a_fee_of_the_same_moment_follows_its_fill_and_the_last_coins_realise_their_cost():
    bought = replace(fill(1, "buy", "2", "100", symbol="BTC/USD"), id="20261120::z")
    taken = replace(fee(2, "-2"), id="20261120::a")
    gains = folded(taken, bought)["BTCUSD"]
    assert (gains.qty, gains.cost, gains.realised, gains.average) == (D(0), D(0), D(-200), None)


def test_a_fee_of_coins_that_nobody_saw_bought_changes_nothing():
    assert folded(fee(1, "-1"), fill(2, "buy", "2", "9", symbol="BTC/USD"))["BTCUSD"].qty == D(2)
