"""One REST conversation as a value: what to ask, how to read the answer, what a failure means.

Nothing here touches a socket; `core.net.http` carries a Call and hands the Answer back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from core.errors import AppError

Result = TypeVar("Result")


class Host(StrEnum):
    """Which of a profile's base addresses a call goes to."""

    TRADING = "trading"
    DATA = "data"
    PROXY = "proxy"
    CONTROL = "control"  # the practice broker's, for causing faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait for a connection, for the next byte of the answer, and for all of it.

    For a connection with its name, its other addresses and its handshake it is twice as long.
    """

    connect_s: float = 5.0
    read_s: float = 10.0
    whole_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str:
        """The broker's id of the request, which its support asks for."""
        return self.headers.get("x-request-id", "")[:64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[Result]):
    """A request and its reading.

    `changes` marks a call after which the broker's books may differ: for those, silence or an unreadable
    answer means "outcome unknown", never "failed". `read` raises ValueError on an answer it cannot use.
    """

    host: Host
    method: str
    path: str
    read: Callable[[Answer], Result] = field(repr=False)
    failure: Callable[["Call[Result]", Answer], AppError] = field(repr=False)
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=None, repr=False)
    changes: bool = False
    timeouts: Timeouts = field(default_factory=Timeouts)
