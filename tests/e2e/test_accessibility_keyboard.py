"""The trading window without a mouse: Tab goes everywhere and gets stuck nowhere, and keys do everything."""

from collections.abc import Iterator

import pytest

pytest.importorskip("jeepney", reason="AT-SPI is Linux's")

from tests.e2e.accessibility import Event
from tests.e2e.accessibility_app import AccessibleApp, has_keyboard, is_usable
from tests.ui.signin.process import wait_for

# Column by column, from the top bar on. What is greyed out is passed over.
STOPS = [
    ("text", "Command field"),
    ("push button", "Menu"),
    ("push button", "Add a symbol"),
    ("push button", "Watchlist menu"),
    ("table", "Watchlist"),
    ("push button", "Refresh"),
    ("table", "Positions"),
    ("radio button", "Value positions at: Last"),
    ("push button", "Flatten\u2026"),
    ("page tab list", "Orders"),
    ("text", "Search by symbol, id, side, status or date, such as 2026-11"),
    ("radio button", "Which orders: Working"),
    ("text", "Symbol"),
    ("radio button", "Side: Buy"),
    ("radio button", "Order type: Limit"),
    ("combo box", "Quantity"),
    ("text", "Quantity"),
    ("text", "Limit price"),
    ("combo box", "Day"),
    ("check box", "Also outside regular hours"),
    ("combo box", "None"),
    ("push button", "Rules"),
    ("push button", "My limits\u2026"),
    ("push button", "Arm one-click"),
    ("push button", "Keep as preset"),
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessibleApp]:
    with AccessibleApp.started(tmp_path_factory.mktemp("accessible")) as started:
        started.sign_in()
        yield started


def stop_of(event: Event) -> tuple[str, str]:
    """Where the keyboard went; a table that is entered for the first time tells of its first cell instead."""
    source = event.source
    if source.role == "cell":
        source = source.parent
    return source.role, source.name


def went(app: AccessibleApp, key: str, times: int) -> list[tuple[str, str]]:
    """Press a key so often, and tell where the keyboard went each time."""
    stops: list[tuple[str, str]] = []
    with app.bus.hear("object:state-changed:focused") as events:
        for place in range(times):
            events.forget()
            app.screen.press_key(key)
            event = events.wait(lambda heard: heard.value == 1, f"the keyboard to go on from {stops[-1:]}")
            assert event.source.name, f"stop {place} has no name"
            stops.append(stop_of(event))
    return stops


def type_into(app: AccessibleApp, text: str) -> None:
    app.screen.press_key("ctrl+a")
    app.screen.type(text)


def test_after_signing_in_the_keyboard_is_on_the_watchlist(app: AccessibleApp) -> None:
    app.find("table", "Watchlist", that=has_keyboard)
    app.screen.press_key("Down", "Up")
    wait_for(lambda: app.table("Watchlist").is_row_selected(0), "the first symbol chosen")


def test_tab_stops_at_every_control_in_the_order_of_the_screen_and_shift_tab_goes_back(
    app: AccessibleApp,
) -> None:
    app.screen.press("Bellwether", "ctrl+k")
    app.find("text", "Command field", that=has_keyboard)
    forth = [STOPS[0], *went(app, "Tab", 2 * len(STOPS))]
    assert forth == [*STOPS, *STOPS, STOPS[0]]
    back = went(app, "shift+Tab", len(STOPS))
    assert back == [*reversed(STOPS[1:]), STOPS[0]]


def test_going_through_with_tab_changes_nothing(app: AccessibleApp) -> None:
    app.screen.press("Bellwether", "alt+6")
    app.find("text", "Quantity", that=has_keyboard)
    symbol = app.find("text", "Symbol").node
    before = symbol.text
    app.screen.type("7")
    went(app, "Tab", len(STOPS))
    assert (symbol.text, app.find("text", "Quantity").node.text) == (before, "7")
    type_into(app, "")
    app.screen.press_key("BackSpace")


def test_alt_and_a_digit_call_up_each_panel(app: AccessibleApp) -> None:
    for key, role, name in (
        ("alt+2", "table", "Positions"),
        ("alt+4", "table", "Stream events"),
        ("alt+5", "panel", "Account"),
        ("alt+6", "text", "Quantity"),
        ("alt+1", "table", "Watchlist"),
    ):
        app.screen.press_key(key)
        app.find(role, name, that=has_keyboard)
    app.screen.press_key("alt+3")
    app.find("page tab", "Orders*", that=lambda tab: "selected" in tab.states, why="in front")


def test_arrow_keys_move_through_choices_and_tabs(app: AccessibleApp) -> None:
    app.find("radio button", "Order type: Limit").node.act("SetFocus")
    app.screen.press_key("Right")
    app.find("radio button", "Order type: Stop", that=lambda one: {"checked", "focused"} <= one.states)
    app.find("text", "Stop price")
    app.screen.press_key("Left")
    app.find("radio button", "Order type: Limit", that=lambda one: {"checked", "focused"} <= one.states)
    app.find("page tab list", "Orders").node.focus()
    app.screen.press_key("Right")
    app.find("table", "Stream events")
    app.screen.press_key("Left")
    app.find("radio button", "Which orders: Working")


def test_an_order_goes_its_whole_way_by_keys(app: AccessibleApp) -> None:
    app.screen.press_key("F2")
    app.find("text", "Quantity", that=has_keyboard)
    type_into(app, "2")
    app.screen.press_key("Tab")
    app.find("text", "Limit price", that=has_keyboard)
    type_into(app, "90.00")
    app.find("push button", "Buy 2 NVDA at 90.00", that=is_usable)
    app.screen.press_key("ctrl+Return")
    app.find("push button", "Send to Paper*", within="dialog", that=has_keyboard)
    app.screen.press_key("Return")
    app.wait_for_row("Orders", "NVDA", "Limit 90.00", "Status Working")
    app.screen.press_key("alt+3")
    app.find("table", "Orders", that=has_keyboard)
    app.screen.press_key("Down", "Return")
    app.find("text", "Limit price", within="dialog", that=has_keyboard)
    type_into(app, "91.00")
    app.find("push button", "Send the change", that=is_usable)
    app.screen.press_key("Return")
    app.wait_for_row("Orders", "NVDA", "Limit 91.00", "Status Working")
    app.find("table", "Orders", that=has_keyboard)
    entries = app.menu(lambda: app.screen.press_key("Menu"))
    assert {"Replace\u2026", "Cancel Buy NVDA", "Cancel all\u2026 (1)"} <= entries.keys()
    app.screen.press_key("Escape")
    app.screen.press_key("Delete")
    app.find("label", "No working orders.")


def test_the_menu_opens_by_key_with_its_first_entry_ready(app: AccessibleApp) -> None:
    with app.bus.hear("object:state-changed:focused") as events:
        app.screen.press_key("F10")
        first = events.wait(lambda event: event.source.role == "menu item", "an entry with the keyboard")
        assert first.source.name == "Buy"
        app.screen.press_key("Down")
        events.wait(lambda event: event.source.name == "Sell", "the next entry")
    app.screen.press_key("Escape")


def test_a_symbol_comes_and_goes_by_keys(app: AccessibleApp) -> None:
    app.screen.press_key("alt+1")
    app.find("table", "Watchlist", that=has_keyboard)
    app.screen.press_key("Insert")
    app.find("text", "Symbol to add", that=has_keyboard)
    app.screen.type("KO")
    app.screen.press_key("Return")
    app.wait_for_row("Watchlist", "KO")
    app.screen.press_key("Escape")
    app.find("table", "Watchlist", that=has_keyboard)
    app.screen.press_key("Delete")
    app.find("label", "KO removed")
    app.screen.press_key("ctrl+z")
    app.wait_for_row("Watchlist", "KO")


def test_no_key_meant_two_things(app: AccessibleApp) -> None:
    assert app.complaints() == []
