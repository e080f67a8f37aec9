"""An order desk on real lanes, a real journal and a real socket, with everything it says noted."""

import itertools
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Slot

from core.clock import continuous_ns
from core.domain.environment import Coverage, Environment
from core.domain.event import Fill
from core.domain.grant import Grant
from core.domain.intent import Intent, IntentState
from core.domain.order import Order, OrderType, Side
from core.domain.request import OrderRequest
from core.domain.secret import Secret
from core.domain.trading_block import TradingBlock
from core.services.broker_link import BrokerLink
from core.services.order_sender import OrderSender
from core.services.orders import OrderDesk
from tests.core.builders import account
from tests.fakes.broker import TOKEN, Broker


class FastClock:
    """Time that passes twenty times as fast, so that patience is short."""

    def monotonic_ns(self) -> int:
        return continuous_ns() * 20

    def running_ns(self) -> int:
        return self.monotonic_ns()

    def wall_ns(self) -> int:
        return time.time_ns()


class Desk(QObject):
    """One run of the program, as far as orders go; make another on the same folder for a restart."""

    def __init__(
        self,
        broker: Broker,
        folder: Path,
        *,
        run: int = 1,
        scopes: frozenset[str] = frozenset({"trading"}),
        environment: Environment = Environment.PAPER,
    ) -> None:
        super().__init__()
        self.orders_told: list[tuple[Order, ...]] = []
        self.intents_told: list[Intent] = []
        self.fills: list[Fill] = []
        self.blocks: list[TradingBlock] = []
        self.journal_errors: list[Any] = []
        self.token_errors: list[Any] = []
        token = Secret(TOKEN)
        self.link = BrokerLink(
            broker.profile(Coverage.BOTH), environment, token, user_agent="Bellwether/test"
        )
        path = folder / f"{environment.value}.sqlite"
        self.order_sender = OrderSender(
            self.link.transport, path, account_id=account().id, environment=environment
        )
        numbers = itertools.count(1)
        self.desk = OrderDesk(
            self.link,
            self.order_sender,
            FastClock(),
            grant=Grant(token=token, scopes=scopes),
            account=account(),
            new_id=lambda: f"bw-{run}-{next(numbers)}",
        )
        self.desk.orders_changed.connect(self._on_orders)
        self.desk.intents_changed.connect(self._on_intents)
        self.desk.filled.connect(self._on_fill)
        self.desk.trading_block_changed.connect(self._on_block)
        self.desk.journal_failed.connect(self._on_journal_failed)
        self.link.token_refused.connect(self._on_token_refused)
        self._is_running = True

    def open(self, qtbot: Any) -> "Desk":
        """Start, read the orders, wait until trading is possible."""
        self.desk.start()
        self.desk.reconcile()
        qtbot.waitUntil(lambda: self.desk.trading_block is TradingBlock.NONE)
        return self

    def stop(self) -> None:
        """End the run in order."""
        if self._is_running:
            self._is_running = False
            self.desk.stop()
            self.link.stop(self.order_sender.close)

    def place(self, **changes: Any) -> str:
        """Place an order and return its client order id."""
        return self.desk.place(buy(**changes)).client_order_id

    def state(self, key: str) -> IntentState | None:
        """Where an intent stands."""
        intent = self.desk.intent(key)
        return None if intent is None else intent.state

    def states(self, key: str) -> list[IntentState]:
        """Every state an intent was told to be in, in order and without repetition.

        DRAFT only if nothing came of it: whether it was shown before it left is a question of the disk.
        """
        told = [intent.state for intent in self.intents_told if intent.client_order_id == key]
        if told[0] is IntentState.DRAFT and IntentState.SENT in told:
            del told[0]
        return [state for number, state in enumerate(told) if number == 0 or told[number - 1] is not state]

    @Slot(object)
    def _on_orders(self, orders: tuple[Order, ...]) -> None:
        self.orders_told.append(orders)

    @Slot(object)
    def _on_intents(self, intents: tuple[Intent, ...]) -> None:
        self.intents_told.extend(intents)

    @Slot(object)
    def _on_fill(self, fill: Fill) -> None:
        self.fills.append(fill)

    @Slot(object)
    def _on_block(self, block: TradingBlock) -> None:
        self.blocks.append(block)

    @Slot(object)
    def _on_journal_failed(self, error: object) -> None:
        self.journal_errors.append(error)

    @Slot(object)
    def _on_token_refused(self, error: object) -> None:
        self.token_errors.append(error)


def buy(**changes: Any) -> OrderRequest:
    """A limit order to buy ten AAPL."""
    known: dict[str, Any] = {
        "symbol": "AAPL",
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "qty": Decimal(10),
        "limit_price": Decimal("189.4"),
    }
    return OrderRequest(**{**known, **changes})
