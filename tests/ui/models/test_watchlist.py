import time
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt

from core.domain.connection import StreamName
from core.domain.market import Quote, Ticker, Trade
from ui.models.watchlist import AGE, CHANGE, LAST, SYMBOL, TREND, WatchlistModel

S = 1_000_000_000
NOW = 1_000 * S


def heard(symbol: str, last: float, *, close: float | None = 100.0, ago_s: float = 0.2) -> Ticker:
    at = NOW - int(ago_s * S)
    trade = Trade(symbol=symbol, price=last, size=1, exchange_ns=0, received_ns=at)
    return Ticker(symbol=symbol, trade=trade, previous_close=close)


@pytest.fixture
def model(qapp) -> WatchlistModel:
    model = WatchlistModel()
    model.show_symbols(("NVDA", "AAPL", "COIN"))
    model.apply(
        {"NVDA": heard("NVDA", 101.28), "AAPL": heard("AAPL", 99.58), "COIN": heard("COIN", 98.0, ago_s=22)},
        NOW,
    )
    return model


def texts(model: WatchlistModel, place: int) -> list[str]:
    return [model.cell(place, column).text for column in range(model.columnCount())]


def test_qt_finds_no_fault_with_it(model: WatchlistModel, qtmodeltester):
    qtmodeltester.check(model)


def test_a_row_shows_last_change_and_age(model: WatchlistModel):
    assert texts(model, 0) == ["NVDA", "", "101.28", "+1.28 %", "0.2 s"]
    assert model.cell(0, CHANGE).tone == "up"
    assert model.cell(1, CHANGE).tone == "down"


def test_a_symbol_without_prices_shows_dashes_and_no_age(model: WatchlistModel):
    model.show_symbols(("NVDA", "ZZZZ"))
    assert texts(model, 1)[LAST:] == ["—", "—", "—"]
    assert model.cell(1, AGE).tone == "faint"


def test_a_stale_price_is_faint_everywhere_and_its_age_is_amber(model: WatchlistModel):
    assert [model.cell(2, column).tone for column in (SYMBOL, LAST, CHANGE, AGE)] == [
        "faint",
        "faint",
        "faint",
        "warning",
    ]
    assert model.cell(2, AGE).text == "22 s"


def test_prices_turn_stale_when_the_stream_stops(model: WatchlistModel):
    model.grow_older(NOW, frozenset())
    assert model.cell(0, LAST).tone == "faint"
    assert model.cell(0, AGE).tone == "warning"
    model.grow_older(NOW, frozenset(StreamName))
    assert model.cell(0, LAST).tone == "text"


def test_growing_older_touches_only_ages_that_read_differently(model: WatchlistModel):
    ranges = []
    model.dataChanged.connect(lambda top, bottom, _roles: ranges.append((top.column(), bottom.column())))
    model.grow_older(NOW, frozenset(StreamName))
    assert ranges == []
    model.grow_older(NOW + S, frozenset(StreamName))
    assert ranges == [(AGE, AGE)]


def test_a_frame_of_quotes_is_one_change(model: WatchlistModel):
    changes = []
    model.dataChanged.connect(lambda *change: changes.append(change))
    model.apply({"NVDA": heard("NVDA", 102), "COIN": heard("COIN", 97), "GONE": heard("GONE", 1)}, NOW)
    assert len(changes) == 1


def test_a_move_tints_until_its_time_is_over(model: WatchlistModel):
    row = model.row("NVDA")
    assert row is not None
    assert row.flash_until_ns == 0
    model.apply({"NVDA": heard("NVDA", 101.0)}, NOW)
    assert row.moved == -1
    assert row.flash_until_ns == NOW + 300_000_000


def test_a_quantity_held_is_a_pill_that_is_spoken(model: WatchlistModel):
    model.show_held({"NVDA": Decimal(40), "TSLA": Decimal(-1)})
    assert model.cell(0, SYMBOL).badge == "40"
    assert model.index(0, SYMBOL).data(Qt.ItemDataRole.AccessibleTextRole) == "NVDA, 40 held"
    model.show_held({})
    assert model.cell(0, SYMBOL).badge == ""


def test_the_middle_of_the_quote_stands_in_for_a_missing_trade(model: WatchlistModel):
    quote = Quote(symbol="NVDA", bid=10.0, ask=11.0, bid_size=1, ask_size=1, exchange_ns=0, received_ns=NOW)
    model.apply({"NVDA": Ticker(symbol="NVDA", quote=quote)}, NOW)
    assert model.cell(0, LAST).text == "10.50"


def test_a_mover_of_more_than_a_hundred_percent_fits_the_column(model: WatchlistModel):
    model.apply({"NVDA": heard("NVDA", 350.0), "AAPL": heard("AAPL", 2100.0)}, NOW)
    assert model.cell(0, CHANGE).text == "+250.0 %"
    assert model.cell(1, CHANGE).text == "+2,000 %"


def test_the_trend_is_put_into_words(model: WatchlistModel):
    model.show_histories({"NVDA": (1.0, 2.0), "AAPL": (2.0, 1.0), "COIN": ()})
    spoken = [model.index(place, TREND).data(Qt.ItemDataRole.AccessibleTextRole) for place in range(3)]
    assert spoken == ["Recent prices: rising", "Recent prices: falling", "Recent prices: no trend"]


def test_known_prices_survive_a_change_of_the_list(model: WatchlistModel):
    model.show_symbols(("AAPL", "NVDA", "MSFT"))
    assert texts(model, 1)[LAST] == "101.28"


def test_two_hundred_rows_sorted_by_a_ticking_price_are_kept_in_order_cheaply(qapp):
    model = WatchlistModel()
    symbols = [f"S{i:03}" for i in range(200)]
    model.show_symbols(symbols)
    model.sort(LAST, Qt.SortOrder.DescendingOrder)
    frames = [
        {
            symbol: heard(symbol, 100 + (i * 7919 + frame * 104729) % 1000 / 10)
            for i, symbol in enumerate(symbols)
        }
        for frame in range(20)
    ]
    spent = time.process_time()
    for frame in frames:
        model.apply(frame, NOW)
    spent = time.process_time() - spent
    prices = [model.row_at(place).last or 0.0 for place in range(200)]
    assert prices == sorted(prices, reverse=True)
    assert spent / len(frames) < 0.010  # a third of a frame, on a slow machine; measured 1 ms
