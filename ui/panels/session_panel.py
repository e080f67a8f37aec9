"""A panel that shows one session at a time, or says that nobody is signed in."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedWidget, QWidget

from ui.panels.bindings import Bindings
from ui.panels.empty_state import EmptyState
from ui.panels.frame import Panel
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.services.session import Session


class SessionPanel(Panel):
    """Binds to a session and lets go of it; subclasses say what that means in `begin` and `end`.

    `show_content` shows either what `set_content` was given or the line of `empty`.
    """

    def __init__(
        self, theme: Theme, title: str, parent: QWidget | None = None, *, is_linked: bool = False
    ) -> None:
        super().__init__(theme, title, parent, is_linked=is_linked)
        self.session: Session | None = None
        self.bindings = Bindings()
        self.empty = EmptyState("")
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)

    def bind(self, session: "Session") -> None:
        """Show `session` from now on, in place of the one before."""
        self.unbind()
        self.session = session
        self.begin(session)

    def unbind(self) -> None:
        """Forget the session, hear nothing more of it and show nothing of it. Safe to call twice."""
        self.bindings.clear()
        self.session = None
        self.end()
        self.show_content(is_there=False)

    def begin(self, session: "Session") -> None:
        """Connect to `session` through `bindings`, and show what it has already."""
        raise NotImplementedError

    def end(self) -> None:
        """Empty the panel and say in `empty` that there is no session; also called once when it is built."""
        raise NotImplementedError

    def set_content(self, content: QWidget) -> None:
        """Say what is shown when there is something; goes into `body` as it stands now."""
        self._pages.addWidget(content)
        self.body.addWidget(self._pages, 1)

    def show_content(self, *, is_there: bool) -> None:
        """Show the content, or the line that says why there is none."""
        self._pages.setCurrentIndex(1 if is_there else 0)
