"""The way in and out by ear: welcome page, sign-in window, the broker's page in it, and signing out."""

from collections.abc import Iterator

import pytest

pytest.importorskip("jeepney", reason="AT-SPI is Linux's")

from tests.e2e.accessibility_app import AccessibleApp, has_keyboard, is_usable
from tests.e2e.accessibility_rules import faults
from tests.e2e.application import SIGNED_IN, SIGNED_OUT
from tests.ui.signin.process import wait_for
from ui.signin.environment import is_root

WINDOW = "Sign in - Bellwether"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessibleApp]:
    with AccessibleApp.started(tmp_path_factory.mktemp("accessible")) as started:
        started.find("push button", "Sign in", that=is_usable)
        yield started


@pytest.fixture
def window(app: AccessibleApp) -> Iterator[str]:
    """The sign-in window, with the broker's page in it; each test ends it in its own way."""
    app.press("Sign in*")
    app.find("frame", WINDOW)
    app.find("push button", "Allow", that=is_usable)
    yield WINDOW
    wait_for(lambda: not app.running.titles("Sign in"), "the sign-in window gone")
    wait_for(lambda: len(app.tops()) == 1, "its program gone")


def test_the_welcome_page_says_what_this_is_and_has_its_button_ready(app: AccessibleApp) -> None:
    app.find("frame", "Bellwether")
    app.find("push button", "Sign in", that=has_keyboard)
    app.find("label", "Connection: Practice")
    app.find("label", "An independent program. Not made by, affiliated with or endorsed by the broker.*")
    assert faults(*app.tops()) == []


def test_only_what_needs_no_session_is_offered_in_the_menu(app: AccessibleApp) -> None:
    entries = app.menu(lambda: app.screen.press("Bellwether", "F10"))
    usable = {name for name, entry in entries.items() if "sensitive" in entry.states}
    assert {"Theme: light", "About", "Quit"} <= usable
    assert not {"Buy", "Send order", "Cancel all orders\u2026", "Sign out\u2026"} & usable
    app.screen.press_key("Escape")


def test_the_sign_in_window_names_the_site_its_trust_and_the_ways_out(
    app: AccessibleApp, window: str
) -> None:
    app.find("label", "127.0.0.1:*", within=window)
    app.find("label", "Not encrypted, this computer", within=window)
    app.find("label", "Simulated broker on this computer: not encrypted*", within=window)
    app.find("label", "Environment: PAPER", within=window)
    app.find("label", "You type into the broker's page.*", within=window)
    if is_root():
        app.find("label", "Running as root: the page's sandbox is off*", within=window)
    app.find("label", "Sign-in: Sign in on the broker's page*")
    app.find("progress bar", "Sign-in progress")
    app.find("push button", "Cancel", within="Bellwether")
    assert faults(*app.tops()) == []
    with app.bus.hear("object:announcement") as announced:
        app.press("Cancel signing in")
        announced.wait(lambda event: event.content.startswith("You cancelled the sign-in."), "that, said")


def test_the_broker_s_page_is_read_and_refused_in_it(app: AccessibleApp, window: str) -> None:
    page = "The broker's page"
    app.find("heading", "Allow Bellwether to use your account?", within=page)
    app.find("label", "Place, replace and cancel orders, close positions", within=page)
    assert "checked" in app.find("radio button", "Paper play money", within=page).states
    app.press_on_page("Deny")
    app.find("label", "You did not allow the connection.")
    app.find("label", "Nothing was connected.*")
    app.find("push button", "Sign in again", that=has_keyboard)
    assert faults(*app.tops()) == []


def test_the_main_window_cancels_it_too(app: AccessibleApp, window: str) -> None:
    app.press("Cancel", within="Bellwether")
    app.find("push button", "Sign in again", that=is_usable)


def test_allowing_opens_the_desk_and_signing_out_leads_back(app: AccessibleApp, window: str) -> None:
    app.press_on_page("Both switch in app", role="radio button")
    app.find("radio button", "Both switch in app", that=lambda choice: "checked" in choice.states)
    app.press_on_page("Allow")
    app.running.wait_for_title(SIGNED_IN)
    app.wait_for_row("Positions", "Symbol NVDA")
    ask_for_live(app)
    app.choose_from_menu("Sign out\u2026")
    app.find("dialog", "Sign out?*")
    app.press("Sign out", within="dialog")
    app.running.wait_for_title(SIGNED_OUT, exactly=True)
    app.find("push button", "Sign in*", that=has_keyboard)
    assert app.look_for("table", "Positions") is None
    assert faults(*app.tops()) == []


def ask_for_live(app: AccessibleApp) -> None:
    """The gate to real money is read, and left closed."""
    entries = app.menu(lambda: app.press("Menu"))
    next(entry for name, entry in entries.items() if name.startswith("Switch to Live")).act("Press")
    app.find("text", "Last four characters of the live account's number", that=has_keyboard)
    app.find("label", "Live*", within="dialog")
    assert faults(*app.tops()) == []
    app.press("Cancel", within="dialog")
    wait_for(lambda: app.look_for("dialog", "*") is None, "the dialog gone")


def test_nothing_of_all_this_made_qt_complain(app: AccessibleApp) -> None:
    assert app.complaints() == []
