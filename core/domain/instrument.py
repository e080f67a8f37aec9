"""What kinds of instruments there are, and how the kind shows in a symbol."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

_OPTION = re.compile(r"[A-Z]{1,5}\d?\d{6}[CP]\d{8}", re.ASCII)
# Positions spell a pair without its slash (protocol page section 3.9); the longest currency is tried first.
_QUOTE_CURRENCIES = ("USDT", "USDC", "USD", "BTC")


class AssetClass(StrEnum):
    """The classes whose orders differ; the broker's own words."""

    EQUITY = "us_equity"
    OPTION = "us_option"
    CRYPTO = "crypto"

    @classmethod
    def of_symbol(cls, symbol: str) -> "AssetClass":
        """The class that the spelling of an order's symbol says: a pair, an OCC symbol, or a ticker."""
        if "/" in symbol:
            return cls.CRYPTO
        return cls.OPTION if _OPTION.fullmatch(symbol) else cls.EQUITY


def order_symbol(symbol: str, asset_class: str) -> str:
    """Spell a position's symbol as orders do: `BTCUSD` of class crypto is `BTC/USD`."""
    if asset_class != AssetClass.CRYPTO or "/" in symbol:
        return symbol
    for currency in _QUOTE_CURRENCIES:
        if symbol.endswith(currency) and len(symbol) > len(currency):
            return f"{symbol.removesuffix(currency)}/{currency}"
    return symbol


def position_symbol(symbol: str) -> str:
    """Spell an order's symbol as positions do: `BTC/USD` is `BTCUSD`."""
    return symbol.replace("/", "")


def multiplier_of(symbol: str) -> int:
    """How many units one contract stands for: 100 for options, 1 for everything else."""
    return 100 if AssetClass.of_symbol(symbol) is AssetClass.OPTION else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionTerms:
    """What an OCC symbol spells: `AAPL261218C00200000` is a call on AAPL at 200, until 2026-12-18."""

    underlying: str
    expires: date
    is_call: bool
    strike: Decimal

    @classmethod
    def of_symbol(cls, symbol: str) -> "OptionTerms | None":
        """Read an OCC symbol; None for anything else, and for a day that no calendar has."""
        if not _OPTION.fullmatch(symbol):
            return None
        root, day, kind, strike = symbol[:-15], symbol[-15:-9], symbol[-9], symbol[-8:]
        try:
            expires = date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
        except ValueError:
            return None
        return cls(
            underlying=root, expires=expires, is_call=kind == "C", strike=Decimal(int(strike)).scaleb(-3)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """What the broker says of something that can be traded (protocol page section 3.12).

    The increments are those of coins; None where the broker named none. `multiplier` is how many units of
    the underlying one unit stands for.
    """

    symbol: str
    name: str = ""
    exchange: str = ""
    asset_class: AssetClass = AssetClass.EQUITY
    is_active: bool = True
    tradable: bool = True
    fractionable: bool = False
    shortable: bool = False
    marginable: bool = True
    is_hard_to_borrow: bool = False
    attributes: frozenset[str] = frozenset()
    price_increment: Decimal | None = None
    min_order_size: Decimal | None = None
    min_trade_increment: Decimal | None = None
    multiplier: Decimal = Decimal(1)

    @property
    def option(self) -> OptionTerms | None:
        """What the symbol spells when it is an option's."""
        return OptionTerms.of_symbol(self.symbol)
