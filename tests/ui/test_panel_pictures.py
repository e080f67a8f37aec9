"""Every panel drawn whole in both themes: the pictures go to tmp_path, what can be judged is asserted."""

from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QLineEdit, QWidget

from core.services.session import Session
from tests.ui.scene import reference_session
from ui.panels.account import AccountPanel
from ui.panels.activity import ActivityPanel
from ui.panels.frame import Panel
from ui.panels.orders import OrdersPanel
from ui.panels.positions import PositionsPanel
from ui.panels.stream import StreamPanel
from ui.panels.tabbed import TabbedPanel
from ui.panels.table_view import TableView
from ui.panels.watchlist import WatchlistPanel


@pytest.fixture
def panels(theme, clock, qtbot):
    session = cast(Session, reference_session())
    sizes = {
        AccountPanel(theme, clock): (400, 322),
        WatchlistPanel(theme, clock): (400, 670),
        PositionsPanel(theme, clock): (1152, 322),
        OrdersPanel(theme, clock): (1152, 322),
        StreamPanel(theme): (1152, 322),
        ActivityPanel(theme): (1152, 322),
    }
    for panel, size in sizes.items():
        qtbot.addWidget(panel)
        panel.resize(*size)
        panel.bind(session)
        panel.show()
        qtbot.waitExposed(panel)
    yield list(sizes)
    for panel in sizes:
        panel.unbind()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_panel_is_drawn_in_the_theme_s_colours(panels, theme, tmp_path: Path, name):
    theme.set(name)
    for panel in panels:
        image: QImage = panel.grab().toImage()
        assert image.save(str(tmp_path / f"{panel.title}-{name}.png"))
        middle_of_title = QPoint(panel.width() // 2, 4)
        assert image.pixelColor(middle_of_title) == theme.colors.panel, panel.title
        assert image.pixelColor(panel.width() // 2, 0) == theme.colors.line, panel.title
        assert image.pixelColor(panel.width() // 2, 32) == theme.colors.line, panel.title


def test_no_title_is_cut_and_no_table_needs_a_horizontal_scroll_bar(panels):
    for panel in panels:
        for view in panel.findChildren(TableView):
            assert view.cut_titles() == [], panel.title
            assert not view.horizontalScrollBar().isVisible(), panel.title


def test_everything_that_can_be_used_has_a_name(panels):
    for panel in panels:
        for kind in (QAbstractButton, QAbstractItemView, QLineEdit):
            for widget in panel.findChildren(kind):
                if widget.isVisible() and not widget.objectName().startswith("qt_"):
                    assert name_of(widget), f"{panel.title}: {widget}"


def name_of(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    parent = widget.parent()
    # A header goes by the name of its table.
    inherited = parent.accessibleName() if isinstance(parent, QAbstractItemView) else ""
    return widget.accessibleName() or text or inherited


@pytest.fixture
def tabbed(theme, clock, qtbot):
    session = cast(Session, reference_session())
    host = TabbedPanel(theme, "Trading")
    inner = [PositionsPanel(theme, clock), OrdersPanel(theme, clock), StreamPanel(theme)]
    for panel in inner:
        host.add_panel(panel)
        panel.bind(session)
    qtbot.addWidget(host)
    host.resize(1152, 322)
    host.show()
    qtbot.waitExposed(host)
    yield host
    for panel in inner:
        panel.unbind()


def test_tabs_show_one_panel_with_its_actions_and_spoken_counts(tabbed, qtbot, tmp_path):
    assert tabbed.tabs.accessibleTabName(0) == "Positions 5"
    assert tabbed.tabs.accessibleTabName(1) == "Orders 1 unknown"
    orders = tabbed.findChild(OrdersPanel)
    assert isinstance(orders, Panel)
    with qtbot.waitSignal(tabbed.current_changed) as shown:
        tabbed.show_panel(orders)
    assert shown.args == [orders]
    assert orders.isVisible()
    assert orders.title_actions.isVisible()
    assert not tabbed.findChild(PositionsPanel).isVisible()
    assert tabbed.grab().save(str(tmp_path / "tabs.png"))


def test_the_current_tab_is_underlined_in_the_accent(tabbed, theme):
    image = tabbed.tabs.grab().toImage()
    box = tabbed.tabs.tabRect(0)
    assert image.pixelColor(box.left() + 4, 32) == theme.colors.accent
    assert image.pixelColor(tabbed.tabs.tabRect(1).left() + 4, 31) != theme.colors.accent


def test_tabs_move_by_keyboard(tabbed, qtbot):
    tabbed.tabs.setFocus()
    qtbot.keyClick(tabbed.tabs, Qt.Key.Key_Right)
    assert tabbed.current_panel.title == "Orders"
