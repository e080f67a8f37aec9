"""Marks and where figures come from: by choice, never invented, odd only when rounding explains it not."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.gains import Gains
from core.domain.market import Quote, Source, Ticker, Trade
from core.domain.marking import MarkBy, MarkKind, exact, mark_of
from core.domain.position import Position
from core.domain.provenance import Figure, InputName, Origin, explain, oddities

HELD = Position(
    symbol="NVDA",
    asset_class="us_equity",
    qty=D(40),
    avg_entry_price=D("180.18"),
    current_price=D(182),
    market_value=D(7280),
    unrealized_pl=D("72.8"),
    unrealized_intraday_pl=D(10),
    lastday_price=D("181.75"),
)
READ_NS = 7_000
prices = st.floats(min_value=0, max_value=100_000).map(lambda price: round(price, 2))
amounts = st.decimals(min_value=D("0.01"), max_value=D(100_000), places=2)
sizes = st.decimals(min_value=D(-5_000), max_value=D(5_000), places=3).filter(bool)


def ticker(last: float | None, bid: float | None, ask: float | None) -> Ticker:
    quote = None
    if bid is not None and ask is not None:
        quote = Quote(symbol="NVDA", bid=bid, ask=ask, bid_size=1, ask_size=1, exchange_ns=11, received_ns=12)
    trade = None
    if last is not None:
        trade = Trade(symbol="NVDA", price=last, size=1, exchange_ns=21, received_ns=22, source=Source.REST)
    return Ticker(symbol="NVDA", quote=quote, trade=trade)


@given(by=st.sampled_from(MarkBy), last=st.none() | prices, bid=st.none() | prices, ask=prices, qty=sizes)
def test_a_mark_is_always_a_price_that_was_heard_and_the_chosen_one_when_there_is_one(
    by, last, bid, ask, qty
):
    seen = ticker(last, bid, ask)
    mark = mark_of(replace(HELD, qty=qty), seen, by, READ_NS)
    assert mark is not None
    assert mark.price > 0
    heard = {
        MarkKind.LAST: last,
        MarkKind.MID: seen.mid,
        MarkKind.BID: bid,
        MarkKind.ASK: ask,
        MarkKind.BROKER: 182.0,
    }[mark.kind]
    assert heard is not None
    assert abs(mark.price - exact(heard)) < D("1e-9")
    side = ask if qty < 0 else bid
    wanted = {MarkBy.LAST: last, MarkBy.MID: seen.mid, MarkBy.QUOTE: side if bid is not None else None}[by]
    assert mark.is_as_chosen(by) is bool(wanted)
    if mark.kind in (MarkKind.BID, MarkKind.ASK):
        assert (mark.kind is MarkKind.ASK) is (qty < 0)


def test_without_any_price_there_is_no_mark():
    assert mark_of(replace(HELD, current_price=None), None, MarkBy.MID, READ_NS) is None


@pytest.mark.parametrize("text", ["", "best", "LAST"])
def test_an_unknown_choice_is_the_last_price(text):
    assert MarkBy.of(text) is MarkBy.LAST


@given(qty=sizes, average=amounts, price=amounts, option=st.booleans())
def test_a_broker_that_reckons_as_we_do_never_differs_however_it_rounds(qty, average, price, option):
    exact_average = average + D("0.0049")
    multiplier = 100 if option else 1
    gain = (qty * (price - exact_average) * multiplier).quantize(D("0.01"))
    held = replace(
        HELD,
        asset_class="us_option" if option else "us_equity",
        qty=qty,
        avg_entry_price=average,
        current_price=price,
        market_value=(qty * price * multiplier).quantize(D("0.01")),
        unrealized_pl=gain,
    )
    assert oddities(held, None) == ()


@given(off=st.decimals(min_value=D("0.5"), max_value=D(10_000), places=2), sign=st.sampled_from([-1, 1]))
def test_more_than_rounding_is_odd_wherever_the_price_went_since(off, sign):
    held = replace(HELD, unrealized_pl=D("72.8") + sign * off)
    assert oddities(held, None) == (Figure.UNREALISED,)
    for last in (100.0, 182.0, 900.0):
        mark = mark_of(held, ticker(last, None, None), MarkBy.LAST, READ_NS)
        found = explain(Figure.UNREALISED, held, mark, None, READ_NS).comparison
        assert found is not None
        assert found.is_odd
        assert found.difference == -sign * off


@pytest.mark.parametrize(
    ("figure", "value", "names"),
    [
        (Figure.AVERAGE, D("180.18"), {InputName.QTY}),
        (Figure.MARK, D("182.44"), {InputName.MARK, InputName.BROKER_PRICE}),
        (Figure.VALUE, D("7297.60"), {InputName.QTY, InputName.MARK}),
        (Figure.UNREALISED, D("90.40"), {InputName.QTY, InputName.MARK, InputName.AVERAGE}),
        (
            Figure.DAY,
            D("27.60"),
            {InputName.QTY, InputName.MARK, InputName.BROKER_DAY, InputName.BROKER_PRICE},
        ),
    ],
)
def test_every_input_carries_its_source_and_times(figure, value, names):
    mark = mark_of(HELD, ticker(182.44, 182.4, 182.5), MarkBy.LAST, READ_NS)
    found = explain(figure, HELD, mark, None, READ_NS)
    assert found.value == value
    assert {one.name for one in found.inputs} == names
    for one in found.inputs:
        if one.name is InputName.MARK:
            assert (one.origin, one.exchange_ns, one.received_ns) == (Origin.REST, 21, 22)
        else:
            assert (one.origin, one.received_ns) == (Origin.POSITIONS, READ_NS)


def test_a_middle_names_both_its_sides():
    mark = mark_of(HELD, ticker(None, 182.4, 182.5), MarkBy.MID, READ_NS)
    found = explain(Figure.MARK, HELD, mark, None, READ_NS)
    assert [one.value for one in found.inputs[:3]] == [D("182.45"), D("182.4"), D("182.5")]
    assert {one.origin for one in found.inputs[:3]} == {Origin.STREAM}


def test_an_average_is_compared_only_where_the_fills_explain_all_that_is_held():
    since = datetime(2026, 11, 3, tzinfo=UTC)
    whole = Gains(symbol="NVDA", qty=D(40), cost=D(40) * D(181), fills=2, since=since, realised=D(5))
    assert oddities(HELD, whole) == (Figure.AVERAGE,)
    assert oddities(HELD, replace(whole, qty=D(10))) == ()
    found = explain(Figure.REALISED, HELD, None, whole, READ_NS)
    assert (found.value, found.inputs[0].value, found.inputs[0].origin) == (D(5), D(2), Origin.ACTIVITIES)
    assert found.inputs[0].exchange_ns == int(since.timestamp()) * 1_000_000_000
    assert explain(Figure.REALISED, HELD, None, None, READ_NS).value is None


def test_a_contract_names_its_size():
    held = replace(HELD, symbol="AAPL261218C00200000", asset_class="us_option")
    mark = mark_of(held, ticker(2.5, None, None), MarkBy.LAST, READ_NS)
    found = explain(Figure.VALUE, held, mark, None, READ_NS)
    size = found.input(InputName.MULTIPLIER)
    assert size is not None
    assert (size.value, size.origin, found.value) == (D(100), Origin.RULE, D(10_000))


def test_without_a_mark_nothing_is_reckoned():
    found = explain(Figure.VALUE, HELD, None, None, READ_NS)
    assert found.value is None
    assert found.comparison is not None  # the broker's own price needs no mark
