"""Whether the journal takes what is written to it, and what to do while it does not."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from core.domain.intent import Intent, IntentState
from core.errors import AppError, StorageFailed
from core.services.desk_link import DeskLink
from core.services.dispatch import Sender
from core.services.order_sender import OpenedJournal
from core.services.timers import Timers

PROBE_MS = 5_000


class JournalWatch:
    """Opens the journal, writes down what became of intents, and tries again after a failure.

    Everything is written on the order lane. `changed` is called when `is_open` or `has_failed` may differ,
    `failed` with each failure, `opened` once with what earlier runs left, and `intents` tells what to write
    again once the disk takes something. Lives on the GUI thread.
    """

    def __init__(
        self,
        link: DeskLink,
        sender: Sender,
        timers: Timers,
        *,
        opened: Callable[[OpenedJournal], None],
        failed: Callable[[StorageFailed], None],
        changed: Callable[[], None],
        intents: Callable[[], Iterable[Intent]],
    ) -> None:
        self.is_open = False
        self.has_failed = False  # could not be opened, or takes nothing at the moment
        self._link, self._sender = link, sender
        self._opened, self._failed, self._changed, self._intents = opened, failed, changed, intents
        self._probe = timers.timer(self._probe_now)

    def open(self) -> None:
        """Open the journal."""
        self._link.order_lane.submit(self._sender.open, done=self._take, failed=self._lose)

    def stop(self) -> None:
        """Try no more."""
        self._probe.stop()

    def note(self, intent: Intent) -> None:
        """Write down what became of an intent."""
        self._link.order_lane.submit(lambda: self._sender.note(intent), failed=self.fail)

    def note_moments(self, moments: Mapping[str, Mapping[str, int]]) -> None:
        """Write down when intents passed which points; left out while the disk takes nothing."""
        if self.is_open and not self.has_failed:
            self._link.order_lane.submit(lambda: self._sender.note_moments(moments), failed=self.fail)

    def fail(self, error: AppError) -> None:
        """Something could not be written. What is there already still says "sent": nothing is lost by it."""
        if isinstance(error, StorageFailed):
            self.has_failed = True
            if self.is_open:
                self._probe.start(PROBE_MS)
            self._failed(error)
            self._changed()

    def _take(self, opened: OpenedJournal) -> None:
        self.is_open = True
        self._opened(opened)
        if opened.is_cut_short:
            self._failed(
                StorageFailed(
                    "The end of the order journal is missing.",
                    "What was sent last may not be in it. Compare the orders here with those at your broker.",
                )
            )
        self._changed()

    def _lose(self, error: AppError) -> None:
        self.fail(error if isinstance(error, StorageFailed) else StorageFailed(error.headline))

    def _probe_now(self) -> None:
        self._link.order_lane.submit(
            self._sender.probe, done=self._is_back, failed=lambda _error: self._probe.start(PROBE_MS)
        )

    def _is_back(self, _nothing: Any) -> None:
        self.has_failed = False
        for intent in self._intents():
            # Without a journal these two were never written down, and have nothing to be updated.
            if intent.state not in (IntentState.DRAFT, IntentState.NEVER_SENT):
                self.note(intent)
        self._changed()
