"""Causes faults at the practice broker on demand: its control port, spoken to like any other host."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec
from PySide6.QtCore import QObject

from core.errors import AppError, BadAnswer
from core.net.http import Transport
from core.net.lanes import Lane
from core.protocol.call import Answer, Call, Host

Result = TypeVar("Result")


class PracticeControl(QObject):
    """Lives on the GUI thread; stop it before the broker."""

    def __init__(self, control_url: str, *, user_agent: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._transport = Transport({Host.CONTROL: control_url}, None, user_agent=user_agent)
        self._lane = Lane("practice-control", parent=self)

    def cut_orders_stream(self, refusals: int, failed: Callable[[AppError], None]) -> None:
        """Cut the order stream without a goodbye, and refuse that many attempts to come back."""
        fault = {"route": "GET /stream", "kind": "status", "status": 503, "count": refusals}
        self._post("/fault", fault, failed)
        self._post("/drop-streams", {"stream": "orders"}, failed)

    def stop(self) -> None:
        """Ask nothing more."""
        self._transport.abort()
        self._lane.stop()
        self._transport.close()

    def _post(self, path: str, order: Mapping[str, object], failed: Callable[[AppError], None]) -> None:
        call: Call[None] = Call(
            host=Host.CONTROL,
            method="POST",
            path=path,
            body=msgspec.json.encode(order),
            read=_nothing,
            failure=_refused,
        )
        self._lane.submit(lambda: self._transport.run(call), failed=failed)


def _nothing(_answer: Answer) -> None:
    return None


def _refused(call: Call[Result], answer: Answer) -> AppError:
    return BadAnswer(f"The practice broker refused {call.path}.", detail=f"status {answer.status}")
