"""Whether an order or a cancel may be sent now, and if not, why."""

from collections import deque
from collections.abc import Callable

from core.domain.account import Account
from core.domain.request_budget import WINDOW_NS
from core.domain.sendable import Sendable
from core.domain.trading_block import TradingBlock
from core.services.clock import Clock
from core.services.journal_watch import JournalWatch

# What holds even a cancel back: it could not be sent, or could not be journaled.
_STOPS_CANCELS = frozenset({TradingBlock.NO_SCOPE, TradingBlock.TOKEN_REFUSED})


class TradingGate:
    """Everything that can hold orders back, most lasting reason first. Lives on the GUI thread."""

    def __init__(
        self,
        account: Account,
        clock: Clock,
        journal: JournalWatch,
        *,
        may_trade: bool,
        is_live: bool,
        is_ready: Callable[[], bool],
        budget_wait_s: Callable[[], float],
    ) -> None:
        """`is_ready` tells whether orders are read and the journal's open intents looked up."""
        self.account = account
        self.token_refused = False
        self.live_unlocked = not is_live
        self.orders_a_minute: int | None = None
        self._clock, self._journal, self._may_trade = clock, journal, may_trade
        self._is_ready, self._budget_wait_s = is_ready, budget_wait_s
        self._switches: set[TradingBlock] = set()
        self._placed_ns: deque[int] = deque()

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
        reasons = (
            (TradingBlock.NO_SCOPE, not self._may_trade),
            (TradingBlock.TOKEN_REFUSED, self.token_refused),
            (TradingBlock.JOURNAL_FAILED, self._journal.has_failed),
            (TradingBlock.ACCOUNT_BLOCKED, not self.account.can_trade),
            (TradingBlock.LIVE_LOCKED, not self.live_unlocked),
        )
        for reason, holds in reasons:
            if holds:
                return reason
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
        match self.block:
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

    def count_order(self) -> None:
        """An order is placed now."""
        self._placed_ns.append(self._clock.monotonic_ns())

    def _limit_wait_ns(self) -> int:
        now = self._clock.monotonic_ns()
        while self._placed_ns and now - self._placed_ns[0] >= WINDOW_NS:
            self._placed_ns.popleft()
        if self.orders_a_minute is None or len(self._placed_ns) < self.orders_a_minute:
            return 0
        if self.orders_a_minute <= 0:
            return WINDOW_NS
        return self._placed_ns[-self.orders_a_minute] + WINDOW_NS - now
