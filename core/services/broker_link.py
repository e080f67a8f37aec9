"""Everything that reaches one account's hosts by REST: the transport, its lanes, and what they may spend."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from core.domain.environment import Environment
from core.domain.profile import ConnectionProfile
from core.domain.request_budget import Urgency
from core.domain.secret import Secret
from core.errors import AppError, SignInExpired
from core.net.http import Transport
from core.net.lanes import Lane
from core.protocol.call import Answer, Call, Host
from core.protocol.limits import rate_facts
from core.services.clock import Clock, SystemClock
from core.services.request_queue import RequestQueue
from core.services.timers import QtTimers, Timers

Result = TypeVar("Result")

READERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSample:
    """One REST round trip; `ok` means that something was answered, not that it was welcome."""

    host: Host
    seconds: float
    ok: bool


@dataclass(frozen=True, slots=True)
class _Attempt:
    host: Host
    seconds: float
    answer: Answer | None


class _Untold(threading.local):
    """The attempts of a lane's thread that the GUI thread does not know of yet."""

    def __init__(self) -> None:
        self.attempts: list[_Attempt] = []


class BrokerLink(QObject):
    """Bound to one environment of one profile for good: there is no way from here to another host."""

    answered = Signal(object)  # AnswerSample
    token_refused = Signal(object)  # SignInExpired
    budget_changed = Signal()  # a wait for room in the request budget has begun or ended

    def __init__(
        self,
        profile: ConnectionProfile,
        environment: Environment,
        token: Secret,
        *,
        user_agent: str,
        clock: Clock | None = None,
        timers: Timers | None = None,
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
            on_attempt=self._note_attempt,
        )
        self._untold = _Untold()
        self._readers = Lane("read", READERS, self, aside=self._attempts)
        # Cancels have a lane of their own: an order that hangs must not stand in front of one.
        self.order_lane = Lane("orders", 1, self, aside=self._attempts)
        self.cancel_lane = Lane("cancels", 1, self, aside=self._attempts)
        clock, timers = clock or SystemClock(), timers or QtTimers(self)
        self._queues = {
            host: RequestQueue(clock, timers, changed=self.budget_changed.emit)
            for host in (Host.TRADING, Host.DATA)
        }

    def read(
        self,
        call: Call[Result],
        done: Callable[[Result], None],
        failed: Callable[[AppError], None],
        urgency: Urgency = Urgency.READ,
    ) -> None:
        """Run a call that changes nothing, when there is room; `done` or `failed` follows."""

        def start() -> None:
            self._readers.submit(lambda: self.transport.run(call), done=done, failed=self._noticing(failed))

        # Nothing on the data host is worth keeping a share for.
        self._queues[call.host].go(urgency if call.host is Host.TRADING else Urgency.CANCEL, start)

    def when_allowed(self, urgency: Urgency, go: Callable[[], None]) -> None:
        """Call `go`, which sends one request to the trading host, at once or when there is room."""
        self._queues[Host.TRADING].go(urgency, go)

    def wait_s(self, urgency: Urgency) -> float:
        """For how many seconds the trading host's budget has no room for such a request; 0 when it has."""
        return self._queues[Host.TRADING].wait_s(urgency)

    def wake(self) -> None:
        """The computer slept: trust no connection from before, and let go what has waited long enough."""
        self.transport.distrust()
        for queue in self._queues.values():
            queue.look()

    def notice(self, error: AppError) -> None:
        """Tell the session when an error means that the token is no longer good."""
        if isinstance(error, SignInExpired):
            self.token_refused.emit(error)

    def stop(self, last: Callable[[], None]) -> None:
        """End every request and join the lanes; `last` runs once nothing can be sent any more."""
        for queue in self._queues.values():
            queue.stop()
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

    def _note_attempt(self, host: Host, seconds: float, answer: Answer | None) -> None:
        self._untold.attempts.append(_Attempt(host, seconds, answer))

    def _attempts(self) -> Callable[[], None] | None:
        """What the calling lane's thread has to tell beside its result; no answer waits for it."""
        attempts, self._untold.attempts = self._untold.attempts, []
        return (lambda: self._take(attempts)) if attempts else None

    def _take(self, attempts: list[_Attempt]) -> None:
        for attempt in attempts:
            if attempt.answer is not None and attempt.host in self._queues:
                self._queues[attempt.host].take(rate_facts(attempt.answer))
            ok = attempt.answer is not None
            self.answered.emit(AnswerSample(host=attempt.host, seconds=attempt.seconds, ok=ok))
