"""The text of an order as it is shown before it is sent: what is copied of it is sent, to the letter."""

import gc
from decimal import Decimal as D

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible, QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from shiboken6 import isValid

from core.domain.environment import Environment
from core.domain.legs import OrderClass, StopLoss, TakeProfit
from core.domain.order import OrderType, Side
from core.domain.request import OrderRequest, spelled
from ui.controls.exact_text import ExactText
from ui.dialogs.confirm_order import ConfirmOrderDialog

ID = "bw-8f14e45f-ceea-467f-a1d5-5b0c8d1f7a3e"
BRACKET = OrderRequest(
    symbol="NVDA",
    side=Side.BUY,
    type=OrderType.LIMIT,
    qty=D(20),
    limit_price=D("182.4"),
    order_class=OrderClass.BRACKET,
    take_profit=TakeProfit(limit_price=D(200)),
    stop_loss=StopLoss(stop_price=D(170)),
)
SENT = spelled(BRACKET.body(ID)).decode()


@pytest.fixture
def dialog(theme, qtbot):
    made = ConfirmOrderDialog(theme, BRACKET, ID, Environment.LIVE, "3F7A")
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def lines_of(exact: ExactText) -> list[str]:
    layout = exact.document().firstBlock().layout()
    lines = [layout.lineAt(place) for place in range(layout.lineCount())]
    return [exact.text[line.textStart() : line.textStart() + line.textLength()] for line in lines]


def choose(exact: ExactText, part: str) -> None:
    cursor = exact.textCursor()
    start = exact.text.index(part)
    cursor.setPosition(start)
    cursor.setPosition(start + len(part), QTextCursor.MoveMode.KeepAnchor)
    exact.setTextCursor(cursor)


@pytest.mark.parametrize("part", [SENT, ID, '"limit_price":"182.4","order_class":"bracket"'])
def test_what_is_copied_or_dragged_is_what_is_sent_to_the_letter(dialog, part):
    choose(dialog.exact, part)
    # The clipboard, the primary selection and a drag all take what this makes.
    taken = dialog.exact.createMimeDataFromSelection()
    assert taken.formats() == ["text/plain"]
    assert taken.text() == part
    dialog.exact.copy()
    assert QGuiApplication.clipboard().text() == part


def test_all_of_it_is_copied_by_keyboard_alone(dialog, qtbot):
    dialog.exact.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(dialog.exact.hasFocus)
    QTest.keySequence(dialog.exact, "Ctrl+A")
    QTest.keySequence(dialog.exact, "Ctrl+C")
    assert QGuiApplication.clipboard().text() == SENT
    QTest.keyClick(dialog.exact, Qt.Key.Key_Tab)
    assert not dialog.exact.hasFocus()
    QTest.keyClick(dialog.exact, Qt.Key.Key_X)
    assert dialog.exact.text == SENT


def test_a_drag_over_three_lines_chooses_what_lies_between_its_ends(dialog):
    layout = dialog.exact.document().firstBlock().layout()
    start, end = layout.lineAt(0).textStart() + 4, layout.lineAt(2).textStart() + 5
    view = dialog.exact.viewport()

    def where(place: int, line: int) -> QPoint:
        at = layout.lineAt(line)
        left, _ = at.cursorToX(place)
        return QPoint(round(left), round(at.rect().center().y()))

    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=where(start, 0))
    QTest.mouseMove(view, where(end, 2))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=where(end, 2))
    assert dialog.exact.textCursor().selectedText() == SENT[start:end]


def test_a_screen_reader_reads_the_same_text_and_what_it_is(dialog):
    spoken = QAccessible.queryAccessibleInterface(dialog.exact)
    text = spoken.textInterface()
    assert text.text(0, text.characterCount()) == SENT
    assert dialog.exact.accessibleName() == "The text that is sent"


def test_lines_end_at_commas_and_nothing_of_the_text_is_out_of_sight(dialog):
    lines = lines_of(dialog.exact)
    assert "".join(lines) == SENT
    assert len(lines) > 2
    longest = max(SENT.replace(",", ",\n").splitlines(), key=len)
    cut = [line for line in lines[:-1] if not line.endswith(",")]
    assert all(line in longest for line in cut)  # a member that fills a line by itself goes on in the next
    assert dialog.exact.document().size().height() <= dialog.exact.viewport().height()


def test_what_is_longer_than_a_line_is_broken_anywhere_and_stays_whole(theme, qtbot):
    exact = ExactText("{" + "0123456789" * 30 + "}", "A text", theme.fonts.base)
    qtbot.addWidget(exact)
    for width in (60, 200, 333):
        exact.resize(width, exact.heightForWidth(width))
        exact.show()
        qtbot.waitExposed(exact)
        assert "".join(lines_of(exact)) == exact.text
        assert exact.document().size().height() <= exact.viewport().height()


def test_it_outlives_a_collection_of_garbage_and_leaves_nothing_behind(theme, qapp, qtbot):
    for _ in range(10):
        dialog = ConfirmOrderDialog(theme, BRACKET, ID, Environment.LIVE, "3F7A")
        gc.collect()
        dialog.show()
        qtbot.waitExposed(dialog)
        gc.collect()
        dialog.grab()
        exact = dialog.exact
        assert exact.text == SENT
        dialog.close()
        gc.collect()
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        assert not isValid(exact)
