"""The main window: puts bars, notices, welcome page and desk together; decides nothing about trading."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from core.domain.account import Account
from core.domain.environment import Environment
from core.domain.product import NAME
from core.domain.trading_block import TradingBlock
from core.errors import AppError
from core.services.clock import Clock, SystemClock
from core.services.frame_clock import FrameClock
from ui import words
from ui.controls.menus import named
from ui.dialogs.frame import DialogFrame
from ui.frame_meter import FrameMeter
from ui.notice import NoticeAction, NoticeBar
from ui.status_bar import StatusBar
from ui.theme.theme import Theme
from ui.theme.tokens import ThemeName
from ui.theme.window_icon import window_icon
from ui.top_bar import TopBar
from ui.welcome import WelcomeView
from ui.window_commands import WindowCommands

if TYPE_CHECKING:
    # The first window must not wait for panels, HTTP client and journal: they are loaded behind it.
    from core.services.session import Session
    from core.services.settings import Settings
    from core.services.sign_in import SignIn
    from ui.blocked_close import BlockedClose
    from ui.desk import Desk
    from ui.order_alarms import OrderAlarms
    from ui.tray import Tray

_DESK_AFTER_MS = 50  # after the first paint, and after the program has begun to connect
_FIRST_SIZE = (1440, 900)
_LEAST_SIZE = (800, 540)  # with its title bar it has room on a screen of 800 by 600


class MainWindow(QMainWindow):
    """One window for one session at a time; the caller owns session and sign-in."""

    sign_out_requested = Signal()
    sign_in_again_requested = Signal()
    environment_requested = Signal(object)  # Environment
    closed = Signal()  # panels that float are windows too, but with this one the program is over

    def __init__(
        self, theme: Theme, settings: "Settings", frames: FrameClock, clock: Clock | None = None
    ) -> None:
        super().__init__()
        self._theme, self._settings = theme, settings
        self._clock = clock = clock or SystemClock()
        theme.set(_theme_name(settings.values.theme))
        self._session: Session | None = None
        self._sign_in: SignIn | None = None
        self._accounts: Mapping[Environment, Account] = {}
        self._live_confirmed: set[str] = set()  # ids of the accounts that were unlocked by typing
        self.top_bar = TopBar(theme)
        self.notices = NoticeBar(theme)
        self._alarms: OrderAlarms | None = None
        self._blocked_close: BlockedClose | None = None
        self.welcome = WelcomeView(theme)
        self._desk: Desk | None = None
        self._tray: Tray | None = None
        self._desk_soon = QTimer(self)
        self._desk_soon.setSingleShot(True)
        self._desk_soon.setInterval(_DESK_AFTER_MS)
        self._desk_soon.timeout.connect(self._prepare_desk)
        self.status_bar = StatusBar(theme, clock, FrameMeter(frames, clock, self))
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._assemble()
        self.commands = WindowCommands(self, theme, settings)
        self._menu = named(QMenu(self), self.tr("Menu"))
        self.commands.actions.fill(self._menu)
        self.top_bar.set_menu(self._menu)
        self._connect()
        self._restore_place()
        self._show_title()

    @property
    def session(self) -> "Session | None":
        """The session that is shown."""
        return self._session

    @property
    def desk(self) -> "Desk":
        """The Trading perspective; made at the first use, which is after the first paint."""
        if self._desk is None:
            self._desk = self._make_desk()
        return self._desk

    # ---- what the program tells the window ------------------------------------------------------------

    def follow_sign_in(self, sign_in: "SignIn") -> None:
        """Show how signing in stands, and drive it from the welcome page."""
        self._sign_in = sign_in
        self.welcome.follow(sign_in)

    def show_session(self, session: "Session", accounts: Mapping[Environment, Account] | None = None) -> None:
        """Show `session`; `accounts` are all that the sign-in covers, for switching between them."""
        self._session = session
        self._accounts = accounts or {}
        self.top_bar.show_session(session)
        self.status_bar.show_session(session)
        self.desk.bind(session)
        self._pages.setCurrentWidget(self.desk.workspace)
        session.account.changed.connect(self._show_title)
        session.orders.trading_block_changed.connect(self._show_gate)
        self._follow_alarms(session)
        if session.environment is Environment.LIVE and self._is_confirmed(session.account.account):
            session.orders.unlock_live()
        self.commands.show_session(session.environment, self._accounts)
        self._hold_orders()
        self._show_title()
        self._show_gate()
        # The welcome page's button is gone; without this the keyboard would fall to the menu.
        self.desk.watchlist.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_session(self) -> None:
        """Let go of the session before it ends: nothing of it is shown or can be done afterwards."""
        session, self._session = self._session, None
        if session is None:
            return
        self._keep_place()
        session.account.changed.disconnect(self._show_title)
        session.orders.trading_block_changed.disconnect(self._show_gate)
        self._follow_alarms(None)
        self._dismiss_dialogs()
        self.desk.unbind()
        self.top_bar.show_signed_out()
        self.status_bar.show_signed_out()
        self.commands.show_signed_out()
        self._pages.setCurrentWidget(self.welcome)
        self._show_title()

    def show_signed_out(self, error: AppError | None = None) -> None:
        """Back to the welcome page, with the reason when there is one."""
        self.close_session()
        self._accounts = {}
        self._live_confirmed.clear()
        self._pages.setCurrentWidget(self.welcome)
        if error is not None:
            self.welcome.show_failure(error)

    @Slot(object)
    def show_session_ended(self, error: AppError) -> None:
        """The broker refused the token: what was known stays on screen, and a new sign-in is offered."""
        again = NoticeAction(self.tr("Sign in again"), self.sign_in_again_requested.emit)
        self.notices.show_error(error, [again])

    @Slot(object)
    def show_notice(self, error: AppError) -> None:
        """Tell of a failure without getting in the way."""
        self.notices.show_error(error)

    @Slot(object)
    def show_failure(self, error: AppError) -> None:
        """There is nothing to sign in to; the welcome page says why."""
        self._pages.setCurrentWidget(self.welcome)
        self.welcome.show_failure(error)

    @Slot()
    def come_forward(self) -> None:
        """Raise the window: the program was started a second time."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    # ---- what the trader tells the window -------------------------------------------------------------

    @Slot()
    def begin_sign_in(self, *, pictures: Path | None = None) -> None:
        """Open the sign-in window over the middle of this one; it leaves its picture in `pictures`."""
        if self._sign_in is not None:
            middle = self.frameGeometry().center()
            self._sign_in.begin(
                self._theme.name, (middle.x(), middle.y()), None if pictures is None else str(pictures)
            )

    @Slot()
    def ask_to_sign_out(self) -> None:
        """Ask, then have the token forgotten."""
        from ui.dialogs.question import Question

        dialog = Question(self._theme, self.tr("Sign out?"), self.tr("Sign out"), kind="primary", parent=self)
        dialog.add_text(
            self.tr(
                "The access token is erased from this computer and its keyring. Working orders stay with "
                "the broker and may still fill."
            )
        )
        dialog.confirmed.connect(self.sign_out_requested)
        dialog.open()

    @Slot()
    def ask_to_unlock_live(self) -> None:
        """The gate to real money, for the live account that is shown."""
        if self._session is not None and self._session.environment is Environment.LIVE:
            self._open_gate(self._session.account.account)

    def ask_for_environment(self, environment: Environment) -> None:
        """Switch to the account of another environment; to a live one through the gate."""
        account = self._accounts.get(environment)
        if environment is Environment.LIVE and not self._is_confirmed(account):
            self._open_gate(account)
        else:
            self.environment_requested.emit(environment)

    def choose_keys(
        self, action: str, current: str, taken: Mapping[str, str], keep: Callable[[str], object]
    ) -> None:
        """Let the trader choose the keys for an action; `keep` is told which."""
        from ui.dialogs.shortcut import ShortcutDialog

        dialog = ShortcutDialog(self._theme, action, current, taken, self)
        dialog.keys_chosen.connect(keep)
        dialog.open()

    @Slot()
    def show_about(self) -> None:
        """Versions, licences, independence."""
        # Loaded for those who look, which few do at every start.
        from ui.dialogs.about import AboutDialog

        AboutDialog(self._theme, self).open()

    @Slot()
    def reset_layout(self) -> None:
        """Put every panel back where it was at first."""
        self.desk.workspace.reset()

    @Slot()
    def escape(self) -> None:
        """Dismiss the newest notice, or give the keyboard back to the watchlist."""
        if self.notices.rows:
            self.notices.dismiss_newest()
        elif self._session is not None:
            self.desk.reveal(self.desk.watchlist)

    # ---- inside ---------------------------------------------------------------------------------------

    def _assemble(self) -> None:
        surface = QWidget()
        surface.setObjectName("mainSurface")
        column = QVBoxLayout(surface)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top_bar)
        column.addWidget(self.notices)
        column.addWidget(self._pages, 1)
        column.addWidget(self.status_bar)
        self.setCentralWidget(surface)
        self.setMinimumSize(*_LEAST_SIZE)

    def _connect(self) -> None:
        self.welcome.sign_in_requested.connect(self.begin_sign_in)
        self.welcome.cancel_requested.connect(self._cancel_sign_in)
        self._settings.changed.connect(self._take_setting)
        self._settings.failed.connect(self.show_notice)

    def _make_desk(self) -> "Desk":
        # Panels, docking system, tables: a quarter of a second that the first window need not wait for.
        from ui.desk import Desk

        desk = Desk(self._theme, self._clock, self._settings, self)
        desk.noticed.connect(self.show_notice)
        desk.set_density(self._settings.values.density)
        self._pages.addWidget(desk.workspace)
        desk.workspace.restore(_decoded(self._settings.values.window_layout))
        return desk

    @Slot()
    def _prepare_desk(self) -> None:
        """Make the desk while the program waits for its broker or for the person."""
        self.desk  # noqa: B018 - the first look makes it
        if self._tray is None:
            self._prepare_tray()

    def _prepare_tray(self) -> None:
        # Trays are found over the session bus, which the first window does not wait for either.
        from ui.tray import Tray, is_available

        if is_available():
            commands = self.commands
            shown = (commands.flatten, commands.no_new_orders, commands.sign_out, commands.quit)
            self._tray = Tray(self, shown)
            self._tray.window_wanted.connect(self.come_forward)
            self._tray.show()

    @Slot()
    def _cancel_sign_in(self) -> None:
        if self._sign_in is not None:
            self._sign_in.cancel()

    def _open_gate(self, account: Account | None) -> None:
        if account is None:
            return
        from ui.dialogs.unlock_live import UnlockLiveDialog

        dialog = UnlockLiveDialog(self._theme, account.short_number, self)
        dialog.confirmed.connect(lambda: self._enter_live(account.id))
        dialog.open()

    def _is_confirmed(self, account: Account | None) -> bool:
        return account is not None and account.id in self._live_confirmed

    def _enter_live(self, account_id: str) -> None:
        self._live_confirmed.add(account_id)
        if self._session is not None and self._session.environment is Environment.LIVE:
            self._session.orders.unlock_live()
        else:
            self.environment_requested.emit(Environment.LIVE)

    @Slot()
    def _show_gate(self) -> None:
        is_locked = (
            self._session is not None and self._session.orders.trading_block is TradingBlock.LIVE_LOCKED
        )
        self.commands.show_live_lock(is_locked)

    @Slot()
    def _show_title(self) -> None:
        account = None if self._session is None else self._session.account.account
        if self._session is None or account is None:
            QApplication.setWindowIcon(window_icon(self._theme))
            self.setWindowTitle(NAME)
            return
        label = words.account_label(self._session.environment, account.short_number)
        title = f"{NAME} - {label}"
        if title != self.windowTitle():
            # For every window of the program: floating panels, dialogs. The tray follows the title.
            QApplication.setWindowIcon(window_icon(self._theme, self._session.environment))
            self.setWindowTitle(title)

    @Slot(str)
    def _take_setting(self, name: str) -> None:
        if name == "theme":
            self._theme.set(_theme_name(self._settings.values.theme))
        elif name == "no_new_orders":
            self._hold_orders()
        elif name == "density" and self._desk is not None:
            self.desk.set_density(self._settings.values.density)

    def _hold_orders(self) -> None:
        """Carry the trader's own switch to the order desk, and show it."""
        is_on = self._settings.values.no_new_orders
        self.top_bar.show_hold(is_on)
        if self._session is not None:
            self._session.orders.switch(TradingBlock.NO_NEW_ORDERS, on=is_on)

    def _keep_place(self) -> None:
        self._settings.change(window_geometry=b64encode(bytes(self.saveGeometry().data())).decode())
        if self._desk is not None:
            self._settings.change(window_layout=b64encode(self._desk.workspace.save()).decode())

    def _restore_place(self) -> None:
        geometry = _decoded(self._settings.values.window_geometry)
        if not geometry or not self.restoreGeometry(geometry):
            room = self.screen().availableGeometry()
            self.resize(min(_FIRST_SIZE[0], room.width()), min(_FIRST_SIZE[1], room.height()))

    def _follow_alarms(self, session: "Session | None") -> None:
        if self._alarms is None:
            from ui.order_alarms import OrderAlarms

            self._alarms = OrderAlarms(self.notices)
        self._alarms.follow(None if session is None else session.orders)

    def _watch_cross(self) -> None:
        """A dialog must not keep anybody from leaving: its question is answered with no, as by the keys."""
        if self._blocked_close is None:
            from ui.blocked_close import BlockedClose

            self._blocked_close = BlockedClose(self)
            self._blocked_close.requested.connect(self.close, Qt.ConnectionType.QueuedConnection)
        self._blocked_close.watch(int(self.winId()))

    def _dismiss_dialogs(self) -> None:
        """Every question unanswered is answered with no."""
        for dialog in self.findChildren(DialogFrame):
            dialog.reject()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowBlocked:
            self._watch_cross()
        elif event.type() is QEvent.Type.WindowUnblocked and self._blocked_close is not None:
            self._blocked_close.rest()
        return super().event(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._desk is None:
            self._desk_soon.start()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._desk_soon.stop()
        self._keep_place()
        if self._tray is not None:
            self._tray.hide()
        self._dismiss_dialogs()
        super().closeEvent(event)
        self.closed.emit()


def _theme_name(word: str) -> ThemeName:
    return "light" if word == "light" else "dark"


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError):
        return b""
