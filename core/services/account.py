"""The account's figures, read on a timer and after fills."""

from PySide6.QtCore import QObject, Signal, Slot

from core.domain.account import Account
from core.errors import AppError
from core.protocol.call import Call
from core.protocol.trading import read_account
from core.services.broker_link import BrokerLink
from core.services.clock import Clock
from core.services.rereading import Rereading

EVERY_S = 10.0
AFTER_FILL_MS = 400


class AccountWatch(QObject):
    """Keeps the newest account and when it came."""

    changed = Signal(object)  # Account
    failed = Signal(object)  # AppError

    def __init__(self, link: BrokerLink, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self.account: Account | None = None
        self.received_ns: int | None = None  # monotonic; when we asked, for the answer may have lain since
        self._asked_ns = 0
        self._reading = Rereading(
            link, self._ask, done=self._take, failed=self._report, every_s=EVERY_S, parent=self
        )

    @Slot()
    def refresh(self) -> None:
        """Read the account now."""
        self._reading.now()

    @Slot()
    def refresh_soon(self) -> None:
        """Read the account shortly: something has happened that changes it."""
        self._reading.soon(AFTER_FILL_MS)

    def stop(self) -> None:
        """Read no more."""
        self._reading.stop()

    def _ask(self) -> Call[Account]:
        self._asked_ns = self._clock.monotonic_ns()
        return read_account()

    def _take(self, account: Account) -> None:
        self.account = account
        self.received_ns = self._asked_ns
        self.changed.emit(account)

    def _report(self, error: AppError) -> None:
        self.failed.emit(error)
