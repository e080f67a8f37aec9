"""Where faults are ordered and lifted: by the control port and by scenarios."""

import asyncio
from collections.abc import Callable, Mapping

from practice.faults.kinds import Place
from practice.faults.order import FaultOrder
from practice.faults.registry import Fault, Faults
from practice.server.data_session import error_message
from practice.server.fault_effects import FaultEffects
from practice.server.sockets import Outbox, Sockets, StreamName, Traffic


class FaultDesk:
    """Sets faults, and does at once what is to be done at once. Belongs to the event loop's thread."""

    def __init__(
        self,
        faults: Faults,
        effects: FaultEffects,
        sockets: Sockets,
        traffic: Mapping[StreamName, Traffic],
    ) -> None:
        self._faults, self._effects = faults, effects
        self._sockets, self._traffic = sockets, traffic
        self._frozen: dict[int, list[Outbox]] = {}  # by the number of the fault
        faults.on_end(self._thaw)

    def set(self, order: FaultOrder) -> Fault:
        """Put a fault in force, or raise `Nonsense`."""
        fault = self._faults.set(order)
        self._effects.begin(fault)
        if Place.STREAM in order.of_kind.places:
            self._begin(fault)
        return fault

    def _begin(self, fault: Fault) -> None:
        wanted = fault.order.stream or "all"
        connections = [one for traffic in self._traffic.values() for one in traffic.of_stream(wanted)]
        match fault.order.kind:
            case "cut" | "zombie_slot":
                self._sockets.drop(wanted)
            case "half_open":
                self._frozen[fault.number] = connections
                for connection in connections:
                    connection.freeze()
            case "stream_error":
                message = error_message(fault.order.code or 407)
                for connection in connections:
                    if connection.endpoint.startswith("data/"):
                        connection.say_error(message)
        if fault.until is None:
            self._faults.stop(lambda one: one is fault)  # it was over as soon as it had begun
        else:
            # A moment later than it ends, so that it has ended on any clock.
            asyncio.get_running_loop().call_later((fault.order.lasts or 0) + 0.01, self._faults.all)

    def _thaw(self, fault: Fault) -> None:
        for connection in self._frozen.pop(fault.number, ()):
            connection.thaw()

    def stop(self, chosen: Callable[[Fault], bool]) -> list[Fault]:
        """Lift the chosen faults."""
        return self._faults.stop(chosen)

    def stop_all(self) -> list[Fault]:
        """Let everything work again."""
        self._effects.read_lag.clear()
        return self._faults.stop(lambda _: True)

    def all(self) -> list[Fault]:
        """The faults in force, oldest first."""
        return self._faults.all()
