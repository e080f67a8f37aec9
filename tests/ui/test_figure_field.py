"""What stands beside a number gives way to the number, and what is cut is told whole."""

from decimal import Decimal

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from ui.controls.fields import FigureField
from ui.controls.labels import ElidedLabel, WholeLabel

QUOTE = "80,584.00 \u00d7 80,585.08"


@pytest.fixture
def field(theme, qtbot):
    made = FigureField("Limit price", theme, step=lambda value, _steps: value)
    qtbot.addWidget(made)
    made.set_suffix(QUOTE)
    made.resize(204, 32)
    made.show()
    return made


def room_for_digits(field: FigureField) -> int:
    return field.width() - field.textMargins().right()


def test_a_long_price_is_never_pushed_out_of_sight_by_the_quote_beside_it(field):
    field.setText("79778.16")
    assert room_for_digits(field) > field.fontMetrics().horizontalAdvance("79778.16") + 9
    assert field.suffix == QUOTE  # for ears, whole
    field.setText("")
    assert field.textMargins().right() > field.fontMetrics().horizontalAdvance(QUOTE)


def test_a_quote_that_is_not_whole_takes_no_click(field, qtbot):
    where = QPoint(3 * field.width() // 4, field.height() // 2)
    with qtbot.waitSignal(field.suffix_clicked):
        QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=where)
    field.show_value(Decimal("79778.16"))
    with qtbot.assertNotEmitted(field.suffix_clicked):
        QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=where)


def test_the_quote_does_not_make_the_field_wider(field):
    assert field.minimumSizeHint().width() <= 100


def test_the_tool_tip_of_a_cut_label_tells_what_stands_there_now(theme, qtbot):
    label = ElidedLabel("191.78 \u00d7 191.80")
    qtbot.addWidget(label)
    label.resize(40, 20)
    label.show()
    assert label.toolTip() == "191.78 \u00d7 191.80"
    label.show_text("191.90 \u00d7 191.92")
    assert label.toolTip() == "191.90 \u00d7 191.92"
    label.show_text("191")
    assert label.toolTip() == ""


def test_a_label_of_figures_says_less_rather_than_half_a_number(theme, qtbot):
    label = WholeLabel()
    qtbot.addWidget(label)
    label.resize(400, 20)
    label.show()
    label.show_whole("28.590010405 sh \u00b7 avg 275.39", "28.590010405 sh")
    assert (label.shown, label.toolTip()) == (label.text(), "")
    label.resize(label.fontMetrics().horizontalAdvance(label.text()) - 1, 20)
    assert label.shown == "28.590010405 sh"
    assert label.toolTip() == "28.590010405 sh \u00b7 avg 275.39"


def test_a_quote_beside_a_price_is_whole_or_not_there(field):
    for width in range(100, 300, 7):
        field.resize(width, 32)
        assert field._shown_suffix in ("", QUOTE)
