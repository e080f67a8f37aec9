"""The event log of all streams: bounded, and told to the views once a frame."""

from collections import deque
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal, Slot

from core.domain.connection import LogLine, StreamName, StreamStatus
from core.domain.event import OrderEvent
from core.domain.money import plain
from core.net.mailbox import Delivery
from core.protocol.data_messages import (
    DailyBar,
    Failure,
    Message,
    MinuteBar,
    QuoteMessage,
    Subscription,
    Success,
    TradeMessage,
    TradingStatus,
    UpdatedBar,
)
from core.protocol.failures import MAX_FOREIGN_TEXT
from core.services.clock import Clock
from core.services.frame_clock import FrameClock

CAPACITY = 2_500


class EventLog(QObject):
    """The newest lines; what did not fit between two frames is only counted."""

    lines_added = Signal(object)  # tuple[LogLine, ...]

    def __init__(self, frames: FrameClock, clock: Clock, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock, self._frames = clock, frames
        self._lines: deque[LogLine] = deque(maxlen=CAPACITY)
        self._fresh: list[LogLine] = []
        self._phases: dict[StreamName, str] = {}
        self.count = 0  # of the lines that were announced, kept or not
        self.dropped = 0
        frames.frame.connect(self._announce)

    @property
    def lines(self) -> Sequence[LogLine]:
        """Every line kept, oldest first."""
        return tuple(self._lines)

    @Slot(object)
    def take_delivery(self, delivery: Delivery) -> None:
        """Log a frame's market data of one stream, as far as it was kept."""
        offset = self._clock.wall_ns() - self._clock.monotonic_ns()
        recent = delivery.recent()
        self.dropped += max(0, delivery.messages - len(recent))
        for message, received_ns in recent:
            kind, symbol, summary = _described(message)
            self._add(received_ns + offset, delivery.stream, kind, symbol, summary)

    @Slot(object)
    def take_order_events(self, events: tuple[OrderEvent, ...]) -> None:
        """Log order updates."""
        for event in events:
            order = event.order
            parts = [order.side, plain(order.qty) if order.qty is not None else "", order.type]
            if event.is_fill and event.qty is not None and event.price is not None:
                parts += ["filled", plain(event.qty), "at", plain(event.price)]
            parts.append(f"[{order.status_text}]")
            summary = " ".join(part for part in parts if part)
            self._add(self._clock.wall_ns(), StreamName.ORDERS, event.event, order.symbol, summary)

    @Slot(object)
    def take_status(self, status: StreamStatus) -> None:
        """Log a change of a stream's state; repeated reports of the same state are not news."""
        if self._phases.get(status.name) == status.phase:
            return
        self._phases[status.name] = status.phase
        self._add(self._clock.wall_ns(), status.name, status.phase.value, "", status.reason.value)

    def _add(self, at_ns: int, stream: StreamName, kind: str, symbol: str, summary: str) -> None:
        line = LogLine(
            at_ns=at_ns, stream=stream, kind=_short(kind), symbol=_short(symbol), summary=_short(summary)
        )
        self._fresh.append(line)
        self._frames.ask()

    @Slot()
    def _announce(self) -> None:
        if not self._fresh:
            return
        fresh, self._fresh = tuple(self._fresh), []
        self._lines.extend(fresh)
        self.count += len(fresh)
        self.lines_added.emit(fresh)


def _short(text: str) -> str:
    """Cut text from elsewhere: printable, one line, at most MAX_FOREIGN_TEXT characters."""
    cut = text[:MAX_FOREIGN_TEXT]
    return cut if cut.isprintable() else "".join(letter if letter.isprintable() else " " for letter in cut)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:g}" if abs(value) >= 1e7 else f"{value:,.10g}"


def _described(message: Message) -> tuple[str, str, str]:
    """Kind, symbol and summary of a market data message."""
    match message:
        case QuoteMessage():
            bid, ask = _number(message.bp), _number(message.ap)
            return (
                "quote",
                message.S,
                f"{bid} \u00d7 {_number(message.bs)}   {ask} \u00d7 {_number(message.as_)}",
            )
        case TradeMessage():
            return (
                "trade",
                message.S,
                f"{_number(message.s)} at {_number(message.p)} {message.x or ''}".rstrip(),
            )
        case MinuteBar() | UpdatedBar() | DailyBar():
            kind = {MinuteBar: "bar", UpdatedBar: "updated bar", DailyBar: "daily bar"}[type(message)]
            prices = " ".join(_number(price) for price in (message.o, message.h, message.l, message.c))
            return kind, message.S, f"{prices} volume {_number(message.v)}"
        case TradingStatus():
            return "status", message.S, f"{message.sm} {message.rm}".strip()
        case Success():
            return "success", "", message.msg
        case Failure():
            return "error", "", f"{message.code} {message.msg}"
        case Subscription():
            return "subscription", "", f"{len(message.quotes)} quotes, {len(message.trades)} trades"
        case _:
            return message.T, message.S, ""
