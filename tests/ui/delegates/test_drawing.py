"""What delegates put on the screen, looked at pixel by pixel where that is the point."""

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from ui.delegates.age import AgeDelegate
from ui.delegates.cell import CellDelegate, CellStyle
from ui.delegates.chip import ChipDelegate
from ui.delegates.drawing import TextMeasure
from ui.delegates.sparkline import SparklineDelegate, laid_out
from ui.delegates.symbol import SymbolDelegate
from ui.delegates.text import ChangeDelegate, FigureDelegate, PriceDelegate, TextDelegate
from ui.models.column import Cell
from ui.models.watchlist import WatchlistModel, WatchRow
from ui.theme.theme import Theme

BOX = QRectF(10, 0, 120, 26)


@pytest.fixture
def style(theme: Theme) -> CellStyle:
    return CellStyle(theme)


@pytest.fixture
def model(qapp) -> WatchlistModel:
    return WatchlistModel()


def drawn(delegate: CellDelegate, cell: Cell, row: object = None, box: QRectF = BOX) -> QImage:
    image = QImage(140, 26, QImage.Format.Format_RGB32)
    image.fill(delegate.style.theme.colors.panel)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    delegate.draw(painter, box, cell, row)
    painter.end()
    return image


def columns_with_ink(image: QImage, background: QColor) -> list[int]:
    return [
        x
        for x in range(image.width())
        if any(image.pixelColor(x, y) != background for y in range(image.height()))
    ]


def has_colour(image: QImage, color: QColor) -> bool:
    return any(
        image.pixelColor(x, y).name() == color.name()
        for x in range(image.width())
        for y in range(image.height())
    )


def test_figures_end_at_the_same_pixel_whatever_they_say(style, model):
    delegate = FigureDelegate(style, model)
    ends = {
        columns_with_ink(drawn(delegate, Cell(text)), style.theme.colors.panel)[-1]
        for text in ("1.00", "88.00")
    }
    assert len(ends) == 1


def test_a_word_too_long_is_elided_inside_its_box(style, model):
    image = drawn(TextDelegate(style, model), Cell("A sentence that is far too long for its cell"))
    assert columns_with_ink(image, style.theme.colors.panel)[-1] <= BOX.right() + 1


@pytest.mark.parametrize("kind", [FigureDelegate, PriceDelegate, ChangeDelegate])
def test_a_figure_without_room_is_an_ellipsis_and_never_a_part_of_itself(style, model, kind):
    narrow = QRectF(80, 0, 40, 26)
    delegate = kind(style, model)
    cut = drawn(delegate, Cell("1,250,000"), box=narrow)
    assert cut == drawn(kind(style, model), Cell("\u2026"), box=narrow)
    assert delegate.wanted_px == style.base.width("1,250,000")


def test_a_quantity_held_without_room_beside_its_symbol_is_an_ellipsis_too(style, model):
    narrow = QRectF(10, 0, 70, 26)
    delegate = SymbolDelegate(style, model)
    cut = drawn(delegate, Cell("BTC/USD", badge="0.123456789"), box=narrow)
    assert cut == drawn(SymbolDelegate(style, model), Cell("BTC/USD", badge="\u2026"), box=narrow)


def test_a_symbol_gives_way_to_the_quantity_held(style, model):
    delegate = SymbolDelegate(style, model)
    narrow = QRectF(10, 0, 70, 26)
    image = drawn(delegate, Cell("BTC/USDT", badge="0.25"), box=narrow)
    assert columns_with_ink(image, style.theme.colors.panel)[-1] <= narrow.right() + 1
    assert has_colour(image, style.theme.colors.raised)


@pytest.mark.parametrize(("text", "tone"), [("+1.28 %", "up"), ("−0.42 %", "down"), ("−1.44 %", "faint")])
def test_gain_and_loss_carry_an_arrow_besides_their_colour(style, model, text, tone):
    colors = style.theme.colors
    with_arrow = columns_with_ink(drawn(ChangeDelegate(style, model), Cell(text, tone)), colors.panel)
    without = columns_with_ink(drawn(FigureDelegate(style, model), Cell(text, tone)), colors.panel)
    assert with_arrow[0] <= without[0] - 12
    assert has_colour(drawn(ChangeDelegate(style, model), Cell(text, tone)), colors.tone(tone))


def test_the_arrow_points_up_for_gain_and_down_for_loss(style, model):
    colors = style.theme.colors

    def widths(text: str) -> list[int]:
        image = drawn(ChangeDelegate(style, model), Cell(text, "up"))
        ink = columns_with_ink(image, colors.panel)
        left = ink[0]
        rows = range(image.height())
        return [sum(image.pixelColor(x, y) == colors.up for x in range(left, left + 11)) for y in rows]

    up, down = widths("+1.00"), widths("−1.00")
    upper, lower = slice(0, 13), slice(13, 26)
    assert sum(up[upper]) < sum(up[lower])
    assert sum(down[upper]) > sum(down[lower])


def test_no_change_has_no_arrow(style, model):
    colors = style.theme.colors
    plain = drawn(FigureDelegate(style, model), Cell("0.00 %", "muted"))
    assert drawn(ChangeDelegate(style, model), Cell("0.00 %", "muted")) == plain
    assert not has_colour(plain, colors.up)


def test_a_stale_age_is_an_amber_chip_and_a_fresh_one_is_faint(style, model):
    colors = style.theme.colors
    stale = drawn(AgeDelegate(style, model), Cell("22 s", "warning"))
    fresh = drawn(AgeDelegate(style, model), Cell("0.2 s", "faint"))
    assert len(columns_with_ink(stale, colors.panel)) > len(columns_with_ink(fresh, colors.panel))
    assert stale.pixelColor(int(BOX.right()) - 1, 13) != colors.panel


def test_a_side_is_a_word_on_its_tint(style, model):
    colors = style.theme.colors
    assert has_colour(drawn(ChipDelegate(style, model), Cell("Long", "up")), colors.up_tint)
    assert has_colour(drawn(ChipDelegate(style, model), Cell("Short", "down")), colors.down_tint)
    assert columns_with_ink(drawn(ChipDelegate(style, model), Cell("", "up")), colors.panel) == []


def test_a_moved_price_is_tinted_until_its_time_and_never_when_switched_off(style, model):
    delegate = PriceDelegate(style, model)
    row = WatchRow("NVDA")
    row.moved, row.flash_until_ns = 1, 1_000
    plain = drawn(delegate, Cell("182.44"))
    style.now_ns = lambda: 999
    assert drawn(delegate, Cell("182.44"), row) != plain
    style.tints_changes = False
    assert drawn(delegate, Cell("182.44"), row) == plain
    style.tints_changes = True
    style.now_ns = lambda: 1_000
    assert drawn(delegate, Cell("182.44"), row) == plain


def test_a_sparkline_needs_two_points_and_is_drawn_once(style, model):
    delegate = SparklineDelegate(style, model)
    row = WatchRow("NVDA")
    row.history = (1.0,)
    assert columns_with_ink(drawn(delegate, Cell("", "up"), row), style.theme.colors.panel) == []
    row.history = (1.0, 3.0, 2.0)
    first = drawn(delegate, Cell("", "up"), row)
    assert columns_with_ink(first, style.theme.colors.panel)
    assert drawn(delegate, Cell("", "up"), row) == first


def test_a_sparkline_changes_its_colour_with_the_theme(style, model):
    delegate = SparklineDelegate(style, model)
    row = WatchRow("NVDA")
    row.history = (1.0, 3.0, 2.0)
    drawn(delegate, Cell("", "up"), row)
    style.theme.set("light")
    image = drawn(delegate, Cell("", "up"), row)
    greens = {
        image.pixelColor(x, y).name()
        for x in columns_with_ink(image, style.theme.colors.panel)
        for y in range(image.height())
    }
    assert QColor("#2fbf8f").name() not in greens


def test_a_line_fills_its_box_and_a_flat_one_runs_in_the_middle():
    line = laid_out((1.0, 2.0, 3.0), 40, 10)
    assert [line.at(i) for i in range(3)] == [QPointF(0, 10), QPointF(20, 5), QPointF(40, 0)]
    flat = laid_out((2.0, 2.0, 2.0), 40, 10)
    assert [point.y() for point in (flat.at(i) for i in range(flat.count()))] == [5, 5]


def test_a_measure_forgets_before_it_grows_without_end(style):
    measure = TextMeasure(style.theme.fonts.base)
    assert measure.width("1.00") == measure.width("8.00")
    for i in range(10_000):
        measure.width(str(i))
    assert len(measure._widths) <= 4_096
