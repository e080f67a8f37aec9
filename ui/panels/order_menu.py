"""What can be done about orders, as menus: about one order, and about many at once."""

from collections.abc import Callable, Iterable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from core.domain.order import Order, Side
from ui import words
from ui.models.order_row import OrderRow

translate = QCoreApplication.translate


def add_row_actions(menu: QMenu, row: OrderRow, act: Callable[[str], object], *, may_retry: bool) -> None:
    """Add what can be asked for one order; `act` is called with "replace", "cancel", "retry" and so on."""
    shown = row.shown
    replace = menu.addAction(translate("OrderMenu", "Replace\u2026"))
    replace.setShortcut(QKeySequence(Qt.Key.Key_Return))
    replace.setEnabled(row.may_replace)
    replace.triggered.connect(lambda: act("replace"))
    cancel = menu.addAction(
        translate("OrderMenu", "Cancel {side} {symbol}").format(
            side=words.side(shown.side), symbol=words.outside_text(shown.symbol, 40)
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
    details = menu.addAction(translate("OrderMenu", "Details and timeline\u2026"))
    details.setShortcut(QKeySequence("Space"))
    details.triggered.connect(lambda: act("details"))


def add_cancels(
    menu: QMenu,
    orders: Iterable[Order],
    symbol: str,
    cancel: Callable[[str | None, str | None], object],
) -> None:
    """Add the cancels of many: of `symbol`, of each side, of all; each says how many orders it means."""
    open_orders = [order for order in orders if order.is_cancelable]

    def add(text: str, by_symbol: str | None, side: str | None) -> None:
        count = sum(by_symbol in (None, one.symbol) and side in (None, one.side) for one in open_orders)
        action = menu.addAction(f"{text} ({count})")
        action.setEnabled(count > 0)
        action.triggered.connect(lambda: cancel(by_symbol, side))

    if symbol:
        shown = words.outside_text(symbol, 40)
        add(translate("OrderMenu", "Cancel all in {symbol}\u2026").format(symbol=shown), symbol, None)
    add(translate("OrderMenu", "Cancel all buy orders\u2026"), None, Side.BUY.value)
    add(translate("OrderMenu", "Cancel all sell orders\u2026"), None, Side.SELL.value)
    add(translate("OrderMenu", "Cancel all\u2026"), None, None)
