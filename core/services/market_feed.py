"""One market data feed as the GUI thread sees it: what is wanted of it, and what it gives."""

import re
from collections.abc import Iterable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.domain.connection import StreamName, StreamPhase, StreamStatus
from core.domain.market import LATE_TRADES
from core.net.mailbox import MarketMailbox

# What the smallest plan streams, for when the broker complains (protocol page section 5.1). Nobody limits
# coins by a documented number.
SMALL_PLAN_BUDGETS = {StreamName.QUOTES: 30, StreamName.COINS: 30, StreamName.OPTIONS: 200}
CLOSE_AFTER_MS = 5_000
_FEED = re.compile(r"/v\d+(?:beta\d+)?/(.+)$")


class MarketFeed(QObject):
    """The symbols that one stream should carry, as many as the plan allows, and those it does carry.

    `name` is the broker's name for it, such as `iex`; it is empty where the profile has no such stream.
    Then nothing is ever wanted of it.
    """

    wanted_changed = Signal(object)  # frozenset[str]: what the stream should carry
    connection_needed = Signal()  # of a feed on demand
    connection_spared = Signal()  # likewise: nothing has been wanted for a while
    streamed_changed = Signal()  # what comes by the stream at present is different
    came_live = Signal(object)  # StreamName: what was missed must now be read

    def __init__(
        self, mailbox: MarketMailbox, name: str, *, on_demand: bool = False, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.mailbox, self.name, self.on_demand = mailbox, name, on_demand
        self.stream = mailbox.stream
        self.wanted: frozenset[str] = frozenset()
        self.budget: int | None = None  # None until the broker complained
        self.is_live = False
        self._candidates: tuple[str, ...] = ()
        self._carried: frozenset[str] = frozenset()
        self._is_connected = False  # or tries to be
        self._has_ended = False
        # A symbol that is back in a moment must not cost a connection: the broker counts them.
        self._closing = QTimer(self)
        self._closing.setSingleShot(True)
        self._closing.setInterval(CLOSE_AFTER_MS)
        self._closing.timeout.connect(self._close)

    @property
    def streamed(self) -> frozenset[str]:
        """The symbols whose prices come by the stream at this moment."""
        return self._carried if self.is_live else frozenset()

    @property
    def has_late_trades(self) -> bool:
        """Whether its trades are old when they come, although its quotes are not."""
        return self.name in LATE_TRADES

    def want(self, symbols: Iterable[str]) -> None:
        """Stream these symbols, most important first, or as many of them as the plan allows."""
        self._candidates = tuple(symbols) if self.name else ()
        self._apply()

    @Slot(object)
    def limit_symbols(self, refused: frozenset[str]) -> None:
        """The broker refused a subscription as too large: ask for fewer, the most important first."""
        if self.wanted.isdisjoint(refused):
            return  # and nobody wants any of it by now
        asked, fits, small = len(self.wanted), len(self._carried), SMALL_PLAN_BUDGETS[self.stream]
        if 0 < fits < asked:
            self.budget = fits
        else:
            self.budget = small if self.budget is None and small < asked else asked // 2
        self._apply(is_again=True)

    @Slot(object)
    def take_carried(self, symbols: frozenset[str]) -> None:
        """Take what the broker said it streams."""
        before, self._carried = self.streamed, symbols
        self._tell_unless(before)

    @Slot(object)
    def take_status(self, status: StreamStatus) -> None:
        """Take the stream's new state."""
        before, self.is_live = self.streamed, status.phase is StreamPhase.LIVE
        self._tell_unless(before)

    @Slot(object)
    def take_address(self, address: str) -> None:
        """The stream is another from now on."""
        self.name = feed_name(address)

    @Slot()
    def take_start(self) -> None:
        """The stream is live, for the first time or again, and does not replay what was missed."""
        if not self._has_ended:
            self.came_live.emit(self.stream)

    def stop(self) -> None:
        """Want and tell nothing any more: the end of the stream itself is told later, by another thread."""
        self._has_ended = True
        self._closing.stop()

    def _apply(self, *, is_again: bool = False) -> None:
        if self._has_ended:
            return
        wanted = frozenset(self._candidates[: self.budget])
        if wanted == self.wanted and not (is_again and wanted):
            return
        self.wanted = wanted
        self.wanted_changed.emit(wanted)
        if not self.on_demand:
            return
        if not wanted:
            self._closing.start()
            return
        self._closing.stop()
        if not self._is_connected:
            self._is_connected = True
            self.connection_needed.emit()

    @Slot()
    def _close(self) -> None:
        self._is_connected = False
        self.connection_spared.emit()

    def _tell_unless(self, before: frozenset[str]) -> None:
        if self.streamed != before and not self._has_ended:
            self.streamed_changed.emit()


def feed_name(address: str) -> str:
    """What the broker calls the feed at an address: `iex`, `indicative`, `crypto us`."""
    found = _FEED.search(address)
    return found[1].strip("/").replace("/", " ") if found else address.rstrip("/").rpartition("/")[2]
