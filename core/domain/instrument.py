"""What kinds of instruments there are, and how the kind shows in a symbol."""

import re
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
