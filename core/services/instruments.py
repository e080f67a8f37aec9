"""What the broker says of instruments, read once each and again when it is old."""

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from core.domain.freshness import NS_PER_S
from core.domain.instrument import Instrument
from core.errors import AppError, NotFound
from core.protocol.instruments import read_instrument
from core.services.broker_link import BrokerLink
from core.services.clock import Clock

KEPT_S = 600  # flags such as "shortable" change within a day
_AGAIN_S = 10  # after a failure that says nothing about the symbol


class InstrumentBook(QObject):
    """Keeps instruments by the symbol that orders use. Lives on the GUI thread."""

    changed = Signal(object)  # str: the symbol of which we know more now

    def __init__(self, link: BrokerLink, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link, self._clock = link, clock
        self._known: dict[str, Instrument] = {}
        self._unknown: set[str] = set()
        self._ask_again_ns: dict[str, int] = {}

    @property
    def known(self) -> Mapping[str, Instrument]:
        """What was read so far."""
        return self._known

    def get(self, symbol: str) -> Instrument | None:
        """What is known of a symbol; asks the broker when it is nothing, or was read long ago."""
        now = self._clock.monotonic_ns()
        if symbol and now >= self._ask_again_ns.get(symbol, 0):
            self._ask_again_ns[symbol] = now + KEPT_S * NS_PER_S
            self._link.read(
                read_instrument(symbol),
                lambda instrument: self._take(symbol, instrument),
                lambda error: self._miss(symbol, error),
            )
        return self._known.get(symbol)

    def is_unknown(self, symbol: str) -> bool:
        """Whether the broker said that it does not know the symbol."""
        return symbol in self._unknown

    def _take(self, symbol: str, instrument: Instrument) -> None:
        self._known[symbol] = instrument
        self._unknown.discard(symbol)
        self.changed.emit(symbol)

    def _miss(self, symbol: str, error: AppError) -> None:
        if isinstance(error, NotFound):
            self._unknown.add(symbol)
            self.changed.emit(symbol)
        else:
            self._ask_again_ns[symbol] = self._clock.monotonic_ns() + _AGAIN_S * NS_PER_S
