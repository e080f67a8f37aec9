"""Bellwether, used through the accessibility bus and the keyboard only."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

from tests.e2e.accessibility import AccessibilityBus, Event, Node, Refused, Seen, look
from tests.e2e.application import SIGNED_IN, SIGNED_OUT, AppScreen, RunningApp
from tests.fakes.secret_service import secret_service
from tests.ui.signin.process import wait_for

Condition = Callable[[Seen], bool]


def is_usable(seen: Seen) -> bool:
    """Whether it can be pressed, written into, opened: not greyed out."""
    return "sensitive" in seen.states


def has_keyboard(seen: Seen) -> bool:
    """Whether keys go there."""
    return "focused" in seen.states


class AccessibleApp:
    """A running Bellwether on the practice broker, in a session with a screen, a keyring and this bus."""

    def __init__(self, running: RunningApp, screen: AppScreen, bus: AccessibilityBus) -> None:
        self.running, self.screen, self.bus = running, screen, bus

    @classmethod
    @contextlib.contextmanager
    def started(cls, folder: Path) -> Iterator[Self]:
        """Start it signed out; everything it may write is below `folder`."""
        home = folder / "home"
        home.mkdir()
        environment = {
            name: value
            for name, value in os.environ.items()
            if name != "QT_QPA_PLATFORM" and not name.startswith("XDG_")
        }
        with (
            AppScreen.opened(environment | {"HOME": str(home)}) as screen,
            secret_service(folder / "session") as session,
        ):
            assert isinstance(screen, AppScreen)
            # Qt joins the bus when a screen reader runs, or when it is told to.
            session |= {"QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
            with (
                RunningApp(screen, session, folder / "data", "--practice") as running,
                AccessibilityBus.of_session(session["DBUS_SESSION_BUS_ADDRESS"]) as bus,
            ):
                running.wait_for_title(SIGNED_OUT, exactly=True)
                yield cls(running, screen, bus)

    def complaints(self) -> list[str]:
        """What the program and Qt printed, but for questions of ours about what had just gone."""
        printed = self.running.output.read_text("utf-8").splitlines()
        return [line for line in printed if not line.startswith("qt.accessibility.atspi: ")]

    # ---- looking ------------------------------------------------------------------------------------

    def tops(self) -> list[Node]:
        """Our programs: the trading window's, and that of the sign-in window while it is open."""
        return self.bus.applications()

    def seen(self) -> list[Seen]:
        """Everything on screen now."""
        return look(*self.tops())

    def look_for(self, role: str, name: str, *, within: str = "") -> Seen | None:
        """What is on screen under that name, if anything; a name that ends with * is a beginning.

        `within` is the role or the name of something around it. AssertionError if the name is not enough.
        """
        try:
            found = [
                one
                for top in self.tops()
                for one in top.on_screen(role)
                if (one.name.startswith(name[:-1]) if name.endswith("*") else one.name == name)
                and (not within or _is_within(one.node, within))
            ]
        except Refused:  # something went away while it was looked at
            return None
        assert len(found) <= 1, f"{len(found)} of {role} {name!r}: {[one.name for one in found]}"
        return found[0] if found else None

    def find(
        self, role: str, name: str, *, within: str = "", that: Condition = lambda _: True, why: str = ""
    ) -> Seen:
        """Wait until it is on screen, and as asked for."""

        def look_again() -> Seen | None:
            one = self.look_for(role, name, within=within)
            return one if one is not None and that(one) else None

        found: Seen = wait_for(look_again, f"{role} {name!r} {why or that.__name__}")
        return found

    def wait_until_gone(self, role: str, name: str) -> None:
        wait_for(lambda: self.look_for(role, name) is None, f"{role} {name!r} gone")

    def table(self, name: str) -> Node:
        """A table that is on screen."""
        return self.find("table", name).node

    def wait_for_row(self, table: str, *texts: str) -> list[str]:
        """Wait for a row of which every one of `texts` is a cell, and return it."""

        def row() -> list[str] | None:
            with contextlib.suppress(Refused):  # rows come and go
                shown = self.look_for("table", table)
                rows = [] if shown is None else shown.node.texts()
                return next((cells for cells in rows if set(texts) <= set(cells)), None)
            return None

        found: list[str] = wait_for(row, f"a row of {table} with {texts}")
        return found

    def row_of(self, table: str, text: str) -> int:
        """The place of the row that has such a cell."""
        return next(place for place, cells in enumerate(self.table(table).texts()) if text in cells)

    # ---- doing --------------------------------------------------------------------------------------

    def press(self, name: str, *, role: str = "push button", within: str = "", action: str = "Press") -> None:
        """Press a button, a box or a tab, as soon as it can be."""
        self.find(role, name, within=within, that=is_usable).node.act(action)

    def write(self, name: str, text: str, *, within: str = "") -> None:
        """Put `text` into a field."""
        self.find("text", name, within=within, that=is_usable).node.write(text)

    def choose_row(self, table: str, text: str) -> None:
        """Select the row that has such a cell, and give its table the keyboard."""
        node = self.table(table)
        node.select_row(self.row_of(table, text))
        node.focus()
        self.find("table", table, that=has_keyboard)

    def menu(self, open_it: Callable[[], Any]) -> dict[str, Node]:
        """The entries of the menu that `open_it` opens, by their names. It stays open.

        Menus are no part of the tree: a screen reader learns of them when they come up.
        """
        with self.bus.hear("object:state-changed:showing") as events:
            open_it()
            menu = events.wait(_is_menu_that_opens, "a menu").source
        assert menu.name, "a menu without a name"
        return {entry.name: entry for entry in menu.children if entry.name}

    def choose_from_menu(self, entry: str) -> None:
        """Choose from the menu in the top bar."""
        self.menu(lambda: self.press("Menu"))[entry].act("Press")

    def sign_in(self) -> None:
        """Sign in from the welcome page, through the broker's own page."""
        self.press("Sign in")
        self.press_on_page("Allow")
        self.running.wait_for_title(SIGNED_IN)
        self.wait_for_row("Positions", "Symbol NVDA")
        self.find("label", "Orders: live*")
        self.find("label", "Quotes: * live*".replace("* live", ""))

    def press_on_page(self, name: str, *, role: str = "push button") -> None:
        """Press something of the broker's page, which can only be focused: a key does the rest."""
        self.find(role, name, that=is_usable).node.act("SetFocus")
        self.find(role, name, that=has_keyboard)
        self.screen.press_key("space")


def _is_within(node: Node, role_or_name: str) -> bool:
    return any(role_or_name in (above.role, above.name) for above in node.ancestors())


def _is_menu_that_opens(event: Event) -> bool:
    try:
        return event.value == 1 and event.source.role == "popup menu"
    except Refused:  # gone already
        return False
