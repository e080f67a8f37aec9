from decimal import Decimal
from typing import cast

import pytest
from PySide6.QtWidgets import QLabel

from core.domain.environment import Environment
from core.errors import Offline
from core.services.session import Session
from tests.fakes.services import FakeSession, account
from tests.ui.scene import on_screen
from ui.panels.account import AccountPanel


@pytest.fixture
def panel(theme, clock, qtbot, session):
    with on_screen(AccountPanel(theme, clock), qtbot, session, 400, 322) as panel:
        yield panel


def shown(panel: AccountPanel) -> dict[str, str]:
    """Every figure on screen by its name."""
    return {
        label.accessibleName().partition(":")[0]: label.text()
        for label in panel.findChildren(QLabel)
        if label.accessibleName() and label.isVisible()
    }


def test_it_shows_the_account_s_figures_with_separators_and_real_minus_signs(panel):
    figures = shown(panel)
    assert figures["Equity"] == "100,482.16"
    assert figures["Day change"] == "▲ +482.16 · 0.48 %"
    assert figures["Short value"] == "−4,021.50"
    assert figures["Options level"] == "3"


def test_lines_the_broker_says_nothing_about_take_no_room(panel, session):
    assert "Options buying power" not in shown(panel)
    session.account.show(account(options_buying_power=Decimal(1000)))
    assert shown(panel)["Options buying power"] == "1,000.00"


def test_the_environment_is_a_word(panel):
    assert panel.badge.text() == "PAPER ··3F7A"


def test_a_live_account_says_so(theme, clock, qtbot):
    session = FakeSession(environment=Environment.LIVE)
    panel = AccountPanel(theme, clock)
    qtbot.addWidget(panel)
    panel.bind(cast(Session, session))
    assert panel.badge.text() == "LIVE ··3F7A"
    panel.unbind()


def test_blocks_and_an_unusual_status_are_named(panel, session):
    session.account.show(account(status="ACCOUNT_UPDATED", trading_blocked=True, transfers_blocked=True))
    assert panel.status.text() == "Being updated"
    assert panel.block_flags.text() == "Trading blocked, Transfers blocked"
    session.account.show(account())
    assert panel.status.text() == "Active"
    assert not panel.block_flags.isVisible()


def test_figures_that_could_not_be_read_again_keep_their_age_in_amber(panel, session):
    session.account.failed.emit(Offline("The broker cannot be reached.", "It is tried again."))
    assert panel.age.property("tone") == "warning"
    assert panel.age.toolTip() == "The broker cannot be reached."
    session.account.show(account())
    assert panel.age.property("tone") == "muted"
    assert panel.age.text() == "0 s ago"


def test_old_figures_say_how_old_they_are(panel, session, qtbot):
    session.account.received_ns -= 120_000_000_000
    qtbot.waitUntil(lambda: panel.age.text() == "2 min ago")
    assert panel.age.property("tone") == "warning"


def test_refresh_asks_the_session(panel, session, qtbot):
    panel.refresh.click()
    assert session.account.refreshes == 1


def test_unbound_it_shows_nothing_of_the_account(panel, session):
    panel.unbind()
    assert "Equity" not in shown(panel)
    assert not panel.badge.isVisible()
    session.account.show(account(equity=Decimal(1)))
    assert "Equity" not in shown(panel)
