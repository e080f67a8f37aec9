"""Whether the journal takes what is written to it, and what to do while it does not."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.domain.intent import Intent, IntentState
from core.errors import AppError, StorageFailed
from core.services.desk_link import DeskLink
from core.services.dispatch import Sender
from core.services.order_sender import OpenedJournal
from core.services.timers import Timers

PROBE_MS = 5_000


class JournalWatch(QObject):
    """Opens the journal, writes down what became of intents, and tries again after a failure.

    Everything is written on the order lane. `opened` is called once with what earlier runs left, before that
    is announced; `intents` tells what to write again once the disk takes something. Lives on the GUI thread.
    """

    failed = Signal(object)  # StorageFailed
    changed = Signal()  # `is_open` or `has_failed` may differ

    def __init__(
        self,
        link: DeskLink,
        sender: Sender,
        timers: Timers,
        *,
        opened: Callable[[OpenedJournal], None],
        intents: Callable[[], Iterable[Intent]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.is_open = False
        self.has_failed = False  # could not be opened, or takes nothing at the moment
        self._link, self._sender = link, sender
        self._opened, self._intents = opened, intents
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
            self.failed.emit(error)
            self.changed.emit()

    def _take(self, opened: OpenedJournal) -> None:
        self.is_open = True
        self._opened(opened)
        if opened.is_cut_short:
            self.failed.emit(
                StorageFailed(
                    "The end of the order journal is missing.",
                    "What was sent last may not be in it. Compare the orders here with those at your broker.",
                )
            )
        self.changed.emit()

    def _lose(self, error: AppError) -> None:
        self.fail(error if isinstance(error, StorageFailed) else StorageFailed(error.headline))

    def _probe_now(self) -> None:
        self._link.order_lane.submit(
            self._sender.probe, done=self._is_back, failed=lambda _error: self._probe.start(PROBE_MS)
        )

    def _is_back(self, _nothing: Any) -> None:
        self.has_failed = False
        for intent in self._intents():
            # What was never written down has nothing to be updated, and is passed over by the journal.
            if intent.state is not IntentState.DRAFT:
                self.note(intent)
        self.changed.emit()
