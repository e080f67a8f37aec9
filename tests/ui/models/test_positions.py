from decimal import Decimal

import pytest
from PySide6.QtCore import Qt

from core.domain.market import Ticker, Trade
from tests.ui.scene import position
from ui.models.positions import (
    ACTIONS,
    DAY,
    MARK,
    PERCENT,
    QTY,
    SIDE,
    SYMBOL,
    TOTAL_KEY,
    UNREALISED,
    VALUE,
    WORKING,
    PositionsModel,
)

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
        "NVDA", "Long", "40", "180.18", "182.44", "7,297.60", "+92.40", "+90.40", "+1.25 %", "—", "Close"
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
    model.grow_older(NOW + 60 * S, stream_is_live=False)
    assert model.cell(0, MARK).tone == "text"
    model.grow_older(NOW + 120 * S, stream_is_live=False)
    assert model.cell(0, MARK).tone == "faint"
    assert model.cell(0, MARK).badge == "2 min"


def test_working_orders_are_counted_in_their_column(model: PositionsModel):
    model.show_working({"NVDA": 2})
    assert [model.cell(place, WORKING).text for place in range(3)] == ["2", "—", ""]


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
