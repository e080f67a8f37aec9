"""One piece of an order that traded, and what that moves."""

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from practice.engine.instruments import Instrument

_FINEST = Decimal("1e-9")
_CRYPTO_FEE = Decimal("0.0025")


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A piece as it is told. The exchange may take one back or correct it later, in a report of its own.

    Such a report names the `previous` execution. One that takes it back has its quantity and fee with the
    sign turned; one that corrects it says what is true instead.
    """

    id: str
    price: Decimal
    qty: Decimal
    position_qty: Decimal
    fee: Decimal = Decimal(0)  # taken from what was received: coins when buying them, dollars when selling
    previous: "Execution | None" = None

    def taken_back(self, report_id: str, position_qty: Decimal) -> "Execution":
        """The report that this has never happened."""
        return Execution(
            id=report_id,
            price=self.price,
            qty=-self.qty,
            position_qty=position_qty,
            fee=-self.fee,
            previous=self,
        )


@dataclass(frozen=True, slots=True)
class Exchange:
    """What an execution moves: of the instrument, of the cash, and the fee that is in one of them already."""

    qty: Decimal
    cash: Decimal
    fee: Decimal


def exchange(instrument: Instrument, *, is_buy: bool, qty: Decimal, price: Decimal) -> Exchange:
    """What changes hands. A fee is taken of coins only, off what is received.

    A coin's quantity has nine decimals, so that a fee in coins is rounded up to the next.
    """
    value = qty * price * instrument.multiplier
    fee = Decimal(0)
    if instrument.is_crypto:
        fee = (qty if is_buy else value) * _CRYPTO_FEE
        if is_buy:
            fee = fee.quantize(_FINEST, rounding=ROUND_UP)
    if is_buy:
        return Exchange(qty - fee, -value, fee)
    return Exchange(-qty, value - fee, fee)
