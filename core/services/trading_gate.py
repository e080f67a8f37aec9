"""Whether an order or a cancel may be sent now, and if not, why; and the news of it."""

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from core.domain.account import Account
from core.domain.request_budget import WINDOW_NS
from core.domain.sendable import Sendable
from core.domain.trading_block import TradingBlock
from core.services.clock import Clock
from core.services.journal_watch import JournalWatch
from core.services.timers import Timers

# What holds even a cancel back: it could not be sent, or could not be journaled.
_STOPS_CANCELS = frozenset({TradingBlock.NO_SCOPE, TradingBlock.TOKEN_REFUSED})
_EARLY_MS = 20  # a timer may fire a little before its time


class TradingGate(QObject):
    """Everything that can hold orders back, most lasting reason first. Lives on the GUI thread.

    What it is told it announces by itself. Whoever changes what it only looks at (the journal, what was read,
    the request budget) calls `announce`. A block that passes with time is looked at again by then.
    """

    block_changed = Signal(object)  # TradingBlock

    def __init__(
        self,
        account: Account,
        clock: Clock,
        timers: Timers,
        journal: JournalWatch,
        *,
        may_trade: bool,
        is_live: bool,
        is_ready: Callable[[], bool],
        budget_wait_s: Callable[[], float],
        parent: QObject | None = None,
    ) -> None:
        """`is_ready` tells whether orders are read and the journal's open intents looked up."""
        super().__init__(parent)
        self._account = account
        self._is_token_refused = False
        self._is_live_unlocked = not is_live
        self._orders_a_minute: int | None = None
        self._clock, self._journal, self._may_trade = clock, journal, may_trade
        self._is_ready, self._budget_wait_s = is_ready, budget_wait_s
        self._switches: set[TradingBlock] = set()
        self._placed_ns: deque[int] = deque()
        self._passes = timers.timer(self.announce)
        self._announced = self.block

    @property
    def block(self) -> TradingBlock:
        """Why new orders are held now, or NONE."""
        return self._reason(own=True)

    @property
    def close_block(self) -> TradingBlock:
        """Why even an order that only closes is held: the trader's own switches and limits let it through."""
        return self._reason(own=False)

    def block_of(self, request: Sendable) -> TradingBlock:
        """Why this order is held now, or NONE; one that only closes is held by less."""
        block = self.block
        return self.close_block if block is not TradingBlock.NONE and request.only_closes else block

    def _reason(self, *, own: bool) -> TradingBlock:
        if not self._may_trade:
            return TradingBlock.NO_SCOPE
        if self._is_token_refused:
            return TradingBlock.TOKEN_REFUSED
        if self._journal.has_failed:
            return TradingBlock.JOURNAL_FAILED
        if not self._account.can_trade:
            return TradingBlock.ACCOUNT_BLOCKED
        if not self._is_live_unlocked:
            return TradingBlock.LIVE_LOCKED
        if own and self._switches:
            return min(self._switches)
        if not (self._journal.is_open and self._is_ready()):
            return TradingBlock.NOT_READY
        if own and self._limit_wait_ns() > 0:
            return TradingBlock.ORDERS_A_MINUTE
        return TradingBlock.REQUEST_BUDGET if self._budget_wait_s() > 0 else TradingBlock.NONE

    @property
    def wait_s(self) -> float | None:
        """In how many seconds a block that passes by itself may have passed; None for the others."""
        return self._wait_s(self.block)

    def _wait_s(self, block: TradingBlock) -> float | None:
        match block:
            case TradingBlock.ORDERS_A_MINUTE:
                return self._limit_wait_ns() / 1e9
            case TradingBlock.REQUEST_BUDGET:
                return self._budget_wait_s()
            case _:
                return None

    @property
    def may_cancel(self) -> bool:
        """Whether a cancel can be sent at all; nothing else may hold one back."""
        return self.block not in _STOPS_CANCELS and self._journal.is_open

    def switch(self, reason: TradingBlock, *, on: bool) -> None:
        """Hold new orders for a reason of the trader's own, or no longer."""
        (self._switches.add if on else self._switches.discard)(reason)
        self.announce()

    def unlock_live(self) -> None:
        """The person has confirmed by typing that orders may go to a live account."""
        self._is_live_unlocked = True
        self.announce()

    def limit_orders_a_minute(self, most: int | None) -> None:
        """Let no more orders and replaces than that pass in any minute; None lets any number."""
        self._orders_a_minute = most
        self.announce()

    def take_account(self, account: Account) -> None:
        """Take the account's newest flags."""
        self._account = account
        self.announce()

    def refuse_token(self) -> None:
        """The broker no longer takes our token."""
        self._is_token_refused = True
        self.announce()

    def count_order(self) -> None:
        """An order is placed now."""
        now = self._clock.monotonic_ns()
        while self._placed_ns and now - self._placed_ns[0] >= WINDOW_NS:
            self._placed_ns.popleft()
        self._placed_ns.append(now)

    @Slot()
    def announce(self) -> None:
        """Tell if the block is another than was told last."""
        block = self.block
        if (wait_s := self._wait_s(block)) is not None:
            self._passes.start(int(wait_s * 1000) + _EARLY_MS)
        if block is not self._announced:
            self._announced = block
            self.block_changed.emit(block)

    def stop(self) -> None:
        """Announce no more by itself."""
        self._passes.stop()

    def _limit_wait_ns(self) -> int:
        most = self._orders_a_minute
        if most is None or len(self._placed_ns) < most:
            return 0
        if most <= 0:
            return WINDOW_NS
        return max(0, self._placed_ns[-most] + WINDOW_NS - self._clock.monotonic_ns())
