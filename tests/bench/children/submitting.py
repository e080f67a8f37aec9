"""The order desk with its lanes, connections and journal, without a window: places orders one by one.

Reads its order from stdin, one JSON line; every further line `{"go": N}` has it place N orders, the next one
only after the answer to the last was applied, and print how long each took, how long of that the journal took
(from checked to synced), and their processor time.
"""

import gc
import json
import random
import sys
import threading
import time
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal, Slot

from core.domain.account import Account
from core.domain.environment import Environment
from core.domain.grant import Grant
from core.domain.intent import Intent, IntentState
from core.domain.order import OrderType, Side
from core.domain.request import OrderRequest
from core.domain.secret import Secret
from core.domain.timeline import Moment
from core.domain.trading_block import TradingBlock
from core.services.broker_link import BrokerLink
from core.services.clock import SystemClock
from core.services.order_sender import OrderSender
from core.services.orders import OrderDesk
from core.store.profiles import read_profile

PAUSES_MS = (20, 80)


class Submitting(QObject):
    """Waits for its lines, and works through them."""

    _told = Signal(object)  # dict, or None at the end of the input

    def __init__(self, order: dict[str, Any]) -> None:
        super().__init__()
        profile, token = read_profile(Path(order["profile"])), Secret(order["token"])
        clock, paper, account_id = SystemClock(), Environment.PAPER, order["account_id"]
        self._link = BrokerLink(profile, paper, token, user_agent="Bellwether/bench", clock=clock)
        self._sender = OrderSender(
            self._link.transport,
            Path(order["data_dir"]) / "journal" / "paper.sqlite",
            account_id=account_id,
            environment=paper,
        )
        self._desk = OrderDesk(
            self._link,
            self._sender,
            clock,
            grant=Grant(token=token, scopes=frozenset({"trading"})),
            account=Account(id=account_id, number="PA", status="ACTIVE"),
            new_id=lambda: f"bw-{uuid.uuid4()}",
        )
        self._chance = random.Random(1)
        self._left = 0
        self._waits: list[int] = []
        self._keys: list[str] = []
        self._key, self._asked_ns, self._cpu_ns = "", 0, 0
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setTimerType(Qt.TimerType.PreciseTimer)
        self._pause.timeout.connect(self._place)
        self._desk.intents_changed.connect(self._follow)
        self._desk.trading_block_changed.connect(self._say_ready)
        self._told.connect(self._take, Qt.ConnectionType.QueuedConnection)
        threading.Thread(target=self._listen, daemon=True).start()
        self._desk.start()
        self._desk.reconcile()

    def _listen(self) -> None:
        for line in sys.stdin:
            self._told.emit(json.loads(line))
        self._told.emit(None)

    @Slot(object)
    def _say_ready(self, block: TradingBlock) -> None:
        if block is TradingBlock.NONE:
            _say({"ready": True})

    @Slot(object)
    def _take(self, told: dict[str, Any] | None) -> None:
        if told is None:
            self._desk.stop()
            self._link.stop(self._sender.close)
            QCoreApplication.quit()
            return
        self._left, self._waits, self._keys = told["go"], [], []
        self._cpu_ns = time.process_time_ns()
        self._place()

    @Slot()
    def _place(self) -> None:
        request = OrderRequest(
            symbol="AAPL", side=Side.BUY, type=OrderType.LIMIT, qty=Decimal(1), limit_price=Decimal(1)
        )
        request.problems()  # as the ticket asks while it is filled in
        self._asked_ns = time.monotonic_ns()
        self._key = self._desk.place(request).client_order_id

    @Slot(object)
    def _follow(self, intents: tuple[Intent, ...]) -> None:
        for intent in intents:
            if intent.client_order_id == self._key and intent.state is IntentState.WORKING:
                self._waits.append(time.monotonic_ns() - self._asked_ns)
                self._keys.append(self._key)
                self._key = ""
                self._go_on()
            elif intent.state is IntentState.REFUSED:
                raise RuntimeError(intent.reason)

    def _go_on(self) -> None:
        self._left -= 1
        if self._left:
            self._pause.start(self._chance.randint(*PAUSES_MS))
        else:
            cpu_ns = time.process_time_ns() - self._cpu_ns
            QTimer.singleShot(0, lambda: self._report(cpu_ns))  # the last order's moments are on their way

    def _report(self, cpu_ns: int) -> None:
        lines = [self._desk.timing.timeline(key) for key in self._keys]
        moments = [line.at_ns for line in lines if line is not None]
        journal = [at_ns[Moment.JOURNALED] - at_ns[Moment.VALIDATED] for at_ns in moments]
        _say({"waits": self._waits, "journal": journal, "cpu": cpu_ns})


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Place orders until the input ends."""
    app = QCoreApplication([])
    submitting = Submitting(json.loads(sys.stdin.readline()))
    gc.disable()  # as in `ui.app`, where timers collect what is young
    gc.freeze()
    collection = QTimer()
    collection.timeout.connect(lambda: gc.collect(1))
    collection.start(1_000)
    app.exec()
    del submitting


if __name__ == "__main__":
    main()
