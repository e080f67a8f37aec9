"""Orders that were accepted and cannot be found for a while, as behind a replica that lags."""

from collections.abc import Callable
from typing import Any

import msgspec

from practice.faults.subject import bare_path

_LIST, _BY_CLIENT_ID = "/v2/orders", "/v2/orders:by_client_order_id"


class ReadLag:
    """What is hidden from reads, and until when. `clock` counts seconds, monotonic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}  # by order id, and by client order id

    def hide(self, order: dict[str, Any], seconds: float) -> None:
        """Let an order not be found for so long."""
        for name in ("id", "client_order_id"):
            if isinstance(order.get(name), str):
                self._until[order[name]] = self._clock() + seconds

    def clear(self) -> None:
        """Let everything be found again."""
        self._until.clear()

    def hides(self, name: str) -> bool:
        """Whether an order of this id is hidden now."""
        until = self._until.get(name)
        if until is not None and until <= self._clock():
            del self._until[name]
            return False
        return until is not None

    def missing(self, path: str, client_order_id: str) -> str | None:
        """The name under which a read of one order finds nothing, if it does."""
        if not self._until:
            return None
        bare = bare_path(path)
        name = client_order_id if bare == _BY_CLIENT_ID else bare.removeprefix(f"{_LIST}/")
        return name if name != bare and self.hides(name) else None

    def filtered(self, path: str, body: bytes) -> bytes:
        """A list of orders without those that are hidden; any other body as it is."""
        if not self._until or bare_path(path) != _LIST:
            return body
        orders = msgspec.json.decode(body)
        if not isinstance(orders, list):
            return body
        return msgspec.json.encode(
            [one for one in orders if not (isinstance(one, dict) and self.hides(str(one.get("id"))))]
        )
