"""The order stream in made-up time: events doubled, late, out of order, dropped; cuts, half-open sockets."""

import json
from collections.abc import Callable
from typing import Any

from core.domain.event import OrderEvent
from core.domain.secret import Secret
from core.protocol.order_stream import OrderStreamSession
from tests.simulation.broker import Broker
from tests.simulation.line import Line
from tests.simulation.world import MS, S, World

NOTICED_AFTER = 20 * S  # a half-open connection is noticed by its missing pongs


class Stream:
    """Connects, listens, loses the connection, connects again; tells the desk as the program's own does."""

    def __init__(self, world: World, line: Line, broker: Broker) -> None:
        self._world, self._line, self._broker = world, line, broker
        self.badness = 1.0
        self.on_events: Callable[[tuple[OrderEvent, ...]], None] = lambda _events: None
        self.on_live: Callable[[], None] = lambda: None
        self.on_down: Callable[[], None] = lambda: None
        self._session: OrderStreamSession | None = None
        self._is_half_open = False
        self._is_wanted = False  # whether there is a program that listens
        self._connection = 0
        broker.told.append(self._tell)

    @property
    def is_live(self) -> bool:
        return self._session is not None

    def open(self) -> None:
        """The program has started."""
        self._is_wanted = True
        self.connect()

    def connect(self) -> None:
        """Open a connection, now or once the line is back."""
        if self._session is not None or not self._is_wanted:
            return
        if self._line.is_partitioned:
            self._world.at(self._world.between(1 * S, 5 * S), self.connect)
            return
        self._connection += 1
        self._is_half_open = False
        session = OrderStreamSession(Secret("canary-token"))
        for message in (
            {"stream": "authorization", "data": {"status": "authorized", "action": "authenticate"}},
            {"stream": "listening", "data": {"streams": ["trade_updates"]}},
        ):
            session.receive(json.dumps(message).encode())
        self._session = session
        self._world.note("stream live")
        self.on_live()

    def cut(self) -> None:
        """End the connection; both sides know."""
        if self._session is not None:
            self._session = None
            self._line.met["stream_cut"] += 1
            self._world.note("stream cut")
            self.on_down()
            self._world.at(self._world.between(100 * MS, 5 * S), self.connect)

    def half_open(self) -> None:
        """Deliver nothing more on this connection, which looks open until its pongs are missed."""
        if self._session is None:
            return
        self._line.met["half_open"] += 1
        self._is_half_open = True
        connection = self._connection
        self._world.at(NOTICED_AFTER, lambda: self.cut() if connection == self._connection else None)

    def close(self) -> None:
        """The program is gone."""
        self._session, self._is_wanted = None, False
        self._connection += 1

    def _tell(self, event: str, order: dict[str, Any], extra: dict[str, Any]) -> None:
        if self._session is None or self._is_half_open:
            return
        draw = self._world.chance.random() / max(self.badness, 1e-9)
        if draw < 0.05:
            self._line.met["event_dropped"] += 1
            return
        data = {"event": event, "order": order, "timestamp": order["updated_at"], **extra}
        frame = json.dumps({"stream": "trade_updates", "data": data}).encode()
        copies = 1
        if draw < 0.1:
            copies = 2
            self._line.met["event_twice"] += 1
        late = draw < 0.2
        self._line.met["event_out_of_order"] += late
        for _ in range(copies):
            delay = self._world.between(1 * MS, 3 * S if late else 20 * MS)
            self._deliver_after(delay, frame)

    def _deliver_after(self, delay_ns: int, frame: bytes) -> None:
        connection = self._connection

        def deliver() -> None:
            if connection == self._connection and self._session is not None:
                self.on_events(tuple(self._session.receive(frame)))

        self._world.at(delay_ns, deliver)
