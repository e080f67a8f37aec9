"""One REST conversation as a value: what to ask, how to read the answer, what a failure means.

Nothing here touches a socket; `core.net.http` carries a Call and hands the Answer back.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from core.errors import AppError

Result = TypeVar("Result")


class Host(StrEnum):
    """Which of a profile's base addresses a call goes to."""

    TRADING = "trading"
    DATA = "data"
    PROXY = "proxy"
    CONTROL = "control"  # the practice broker's, for causing faults


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds to wait for a connection, for the next byte of the answer, and for all of it.

    For a connection with its name, its other addresses and its handshake it is twice as long.
    """

    connect_s: float = 5.0
    read_s: float = 10.0
    whole_s: float = 30.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str:
        """The broker's id of the request, which its support asks for."""
        return self.headers.get("x-request-id", "")[:64]

    def __repr__(self) -> str:
        """The status alone: tokens travel in bodies."""
        return f"Answer({self.status})"


class Call(msgspec.Struct, Generic[Result], frozen=True, kw_only=True):
    """A request and its reading.

    `changes` marks a call after which the broker's books may differ: for those, silence or an unreadable
    answer means "outcome unknown", never "failed". `read` raises ValueError on an answer it cannot use.
    """

    host: Host
    method: str
    path: str
    read: Callable[[Answer], Result]
    failure: Callable[["Call[Result]", Answer], AppError]
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    changes: bool = False
    timeouts: Timeouts = Timeouts()

    def __repr__(self) -> str:
        """What is asked for, and not the body: codes and tokens travel in it."""
        return f"Call({self.method} {self.host.value} {self.path})"
