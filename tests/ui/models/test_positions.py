from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from decimal import Decimal as D

import pytest
from msgspec.structs import replace as replace_struct
from PySide6.QtCore import Qt

from core.domain.connection import StreamName
from core.domain.gains import Gains
from core.domain.market import Quote, Source, Ticker, Trade
from core.domain.marking import MarkBy
from tests.ui.scene import position
from ui.models.position_columns import (
    ACTIONS,
    DAY,
    MARK,
    PERCENT,
    QTY,
    REALISED,
    REALISED_DAY,
    SIDE,
    SYMBOL,
    UNREALISED,
    VALUE,
    WORKING,
)
from ui.models.positions import TOTAL_KEY, PositionsModel

S = 1_000_000_000
NOW = 1_000 * S


def heard(symbol: str, last: float, *, ago_s: float = 0.2) -> Ticker:
    at = NOW - int(ago_s * S)
    return Ticker(
        symbol=symbol, trade=Trade(symbol=symbol, price=last, size=1, exchange_ns=0, received_ns=at)
    )


@pytest.fixture
def model(qapp) -> PositionsModel:
    model = PositionsModel()
    model.show_positions(
        (position("NVDA", "40", "180.18", "180.13"), position("TSLA", "-10", "410.02", "410.53")), NOW, NOW
    )
    model.apply({"NVDA": heard("NVDA", 182.44), "TSLA": heard("TSLA", 402.15)}, NOW)
    return model


def texts(model: PositionsModel, place: int) -> list[str]:
    return [model.cell(place, column).text for column in range(model.columnCount())]


def test_qt_finds_no_fault_with_it(model: PositionsModel, qtmodeltester):
    qtmodeltester.check(model)


def test_a_long_position_is_valued_at_the_last_price(model: PositionsModel):
    assert texts(model, 0) == [
        "NVDA", "Long", "40", "180.18", "182.44", "7,297.60", "+92.40", "+90.40", "+1.25 %",
        "—", "—", "—", "Close"
    ]  # fmt: skip


def test_a_short_position_has_real_minus_signs_and_gains_when_the_price_falls(model: PositionsModel):
    shown = texts(model, 1)
    assert (shown[SIDE], shown[QTY], shown[VALUE]) == ("Short", "−10", "−4,021.50")
    assert (shown[DAY], shown[UNREALISED], shown[PERCENT]) == ("+83.80", "+78.70", "+1.92 %")
    assert model.cell(1, SIDE).tone == "down"
    assert model.cell(1, DAY).tone == "up"


def test_the_total_adds_up_and_stays_last_however_the_rows_are_sorted(model: PositionsModel):
    for column, order in ((SYMBOL, Qt.SortOrder.AscendingOrder), (VALUE, Qt.SortOrder.DescendingOrder)):
        model.sort(column, order)
        total = texts(model, 2)
        assert total[SYMBOL] == "Total"
        assert (total[VALUE], total[DAY], total[UNREALISED]) == ("3,276.10", "+176.20", "+169.10")
        assert total[ACTIONS] == ""


def test_the_total_of_an_unknown_part_is_unknown(model: PositionsModel):
    unknown = position("MSFT", "1", "500", "500")
    unknown = type(unknown)(
        symbol="MSFT", asset_class="us_equity", qty=Decimal(1), avg_entry_price=Decimal(500)
    )
    model.show_positions((position("NVDA", "40", "180.18", "180.13"), unknown), NOW, NOW)
    assert texts(model, 2)[VALUE] == "—"
    assert model.cell(1, MARK).text == "—"


def test_figures_of_a_stale_mark_are_faint_and_the_mark_shows_its_age(model: PositionsModel):
    model.apply({"NVDA": heard("NVDA", 182.44, ago_s=22)}, NOW)
    assert [model.cell(0, column).tone for column in (MARK, VALUE, DAY, UNREALISED)] == ["faint"] * 4
    assert model.cell(0, MARK).badge == "22 s"
    assert model.cell(1, MARK).badge == ""
    total = model.place_of(TOTAL_KEY)
    assert total is not None
    assert model.cell(total, VALUE).tone == "faint"


def test_a_broker_s_mark_serves_until_a_price_comes_and_ages_by_the_rule_for_accounts(qapp):
    model = PositionsModel()
    model.show_positions((position("NVDA", "40", "180.18", "180.13"),), NOW, NOW)
    assert model.cell(0, MARK).text == "180.18"
    model.grow_older(NOW + 60 * S, frozenset())
    assert model.cell(0, MARK).tone == "text"
    model.grow_older(NOW + 120 * S, frozenset())
    assert model.cell(0, MARK).tone == "faint"
    assert model.cell(0, MARK).badge == "2 min"


def test_working_orders_are_counted_in_their_column(model: PositionsModel):
    model.show_working({"NVDA": 2})
    assert [model.cell(place, WORKING).text for place in range(3)] == ["2", "—", ""]


def test_a_contract_counts_a_hundred_times(qapp):
    model = PositionsModel()
    contract = replace(position("AAPL261218C00200000", "-2", "3.10", "3.00"), asset_class="us_option")
    model.show_positions((contract,), NOW, NOW)
    model.apply({contract.symbol: heard(contract.symbol, 2.6)}, NOW)
    shown = texts(model, 0)
    assert (shown[VALUE], shown[UNREALISED]) == ("−520.00", "+100.00")
    assert texts(model, 1)[PERCENT] == "+16.13 %"


def test_a_coin_is_found_under_the_markets_spelling_and_needs_no_other_stream_than_its_own(qapp):
    model = PositionsModel()
    coin = replace(position("BTCUSD", "0.5", "90000", "90000"), asset_class="crypto")
    model.show_positions((coin,), NOW, NOW)
    model.apply({"BTC/USD": heard("BTC/USD", 91_000.0)}, NOW)
    model.show_working({"BTC/USD": 2})
    model.grow_older(NOW, {StreamName.COINS})
    assert (texts(model, 0)[MARK], texts(model, 0)[WORKING]) == ("91,000.00", "2")
    assert model.cell(0, MARK).tone == "text"
    model.grow_older(NOW + 20 * S, frozenset(StreamName))
    assert model.cell(0, MARK).tone == "faint"
    model.grow_older(NOW, frozenset(StreamName) - {StreamName.COINS})
    assert model.cell(0, MARK).tone == "faint"


def test_a_mark_that_was_asked_for_ages_by_itself_while_its_stream_is_away(qapp):
    model = PositionsModel()
    coin = replace(position("BTCUSD", "0.5", "90000", "90000"), asset_class="crypto")
    model.show_positions((coin,), NOW, NOW)
    asked = Quote("BTC/USD", 90_990.0, 91_010.0, 1, 1, 0, NOW + S, source=Source.REST, feed="crypto us")
    # The trade is the stream's still; what was heard last is the quote.
    model.apply({"BTC/USD": replace_struct(heard("BTC/USD", 91_000.0), quote=asked)}, NOW + S)
    model.grow_older(NOW + 2 * S, frozenset())
    assert model.cell(0, MARK).tone == "text"
    model.grow_older(NOW + 20 * S, frozenset())
    assert model.cell(0, MARK).tone == "faint"


def quoted(symbol: str, bid: float, ask: float) -> Ticker:
    quote = Quote(symbol=symbol, bid=bid, ask=ask, bid_size=1, ask_size=1, exchange_ns=0, received_ns=NOW - S)
    return replace_struct(heard(symbol, (bid + ask) / 2 + 1), quote=quote)


def test_the_mark_is_the_traders_choice_and_says_when_it_is_another(model: PositionsModel):
    model.apply({"NVDA": quoted("NVDA", 181.0, 183.0), "TSLA": quoted("TSLA", 401.0, 403.0)}, NOW)
    model.choose_mark(MarkBy.MID, NOW)
    assert [texts(model, place)[MARK] for place in (0, 1)] == ["182.00", "402.00"]
    model.choose_mark(MarkBy.QUOTE, NOW)
    assert [texts(model, place)[MARK] for place in (0, 1)] == ["181.00", "403.00"]
    model.apply({"NVDA": heard("NVDA", 182.44)}, NOW)
    assert texts(model, 0)[MARK] == "182.44"
    tip = model.index(0, MARK).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "Last price, 0.2 s old, since the one you chose is missing"


def gained(symbol: str, qty: str, realised: str, day: str) -> Gains:
    return Gains(
        symbol=symbol,
        qty=D(qty),
        cost=D(qty) * D("180.18"),
        realised=D(realised),
        realised_day=D(day),
        fills=3,
        fills_day=1,
        since=datetime(2026, 11, 3, 15, 0, tzinfo=UTC),
    )


def test_what_was_realised_is_shown_for_the_day_and_altogether_also_of_symbols_that_are_closed(model):
    model.show_gains(
        {"NVDA": gained("NVDA", "40", "112.40", "-12.4"), "MSFT": gained("MSFT", "0", "30", "30")}
    )
    assert (texts(model, 0)[REALISED], texts(model, 0)[REALISED_DAY]) == ("+112.40", "−12.40")
    assert (texts(model, 1)[REALISED], model.cell(1, REALISED).badge) == ("—", "")
    assert (texts(model, 2)[REALISED], texts(model, 2)[REALISED_DAY]) == ("+30.00", "+30.00")
    assert (texts(model, 3)[REALISED], texts(model, 3)[REALISED_DAY]) == ("+142.40", "+17.60")


def test_a_symbol_closed_today_is_a_flat_row_between_what_is_held_and_the_total(model, qtmodeltester):
    model.show_gains({"MSFT": gained("MSFT", "0", "30", "30"), "IBM": gained("IBM", "0", "99", "0")})
    shown = [model.cell(place, SYMBOL).text for place in range(model.rowCount())]
    # Of IBM there was a fill today as well, though nothing was earned by it.
    assert shown == ["NVDA", "TSLA", "MSFT", "IBM", "Total"]
    flat = texts(model, 2)
    assert (flat[SIDE], flat[QTY], flat[MARK], flat[UNREALISED], flat[REALISED_DAY]) == (
        "Flat", "0", "\u2014", "\u2014", "+30.00"
    )  # fmt: skip
    assert {model.cell(2, column).tone for column in (QTY, MARK, UNREALISED)} == {"faint"}
    assert model.columns[ACTIONS].actions(model.row_at(2)) == ()
    model.sort(SYMBOL, Qt.SortOrder.DescendingOrder)
    shown = [model.cell(place, SYMBOL).text for place in range(model.rowCount())]
    assert shown == ["TSLA", "NVDA", "MSFT", "IBM", "Total"]
    qtmodeltester.check(model)


def test_a_flat_row_goes_with_the_day_comes_back_as_a_holding_and_can_be_left_out(model):
    closed = {"MSFT": gained("MSFT", "0", "30", "30")}
    model.show_gains(closed)
    model.show_closed(False)
    assert model.row("MSFT") is None
    model.show_closed(True)
    assert model.row("MSFT").is_flat
    model.show_positions((position("MSFT", "5", "480", "478"),), NOW, NOW)
    assert texts(model, 0)[QTY] == "5"
    assert not model.row("MSFT").is_flat
    model.show_positions((), NOW, NOW)
    assert model.row("MSFT").is_flat
    model.show_gains({"MSFT": replace(closed["MSFT"], realised_day=D(0), fills_day=0)})
    assert model.rowCount() == 0


def test_a_new_position_that_the_list_does_not_have_yet_is_not_taken_for_a_flat_one(model):
    model.show_gains({"MSFT": gained("MSFT", "5", "0", "0")})
    assert model.row("MSFT") is None


def test_the_total_has_what_was_closed_today_whether_it_is_listed_or_not(model):
    model.show_gains({"MSFT": gained("MSFT", "0", "30", "30")})
    before = texts(model, model.rowCount() - 1)
    model.show_closed(False)
    assert texts(model, model.rowCount() - 1) == before


def test_working_orders_in_a_symbol_closed_today_are_counted(model):
    model.show_gains({"BTCUSD": gained("BTCUSD", "0", "30", "30")})
    model.show_working({"BTC/USD": 2})
    assert texts(model, 2)[WORKING] == "2"


def test_fills_that_do_not_reach_back_say_since_when_they_are_known(model):
    model.show_gains({"NVDA": gained("NVDA", "15", "112.40", "0")})
    assert model.cell(0, REALISED).badge == "since 3 Nov"
    assert "Older fills are not known" in model.index(0, REALISED).data(Qt.ItemDataRole.ToolTipRole)


def test_a_broker_that_reckons_otherwise_is_marked_in_the_column(model):
    odd = replace(position("NVDA", "40", "180.18", "180.13"), current_price=D(182), unrealized_pl=D("100.0"))
    model.show_positions((odd,), NOW, NOW)
    assert model.cell(0, UNREALISED).badge == "\u2260"
    spoken = model.index(0, UNREALISED).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.endswith(" differs")
    model.show_positions((replace(odd, unrealized_pl=D("72.8")),), NOW, NOW)
    assert model.cell(0, UNREALISED).badge == ""


def test_a_gain_is_spoken_with_its_sign(model: PositionsModel):
    assert model.index(0, DAY).data(Qt.ItemDataRole.AccessibleTextRole) == "Day P&L plus 92.40"
    assert model.index(1, QTY).data(Qt.ItemDataRole.AccessibleTextRole) == "Qty minus 10"


def test_ticks_of_many_positions_are_one_change(model: PositionsModel):
    changes = []
    model.dataChanged.connect(lambda *change: changes.append(change))
    model.apply({"NVDA": heard("NVDA", 183.0), "TSLA": heard("TSLA", 401.0)}, NOW)
    assert len(changes) == 1


def test_the_last_position_takes_the_total_with_it(model: PositionsModel):
    model.show_positions((), NOW, NOW)
    assert model.rowCount() == 0
