"""The instruments of the simulated market: real names and tickers, invented prices."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Literal

from practice.engine import contracts
from practice.engine.contracts import Right

AssetClass = Literal["us_equity", "crypto", "us_option", ""]  # the last, of a combination

_ASSET_IDS = uuid.UUID("6f1d7f0e-52c4-4c0e-9a7e-0c5f2f6f7a11")
_TAPES = {"NYSE": "A", "NASDAQ": "C", "OTC": "O"}
_VENUES = {
    "NYSE": "N",
    "NASDAQ": "Q",
    "ARCA": "P",
    "BATS": "Z",
    "AMEX": "A",
    "OTC": "U",
    "CRYPTO": "",
    "": "C",  # options have no listing exchange; most of ours print at the oldest one
}
_POWERS: tuple[int, ...] = tuple(10**digits for digits in range(19))
_CENT, _FINEST = Decimal("0.01"), Decimal("1e-9")
_NIGHT_TAPE, _NIGHT_VENUE = "N", "D"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Shares a day; of names that trade less, the broker offers less outside of ordinary hours.
_ENOUGH_FOR_NIGHTS, _ENOUGH_FOR_FRACTIONS = 550_000, 750_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What an option gives the right to: `multiplier` shares of the underlying at the strike."""

    underlying: "Instrument"
    expiry: date
    right: Right
    strike: Decimal

    @property
    def is_call(self) -> bool:
        return self.right == "call"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instrument:
    """One tradable thing. Prices of the market are whole ticks of `10 ** -digits` dollars.

    A list of instruments holds each of them once, so they are equal only to themselves.
    """

    symbol: str
    asset_id: str
    name: str
    exchange: str
    asset_class: AssetClass
    is_fund: bool
    base_ticks: int
    digits: int
    daily_lots: int
    lot: Decimal  # the unit of market sizes: one share or contract, or an amount of a coin
    is_test: bool = False  # the symbol of the test stream, which never sleeps
    is_pegged: bool = False  # a coin that is meant to stay at its price
    has_options: bool = False
    multiplier: int = 1  # what a price is multiplied by to be money
    contract: Contract | None = None  # of an option
    by_day: "Instrument | None" = None  # of what the overnight market prints: the same, as the day has it

    @property
    def is_night(self) -> bool:
        """Whether it is an instrument as the overnight market trades it (`Market.by_night`)."""
        return self.by_day is not None

    @property
    def is_option(self) -> bool:
        return self.contract is not None

    @property
    def is_crypto(self) -> bool:
        return self.asset_class == "crypto"

    @property
    def compact_symbol(self) -> str:
        """The symbol as positions spell it: crypto pairs without the slash."""
        return self.symbol.replace("/", "")

    @property
    def fractionable(self) -> bool:
        return self.is_crypto or (self.exchange != "OTC" and not self.is_option)

    @property
    def shortable(self) -> bool:
        """Whether shares of it can be borrowed; writing an option is another matter."""
        return self.asset_class == "us_equity" and self.exchange != "OTC"

    @property
    def overnight_tradable(self) -> bool:
        """Whether the overnight market takes it: listed shares, save those that hardly trade."""
        return self._trades_outside_hours(_ENOUGH_FOR_NIGHTS)

    @property
    def fractional_eh_enabled(self) -> bool:
        """Whether fractions of it trade outside of ordinary hours too."""
        return self._trades_outside_hours(_ENOUGH_FOR_FRACTIONS)

    def _trades_outside_hours(self, enough: int) -> bool:
        return self.asset_class == "us_equity" and self.exchange != "OTC" and self.daily_lots >= enough

    @property
    def min_order_size(self) -> Decimal:
        """The least quantity of one order: about a dollar's worth of a coin."""
        if not self.is_crypto:
            return _FINEST if self.fractionable else Decimal(1)
        return max(_FINEST, (1 / self.price(self.base_ticks)).quantize(_FINEST))

    @property
    def min_trade_increment(self) -> Decimal:
        """The finest step of a quantity."""
        return _FINEST if self.fractionable else Decimal(1)

    @property
    def price_increment(self) -> Decimal:
        """The finest step of an order's price; that of stocks is finer below a dollar."""
        return Decimal(1).scaleb(-self.digits) if self.is_crypto else _CENT

    @property
    def tape(self) -> str:
        if self.by_day is not None:
            return _NIGHT_TAPE
        return _TAPES.get(self.exchange, "B")

    @property
    def has_one_venue(self) -> bool:
        """Whether all of it prints at its home venue; so it has no auctions either."""
        return self.is_crypto or self.is_night

    @property
    def home_venue(self) -> str:
        """The one-letter code of the listing exchange on the tape, or of the only one at night."""
        if self.by_day is not None:
            return _NIGHT_VENUE
        return _VENUES[self.exchange]

    def price(self, ticks: int) -> Decimal:
        """The exact price of a number of ticks."""
        return Decimal(ticks).scaleb(-self.digits)

    def number(self, ticks: int) -> float:
        """The price as market data sends it: a JSON number with the instrument's decimals."""
        return ticks / _POWERS[self.digits]

    def size(self, lots: int) -> float | int:
        """A market size as market data sends it."""
        return lots if self.asset_class != "crypto" or self.lot == 1 else float(lots * self.lot)


class Instruments(Mapping[str, Instrument]):
    """All stocks and coins by symbol, in the order of the list.

    `find` also knows ids, compact symbols and option contracts. Those are not in the list, because there is
    one for every strike of every week: `terms` says which are listed on a day.
    """

    def __init__(self, instruments: list[Instrument]) -> None:
        self._by_symbol = {instrument.symbol: instrument for instrument in instruments}
        self._by_alias = {
            alias: instrument
            for instrument in instruments
            for alias in (instrument.asset_id, instrument.compact_symbol, instrument.symbol)
        }
        self._options: dict[str, Instrument] = {}  # by symbol and by id, once they were asked for
        # The latest chain of each underlying, by its symbol, with the day and price that it was made for.
        self._chains: dict[str, tuple[tuple[date, Decimal], list[contracts.Terms]]] = {}

    def __getitem__(self, symbol: str) -> Instrument:
        return self._by_symbol[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_symbol)

    def __len__(self) -> int:
        return len(self._by_symbol)

    def find(self, name: str) -> Instrument | None:
        """Return the instrument of a ticker, an id, an option symbol, or a pair with or without its slash.

        The id of an option is known once the option was found by its symbol or in a chain.
        """
        return (
            self._by_alias.get(name)
            or self._by_alias.get(name.upper())
            or self._options.get(name)
            or self.option(name.upper())
        )

    def option(self, symbol: str) -> Instrument | None:
        """The contract of an OCC symbol, such as AAPL261218C00200000; None when it was never listed."""
        if found := self._options.get(symbol):
            return found
        terms = contracts.terms_of(symbol)
        underlying = self._by_symbol.get(terms.root) if terms else None
        if terms is None or underlying is None or not underlying.has_options:
            return None
        if not contracts.could_be_listed(terms, underlying.price(underlying.base_ticks)):
            return None
        return self._kept(terms, underlying)

    def optionable(self) -> list[Instrument]:
        """The underlyings that have options."""
        return [instrument for instrument in self._by_symbol.values() if instrument.has_options]

    def terms(self, underlying: Instrument, today: date, price: Decimal) -> list[contracts.Terms]:
        """The terms that are listed on a day around a price, in order of expiry, right and strike.

        Take the price of the month's beginning (`Market.terms` does), so that a chain keeps its strikes.
        """
        if not underlying.has_options:
            return []
        known_by, chain = self._chains.get(underlying.symbol, (None, []))
        if known_by != (today, price):
            chain = contracts.listed(underlying.symbol, today, price, underlying.price(underlying.base_ticks))
            self._chains[underlying.symbol] = ((today, price), chain)
        return chain

    def contract(self, terms: contracts.Terms) -> Instrument:
        """The contract of terms that are listed."""
        return self._options.get(terms.symbol) or self._kept(terms, self._by_symbol[terms.root])

    def _kept(self, terms: contracts.Terms, underlying: Instrument) -> Instrument:
        made = _option(terms, underlying)
        self._options[made.symbol] = self._options[made.asset_id] = made
        return made


def listed_instruments() -> Instruments:
    """Read the list that ships with the practice broker."""
    text = resources.files("practice.resources").joinpath("instruments.txt").read_text(encoding="utf-8")
    return Instruments([_parsed(line) for line in text.splitlines() if line and not line.startswith("#")])


def fake_company() -> Instrument:
    """FAKEPACA, the symbol of the data streams' test endpoint; it cannot be traded."""
    return _parsed("FAKEPACA|Test stream symbol|NASDAQ|133.85|6|t")


def _parsed(line: str) -> Instrument:
    symbol, name, exchange, text, millions, kind = line.split("|")
    crypto, price = kind.startswith("c"), Decimal(text)
    digits = _coin_digits(price) if crypto else 4 if price < 1 else 2
    lot = _coin_lot(price) if crypto else Decimal(1)
    return Instrument(
        symbol=symbol,
        asset_id=str(uuid.uuid5(_ASSET_IDS, symbol)),
        name=name,
        exchange=exchange,
        asset_class="crypto" if crypto else "us_equity",
        is_fund=kind.startswith("e"),
        base_ticks=int(price.scaleb(digits)),
        digits=digits,
        daily_lots=int(Decimal(millions) * 1_000_000 / lot),
        lot=lot,
        is_test=kind == "t",
        is_pegged=kind == "cp",
        has_options=kind.endswith("o"),
    )


def _coin_digits(price: Decimal) -> int:
    """Enough decimals for a tick to be a small part of the price."""
    return 2 if price >= 100 else max(4, 4 - price.adjusted())


def _coin_lot(price: Decimal) -> Decimal:
    """An amount of some dollars' worth."""
    return Decimal("0.0001") if price >= 1000 else Decimal(1).scaleb(-price.adjusted())


def _option(terms: contracts.Terms, underlying: Instrument) -> Instrument:
    month = _MONTHS[terms.expiry.month - 1]
    return Instrument(
        symbol=terms.symbol,
        asset_id=str(uuid.uuid5(_ASSET_IDS, terms.symbol)),
        name=f"{terms.root} {month} {terms.expiry:%d %Y} {terms.strike:.2f} {terms.right.capitalize()}",
        exchange="",
        asset_class="us_option",
        is_fund=False,
        base_ticks=1,
        digits=2,
        daily_lots=0,
        lot=Decimal(1),
        multiplier=100,
        contract=Contract(underlying=underlying, expiry=terms.expiry, right=terms.right, strike=terms.strike),
    )
