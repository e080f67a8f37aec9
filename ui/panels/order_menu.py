"""What can be done about orders, as menus: about one order, and about many at once."""

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from core.domain.order import Order
from ui import words
from ui.cancels import ManyCancels, many_cancels
from ui.instrument_words import short_name
from ui.models.order_row import OrderRow

translate = QCoreApplication.translate


def add_row_actions(
    menu: QMenu, row: OrderRow, act: Callable[[str], object], *, may_retry: bool, may_let_go: bool
) -> None:
    """Add what can be asked for one order; `act` is called with "replace", "cancel", "retry" and so on."""
    shown = row.shown
    replace = menu.addAction(translate("OrderMenu", "Replace\u2026"))
    replace.setShortcut(QKeySequence(Qt.Key.Key_Return))
    replace.setEnabled(row.may_replace)
    replace.triggered.connect(lambda: act("replace"))
    cancel = menu.addAction(
        translate("OrderMenu", "Cancel {side} {symbol}").format(
            side=words.side(shown.side), symbol=short_name(shown.symbol)
        )
    )
    cancel.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
    cancel.setEnabled(row.may_cancel)
    cancel.triggered.connect(lambda: act("cancel"))
    if row.is_unknown:
        look_up = menu.addAction(translate("OrderMenu", "Check with the broker now"))
        look_up.triggered.connect(lambda: act("look_up"))
        retry = menu.addAction(translate("OrderMenu", "Send again with the same id\u2026"))
        retry.setEnabled(may_retry)
        retry.triggered.connect(lambda: act("retry"))
        let_go = menu.addAction(translate("OrderMenu", "Stop checking\u2026"))
        let_go.setEnabled(may_let_go)
        let_go.triggered.connect(lambda: act("let_go"))
    details = menu.addAction(translate("OrderMenu", "Details and timeline\u2026"))
    details.setShortcut(QKeySequence("Space"))
    details.triggered.connect(lambda: act("details"))


def add_cancels(
    menu: QMenu,
    orders: Mapping[str, Order],
    symbol: str,
    cancel: Callable[[str | None, str | None], object],
) -> None:
    """Add the cancels of many: of `symbol`, of each side, of all; each says how many orders it means."""
    for many in many_cancels(orders, [symbol] if symbol else ()):
        action = menu.addAction(many.text)
        action.setEnabled(many.count > 0)
        action.triggered.connect(partial(_ask, cancel, many))


def _ask(cancel: Callable[[str | None, str | None], object], many: ManyCancels, _is_on: bool = False) -> None:
    cancel(many.symbol, many.side)
