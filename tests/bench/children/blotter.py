"""Loads, sorts and filters a hundred thousand orders in the orders table, or in Qt's ready-made models.

`python -m tests.bench.children.blotter ours|qt ROWS REPEATS` prints one JSON object of samples in ms.
"""

import gc
import json
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from msgspec import structs
from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication, QTableView

from core.domain.order import Order, OrderStatus
from ui.models.order_columns import LIMIT, STATUS, SYMBOL
from ui.models.order_search import NO_SEARCH, parsed_search
from ui.models.orders import OrdersModel, OrdersView
from ui.panels.table_view import TableView
from ui.theme.theme import Theme

_SYMBOLS = 400
_SORTED_BY = (SYMBOL, LIMIT, STATUS)
_LOOKED_FOR = ("s01", "filled", "c-9999")
_QT_SORTED_BY, _QT_LOOKED_FOR = (1, 6, 10), (("s01", 1), ("Filled", 10), ("c-9999", 11))


def orders(count: int) -> list[Order]:
    """Orders as a history has them: newest first, most filled, some cancelled or refused."""
    chance = random.Random(20261128)
    symbols = [f"S{number:03d}" for number in range(_SYMBOLS)]
    ended = [OrderStatus.FILLED, OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED]
    first = Order(
        id="",
        client_order_id="",
        symbol="",
        side="buy",
        type="limit",
        time_in_force="day",
        status=OrderStatus.NEW,
        status_text="new",
        qty=Decimal(100),
    )
    now = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
    made = []
    for number in range(count):
        status = chance.choice(ended)
        made.append(
            structs.replace(
                first,
                id=f"aa0b3f10-0000-4000-8000-{number:012d}",
                client_order_id=f"c-{number}",
                symbol=chance.choice(symbols),
                side=chance.choice(("buy", "sell")),
                status=status,
                status_text=status.value,
                filled_qty=Decimal(100 if status is OrderStatus.FILLED else 0),
                filled_avg_price=Decimal(chance.randrange(100, 99_999)) / 100,
                limit_price=Decimal(chance.randrange(100, 99_999)) / 100,
                submitted_at=now - timedelta(seconds=7 * number),
            )
        )
    return made


def measured(act: Callable[[], object]) -> float:
    """Milliseconds from the wish until it is painted."""
    begin = time.perf_counter_ns()
    act()
    QApplication.sendPostedEvents()
    QApplication.processEvents()
    return (time.perf_counter_ns() - begin) / 1e6


def show(view: QTableView) -> None:
    """Put the table on the screen there is."""
    view.resize(1152, 322)
    view.show()
    QApplication.processEvents()


def ours(listed: list[Order], repeats: int) -> dict[str, list[float]]:
    """The orders table of the program."""
    theme = Theme("dark")
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme.apply(application)
    samples: dict[str, list[float]] = {"load": [], "sort": [], "filter": []}
    model = OrdersModel()
    model.show_view(OrdersView.ALL)
    view = TableView(theme, model, "Orders")
    view.allow_sorting()
    show(view)
    for _ in range(repeats):
        model.start_over()
        samples["load"].append(measured(partial(model.show_orders, listed)))
        for column in _SORTED_BY:
            samples["sort"].append(measured(partial(model.sort, column)))
        model.sort(-1)
        for text in _LOOKED_FOR:
            samples["filter"].append(measured(partial(model.search, parsed_search(text))))
            model.search(NO_SEARCH)
    view.close()
    return samples


def qt(listed: list[Order], repeats: int) -> dict[str, list[float]]:
    """What Qt has ready: items in a standard model, a proxy that sorts and filters in C++."""
    samples: dict[str, list[float]] = {"load": [], "sort": [], "filter": []}
    model = QStandardItemModel()
    proxy = QSortFilterProxyModel()
    proxy.setSortRole(Qt.ItemDataRole.UserRole)
    proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    proxy.setSourceModel(model)
    view = QTableView()
    view.setModel(proxy)
    show(view)

    def item(text: str, key: Any) -> QStandardItem:
        made = QStandardItem(text)
        made.setData(key, Qt.ItemDataRole.UserRole)
        return made

    def load() -> None:
        for order in listed:
            at = order.submitted_at
            price, average = order.limit_price or Decimal(0), order.filled_avg_price or Decimal(0)
            model.appendRow(
                [
                    item(f"{at:%H:%M:%S}", 0.0 if at is None else at.timestamp()),
                    item(order.symbol, order.symbol),
                    item(order.side, order.side),
                    item(order.type, order.type),
                    item(str(order.qty), float(order.qty or 0)),
                    item(str(order.filled_qty), float(order.filled_qty)),
                    item(f"{price:,.2f}", float(price)),
                    item("", 0.0),
                    item(f"{average:,.2f}", float(average)),
                    item(order.time_in_force, order.time_in_force),
                    item(order.status_text, order.status_text),
                    item(order.client_order_id, order.client_order_id),
                ]
            )

    def look_for(text: str, column: int) -> None:
        proxy.setFilterKeyColumn(column)
        proxy.setFilterFixedString(text)

    samples["load"].append(measured(load))
    for _ in range(repeats):
        for column in _QT_SORTED_BY:
            samples["sort"].append(measured(partial(proxy.sort, column)))
        proxy.sort(-1)
        for text, column in _QT_LOOKED_FOR:
            samples["filter"].append(measured(partial(look_for, text, column)))
            look_for("", column)
    view.close()
    return samples


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    gc.disable()  # as in the program
    rows = orders(int(sys.argv[2]))
    sys.stdout.write(json.dumps({"ours": ours, "qt": qt}[sys.argv[1]](rows, int(sys.argv[3]))) + "\n")
