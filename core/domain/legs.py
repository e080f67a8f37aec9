"""The legs of an order that brings its own exits along."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.domain.money import plain


class OrderClass(StrEnum):
    """How many orders are sent as one."""

    SIMPLE = "simple"
    BRACKET = "bracket"
    OCO = "oco"
    OTO = "oto"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeProfit:
    """The leg that leaves with a gain, as a limit order."""

    limit_price: Decimal | None = None

    def body(self) -> dict[str, str]:
        """Its members on the wire."""
        return {} if self.limit_price is None else {"limit_price": plain(self.limit_price)}


@dataclass(frozen=True, slots=True, kw_only=True)
class StopLoss:
    """The leg that leaves with a loss: a stop order, or a stop-limit order where `limit_price` is given."""

    stop_price: Decimal | None = None
    limit_price: Decimal | None = None

    def body(self) -> dict[str, str]:
        """Its members on the wire."""
        prices = (("stop_price", self.stop_price), ("limit_price", self.limit_price))
        return {name: plain(price) for name, price in prices if price is not None}
