"""The symbols a trader watches: checked at the broker, kept in the settings."""

import re
from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from core.domain.event import Asset
from core.errors import AppError, NotFound
from core.protocol.trading import read_asset
from core.services.broker_link import BrokerLink
from core.services.settings import Settings

_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9./-]{0,20}")
LONGEST = 200


class Watchlist(QObject):
    """An ordered list without repetition. Lives on the GUI thread."""

    changed = Signal(object)  # tuple[str, ...]
    names_changed = Signal(object)  # str: the symbol whose name is now known
    refused = Signal(object)  # AppError

    def __init__(self, link: BrokerLink, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link, self._settings = link, settings
        self._assets: dict[str, Asset] = {}
        self._asked: set[str] = set()

    @property
    def symbols(self) -> tuple[str, ...]:
        """What is watched, in the trader's order."""
        return self._settings.values.watchlist

    @property
    def assets(self) -> Mapping[str, Asset]:
        """What the broker said of the symbols we asked about."""
        return self._assets

    def name_of(self, symbol: str) -> str:
        """The company's or fund's name, or nothing until it is known; asks for it the first time."""
        asset = self._assets.get(symbol)
        if asset is None and symbol not in self._asked:
            self._asked.add(symbol)
            self._link.read(read_asset(symbol), self._take, lambda _error: None)
        return asset.name if asset else ""

    def add(self, text: str, position: int | None = None) -> None:
        """Add a symbol once the broker has confirmed that it exists; `refused` follows otherwise."""
        symbol = text.strip().upper()
        if not _SYMBOL.fullmatch(symbol):
            self.refused.emit(AppError("That is not a symbol.", "Type a ticker such as NVDA."))
        elif symbol in self.symbols:
            self.refused.emit(AppError(f"{symbol} is on the watchlist already."))
        elif len(self.symbols) >= LONGEST:
            self.refused.emit(AppError(f"A watchlist holds {LONGEST} symbols.", "Remove one first."))
        else:
            self._link.read(
                read_asset(symbol),
                lambda asset: self._confirm(asset, position),
                lambda error: self._refuse(symbol, error),
            )

    def remove(self, symbol: str) -> None:
        """Stop watching a symbol."""
        if symbol in self.symbols:
            self._keep(tuple(known for known in self.symbols if known != symbol))

    def move(self, symbol: str, position: int) -> None:
        """Put a watched symbol at another place."""
        rest = [known for known in self.symbols if known != symbol]
        if len(rest) < len(self.symbols):
            rest.insert(position, symbol)
            self._keep(tuple(rest))

    def _confirm(self, asset: Asset, position: int | None) -> None:
        self._take(asset)
        if asset.symbol in self.symbols:
            return
        symbols = list(self.symbols)
        symbols.insert(len(symbols) if position is None else position, asset.symbol)
        self._keep(tuple(symbols))

    def _take(self, asset: Asset) -> None:
        self._assets[asset.symbol] = asset
        self.names_changed.emit(asset.symbol)

    def _refuse(self, symbol: str, error: AppError) -> None:
        if isinstance(error, NotFound):
            error = AppError(f"The broker does not know {symbol}.", "Check the spelling.")
        self.refused.emit(error)

    def _keep(self, symbols: tuple[str, ...]) -> None:
        self._settings.change(watchlist=symbols)
        self.changed.emit(symbols)
