"""Panels behind tabs: one is there from the start, others are made when somebody first looks."""

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QLineEdit

from ui.panels.frame import Panel
from ui.panels.tabbed import TabbedPanel
from ui.theme.theme import Theme


class Host(TabbedPanel):
    """Three tabs, of which the last two are made later and noted in `made`."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Trading")
        self.made: list[Panel] = []
        self.first = Panel(theme, "First")
        self.add_panel(self.first)
        self.second = self.add_later("Second", self.maker("Second"))
        self.third = self.add_later("Third", self.maker("Third"))

    def maker(self, title: str) -> Callable[[], Panel]:
        def make() -> Panel:
            panel = Panel(self.theme, title)
            panel.body.addWidget(QLineEdit())
            panel.add_title_action(QLineEdit())
            self.made.append(panel)
            return panel

        return make


@pytest.fixture
def host(qtbot):
    host = Host(Theme("dark"))
    qtbot.addWidget(host)
    host.show()
    return host


def test_a_tab_is_there_before_its_panel(host):
    assert [host.tabs.tabText(place) for place in range(3)] == ["First", "Second", "Third"]
    assert not host.made
    assert host.current_panel is host.first


def test_a_panel_is_made_when_its_tab_is_chosen_and_only_once(host):
    for place in (2, 0, 2):
        host.tabs.setCurrentIndex(place)
    (panel,) = host.made
    assert host.current_panel is panel is host.third()
    assert panel.isVisible()
    assert panel.title_actions.isVisible()
    assert not host.first.isVisible()


def test_a_panel_that_is_asked_for_is_made_and_stays_behind(host, qtbot):
    with qtbot.waitSignal(host.panel_made):
        panel = host.second()
    assert host.made == [panel]
    assert host.first.isVisible()
    assert not panel.isVisible()
    host.show_panel(panel)
    assert panel.isVisible()
    assert host.second() is panel


def test_the_count_of_a_panel_that_came_later_stands_on_its_tab(host):
    host.second().set_count("7 new")
    assert host.tabs.pill_text(1) == "7 new"
    assert host.tabs.pill_text(2) == ""
