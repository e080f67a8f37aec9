"""Long quantities and contract codes must not push what a trader reads out of a panel."""

from decimal import Decimal

from tests.fakes.services import FakeSession, account
from tests.ui.scene import on_screen, position, reference_session
from ui.controls.labels import ElidedLabel
from ui.instrument_words import near_name
from ui.models.position_columns import QTY
from ui.panels.account import AccountPanel
from ui.panels.orders import OrdersPanel
from ui.panels.positions import PositionsPanel
from ui.panels.watchlist import WatchlistPanel

CONTRACT = "AAPL261204C00280000"
WHOLE_FRACTION_PX = 95


def holding_odd_sizes() -> FakeSession:
    session = reference_session()
    session.positions.show(
        position("NVDA", "40", "180.18", "180.13"),
        position("AAPL", "2.061585732", "272.90", "272.22"),
        position(CONTRACT, "2", "2.84", "2.80"),
    )
    return session


def shown_titles(panel) -> list[str]:
    header, columns = panel.view.horizontalHeader(), panel.model.columns
    return [column.title for place, column in enumerate(columns) if not header.isSectionHidden(place)]


def test_a_fraction_that_is_held_leaves_the_watchlist_its_change(qtbot, theme, clock):
    with on_screen(WatchlistPanel(theme, clock), qtbot, holding_odd_sizes(), 340, 500) as panel:
        panel.view.grab()
        assert "Change" in shown_titles(panel)
        assert panel.model.cell(1, 0).badge == "\u22482.06"
        assert panel.model.columns[0].accessible_text(panel.model.row_at(1)) == "AAPL, 2.061585732 held"


def test_positions_keep_their_average_price_beside_fractions_and_contracts(qtbot, theme, clock):
    with on_screen(PositionsPanel(theme, clock), qtbot, holding_odd_sizes(), 733, 326) as panel:
        panel.view.grab()  # what has no room asks for it, and is given it after this frame
        qtbot.waitUntil(lambda: panel.view.columnWidth(QTY) > WHOLE_FRACTION_PX)
        assert {"Qty", "Avg price", "Mark", "Day P&L", "Unrealised"} <= set(shown_titles(panel))
        texts = [panel.model.cell(row, 0).text for row in range(panel.model.rowCount())]
        assert near_name(CONTRACT) in texts
        assert CONTRACT not in texts


def test_no_name_in_the_account_is_cut_where_the_window_is_narrow(qtbot, theme, clock):
    with on_screen(AccountPanel(theme, clock), qtbot, reference_session(), 280, 400) as panel:
        panel.show_account(account(non_marginable_buying_power=Decimal("1176657.00")))
        panel.grab()
        names = [label for label in panel.findChildren(ElidedLabel) if label.isVisible()]
        assert [label.text() for label in names if label.shown != label.text()] == []
        (short,) = [label for label in names if label.text() == "Non-marginable power"]
        assert short.toolTip() == short.accessibleName() == "Non-marginable buying power"
        figure = panel._lines["non_marginable"].figure
        assert figure.accessibleName() == "Non-marginable buying power: 1,176,657.00"


def test_no_name_in_the_account_is_cut_because_another_figure_is_long(qtbot, theme, clock):
    session = reference_session()
    with on_screen(AccountPanel(theme, clock), qtbot, session, 340, 400) as panel:
        panel.show_account(account(non_marginable_buying_power=Decimal("76657.00")))
        panel.grab()
        names = [label for label in panel.findChildren(ElidedLabel) if label.isVisible()]
        assert any(label.text() == "Non-marginable power" for label in names)
        assert [label.text() for label in names if label.shown != label.text()] == []


def test_a_narrow_table_of_orders_has_its_prices_in_sight_without_scrolling(qtbot, theme, clock):
    session = reference_session()
    with on_screen(OrdersPanel(theme, clock), qtbot, session, 400, 400) as panel:
        panel.model.start_over()  # no outcome is unknown
        panel.show_orders(tuple(session.orders.orders.values()))
        panel.view.grab()
        qtbot.waitUntil(lambda: not panel.view.horizontalScrollBar().isVisible())
        assert {"Symbol", "Side", "Status", "Qty", "Limit", "Stop"} <= set(shown_titles(panel))
        assert panel.view.cut_titles() == []
