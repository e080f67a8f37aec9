"""What can be cancelled together, in words with the number of orders: for menus and the command field."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from core.domain.cancels import cancelable_orders
from core.domain.order import Order, Side
from ui.instrument_words import short_name

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyCancels:
    """Several orders to cancel in one go: those of a symbol, of a side, or all; `count` at this moment."""

    text: str
    symbol: str | None = None
    side: str | None = None
    count: int


def many_cancels(orders: Mapping[str, Order], symbols: Iterable[str]) -> list[ManyCancels]:
    """What of `orders`, which are by id, can be cancelled together: of each symbol, of each side, and all."""
    open_orders = cancelable_orders(orders)

    def of(text: str, symbol: str | None = None, side: str | None = None) -> ManyCancels:
        count = sum(symbol in (None, one.symbol) and side in (None, one.side) for one in open_orders)
        return ManyCancels(text=f"{text} ({count})", symbol=symbol, side=side, count=count)

    in_symbol = translate("OrderMenu", "Cancel all in {symbol}\u2026")
    return [
        *(of(in_symbol.format(symbol=short_name(symbol)), symbol=symbol) for symbol in symbols),
        of(translate("OrderMenu", "Cancel all buy orders\u2026"), side=Side.BUY.value),
        of(translate("OrderMenu", "Cancel all sell orders\u2026"), side=Side.SELL.value),
        of(translate("OrderMenu", "Cancel all\u2026")),
    ]
