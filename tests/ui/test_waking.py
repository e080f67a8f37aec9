"""What is painted first after a sleep already says how old it is: no timer has had its turn by then."""

from collections.abc import Iterator
from typing import cast

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.services.session import Session
from core.services.settings import Settings
from tests.fakes.services import FakeSession, FakeSettings, StandingClock, ticker
from tests.ui.scene import PRICES, on_screen, reference_session
from ui.models.position_columns import MARK
from ui.models.watchlist import AGE, LAST
from ui.panels.account import AccountPanel
from ui.panels.one_click import ARMED_S, Disarmed
from ui.panels.positions import PositionsPanel
from ui.panels.ticket import TicketPanel
from ui.panels.watchlist import WatchlistPanel
from ui.status_bar import StatusBar
from ui.theme.theme import Theme

NIGHT_S = 8.5 * 3_600


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def session(qapp: object) -> FakeSession:
    return reference_session()


@pytest.fixture
def ticket(theme: Theme, qtbot: QtBot, clock: StandingClock, settings: FakeSettings) -> Iterator[TicketPanel]:
    session = FakeSession(settings=settings, clock=clock)
    panel = TicketPanel(theme, clock, cast(Settings, settings))
    qtbot.addWidget(panel)
    panel.resize(344, 700)
    session.market.show(ticker("NVDA", 182.41, 182.44, last=182.44, close=180.13))
    panel.bind(cast(Session, session))
    panel.set_symbol("NVDA")
    panel.show()
    qtbot.waitExposed(panel)
    yield panel
    panel.unbind()


def first_paint_after(clock: StandingClock, slept_s: float, painted: QWidget) -> None:
    """Sleep, wake, and draw, without the event loop in between."""
    clock.pass_s(slept_s)
    painted.grab()


@pytest.mark.parametrize("of_table_alone", [False, True])
def test_the_watchlist_shows_no_price_from_before_a_sleep_as_fresh(
    theme, clock, qtbot, session, of_table_alone
):
    with on_screen(WatchlistPanel(theme, clock), qtbot, session, 400, 670) as panel:
        assert panel.model.cell(0, LAST).tone == "text"
        first_paint_after(clock, NIGHT_S, panel.view.viewport() if of_table_alone else panel)
        for place in range(len(PRICES)):
            assert panel.model.row_at(place).is_stale
            assert panel.model.cell(place, LAST).tone == "faint"
            assert panel.model.cell(place, AGE).tone == "warning"


def test_positions_are_not_valued_at_prices_from_before_a_sleep_as_if_they_were_new(
    theme, clock, qtbot, session
):
    with on_screen(PositionsPanel(theme, clock), qtbot, session, 1152, 322) as panel:
        assert not panel.model.row_at(0).is_stale
        first_paint_after(clock, NIGHT_S, panel.view.viewport())
        assert panel.model.row_at(0).is_stale
        assert panel.model.cell(0, MARK).tone == "faint"


@pytest.mark.parametrize("part", ["panel", "header", "a price that the pointer passes"])
def test_the_ticket_says_stale_before_anything_is_drawn(ticket, clock, part):
    header = ticket.ticket.header
    assert "stale" not in header._age.text()
    painted = {"panel": ticket, "header": header}.get(part, header)
    first_paint_after(clock, NIGHT_S, painted)
    assert "stale" in header._age.text()
    assert header._age.property("tone") == "warning"
    assert header.last.property("tone") == "muted"


def test_a_short_sleep_counts_to_the_age_as_well(ticket, clock):
    first_paint_after(clock, 10.0, ticket)
    assert "10 s" in ticket.ticket.header._age.text()


def test_one_click_sending_ends_in_time_although_its_timer_slept(ticket, clock):
    one_click = ticket.ticket.one_click
    one_click.arm()
    first_paint_after(clock, ARMED_S - 10, ticket)
    assert one_click.is_armed
    first_paint_after(clock, 11, ticket)
    assert (one_click.is_armed, one_click.reason) == (False, Disarmed.TIME_UP)
    assert ticket.ticket.foot.state.text() == ""


def test_account_figures_from_before_a_sleep_carry_their_age(theme, clock, qtbot, session):
    with on_screen(AccountPanel(theme, clock), qtbot, session, 400, 322) as panel:
        first_paint_after(clock, NIGHT_S, panel)
        assert panel.age.text() == "8 h ago"
        assert panel.age.property("tone") == "warning"


def test_the_strip_calls_no_feed_alive_by_what_it_said_before_a_sleep(theme, clock, qtbot, session):
    strip = StatusBar(theme, clock)
    qtbot.addWidget(strip)
    strip.resize(1_200, strip.height())
    strip.show_session(cast(Session, session))
    strip.show()
    qtbot.waitExposed(strip)
    first_paint_after(clock, NIGHT_S, strip)
    assert "8 h" in strip.quotes.text.text()
