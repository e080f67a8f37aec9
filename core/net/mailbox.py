"""Where the stream thread leaves market data for the GUI thread: the newest of each symbol, no queue.

The only place where the two threads share anything, hence the only lock.
"""

import threading
from collections import deque
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from core.domain.connection import StreamName
from core.protocol.data_messages import DailyBar, Message, MinuteBar, QuoteMessage, TradeMessage, UpdatedBar

RECENT = 50  # messages kept for the event log until the next drain; a reader would not see more go by
BARS = 5_000  # more than every symbol of a plan has in a minute; a flood pushes the oldest out


@dataclass(slots=True)
class Delivery:
    """Everything since the last one. Times are `monotonic_ns` of the frame's arrival."""

    stream: StreamName = StreamName.QUOTES
    quotes: dict[str, tuple[QuoteMessage, int]] = field(default_factory=dict)
    trades: dict[str, tuple[TradeMessage, int]] = field(default_factory=dict)
    bars: deque[tuple[MinuteBar | UpdatedBar | DailyBar, int]] = field(
        default_factory=lambda: deque(maxlen=BARS)
    )
    frames: deque[tuple[list[Message], int]] = field(default_factory=lambda: deque(maxlen=RECENT))
    messages: int = 0

    def recent(self) -> list[tuple[Message, int]]:
        """The last messages, at most RECENT, oldest first."""
        newest: list[tuple[Message, int]] = []
        for messages, received_ns in reversed(self.frames):
            newest += ((message, received_ns) for message in reversed(messages))
            if len(newest) >= RECENT:
                break
        return newest[:RECENT][::-1]


class MarketMailbox(QObject):
    """Of one stream: `post` on the stream thread, `take` on the GUI thread."""

    filled = Signal()  # the box went from empty to not empty

    def __init__(self, stream: StreamName = StreamName.QUOTES) -> None:
        super().__init__()
        self.stream = stream
        self._lock = threading.Lock()
        self._delivery = Delivery(stream)

    def post(self, messages: list[Message], received_ns: int) -> None:
        """Leave a frame's messages; of each symbol's quotes and trades only the newest stays."""
        if not messages:
            return
        with self._lock:
            box = self._delivery
            was_empty = box.messages == 0
            box.messages += len(messages)
            quotes, trades = box.quotes, box.trades
            for message in messages:
                kind = type(message)
                if kind is QuoteMessage:
                    quotes[message.S] = (message, received_ns)  # type: ignore[union-attr, assignment]
                elif kind is TradeMessage:
                    trades[message.S] = (message, received_ns)  # type: ignore[union-attr, assignment]
                elif kind is MinuteBar or kind is UpdatedBar or kind is DailyBar:
                    box.bars.append((message, received_ns))  # type: ignore[arg-type]
            # Whole, since taking it apart here would cost more than all the rest.
            box.frames.append((messages[-RECENT:], received_ns))
        if was_empty:
            self.filled.emit()

    def take(self) -> Delivery:
        """Return what has come since the last call and leave an empty box."""
        with self._lock:
            delivery, self._delivery = self._delivery, Delivery(self.stream)
        return delivery
