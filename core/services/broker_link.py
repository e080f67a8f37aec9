"""Everything that reaches one account's hosts by REST: the transport and the lanes it runs in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from core.domain.environment import Environment
from core.domain.profile import ConnectionProfile
from core.domain.secret import Secret
from core.errors import AppError, SignInExpired
from core.net.http import Transport
from core.net.lanes import Lane
from core.protocol.call import Call, Host

Result = TypeVar("Result")

READERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSample:
    """One REST round trip; `ok` means that something was answered, not that it was welcome."""

    host: Host
    seconds: float
    ok: bool


class BrokerLink(QObject):
    """Bound to one environment of one profile for good: there is no way from here to another host."""

    answered = Signal(object)  # AnswerSample
    token_refused = Signal(object)  # SignInExpired

    def __init__(
        self, profile: ConnectionProfile, environment: Environment, token: Secret, *, user_agent: str
    ) -> None:
        super().__init__()
        self.environment = environment
        self.transport = Transport(
            {
                Host.TRADING: profile.endpoints[environment].trading_url,
                Host.DATA: profile.data_url,
            },
            token,
            user_agent=user_agent,
            on_answer=self._on_answer,
        )
        self._readers = Lane("read", READERS, self)
        # Cancels have a lane of their own: an order that hangs must not stand in front of one.
        self.order_lane = Lane("orders", 1, self)
        self.cancel_lane = Lane("cancels", 1, self)

    def read(
        self, call: Call[Result], done: Callable[[Result], None], failed: Callable[[AppError], None]
    ) -> None:
        """Run a call that changes nothing; `done` or `failed` follows on the GUI thread."""
        self._readers.submit(lambda: self.transport.run(call), done=done, failed=self._noticing(failed))

    def notice(self, error: AppError) -> None:
        """Tell the session when an error means that the token is no longer good."""
        if isinstance(error, SignInExpired):
            self.token_refused.emit(error)

    def stop(self, last: Callable[[], None]) -> None:
        """End every request and join the lanes; `last` runs once nothing can be sent any more."""
        self.transport.abort()
        self._readers.stop()
        self.cancel_lane.stop()
        self.order_lane.stop(last)
        self.transport.close()

    def _noticing(self, failed: Callable[[AppError], None]) -> Callable[[AppError], None]:
        def note_and_fail(error: AppError) -> None:
            self.notice(error)
            failed(error)

        return note_and_fail

    def _on_answer(self, host: Host, seconds: float, ok: bool) -> None:
        self.answered.emit(AnswerSample(host=host, seconds=seconds, ok=ok))
