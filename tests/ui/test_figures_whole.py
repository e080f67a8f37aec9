"""No figure of a table is ever cut: columns fit what they show, and words give way first."""

from decimal import Decimal as D
from typing import cast

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from core.services.session import Session
from tests.fakes.services import order
from tests.ui.scene import on_screen, reference_session
from ui.delegates.drawing import PADDING_PX
from ui.models.column import CellKind
from ui.models.order_columns import LIMIT, QTY, STATUS
from ui.models.orders import OrdersModel
from ui.panels.orders import OrdersPanel
from ui.panels.table_view import TableView

_FIGURES = (CellKind.FIGURE, CellKind.REMARKED, CellKind.PRICE, CellKind.CHANGE)


@pytest.fixture
def session(qapp):
    return reference_session()


@pytest.fixture
def panel(theme, clock, qtbot, session):
    with on_screen(OrdersPanel(theme, clock), qtbot, session, 1152, 322) as panel:
        yield panel


def cut_figures(view: TableView) -> list[str]:
    """Figures in view that are not shown whole, as long as there are any."""
    model = cast(OrdersModel, view.model())
    return [
        model.cell(row, place).text
        for place, column in enumerate(model.columns)
        if column.kind in _FIGURES and not view.isColumnHidden(place)
        for row in range(model.rowCount())
        if view.cell_style.base.width(model.cell(row, place).text)
        > view.columnWidth(place) - 2 * PADDING_PX + 0.5
    ]


@pytest.mark.parametrize("width", [420, 640, 732, 800, 1152])
def test_no_figure_is_ever_cut_and_an_unknown_outcome_keeps_its_age(panel, session, qtbot, width):
    panel.resize(width, 400)
    session.orders.show_orders(
        order("o-20", qty=D(1250000), filled_qty=D(125000), limit_price=D("182.40")),
        order("o-21", symbol="BTC/USD", qty=D("0.123456789"), filled_qty=D("0.023456789"),
              limit_price=D("91240.50"), filled_avg_price=D("91239.123456789")),
    )  # fmt: skip
    qtbot.waitUntil(lambda: not cut_figures(panel.view))
    status = panel.view.columnWidth(STATUS) - 2 * PADDING_PX
    assert status >= panel.view.cell_style.base.width("Unknown \u00b7 59 s")
    if width >= 800:
        assert not panel.view.horizontalScrollBar().isVisible()


def test_columns_that_grew_shrink_again_with_the_rows_that_needed_it(panel, session, qtbot):
    before = panel.view.columnWidth(QTY)
    wide = order("o-20", qty=D("123456789.123456789"))
    session.orders.show_orders(wide)
    qtbot.waitUntil(lambda: panel.view.columnWidth(QTY) > before)
    panel.unbind()
    panel.bind(cast(Session, reference_session()))
    qtbot.waitUntil(lambda: panel.view.columnWidth(QTY) == before)


def test_a_column_made_too_narrow_by_hand_tells_its_figure_in_the_tool_tip(panel, qtbot):
    place = LIMIT
    panel.view.horizontalHeader().resizeSection(place, 30)
    index = panel.view.model().index(0, place)
    at = panel.view.visualRect(index).center()
    help_event = QHelpEvent(QEvent.Type.ToolTip, at, panel.view.viewport().mapToGlobal(at))
    QApplication.sendEvent(panel.view.viewport(), help_event)
    qtbot.waitUntil(lambda: QToolTip.text() == panel.model.cell(0, place).text)
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())
