"""The bar along the top: name, perspective, command field, the account's main figures, badges, menu."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from core.domain.account import Account
from core.domain.environment import Environment
from core.domain.product import NAME
from ui import figures, words
from ui.command_field import FIELD_WIDTH_PX, CommandField
from ui.controls.badge import Badge, EnvironmentBadge
from ui.controls.labels import PlainLabel
from ui.controls.menus import open_under
from ui.theme.colors import Tone
from ui.theme.theme import Theme
from ui.theme.tokens import TOP_BAR_PX

if TYPE_CHECKING:
    from core.services.session import Session

_MARK_PX = 18
_LEFT_PX, _RIGHT_PX = 14, 8
_GAP_PX, _LEFT_GAP_PX, _RIGHT_GAP_PX = 12, 10, 14
_FIELD_LEAST_PX, _SPARE_PX = 180, 24
_TONES: dict[int, Tone] = {1: "up", -1: "down", 0: "text"}


class TopFigure(QWidget):
    """A small label over a figure, both at the right."""

    def __init__(self, theme: Theme, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        right = Qt.AlignmentFlag.AlignRight
        self.figure = PlainLabel(figures.MISSING, font=theme.fonts.strong, align=right)
        self.figure.set_caption(label)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(PlainLabel(label, tone="muted", font=theme.fonts.small, align=right))
        column.addWidget(self.figure)

    def show_figure(self, text: str, tone: Tone = "text") -> None:
        """Show the figure, and say it with its label to a screen reader."""
        self.figure.show_text(text, tone)


class TopBar(QWidget):
    """Shows a session, or nothing but the name while nobody is signed in."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._environment = Environment.PAPER
        self.setFixedHeight(TOP_BAR_PX)
        self.setAccessibleName(self.tr("Top bar"))
        self.command_field = CommandField(theme)
        self.command_field.setFixedHeight(30)
        self.equity = TopFigure(theme, self.tr("Equity"))
        self.day = TopFigure(theme, self.tr("Day"))
        self.buying_power = TopFigure(theme, self.tr("Buying power"))
        self.hold = _HoldBadge(theme)
        self.hold.show_text(self.tr("NO NEW ORDERS"))
        self.hold.setToolTip(
            self.tr("New orders are switched off. Cancels, closes and Flatten still go out.")
        )
        self.hold.hide()
        self._is_held = False
        self.scopes = Badge(theme)
        self.scopes.set_caption(self.tr("Access"))
        self.environment = EnvironmentBadge(theme)
        self.menu_button = QToolButton()
        self.menu_button.setAccessibleName(self.tr("Menu"))
        self.menu_button.setToolTip(self.tr("Menu (F10)"))
        self.menu_button.setFixedSize(28, 28)
        self.menu_button.clicked.connect(self.open_menu)
        self._menu: QMenu | None = None
        theme.set_icon(self.menu_button, "ellipsis")
        self._session_parts: tuple[QWidget, ...] = (
            self.command_field,
            self.equity,
            self.day,
            self.buying_power,
            self.scopes,
            self.environment,
        )
        self._has_session = False
        self._arrange()
        # What the account panel shows too, or what is a word only, goes first; the environment never does.
        self._yielding = (self.perspective, self.scopes, self.buying_power, self.day, self.equity)
        self.show_signed_out()

    def set_menu(self, menu: QMenu) -> None:
        """What the button at the right end opens."""
        self._menu = menu

    @Slot()
    def open_menu(self) -> None:
        """Open the menu under its button."""
        if self._menu is not None:
            open_under(self._menu, self.menu_button)

    def show_session(self, session: "Session") -> None:
        """Show the account of `session` from now on."""
        self.scopes.show_text(words.grant_badge(session.grant))
        for part in self._session_parts:
            part.show()
        self.perspective.show()
        self.hold.setVisible(self._is_held)
        self._has_session = True
        self._environment = session.environment
        session.account.changed.connect(self.show_account)
        if session.account.account is not None:
            self.show_account(session.account.account)
        self._give_way()

    def show_signed_out(self) -> None:
        """Show nothing of any account."""
        self._has_session = False
        for part in (*self._session_parts, self.perspective, self.hold):
            part.hide()

    def show_hold(self, is_held: bool) -> None:
        """Say that the trader has switched new orders off."""
        self._is_held = is_held
        self.hold.setVisible(is_held and self._has_session)
        self._give_way()

    @Slot(object)
    def show_account(self, account: Account) -> None:
        """Take the newest figures."""
        self.equity.show_figure(figures.money(account.equity))
        change, fraction = account.day_change, account.day_change_fraction
        day = figures.signed_money(change)
        if fraction is not None:
            day = f"{day} \u00b7 {figures.percent(abs(fraction), sign=False)}"
        self.day.show_figure(day, _TONES[figures.direction(change)])
        self.buying_power.show_figure(figures.money(account.buying_power))
        self.environment.show_account(self._environment, account.short_number)
        self._give_way()

    def _give_way(self) -> None:
        """In a narrow window a figure is whole or not there; with some room to spare it comes back."""
        if not self._has_session:
            return
        gaps = _LEFT_PX + _RIGHT_PX + 2 * _GAP_PX + _LEFT_GAP_PX
        needed = gaps + _MARK_PX + self._name.sizeHint().width() + _FIELD_LEAST_PX + self.menu_button.width()
        needed += self.perspective.sizeHint().width() + _LEFT_GAP_PX
        if self._is_held:
            needed += self.hold.sizeHint().width() + _LEFT_GAP_PX
        for part in self._session_parts[1:]:
            needed += part.sizeHint().width() + _RIGHT_GAP_PX
        for part in self._yielding:
            goes = needed + (_SPARE_PX if part.isHidden() else 0) > self.width()
            part.setVisible(not goes)
            if goes:
                gap = _LEFT_GAP_PX if part is self.perspective else _RIGHT_GAP_PX
                needed -= part.sizeHint().width() + gap

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._give_way()

    def _arrange(self) -> None:
        self._name = PlainLabel(NAME, font=self._theme.fonts.strong)
        # The only perspective there is: a word that tells where one is, not a choice yet.
        self.perspective = _PerspectivePill(self._theme)
        self.perspective.set_caption(self.tr("Perspective"))
        self.perspective.show_text(self.tr("Trading"))
        left, right = QHBoxLayout(), QHBoxLayout()
        left.setSpacing(_LEFT_GAP_PX)
        left.addWidget(_Mark(self._theme))
        left.addWidget(self._name)
        left.addWidget(self.perspective)
        # Here, where there is room at most widths: at the right it would push the command field aside.
        left.addWidget(self.hold, 0, Qt.AlignmentFlag.AlignVCenter)
        left.addStretch(1)
        right.setSpacing(_RIGHT_GAP_PX)
        right.addStretch(1)
        for widget in self._session_parts[1:]:
            right.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        right.addWidget(self.menu_button)
        row = QHBoxLayout(self)
        row.setContentsMargins(_LEFT_PX, 0, _RIGHT_PX, 0)
        row.setSpacing(_GAP_PX)
        row.addLayout(left, 1)
        row.addWidget(self.command_field, 0)
        row.addLayout(right, 1)
        self.command_field.setMinimumWidth(_FIELD_LEAST_PX)
        self.command_field.setMaximumWidth(FIELD_WIDTH_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = self._theme.colors
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors.panel)
        painter.fillRect(0, self.height() - 1, self.width(), 1, colors.line)
        painter.end()


class _PerspectivePill(Badge):
    """The perspective one is in."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setFont(theme.fonts.base)

    def surface(self) -> tuple[QColor | None, QColor, QColor]:
        colors = self._theme.colors
        return colors.raised, colors.raised, colors.text

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width() + 6, 28)


class _HoldBadge(Badge):
    """New orders are switched off: amber, filled, not to be overlooked."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setFont(theme.fonts.small_strong)

    def surface(self) -> tuple[QColor | None, QColor, QColor]:
        colors = self._theme.colors
        return colors.warning_tint, colors.warning, colors.warning


class _Mark(QWidget):
    """The program's mark."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedSize(_MARK_PX, _MARK_PX)
        theme.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        mark = self._theme.pixmap("bellwether", "accent", _MARK_PX, self.devicePixelRatioF())
        painter.drawPixmap(0, 0, mark)
        painter.end()
