"""Shows whether the order button asks first, arms one-click sending, and remembers presets."""

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui import figures
from ui.controls.buttons import ActionButton
from ui.controls.labels import restyle
from ui.panels.chip_label import ChipLabel
from ui.panels.one_click import Disarmed, OneClick
from ui.theme.theme import Theme


class TicketFoot(QWidget):
    """A row under the account: one-click sending at the left, the symbol's preset at the right."""

    arm_requested = Signal()
    disarm_requested = Signal()
    preset_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(QCoreApplication.translate("TicketFoot", "One-click sending and preset"))
        self._is_armed = False
        self.state = ChipLabel(theme)
        self.state.set_caption(self.tr("One-click sending"))
        self.toggle = ActionButton("", kind="link", tone="accent")
        self.preset = ActionButton("", kind="link", tone="accent")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.state)
        row.addWidget(self.toggle)
        row.addStretch(1)
        row.addWidget(self.preset)
        self.toggle.clicked.connect(self._on_toggle)
        self.preset.clicked.connect(self.preset_requested)

    def show_one_click(self, one_click: OneClick, *, is_live: bool) -> None:
        """Show whether the next order goes without asking, and for how long."""
        is_armed = one_click.is_armed
        left = self.tr("ONE-CLICK ON") + f" \u00b7 {figures.countdown(one_click.left_s).removeprefix('0:')}"
        self.state.show_text(left if is_armed else "", "down" if is_live else "warning")
        self.toggle.show_text(self.tr("Disarm") if is_armed else self.tr("Arm one-click"))
        unarmed = (self._why(one_click.reason), self.tr("Orders then go without asking."))
        self.toggle.setToolTip(
            self.tr("Ask before every order again.") if is_armed else " ".join(filter(None, unarmed))
        )
        if is_armed is not self._is_armed:
            self._is_armed = is_armed
            restyle(self.toggle)

    def show_preset(self, symbol: str, *, is_kept: bool) -> None:
        """Offer to keep the ticket's choices for `symbol`, or to forget them where they are kept."""
        self.preset.show_text(self.tr("Forget preset") if is_kept else self.tr("Keep as preset"))
        tip = self.tr("What {symbol} begins with: type, exits, time in force and amount.")
        self.preset.setToolTip(tip.format(symbol=symbol))
        self.preset.setVisible(bool(symbol) and not self._is_armed)

    def _why(self, reason: Disarmed | None) -> str:
        """Why one-click sending ended, for whoever wonders."""
        match reason:
            case Disarmed.BY_HAND:
                return self.tr("Disarmed by you.")
            case Disarmed.TIME_UP:
                return self.tr("Disarmed: its time was up.")
            case Disarmed.OTHER_SYMBOL:
                return self.tr("Disarmed: the symbol changed.")
            case Disarmed.LOOKED_AWAY:
                return self.tr("Disarmed: you turned to another window.")
            case _:
                return ""

    @Slot()
    def _on_toggle(self) -> None:
        (self.disarm_requested if self._is_armed else self.arm_requested).emit()
