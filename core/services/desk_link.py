"""What the order desk asks of the connection to the broker: the program's own, or a simulated one.

Whoever implements this decides what a thread, a socket and a second are. All calls are made, and all answers
come home, on one thread.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from core.domain.environment import Environment
from core.domain.request_budget import Urgency
from core.errors import AppError
from core.protocol.call import Call

Result = TypeVar("Result")


class WorkLane(Protocol):
    """Runs work in the order in which it was handed over, one piece after the other."""

    def submit(
        self,
        work: Callable[[], Result],
        *,
        done: Callable[[Result], None] | None = None,
        failed: Callable[[AppError], None] | None = None,
    ) -> None:
        """Run `work`; then call `done` with what it returned, or `failed` with what it raised."""


class BudgetNews(Protocol):
    """A signal without arguments: what the request budget allows may have changed."""

    def connect(self, slot: Callable[[], Any], /) -> Any:
        """Call `slot` from now on."""


class DeskLink(Protocol):
    """One environment of one account."""

    @property
    def environment(self) -> Environment:
        """Paper or live."""

    @property
    def order_lane(self) -> WorkLane:
        """Orders, replaces, and what the journal is to note."""

    @property
    def cancel_lane(self) -> WorkLane:
        """Cancels, which wait for no order."""

    @property
    def budget_changed(self) -> BudgetNews:
        """Announces that a wait has begun or ended."""

    def read(
        self,
        call: Call[Result],
        done: Callable[[Result], None],
        failed: Callable[[AppError], None],
        urgency: Urgency = Urgency.READ,
    ) -> None:
        """Run a call that changes nothing, when the request budget has room for it."""

    def when_allowed(self, urgency: Urgency, go: Callable[[], None]) -> None:
        """Call `go`, which sends one request, when the request budget has room: at once, or later."""

    def wait_s(self, urgency: Urgency) -> float:
        """For how many seconds the budget has no room for such a request; 0 when it has."""

    def notice(self, error: AppError) -> None:
        """Tell the session when an error means that the token is no longer good."""
