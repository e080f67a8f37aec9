"""The instruments of the simulated market: real names and tickers, invented prices."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Literal

AssetClass = Literal["us_equity", "crypto"]

_ASSET_IDS = uuid.UUID("6f1d7f0e-52c4-4c0e-9a7e-0c5f2f6f7a11")
_TAPES = {"NYSE": "A", "NASDAQ": "C", "OTC": "O"}
_VENUES = {"NYSE": "N", "NASDAQ": "Q", "ARCA": "P", "BATS": "Z", "AMEX": "A", "OTC": "U", "CRYPTO": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One tradable thing. Prices of the market are whole ticks of `10 ** -digits` dollars."""

    symbol: str
    asset_id: str
    name: str
    exchange: str
    asset_class: AssetClass
    is_fund: bool
    base_ticks: int
    digits: int
    daily_lots: int
    lot: Decimal  # the unit of market sizes: one share, or a small fraction of a coin

    @property
    def is_crypto(self) -> bool:
        return self.asset_class == "crypto"

    @property
    def compact_symbol(self) -> str:
        """The symbol as positions spell it: crypto pairs without the slash."""
        return self.symbol.replace("/", "")

    @property
    def fractionable(self) -> bool:
        return self.is_crypto or self.exchange != "OTC"

    @property
    def shortable(self) -> bool:
        return not self.is_crypto and self.exchange != "OTC"

    @property
    def tape(self) -> str:
        return _TAPES.get(self.exchange, "B")

    @property
    def home_venue(self) -> str:
        """The one-letter code of the listing exchange on the tape."""
        return _VENUES[self.exchange]

    def price(self, ticks: int) -> Decimal:
        """The exact price of a number of ticks."""
        return Decimal(ticks).scaleb(-self.digits)

    def number(self, ticks: int) -> float:
        """The price as market data sends it: a JSON number with the instrument's decimals."""
        return float(ticks / 10**self.digits)

    def size(self, lots: int) -> float | int:
        """A market size as market data sends it."""
        return lots if self.lot == 1 else float(lots * self.lot)


class Instruments(Mapping[str, Instrument]):
    """All instruments by symbol, in the order of the list; `find` also knows ids and compact symbols."""

    def __init__(self, instruments: list[Instrument]) -> None:
        self._by_symbol = {instrument.symbol: instrument for instrument in instruments}
        self._by_alias = {
            alias: instrument
            for instrument in instruments
            for alias in (instrument.asset_id, instrument.compact_symbol, instrument.symbol)
        }

    def __getitem__(self, symbol: str) -> Instrument:
        return self._by_symbol[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_symbol)

    def __len__(self) -> int:
        return len(self._by_symbol)

    def find(self, name: str) -> Instrument | None:
        """Return the instrument of a ticker, an asset id, or a pair spelt with or without its slash."""
        return self._by_alias.get(name) or self._by_alias.get(name.upper())


def listed_instruments() -> Instruments:
    """Read the list that ships with the practice broker."""
    text = resources.files("practice.resources").joinpath("instruments.txt").read_text(encoding="utf-8")
    return Instruments([_parsed(line) for line in text.splitlines() if line and not line.startswith("#")])


def fake_company() -> Instrument:
    """FAKEPACA, the symbol of the data streams' test endpoint; it cannot be traded."""
    return _parsed("FAKEPACA|Test stream symbol|NASDAQ|133.85|6|s")


def _parsed(line: str) -> Instrument:
    symbol, name, exchange, price, millions, kind = line.split("|")
    crypto = kind == "c"
    digits = 4 if Decimal(price) < 1 else 2
    lot = Decimal("0.0001") if crypto else Decimal(1)
    return Instrument(
        symbol=symbol,
        asset_id=str(uuid.uuid5(_ASSET_IDS, symbol)),
        name=name,
        exchange=exchange,
        asset_class="crypto" if crypto else "us_equity",
        is_fund=kind == "e",
        base_ticks=int(Decimal(price).scaleb(digits)),
        digits=digits,
        daily_lots=int(Decimal(millions) * 1_000_000 / lot),
        lot=lot,
    )
