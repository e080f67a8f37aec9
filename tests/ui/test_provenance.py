"""The dialog that explains a figure: formula, numbers, inputs with times, the broker's own beside ours."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal as D

import pytest
from PySide6.QtCore import Qt

from core.domain.gains import Gains
from core.domain.market import Quote, Ticker, Trade
from core.domain.provenance import Figure, Formula
from tests.fakes.services import StandingClock
from tests.ui.scene import position
from ui import provenance_words, words
from ui.dialogs.provenance import ProvenanceDialog
from ui.models.position_columns import REALISED, REALISED_DAY
from ui.models.positions import PositionsModel

S = 1_000_000_000


@pytest.fixture
def clock():
    return StandingClock()


@pytest.fixture
def model(qapp, clock):
    model = PositionsModel()
    now = clock.monotonic_ns()
    held = replace(
        position("NVDA", "40", "180.18", "180.13"),
        current_price=D(182),
        market_value=D(7280),
        unrealized_pl=D(100),
    )
    short = replace(
        position("TSLA", "-10", "410.02", "410.53"), current_price=D(402), unrealized_pl=D("80.2")
    )
    model.show_positions((held, short), now - 3 * S, now)
    for symbol, last in (("NVDA", 182.44), ("TSLA", 402.15)):
        at = {"exchange_ns": clock.wall_ns() - 2 * S, "received_ns": now - S}
        trade = Trade(symbol=symbol, price=last, size=1, **at)
        quote = Quote(symbol=symbol, bid=last - 0.01, ask=last + 0.02, bid_size=1, ask_size=1, **at)
        model.apply({symbol: Ticker(symbol=symbol, trade=trade, quote=quote)}, now)
    since = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
    model.show_gains(
        {"NVDA": Gains(symbol="NVDA", qty=D(40), cost=D("7207.2"), realised=D("112.4"), fills=5, since=since)}
    )
    return model


def opened(theme, clock, model, symbol: str, figure: Figure) -> ProvenanceDialog:
    dialog = ProvenanceDialog(theme, clock, symbol, figure, lambda each: model.explain(symbol, each))
    dialog.show()
    return dialog


def test_an_unrealised_gain_is_shown_with_words_numbers_inputs_and_ages(theme, clock, model):
    dialog = opened(theme, clock, model, "NVDA", Figure.UNREALISED)
    assert dialog.value.text() == "+90.40"
    assert dialog.formula.text() == "quantity × (mark − average price)"
    assert dialog.numbers.text() == "40 × (182.44 − 180.18) = +90.40"
    rows = dialog.inputs.text.split("\n")
    assert [row.split(" | ")[0] for row in rows] == ["Quantity", "Mark", "Average price"]
    assert rows[1].split(" | ")[2] == "market data stream"
    assert [row.split(" | ")[5] for row in rows] == ["3.0 s", "1.0 s", "3.0 s"]
    clock.pass_s(60)
    dialog.refresh()
    assert dialog.inputs.text.split("\n")[1].endswith("1 min")
    dialog.reject()


def test_a_difference_beyond_rounding_is_flagged_with_both_figures(theme, clock, model):
    dialog = opened(theme, clock, model, "NVDA", Figure.UNREALISED)
    assert dialog.comparison.text == "ours: 72.80\nbroker: 100.00\ndifference: −27.20"
    said = [label.accessibleName() for label in dialog.comparison.shown.values()]
    assert said[1:] == ["The broker's own figure: 100.00", "Difference: minus 27.20"]
    assert dialog.value.accessibleName() == "Unrealised: plus 90.40"
    assert dialog.verdict.text() == "Differs by more than rounding"
    assert dialog.verdict.property("tone") == "warning"
    dialog.choice.setCurrentIndex(dialog.choice.findData(Figure.VALUE.value))
    assert dialog.value.text() == "7,297.60"
    assert dialog.verdict.text() == "Agrees"
    dialog.reject()


def test_a_short_position_is_reckoned_with_its_minus_sign(theme, clock, model):
    dialog = opened(theme, clock, model, "TSLA", Figure.UNREALISED)
    assert dialog.numbers.text() == "−10 × (402.15 − 410.02) = +78.70"
    dialog.choice.setCurrentIndex(dialog.choice.findData(Figure.PERCENT.value))
    assert dialog.numbers.text() == "−((402.15 − 410.02) ÷ 410.02) = +1.92 %"
    dialog.reject()


def test_realised_gains_name_their_fills_and_since_when(theme, clock, model):
    dialog = opened(theme, clock, model, "NVDA", Figure.REALISED)
    assert dialog.value.text() == "+112.40"
    assert dialog.inputs.text == "Fills | 5 | account activities | since 2026-11-03 | — | —"
    assert dialog.comparison.isHidden()
    assert "no figure of its own" in dialog.note.text()
    dialog.reject()


def test_the_gain_of_the_day_says_when_its_day_begins_and_why_the_broker_s_differs(theme, clock, model):
    dialog = opened(theme, clock, model, "NVDA", Figure.REALISED_DAY)
    assert "20:00 New York time the evening before" in dialog.formula.text()
    assert "The broker\u2019s day change counts from the close at 16:00" in dialog.formula.text()
    dialog.choice.setCurrentIndex(dialog.choice.findData(Figure.REALISED.value))
    assert "20:00" not in dialog.formula.text()
    dialog.reject()
    place = model.place_of("NVDA")
    assert "20:00 New York time" in model.index(place, REALISED_DAY).data(Qt.ItemDataRole.ToolTipRole)
    assert "20:00 New York time" not in model.index(place, REALISED).data(Qt.ItemDataRole.ToolTipRole)


def test_a_position_that_closes_meanwhile_is_said_so(theme, clock, model):
    dialog = opened(theme, clock, model, "NVDA", Figure.VALUE)
    model.show_positions((), clock.monotonic_ns(), clock.monotonic_ns())
    dialog.refresh()
    assert "closed" in dialog.note.text()
    assert dialog.value.text() == "7,297.60"
    dialog.reject()


def test_every_figure_and_formula_has_words(qapp):
    for figure in Figure:
        assert provenance_words.figure_name(figure) != figure.value
    for formula in Formula:
        assert words.look_up(provenance_words._FORMULAS, formula) != formula.value


@pytest.mark.parametrize("name", ["dark", "light"])
def test_pictures(qtbot, theme, clock, model, tmp_path, name):
    theme.set(name)
    dialog = opened(theme, clock, model, "NVDA", Figure.UNREALISED)
    qtbot.waitExposed(dialog)
    assert dialog.grab().save(str(tmp_path / f"provenance-{name}.png"))
    dialog.reject()
