"""What the order desk asks of a request to place an order, whatever kind of order it is for."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol


class Sendable(Protocol):
    """An order as a trader asks for it; `core.domain.request.OrderRequest` is the simplest."""

    @property
    def symbol(self) -> str:
        """What is traded; for a multi-leg order any text that names it."""

    @property
    def only_closes(self) -> bool:
        """Whether the broker would let it do nothing but make a position smaller."""

    def problems(self) -> Sequence[StrEnum]:
        """Every reason why this must not be sent; empty when it may."""

    def body(self, client_order_id: str) -> Mapping[str, object]:
        """The exact members of the POST body; raises ValueError when `problems` is not empty."""
