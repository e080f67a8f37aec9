"""One life of the trading program without its window: a whole session on real lanes, disk and sockets.

Run in a process of its own, forked from one that has loaded everything and started nothing.
"""

import json
import os
import random
import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Slot

from core.domain.account import Account
from core.domain.environment import Environment
from core.domain.grant import Grant
from core.domain.intent import IntentKind
from core.domain.order import OrderStatus, OrderType, Side
from core.domain.profile import Endpoints
from core.domain.request import OrderRequest, ReplaceRequest
from core.domain.secret import Secret
from core.domain.trading_block import TradingBlock
from core.net.lanes import Lane
from core.services.clock import SystemClock
from core.services.frame_clock import FrameClock
from core.services.session import Session, SessionParts
from core.services.settings import Settings
from tests.core.builders import profile
from tests.kills.points import Deed

PATIENCE_MS = 15_000
LOOK_MS = 10
REST = Decimal("1.00")  # far below the market
BURST = 6


class Life(QObject):
    """A session and what it runs on, signed in."""

    def __init__(self, folder: Path, scene: Mapping[str, Any]) -> None:
        super().__init__()
        self.app = QCoreApplication([])
        self._disk, self._frames = Lane("disk"), FrameClock()
        line = scene["line"]
        endpoints = Endpoints(
            trading_url=line["trading_url"]["paper"], stream_url=line["stream_url"]["paper"]
        )
        grant = Grant(token=Secret(scene["token"]), scopes=frozenset({"trading", "account:write"}))
        self.session = Session(
            profile(endpoints={Environment.PAPER: endpoints}, data_url=line["data_url"]),
            Environment.PAPER,
            grant,
            Account(id=scene["account_id"], number="PA", status="ACTIVE"),
            SessionParts(
                settings=Settings(folder / "settings.toml", self._disk),
                frames=self._frames,
                clock=SystemClock(),
                data_dir=folder,
                user_agent="Bellwether/test",
            ),
        )
        self.desk = self.session.orders
        QTimer.singleShot(PATIENCE_MS, self._give_up)

    def stop(self) -> None:
        """End it in order."""
        self.session.stop()
        self._disk.stop()
        self.app.quit()

    @Slot()
    def _give_up(self) -> None:
        os._exit(3)


class Doomed(Life):
    """Does a deed, on the way to which it is killed; `ready` is a pipe to say that it has begun."""

    def __init__(self, folder: Path, scene: Mapping[str, Any], deed: Deed, seed: int, ready: int) -> None:
        super().__init__(folder, scene)
        self._deed, self._chance, self._ready = deed, random.Random(seed), ready
        self._has_begun = False
        self._changed: set[str] = set()
        self.desk.trading_block_changed.connect(self._begin)
        self.desk.orders_changed.connect(self._go_on)
        self.desk.intents_changed.connect(self._go_on)

    @Slot(object)
    def _begin(self, block: TradingBlock) -> None:
        if block is not TradingBlock.NONE or self._has_begun:
            return
        self._has_begun = True
        match self._deed:
            case Deed.NOTHING:
                pass
            case Deed.RETRY:
                self._retry()
            case Deed.BURST:
                os.write(self._ready, b"!")
                for _ in range(BURST):
                    self._place()
            case Deed.STOP:
                self._place()
                QTimer.singleShot(self._chance.randint(0, 30), self.stop)
            case _:
                self._place()

    def _place(self) -> None:
        fills = self._deed is Deed.BUY or (self._deed is Deed.BURST and self._chance.random() < 0.3)
        self.desk.place(
            OrderRequest(
                symbol="AAPL",
                side=Side.BUY,
                type=OrderType.MARKET if fills else OrderType.LIMIT,
                qty=Decimal(1),
                limit_price=None if fills else REST,
            )
        )

    def _retry(self) -> None:
        for intent in self.desk.open_intents:
            if self.desk.may_retry(intent.client_order_id):
                self.desk.retry(intent.client_order_id)
                return
        QTimer.singleShot(LOOK_MS, self._retry)

    @Slot(object)
    def _go_on(self, _news: object) -> None:
        for intent in self.desk.open_intents:
            key, order_id = intent.client_order_id, intent.order_id
            if intent.kind is not IntentKind.PLACE or key in self._changed or order_id is None:
                continue
            # Before that the broker replaces nothing, and says so.
            if self.desk.orders[order_id].status is OrderStatus.NEW:
                self._changed.add(key)
                self._change(order_id)

    def _change(self, order_id: str) -> None:
        if self._deed is Deed.CANCEL or (self._deed is Deed.BURST and self._chance.random() < 0.5):
            self.desk.cancel(order_id)
        elif self._deed in (Deed.REPLACE, Deed.BURST) and self.desk.trading_block is TradingBlock.NONE:
            self.desk.replace(ReplaceRequest(order_id=order_id, limit_price=Decimal("1.01")))


class Survivor(Life):
    """The next start: tells on a pipe, whenever it changes, what it believes; ends when `wish` is closed."""

    def __init__(self, folder: Path, scene: Mapping[str, Any], tell: int, wish: int) -> None:
        self._started = time.monotonic()
        super().__init__(folder, scene)
        self._tell, self._wish = tell, wish
        self._told = ""
        os.set_blocking(wish, False)
        self._watch = QTimer(self)
        self._watch.timeout.connect(self._look)
        self._watch.start(LOOK_MS)

    @Slot()
    def _look(self) -> None:
        beliefs = json.dumps(self._beliefs(), sort_keys=True)
        if beliefs != self._told:
            self._told = beliefs
            seconds = time.monotonic() - self._started
            os.write(self._tell, json.dumps({"seconds": seconds, "beliefs": beliefs}).encode() + b"\n")
        try:
            ended = os.read(self._wish, 1) == b""
        except BlockingIOError:
            return
        if ended:
            self._watch.stop()
            self.stop()

    def _beliefs(self) -> dict[str, Any]:
        desk = self.desk
        return {
            "block": desk.trading_block.value,
            "intents": {
                key: {"state": intent.state.value, "is_asked": intent.last_lookup_ns is not None}
                for key, intent in desk._book.intents.items()
            },
            "orders": {
                order.id: {
                    "status": order.status_text,
                    "qty": str(order.qty),
                    "filled_qty": str(order.filled_qty),
                }
                for order in desk.orders.values()
                if desk.is_own(order)
            },
        }
