"""The account: what it is worth, what may be spent, what blocks it, and how old all that is."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSize, Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QWidget

from core.domain.account import TRADABLE_STATUS, Account
from core.domain.freshness import ACCOUNT_STALE_S, age_s
from core.errors import AppError
from core.services.clock import Clock
from ui import figures, words
from ui.controls.badge import EnvironmentBadge
from ui.controls.labels import PlainLabel
from ui.panels.chip_label import ChipLabel
from ui.panels.figure_list import FigureLine, FigureList
from ui.panels.pulse import Pulse
from ui.panels.session_panel import SessionPanel
from ui.theme.buttons import IconButton
from ui.theme.colors import Tone
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.services.session import Session

_AGE_BEAT_MS = 500
_LEAST_PX = 270


class AccountPanel(SessionPanel):
    """Shows the account of the session it is bound to."""

    def __init__(self, theme: Theme, clock: Clock, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("AccountPanel", "Account"), parent)
        self._clock = clock
        self._failure = ""
        self.age = PlainLabel("", tone="muted")
        self.age.set_caption(self.tr("Figures read"))
        self.refresh = IconButton(theme, "refresh-cw", self.tr("Refresh"))
        self.refresh.setEnabled(False)
        self.add_title_action(self.age)
        self.add_title_action(self.refresh)
        self.badge = EnvironmentBadge(theme)
        self.badge.hide()
        self.add_title_badge(self.badge)
        self.status = ChipLabel(theme)
        self.status.set_caption(self.tr("Status"))
        self.block_flags = ChipLabel(theme)
        self._list = FigureList()
        self._lines: dict[str, FigureLine] = {}
        self._fill_list()
        self.set_content(_scrolling(self._list))
        self._pulse = Pulse(self, _AGE_BEAT_MS, clock.monotonic_ns)
        self._pulse.precede(self.title_actions)
        self._pulse.beat.connect(self._show_age)
        self.refresh.clicked.connect(self._on_refresh_clicked)
        self.end()

    def _fill_list(self) -> None:
        for name, title in (
            ("equity", self.tr("Equity")),
            ("day", self.tr("Day change")),
            ("cash", self.tr("Cash")),
            ("buying_power", self.tr("Buying power")),
            ("regt_buying_power", self.tr("Overnight buying power")),
            ("non_marginable", self.tr("Non-marginable power")),
            ("options_buying_power", self.tr("Options buying power")),
            ("long", self.tr("Long value")),
            ("short", self.tr("Short value")),
            ("initial", self.tr("Initial margin")),
            ("maintenance", self.tr("Maintenance")),
            ("options_level", self.tr("Options level")),
        ):
            long_form = self.tr("Non-marginable buying power") if name == "non_marginable" else ""
            self._lines[name] = self._list.add_line(title, long_form)
        states = QWidget()
        row = QHBoxLayout(states)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.block_flags)
        row.addWidget(self.status)
        self._list.add_widget(self.tr("Status"), states)
        self._list.close_up()

    # ---- the session --------------------------------------------------------------------------------

    def begin(self, session: "Session") -> None:
        self.bindings.connect(session.account.changed, self.show_account)
        self.bindings.connect(session.account.failed, self.show_failure)
        self.refresh.setEnabled(True)
        if session.account.account is not None:
            self.show_account(session.account.account)
        self._pulse.set_on(True)

    def end(self) -> None:
        self._failure = ""
        self._pulse.set_on(False)
        self.refresh.setEnabled(False)
        self.badge.hide()
        self.age.show_text("", "muted")
        self.empty.say(self.tr("Sign in to see your account."))

    @Slot(object)
    def show_account(self, account: Account) -> None:
        """Show the newest figures."""
        if self.session is None:
            return
        self._failure = ""
        self.badge.show()
        self.badge.show_account(self.session.environment, account.short_number)
        self.badge.setToolTip(words.outside_text(account.number, 40))
        for name, text, tone in _figures_of(account):
            self._lines[name].show(text, tone)
        for name, figure in (
            ("regt_buying_power", account.regt_buying_power),
            ("non_marginable", account.non_marginable_buying_power),
            ("options_buying_power", account.options_buying_power),
            ("options_level", account.options_level),
        ):
            self._lines[name].set_visible(figure is not None)
        is_active = account.status == TRADABLE_STATUS
        self.status.show_text(words.account_status(account.status), "up" if is_active else "warning")
        flags = ", ".join(words.block_flag(name) for name in account.blocks)
        self.block_flags.show_text(flags, "down")
        self.show_content(is_there=True)
        self._show_age()

    @Slot(object)
    def show_failure(self, error: AppError) -> None:
        """Say that the figures could not be read again; the old ones stay, with their age."""
        self._failure = error.headline
        if self.session is not None and self.session.account.account is None:
            self.empty.say(error.headline)
        self._show_age()

    @Slot()
    def _show_age(self) -> None:
        if self.session is None:
            return
        age = age_s(self.session.account.received_ns, self._clock.monotonic_ns())
        if age is None:
            return
        is_stale = age > ACCOUNT_STALE_S or bool(self._failure)
        text = self.tr("{age} ago").format(age=figures.age(float(int(age))).replace(".0 ", " "))
        self.age.show_text(text, "warning" if is_stale else "muted")
        self.age.setToolTip(self._failure)

    @Slot()
    def _on_refresh_clicked(self) -> None:
        if self.session is not None:
            self.session.account.refresh()

    def minimumSizeHint(self) -> QSize:
        # Room for the badge before it is there, too: the docking system asks once and remembers.
        return super().minimumSizeHint().expandedTo(QSize(_LEAST_PX, 0))


def _figures_of(account: Account) -> tuple[tuple[str, str, Tone], ...]:
    change = account.day_change
    day = figures.signed_money(change)
    if account.day_change_fraction is not None:
        day += f" \u00b7 {figures.percent(abs(account.day_change_fraction), sign=False)}"
    tone: Tone = ("muted", "up", "down")[figures.direction(change)]
    level = figures.MISSING if account.options_level is None else str(account.options_level)
    return (
        ("equity", figures.money(account.equity), "text"),
        ("day", day, tone),
        ("cash", figures.money(account.cash), "text"),
        ("buying_power", figures.money(account.buying_power), "text"),
        ("regt_buying_power", figures.money(account.regt_buying_power), "text"),
        ("non_marginable", figures.money(account.non_marginable_buying_power), "text"),
        ("options_buying_power", figures.money(account.options_buying_power), "text"),
        ("long", figures.money(account.long_market_value), "text"),
        ("short", figures.money(account.short_market_value), "text"),
        ("initial", figures.money(account.initial_margin), "text"),
        ("maintenance", figures.money(account.maintenance_margin), "text"),
        ("options_level", level, "text"),
    )


def _scrolling(content: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(content)
    content.setAutoFillBackground(False)
    area.viewport().setAutoFillBackground(False)
    area.setMinimumSize(QSize(0, 0))
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area
