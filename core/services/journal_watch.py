"""Whether the journal takes what is written to it, and what to do while it does not."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.domain.intent import Intent, IntentState
from core.errors import AppError, StorageDamaged, StorageFailed
from core.services.desk_link import DeskLink
from core.services.dispatch import Sender
from core.services.order_sender import OpenedJournal
from core.services.timers import Timers

PROBE_MS = 5_000


class JournalWatch(QObject):
    """Opens the journal, writes down what became of intents, and tries again after a failure.

    Everything is written on the order lane. `opened` is called once with what earlier runs left, before that
    is announced; `intents` tells what to write again once the disk takes something. A journal that turned out
    to be damaged stays failed: the next start will not believe it. Lives on the GUI thread.
    """

    failed = Signal(object)  # StorageFailed: of a request that did not leave, or the first of what goes on
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
        self.has_failed = False  # could not be opened, is damaged, or lacks something at the moment
        self._is_damaged = False
        self._has_missed = False  # something since it was last tried
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
        self._link.order_lane.submit(lambda: self._sender.note(intent), failed=self._miss)

    def note_moments(self, moments: Mapping[str, Mapping[str, int]]) -> None:
        """Write down when intents passed which points; left out while the disk takes nothing."""
        if self.is_open and not self.has_failed:
            self._link.order_lane.submit(lambda: self._sender.note_moments(moments), failed=self._miss)

    def fail(self, error: AppError) -> None:
        """A request brought `error`. If it could not be recorded, it did not leave, and no other is to."""
        if isinstance(error, StorageFailed):
            self._hold(error)
            self.failed.emit(error)
            self.changed.emit()

    def _miss(self, error: AppError) -> None:
        """Something could not be noted. What is there already still says "sent": nothing is lost by it.

        It is tried again, and so told once.
        """
        if not isinstance(error, StorageFailed):
            return
        is_news = not self.has_failed or (isinstance(error, StorageDamaged) and not self._is_damaged)
        self._hold(error)
        if is_news:
            self.failed.emit(error)
            self.changed.emit()

    def _hold(self, error: StorageFailed) -> None:
        self.has_failed = self._has_missed = True
        self._is_damaged |= isinstance(error, StorageDamaged)
        if self._is_damaged:
            self._probe.stop()
        elif self.is_open:
            self._probe.start(PROBE_MS)

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
        self.fail(_of_storage(error))

    def _probe_now(self) -> None:
        self._link.order_lane.submit(self._sender.probe, done=self._catch_up, failed=self._try_later)

    def _try_later(self, error: AppError) -> None:
        self._miss(_of_storage(error))

    def _catch_up(self, _nothing: Any) -> None:
        """The disk takes something: write what it did not, and go on when it has taken all of that."""
        self._has_missed = False
        for intent in self._intents():
            # What was never written down has nothing to be updated, and is passed over by the journal.
            if intent.state is not IntentState.DRAFT:
                self.note(intent)
        # By another probe, behind them on the lane.
        self._link.order_lane.submit(self._sender.probe, done=self._go_on, failed=self._try_later)

    def _go_on(self, _nothing: Any) -> None:
        if not (self._has_missed or self._is_damaged):
            self.has_failed = False
            self.changed.emit()


def _of_storage(error: AppError) -> StorageFailed:
    return error if isinstance(error, StorageFailed) else StorageFailed(error.headline)
