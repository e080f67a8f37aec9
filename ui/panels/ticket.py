"""The order ticket's panel: holds the ticket of the session it is bound to, or says how to get one."""

from PySide6.QtCore import QCoreApplication, QSize, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from core.domain.order import Side
from core.services.clock import Clock
from core.services.session import Session
from core.services.settings import Settings
from ui.instrument_words import short_name
from ui.panels.empty_state import EmptyState
from ui.panels.frame import Panel
from ui.panels.ticket_body import Ticket
from ui.theme.theme import Theme

_LEAST_PX = 320  # below that the order types and the quote no longer stand side by side


class TicketPanel(Panel):
    """A new ticket for every session: nothing of one account's order may reach the next."""

    symbol_changed = Signal(object)  # str

    def __init__(self, theme: Theme, clock: Clock, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("TicketPanel", "Order"), parent, is_linked=True)
        self._clock, self._settings = clock, settings
        self.ticket: Ticket | None = None
        self._pages = QStackedWidget()
        self._pages.addWidget(EmptyState(self.tr("Sign in to trade.")))
        self.body.addWidget(self._pages)
        self.setMinimumWidth(_LEAST_PX)

    def bind(self, session: Session) -> None:
        """Trade in this session from now on."""
        self.unbind()
        self.ticket = Ticket(session, self._settings, self.theme, self._clock)
        self.ticket.symbol_changed.connect(self._show_symbol)
        self._pages.addWidget(self.ticket)
        self._pages.setCurrentWidget(self.ticket)

    def unbind(self) -> None:
        """Forget the session; what is under way goes on in its order desk."""
        ticket, self.ticket = self.ticket, None
        if ticket is not None:
            self._pages.removeWidget(ticket)
            ticket.end()
            ticket.deleteLater()
        self.set_subtitle("")
        self._pages.setCurrentIndex(0)

    def minimumSizeHint(self) -> QSize:
        # Before there is a session, too: the docking system asks once, and keeps what it was told.
        return super().minimumSizeHint().expandedTo(QSize(_LEAST_PX, 0))

    @property
    def entry(self) -> QWidget:
        """Where the keyboard goes when the panel is called up."""
        # As a focus proxy it would stand in for the panel in the tab order as well, and everything between
        # the panel's place there and the field's would be passed over.
        return self if self.ticket is None else self.ticket.form.quantity

    @Slot(object)
    def set_symbol(self, symbol: str) -> None:
        """Turn the ticket to another instrument."""
        if self.ticket is not None:
            self.ticket.set_symbol(symbol)

    def choose_side(self, side: Side) -> None:
        """Prepare to buy or to sell, with the keyboard on the quantity."""
        if self.ticket is not None:
            self.ticket.choose_side(side)

    @Slot()
    def send_order(self) -> None:
        """Send the ticket's order, as its button would."""
        if self.ticket is not None:
            self.ticket.send_order()

    @Slot()
    def start_another(self) -> None:
        """Make the ticket ready for a new order."""
        if self.ticket is not None:
            self.ticket.submission.start_another()
            self.ticket.form.quantity.setFocus()

    @Slot(object)
    def _show_symbol(self, symbol: str) -> None:
        self.set_subtitle(short_name(symbol))
        self.symbol_changed.emit(symbol)
