"""What regulators, exchanges and the clearing house take from a trade: each rate with its source and date.

The one place to change when they do, which is at least once a year. The broker passes them on in full, on
live accounts only. Sources: the broker's page docs.alpaca.markets/docs/regulatory-fees says who charges what
on which side, and its rates of the middle of 2025 stand here where no newer ones are public.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum, auto


class FeeKind(StrEnum):
    """Who takes it."""

    SEC = "sec"
    TAF = "taf"
    ORF = "orf"
    OCC = "occ"
    CAT = "cat"
    COIN = "coin"


class FeeBasis(Enum):
    """What a rate is multiplied with."""

    VALUE = auto()  # the money that changes hands
    QUANTITY = auto()  # shares or contracts
    UNITS = auto()  # shares, and those that a contract stands for


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeRate:
    """One rate in dollars; `known` is when it took effect, or of when the newest word about it is."""

    kind: FeeKind
    rate: Decimal
    basis: FeeBasis
    known: date
    on_sales_only: bool = False
    most: Decimal | None = None  # of one order


# Exchange Act Release 34-104909 (Federal Register 2026-04233): 20.60 per million from 2026-04-04 on.
_SEC = FeeRate(
    kind=FeeKind.SEC,
    rate=Decimal("0.0000206"),
    basis=FeeBasis.VALUE,
    known=date(2026, 4, 4),
    on_sales_only=True,
)
# The broker's support page on regulatory fees: 0.000009 + 0.000013 + 0.0000045, "CAT Fee 2025-2" and others.
_CAT = FeeRate(kind=FeeKind.CAT, rate=Decimal("0.0000265"), basis=FeeBasis.UNITS, known=date(2025, 7, 1))
SHARE_RATES = (
    _SEC,
    # FINRA By-Laws, Schedule A, Section 1: 2026.
    FeeRate(
        kind=FeeKind.TAF,
        rate=Decimal("0.000195"),
        basis=FeeBasis.QUANTITY,
        known=date(2026, 1, 1),
        on_sales_only=True,
        most=Decimal("9.79"),
    ),
    _CAT,
)
OPTION_RATES = (
    _SEC,
    # FINRA By-Laws, Schedule A, Section 1: 2026.
    FeeRate(
        kind=FeeKind.TAF,
        rate=Decimal("0.00329"),
        basis=FeeBasis.QUANTITY,
        known=date(2026, 1, 1),
        on_sales_only=True,
    ),
    # The broker's page; the exchanges' own rates differ, and it passes on one figure.
    FeeRate(kind=FeeKind.ORF, rate=Decimal("0.02685"), basis=FeeBasis.QUANTITY, known=date(2025, 5, 1)),
    FeeRate(
        kind=FeeKind.OCC,
        rate=Decimal("0.02"),
        basis=FeeBasis.QUANTITY,
        known=date(2025, 5, 1),
        most=Decimal(55),
    ),
    _CAT,
)
