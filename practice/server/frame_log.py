"""The frames that streams carried, for tests and fault-finding."""

import itertools
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from practice.faults.registry import stream_meets
from practice.server.redaction import redacted_frame

_MOST_FRAMES, _MOST_BYTES = 20_000, 8_000_000
Direction = Literal["sent", "received"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. It is made readable, and its secrets are removed, when somebody looks."""

    number: int
    at: float
    endpoint: str
    connection: int
    direction: Direction
    kind: str
    packed: bool
    payload: bytes | str

    def shown(self) -> dict[str, Any]:
        """How the control port shows it."""
        return {
            "number": self.number,
            "at": self.at,
            "stream": self.endpoint,
            "connection": self.connection,
            "direction": self.direction,
            "kind": self.kind,
            "size": len(self.payload),
            "body": redacted_frame(self.payload, packed=self.packed),
        }


class FrameLog:
    """The latest frames, oldest first, as far as there is room."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque()
        self._numbers = itertools.count(1)
        self._bytes = 0

    def add(
        self,
        endpoint: str,
        connection: int,
        direction: Direction,
        kind: str,
        payload: bytes | str,
        *,
        packed: bool,
    ) -> None:
        """Note a frame."""
        frame = Frame(
            next(self._numbers), time.time(), endpoint, connection, direction, kind, packed, payload
        )
        self._frames.append(frame)
        self._bytes += len(payload)
        while self._bytes > _MOST_BYTES or len(self._frames) > _MOST_FRAMES:
            self._bytes -= len(self._frames.popleft().payload)

    def found(
        self,
        *,
        since: int = 0,
        stream: str = "all",
        direction: str | None = None,
        kind: str | None = None,
        contains: str = "",
        limit: int = _MOST_FRAMES,
    ) -> list[dict[str, Any]]:
        """The latest frames that a reader wants, oldest first."""
        chosen: list[dict[str, Any]] = []
        for frame in self._newest_first(since):
            if len(chosen) == limit:
                break
            if not stream_meets(stream, frame.endpoint) or direction not in {None, frame.direction}:
                continue
            if kind not in {None, frame.kind}:
                continue
            shown = frame.shown()
            if contains in shown["body"]:
                chosen.append(shown)
        return chosen[::-1]

    def _newest_first(self, since: int) -> Iterator[Frame]:
        for frame in reversed(self._frames):
            if frame.number <= since:
                return
            yield frame
