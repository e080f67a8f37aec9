"""The trading window by ear: names, roles, texts, and a whole order by nothing but accessible actions."""

from collections.abc import Callable, Iterator
from functools import partial

import psutil
import pytest

pytest.importorskip("jeepney", reason="AT-SPI is Linux's")

from tests.e2e.accessibility import Refused
from tests.e2e.accessibility_app import AccessibleApp, has_keyboard, is_usable
from tests.e2e.accessibility_rules import faults
from tests.ui.signin.process import wait_for

FAR_BELOW = "100.00"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessibleApp]:
    with AccessibleApp.started(tmp_path_factory.mktemp("accessible")) as started:
        started.sign_in()
        yield started


def checked(one) -> bool:
    return "checked" in one.states


def unusable(one) -> bool:
    return "sensitive" not in one.states


# ---- every control, in every state ----------------------------------------------------------------------


def close_dialog(app: AccessibleApp) -> None:
    app.screen.press_key("Escape")
    wait_for(lambda: not any(one.role == "dialog" for one in app.seen()), "the dialog gone")


def fill_in(app: AccessibleApp, quantity: str, price: str) -> None:
    app.press("Side: Buy", role="radio button", action="Toggle")
    app.press("Order type: Limit", role="radio button", action="Toggle")
    app.write("Quantity", quantity)
    app.write("Limit price", price, within="Order")


def test_every_control_on_the_desk_has_a_name_a_role_and_a_use(app: AccessibleApp) -> None:
    assert faults(*app.tops()) == []


def test_the_other_tab_and_the_field_for_a_symbol_too(app: AccessibleApp) -> None:
    app.press("Stream", role="page tab")
    app.find("table", "Stream events")
    app.press("Add a symbol")
    app.find("text", "Symbol to add", that=has_keyboard)
    assert faults(*app.tops()) == []
    app.screen.press_key("Escape")
    app.press("Activity", role="page tab")
    app.find("table", "Activity")
    assert faults(*app.tops()) == []
    app.press("Orders*", role="page tab")
    app.find("radio button", "Which orders: Working*")


def test_the_buttons_for_arranging_panels_say_what_they_do_and_to_which(app: AccessibleApp) -> None:
    app.choose_from_menu("Arrange panels")
    app.find("push button", "Detach Group: Watchlist")
    assert faults(*app.tops()) == []
    app.choose_from_menu("Arrange panels")
    app.wait_until_gone("push button", "Detach Group: Watchlist")


def test_the_command_field_says_what_enter_would_do(app: AccessibleApp) -> None:
    with app.bus.hear("object:announcement") as announced:
        app.screen.press("Bellwether", "ctrl+k")
        app.find("text", "Command field", that=has_keyboard)
        app.find("list", "Commands")
        announced.wait(lambda event: event.content.startswith("Buy"), "the first command, said")
        app.screen.press_key("Down")
        announced.wait(lambda event: event.content.startswith("Sell"), "the second command, said")
    assert faults(*app.tops()) == []
    app.screen.press_key("Escape")
    app.wait_until_gone("list", "Commands")


def ask_to_close(app: AccessibleApp) -> None:
    app.choose_row("Positions", "Symbol NVDA")
    app.screen.press_key("Delete")


DIALOGS: dict[str, tuple[str, str, Callable[[AccessibleApp], None]]] = {
    "close": ("Close the position in NVDA?*", "Sell 40 NVDA at market", ask_to_close),
    "sign out": ("Sign out?*", "Sign out", partial(AccessibleApp.choose_from_menu, entry="Sign out\u2026")),
    "about": ("About Bellwether*", "Close", partial(AccessibleApp.choose_from_menu, entry="About")),
}


@pytest.mark.parametrize("which", DIALOGS)
def test_every_dialog_has_a_name_and_its_default_button_the_keyboard(app: AccessibleApp, which: str) -> None:
    title, deed, open_it = DIALOGS[which]
    open_it(app)
    app.find("dialog", title)
    app.find("push button", deed, within="dialog", that=has_keyboard)
    assert faults(*app.tops()) == []
    close_dialog(app)


# ---- what can be read -----------------------------------------------------------------------------------


def test_the_bars_tell_environment_account_and_the_state_of_every_feed(app: AccessibleApp) -> None:
    app.find("frame", "Bellwether - Paper*")
    badge = app.find("label", "Paper*", within="Top bar")
    assert badge.name.startswith("Paper \u00b7\u00b7")
    app.find("label", "Access: may trade*")
    app.find("label", "Equity: 1*", within="Top bar")
    app.find("label", "Orders: live*", within="Connection")
    app.find("label", "Quotes: *", within="Connection", that=lambda label: " live " in label.name)
    app.find("label", "REST: *", within="Connection", that=lambda label: label.name.endswith(" ms"))
    app.find("label", "Market time: *", that=lambda label: label.name.endswith(" ET"))
    app.find("label", "Status: Active", within="Account")
    app.find("label", "Cash: *", within="Account", that=lambda label: any(map(str.isdigit, label.name)))


def test_positions_are_a_table_with_heads_signs_and_totals(app: AccessibleApp) -> None:
    table = app.table("Positions")
    assert [head.name for head in table.headers()] == [
        *("Symbol", "Side", "Qty", "Avg price", "Mark", "Value", "Day P&L", "Unrealised"),
        *("Unrealised percent", "Realised day", "Realised", "Working orders", "Actions"),
    ]
    assert {head.role for head in table.headers()} == {"column header"}
    assert table.cell(0, 0).role == "cell"
    rows = {cells[0]: cells for cells in table.texts()}
    assert {"Symbol NVDA", "Symbol TSLA", "Symbol Total"} <= rows.keys()
    assert {"Side Long", "Qty 40", "Actions Close"} <= set(rows["Symbol NVDA"])
    assert {"Side Short", "Qty minus 10"} <= set(rows["Symbol TSLA"])
    for symbol, cells in rows.items():
        for cell in (cells[6], cells[7]):  # a figure without its sign would be half the truth
            assert " plus " in cell or " minus " in cell or cell.endswith(" 0.00"), (symbol, cell)


def test_the_watchlist_tells_price_change_trend_and_age(app: AccessibleApp) -> None:
    table = app.table("Watchlist")
    assert [head.name for head in table.headers()] == ["Symbol", "Recent prices", "Last", "Change", "Age"]
    rows = {cells[0]: cells for cells in table.texts()}
    assert "NVDA, 40 held" in rows
    assert "TSLA, minus 10 held" in rows
    for cells in rows.values():
        _, trend, last, change, age = cells
        assert trend.startswith("Recent prices: ")
        assert float(last.removeprefix("Last ").replace(",", "")) > 0
        assert change.startswith("Change ")
        assert age.endswith(" s old")


def test_figures_in_tables_and_labels_move_with_the_market(app: AccessibleApp) -> None:
    def prices() -> list[str]:
        return [cells[2] for cells in app.table("Watchlist").texts()]

    before, time_before = prices(), app.find("label", "Market time: *").name
    wait_for(lambda: prices() != before, "another price in the watchlist")
    wait_for(lambda: app.find("label", "Market time: *").name != time_before, "another second")


def test_tabs_and_choices_show_which_one_is_taken(app: AccessibleApp) -> None:
    assert "selected" in app.find("page tab", "Orders*").states
    assert "selected" not in app.find("page tab", "Stream").states
    app.press("Side: Sell", role="radio button", action="Toggle")
    app.find("radio button", "Side: Sell", that=checked)
    assert "checked" not in app.find("radio button", "Side: Buy").states
    app.press("Side: Buy", role="radio button", action="Toggle")
    app.find("radio button", "Side: Buy", that=checked)


def test_a_choice_from_a_list_is_selected_and_taken(app: AccessibleApp) -> None:
    choice = app.find("combo box", "Day").node
    assert choice.label == "Time in force"
    choice.act("ShowMenu")
    app.press("Good till cancelled", role="list item", action="Toggle")
    app.screen.press_key("Return")
    app.find("combo box", "Good till cancelled").node.act("ShowMenu")
    app.press("Day", role="list item", action="Toggle")
    app.screen.press_key("Return")
    app.find("combo box", "Day")


# ---- an order from its ticket to its end ----------------------------------------------------------------


def test_an_order_is_written_read_sent_changed_and_cancelled_by_ear(
    app: AccessibleApp,
) -> None:
    app.choose_row("Watchlist", "MSFT")
    app.find("label", "MSFT", within="Order")
    app.find("push button", "Buy MSFT", that=unusable)
    app.find("push button", "Cancel all\u2026", that=unusable)
    fill_in(app, "3", FAR_BELOW)
    app.find("label", "What will happen: Rests*")
    app.find("label", "Estimated cost: 300.00")
    with app.bus.hear("object:announcement") as announced:
        app.press("Buy 3 MSFT at 100.00")
        app.find("dialog", "Send this order?*")
        assert faults(*app.tops()) == []
        for line in ("Symbol: MSFT", "Quantity: 3", "Side: buy", "Order type: limit", "Limit price: 100"):
            app.find("label", line, within="What is sent")
        app.find("label", "Paper*", within="dialog")
        app.press("Send to Paper*", within="dialog")
        announced.wait(lambda event: event.content == "Working", "that the order works, said")
    row = app.wait_for_row("Orders", "MSFT", "Status Working")
    assert {"Side Buy", "Type Limit", "Qty 3", "Limit 100.00", "Actions Replace, Cancel"} <= set(row)
    app.find("page tab", "Orders 1 working")
    app.find("label", "What became of the order: Working")

    app.choose_row("Orders", "MSFT")
    app.screen.press_key("Return")
    app.find("dialog", "Change this order?*")
    assert faults(*app.tops()) == []
    app.write("Limit price", "101.00", within="dialog")
    app.find("label", "Will be sent: Limit price 101", within="dialog")
    app.press("Send the change", within="dialog")
    app.wait_for_row("Orders", "MSFT", "Limit 101.00", "Status Working")

    app.press("Cancel all\u2026")
    app.find("dialog", "Cancel the working order?*")
    assert faults(*app.tops()) == []
    app.press("Cancel all orders", within="dialog")
    app.find("label", "No working orders.")
    app.press("Which orders: All*", role="radio button", action="Toggle")
    app.wait_for_row("Orders", "MSFT", "Limit 101.00", "Status Cancelled")
    app.press("Which orders: Working", role="radio button", action="Toggle")
    app.press("New order")


def test_the_stream_tab_lists_what_came_and_can_be_stopped(app: AccessibleApp) -> None:
    app.press("Stream", role="page tab")
    assert [head.name for head in app.table("Stream events").headers()] == [
        *("Time", "Stream", "Type", "Symbol", "Summary")
    ]
    app.write("Filter the events by type, symbol or summary", "AMZN")
    app.wait_for_row("Stream events", "Symbol AMZN", "Type quote")
    assert app.table("Stream events").rows <= 120, "more than Qt can tell a screen reader about"
    assert faults(*app.tops()) == []
    app.press("Pause", role="check box", action="Toggle")
    app.press("Go on", role="check box", action="Toggle")
    app.press("Clear the filter")
    app.find("text", "Filter the events by*", that=lambda field: field.node.text == "", why="empty")
    app.press("Orders*", role="page tab")
    app.find("page tab", "Orders*", that=lambda tab: "selected" in tab.states)


def test_the_watchlist_takes_a_symbol_refuses_a_wrong_one_and_lets_one_go(app: AccessibleApp) -> None:
    app.press("Add a symbol")
    with app.bus.hear("object:announcement") as announced:
        app.write("Symbol to add", "ZZZZZ")
        app.screen.press_key("Return")
        announced.wait(lambda event: "does not know ZZZZZ" in event.content, "the refusal, said")
    app.find("text", "Symbol to add", that=lambda field: "does not know ZZZZZ" in field.node.description)
    app.write("Symbol to add", "DIS")
    app.screen.press_key("Return")
    app.wait_for_row("Watchlist", "DIS")
    app.press("Close", within="Watchlist")
    app.choose_row("Watchlist", "DIS")
    app.screen.press_key("Delete")
    app.find("label", "DIS removed")
    app.press("Undo")
    app.wait_for_row("Watchlist", "DIS")
    app.choose_row("Watchlist", "DIS")
    app.menu(lambda: app.screen.press_key("Menu"))["Remove DIS"].act("Press")
    wait_for(lambda: "DIS" not in {cells[0] for cells in rows(app, "Watchlist")}, "the symbol gone")


def rows(app: AccessibleApp, table: str) -> list[list[str]]:
    try:
        return app.table(table).texts()
    except Refused:  # a row went while it was read
        return []


def test_the_theme_is_chosen_from_the_menu_which_ticks_it(app: AccessibleApp) -> None:
    app.choose_from_menu("Theme: light")
    entries = app.menu(lambda: app.press("Menu"))
    assert "checked" in entries["Theme: light"].states
    assert "checked" not in entries["Theme: dark"].states
    entries["Theme: dark"].act("Press")
    assert "checked" in app.menu(lambda: app.press("Menu"))["Theme: dark"].states
    app.screen.press_key("Escape")
    assert is_usable(app.find("push button", "Menu"))


def test_nothing_of_all_this_made_qt_complain(app: AccessibleApp) -> None:
    assert app.complaints() == []


def test_a_lost_feed_is_told_at_once_and_stays_told(app: AccessibleApp) -> None:
    with app.bus.hear("object:announcement") as announced:
        for child in psutil.Process(app.running.process.pid).children():
            if "--practice-broker" in child.cmdline():
                child.kill()
        announced.wait(lambda event: event.content.startswith("Orders: reconnecting"), "the loss, said")
    app.find("label", "Orders: *", that=lambda label: "connecting" in label.name)
    app.find("label", "Quotes: *", that=lambda label: "connecting" in label.name)
    app.find("label", "REST: not answering")
    assert faults(*app.tops()) == []
