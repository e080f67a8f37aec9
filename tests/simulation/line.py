"""The line to the broker: every way in which a request or an answer can come to grief."""

import json
from collections import Counter
from collections.abc import Callable
from enum import Enum
from typing import Any

from core.domain.secret import Secret
from core.net.http import Transport, _translated
from core.protocol.call import Answer, Call, Host
from tests.simulation.broker import Broker, answer
from tests.simulation.world import MS, S, World, WorldLane

HTML = b"<html><head><title>502 Bad Gateway</title></head></html>"


class Fate(Enum):
    """What becomes of one request."""

    WELL = "well"
    UNREACHABLE = "unreachable"  # no connection: nothing was sent
    REQUEST_LOST = "request_lost"
    REQUEST_LATE = "request_late"  # accepted after our time-out
    ANSWER_LOST = "answer_lost"
    ANSWER_LATE = "answer_late"
    RESET_WHILE_SENDING = "reset_while_sending"
    RESET_WHILE_RECEIVING = "reset_while_receiving"
    TRUNCATED = "truncated"  # 200, half the JSON
    NOT_JSON = "not_json"  # 200, a page
    ERROR_BEFORE = "error_before"  # 500, not accepted
    GATEWAY_AFTER = "gateway_after"  # 502 or 504, accepted
    TOO_MANY = "too_many"  # 429
    TOO_MANY_UNTIL = "too_many_until"  # 429 with Retry-After
    UNAUTHORIZED = "unauthorized"  # 401 in use


# How often each happens on a bad day; what is left goes well.
BAD_DAY: dict[Fate, float] = {
    Fate.UNREACHABLE: 0.03,
    Fate.REQUEST_LOST: 0.04,
    Fate.REQUEST_LATE: 0.05,
    Fate.ANSWER_LOST: 0.04,
    Fate.ANSWER_LATE: 0.04,
    Fate.RESET_WHILE_SENDING: 0.03,
    Fate.RESET_WHILE_RECEIVING: 0.04,
    Fate.TRUNCATED: 0.03,
    Fate.NOT_JSON: 0.02,
    Fate.ERROR_BEFORE: 0.03,
    Fate.GATEWAY_AFTER: 0.04,
    Fate.TOO_MANY: 0.015,
    Fate.TOO_MANY_UNTIL: 0.015,
    Fate.UNAUTHORIZED: 0.004,
}


class Line:
    """What the weather is, and whether the line is cut."""

    def __init__(self, world: World, broker: Broker) -> None:
        self.world, self.broker = world, broker
        self.badness = 1.0  # 0: everything goes well
        self.is_partitioned = False
        self.clogged: list[Callable[[], None]] | None = None  # requests that wait until it is unclogged
        self.met: Counter[str] = broker.met
        self.sent: Counter[str] = Counter()  # how often each change left: by our id, a cancel by its order
        self.looked_up: set[str] = set()  # ids that were asked about and answered since the program started
        self.after_acceptance: Callable[[], None] = lambda: None  # called on a lane

    def fate(self) -> Fate:
        if self.is_partitioned:
            return self.world.chance.choice([Fate.UNREACHABLE, Fate.REQUEST_LOST])
        draw = self.world.chance.random()
        for fate, share in BAD_DAY.items():
            draw -= share * self.badness
            if draw < 0:
                return fate
        return Fate.WELL

    def unclog(self) -> None:
        """Let what waited arrive, in random order."""
        waiting, self.clogged = self.clogged or [], None
        self.world.chance.shuffle(waiting)
        for number, arrive in enumerate(waiting):
            self.world.at(number * MS, arrive)


class SimulatedTransport(Transport):
    """The program's own transport, whose bytes travel in made-up time. One for each lane."""

    def __init__(self, line: Line, lane: Callable[[], WorldLane], **told: Any) -> None:
        super().__init__(
            {Host.TRADING: "http://nowhere"}, Secret("canary-token"), user_agent="simulation", **told
        )
        self._line, self._lane = line, lane

    def _send(
        self,
        call: Call[Any],
        on_sent: Callable[[], None] | None,
        on_first_byte: Callable[[], None] | None,
    ) -> Answer:
        line, world, lane = self._line, self._line.world, self._lane()
        fate = line.fate()
        line.met[fate.value] += 1
        world.note("line", call.method, call.path, fate.value)
        patience = int(call.timeouts.read_s * S)
        if fate is Fate.UNREACHABLE:
            lane.wait(world.between(1 * MS, 500 * MS))
            raise _translated(call, ConnectionError(), has_sent=False)
        if call.changes:
            line.sent[_subject(call)] += 1
        if on_sent is not None:
            on_sent()
        there, back = world.between(1 * MS, 40 * MS), world.between(1 * MS, 40 * MS)
        if (early := self._before_the_broker(call, fate, patience, there + back)) is not None:
            return early
        if line.clogged is not None:
            line.clogged.append(lambda: self._arrive(call))
            line.met["clogged"] += 1
            lane.wait(patience)
            raise _translated(call, TimeoutError(), has_sent=True)
        lane.wait(there)
        came = line.broker.handle(call)
        if call.changes:
            line.after_acceptance()
        lane.wait(back)
        match fate:
            case Fate.ANSWER_LOST | Fate.RESET_WHILE_RECEIVING:
                raise _translated(call, ConnectionResetError(), has_sent=True)
            case Fate.TRUNCATED:
                came = Answer(status=came.status, headers=came.headers, body=came.body[: len(came.body) // 2])
            case Fate.NOT_JSON:
                came = Answer(status=200, headers={"content-type": "text/html"}, body=HTML)
            case Fate.GATEWAY_AFTER:
                body = world.chance.choice([HTML, b'{"message":"upstream request timeout"}'])
                came = Answer(status=world.chance.choice([502, 504]), headers={}, body=body)
        if on_first_byte is not None:
            on_first_byte()
        if not call.changes and came.status in (200, 404):
            line.looked_up.add(_subject(call))
        return came

    def _before_the_broker(
        self, call: Call[Any], fate: Fate, patience: int, round_trip: int
    ) -> Answer | None:
        """Fates in which the broker does nothing, or not while we listen; None for the others."""
        world, lane = self._line.world, self._lane()
        match fate:
            case Fate.REQUEST_LOST:
                lane.wait(patience)
                raise _translated(call, TimeoutError(), has_sent=True)
            case Fate.REQUEST_LATE:
                world.at(patience + world.between(1 * MS, 60 * S), lambda: self._arrive(call))
                lane.wait(patience)
                raise _translated(call, TimeoutError(), has_sent=True)
            case Fate.ANSWER_LATE:
                world.at(round_trip // 2, lambda: self._arrive(call))
                lane.wait(patience)
                raise _translated(call, TimeoutError(), has_sent=True)
            case Fate.RESET_WHILE_SENDING:
                lane.wait(round_trip // 2)
                raise _translated(call, ConnectionResetError(), has_sent=True)
            case Fate.ERROR_BEFORE:
                lane.wait(round_trip)
                return answer({"code": 50010000, "message": "internal server error occurred"}, 500)
            case Fate.TOO_MANY | Fate.TOO_MANY_UNTIL:
                lane.wait(round_trip)
                told = {"retry-after": "3"} if fate is Fate.TOO_MANY_UNTIL else {}
                return answer({"code": 42910000, "message": "rate limit exceeded"}, 429, **told)
            case Fate.UNAUTHORIZED:
                lane.wait(round_trip)
                return answer({"message": "unauthorized."}, 401)
        return None

    def _arrive(self, call: Call[Any]) -> None:
        """The broker gets it after all, and nobody hears its answer."""
        self._line.broker.handle(call)


def _subject(call: Call[Any]) -> str:
    """Our id in what is sent or asked for, else the last part of the path: the broker's id."""
    if call.body:
        return str(json.loads(call.body)["client_order_id"])
    return dict(call.query).get("client_order_id") or call.path.rsplit("/", 1)[1]
