"""The tour's hands: they use the same controls as a person, and only when those take a click."""

from decimal import Decimal

from PySide6.QtWidgets import QApplication, QWidget

from core.domain.money import plain
from core.domain.request import OrderRequest
from ui.dialogs.confirm_order import ConfirmOrderDialog
from ui.dialogs.replace_order import ReplaceDialog
from ui.main_window import MainWindow


def open_dialog(kind: type[QWidget]) -> QWidget | None:
    """The visible dialog of that class, if there is one."""
    return next((w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()), None)


class Hands:
    """Fills in and presses. Each `press_...` returns whether it has pressed now."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def fill_ticket(self, request: OrderRequest) -> None:
        """Put an order into the ticket, as if typed."""
        panel = self._window.desk.ticket
        if panel.ticket is None:
            raise RuntimeError("there is no ticket without a session")
        panel.ticket.submission.start_another()
        panel.set_symbol(request.symbol)
        form = panel.ticket.form
        form.type.button(request.type.value).click()
        form.side.button(request.side.value).click()
        form.quantity.setText("" if request.qty is None else plain(request.qty))
        if request.limit_price is not None:
            form.limit_price.setText(plain(request.limit_price))
        form.time_in_force.setCurrentIndex(form.time_in_force.findData(request.time_in_force.value))

    def press_send(self) -> bool:
        """Press the ticket's button, once it takes a click."""
        ticket = self._window.desk.ticket.ticket
        if ticket is None or not ticket.send_area.button.isEnabled():
            return False
        ticket.send_area.button.click()
        return True

    def press_confirm(self) -> bool:
        """Confirm the order that is asked about, once the dialog takes it."""
        dialog = open_dialog(ConfirmOrderDialog)
        if not isinstance(dialog, ConfirmOrderDialog) or not dialog.deed.isEnabled():
            return False
        dialog.deed.click()
        return True

    def change_limit(self, price: Decimal) -> bool:
        """Enter a new limit price into the open dialog and send the change, once it takes it."""
        dialog = open_dialog(ReplaceDialog)
        if not isinstance(dialog, ReplaceDialog):
            return False
        field = dialog.field("limit_price")
        if field.value != price:
            field.setText(plain(price))
        if not dialog.deed.isEnabled():
            return False
        dialog.deed.click()
        return True
