"""What the fills that are known here come to: realised gains by symbol, for the day and altogether."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.domain.activity import Activity
from core.domain.freshness import NS_PER_S
from core.domain.gains import Gains, counts, fold
from core.domain.instrument import position_symbol
from core.domain.trading_hours import day_of_gains
from core.services.clock import Clock
from core.services.history import ActivityFeed
from core.services.history_reader import HistoryPhase

MOST_FILLS = 20_000  # the newest; what is older is "before", as if it had never been read
MOST_PAGES = 20  # that are read unasked so that the fills explain what is held
_GATHER_MS = 200
_BEGIN_MS = 1_500


class GainsKeeper(QObject):
    """Folds the fills of the account's activities. Lives on the GUI thread; reads only after `begin`."""

    changed = Signal(object)  # Mapping[str, Gains]: all of them, by the symbol as positions spell it

    def __init__(self, feed: ActivityFeed, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._feed, self._clock = feed, clock
        self._fills: dict[str, dict[str, Activity]] = {}  # by symbol, then by id
        self._count = 0
        self._gains: dict[str, Gains] = {}
        self._touched: set[str] = set()
        self._day = self._today()
        self._pages = 0
        self._wants_more = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_GATHER_MS)
        self._soon.timeout.connect(self._fold)
        self._begin = QTimer(self)
        self._begin.setSingleShot(True)
        self._begin.setInterval(_BEGIN_MS)
        self._begin.timeout.connect(self._read)
        feed.arrived.connect(self._take)
        feed.reader.progress_changed.connect(self._go_on)

    @property
    def gains(self) -> Mapping[str, Gains]:
        """What is known so far, by the symbol as positions spell it; flat symbols too."""
        return self._gains

    @property
    def is_known(self) -> bool:
        """Whether fills were looked for at all, so that none means none."""
        return self._feed.reader.progress.phase in (
            HistoryPhase.COMPLETE,
            HistoryPhase.PAUSED,
            HistoryPhase.BROKER,
        )

    def begin(self) -> None:
        """Read the fills that are kept here and the newest at the broker, in a moment: orders come first."""
        self._begin.start()

    def read_until_explained(self, held: Mapping[str, object]) -> None:
        """Read on, a few pages at most, while fills are missing for one of `held`: quantities by symbol."""
        self._wants_more = any(
            symbol not in self._gains or self._gains[symbol].qty != qty for symbol, qty in held.items()
        )
        self._go_on(None)

    def check_day(self) -> None:
        """Begin a new trading day when it has come; costs nothing otherwise."""
        if self._today() != self._day:
            self._day = self._today()
            self._touched = set(self._fills)
            self._fold()

    def stop(self) -> None:
        """Read and tell no more."""
        self._soon.stop()
        self._begin.stop()
        self._wants_more = False

    @Slot()
    def _read(self) -> None:
        self._feed.reader.read()

    @Slot(object)
    def _take(self, activities: tuple[Activity, ...]) -> None:
        for activity in activities:
            if not counts(activity):
                continue
            symbol = position_symbol(activity.symbol)
            of_symbol = self._fills.setdefault(symbol, {})
            if activity.id not in of_symbol:
                if self._count >= MOST_FILLS:
                    self._wants_more = False
                    return
                self._count += 1
            of_symbol[activity.id] = activity
            self._touched.add(symbol)
        if self._touched and not self._soon.isActive():
            self._soon.start()

    @Slot()
    def _fold(self) -> None:
        touched, self._touched = self._touched, set()
        fills = [fill for symbol in touched for fill in self._fills[symbol].values()]
        self._gains |= fold(fills, day=self._day, day_of=day_of_gains)
        self.changed.emit(self._gains)

    @Slot(object)
    def _go_on(self, _progress: object) -> None:
        paused = self._feed.reader.progress.phase is HistoryPhase.PAUSED
        if paused and self._wants_more and self._pages < MOST_PAGES:
            self._pages += 1
            self._feed.reader.read()

    def _today(self) -> date:
        return day_of_gains(datetime.fromtimestamp(self._clock.wall_ns() / NS_PER_S, UTC))
