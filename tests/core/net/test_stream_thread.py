"""The end of the stream thread: every driver is asked at once, and the GUI thread waits once for all."""

import threading

import shiboken6
from PySide6.QtCore import QMetaObject, QObject, Qt, Slot

from core.domain.connection import StreamName
from core.domain.secret import Secret
from core.net import stream_thread
from core.net.conversations import OrderConversation
from core.net.socket_driver import SocketDriver
from core.net.stream_thread import StreamThread


class Driver(SocketDriver):
    """Notes what happens on the stream thread when it is stopped, and what was waiting there meanwhile."""

    def __init__(self, name: str, happened: list[str]) -> None:
        super().__init__(
            StreamName.ORDERS, "ws://127.0.0.1:9", OrderConversation(Secret("t")), on_demand=True
        )
        self._name_here, self._happened = name, happened

    @Slot()
    def stop(self) -> None:
        QMetaObject.invokeMethod(self, "get_a_turn", Qt.ConnectionType.QueuedConnection)
        self._happened.append(self._name_here)
        super().stop()

    @Slot()
    def get_a_turn(self) -> None:
        self._happened.append("a turn between")


class Busy(QObject):
    """Keeps the stream thread from everything else until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.has_begun, self.may_end = threading.Event(), threading.Event()

    @Slot()
    def hang(self) -> None:
        self.has_begun.set()
        self.may_end.wait()


def test_four_drivers_stop_in_one_turn_in_their_order_and_are_gone_when_it_returns(qapp):
    happened: list[str] = []
    drivers = [Driver(name, happened) for name in ("orders", "quotes", "coins", "options")]
    thread = StreamThread(*drivers)
    thread.start()
    assert thread.stop()
    assert happened[:4] == ["orders", "quotes", "coins", "options"]
    assert not any(map(shiboken6.isValid, drivers))
    assert thread.stop()


def test_a_stream_thread_that_hangs_is_waited_for_once_and_not_for_ever(qapp, monkeypatch):
    monkeypatch.setattr(stream_thread, "JOIN_MS", 50)
    happened: list[str] = []
    busy, driver = Busy(), Driver("orders", happened)
    thread = StreamThread(driver, busy)
    thread.start()
    QMetaObject.invokeMethod(busy, "hang", Qt.ConnectionType.QueuedConnection)
    assert busy.has_begun.wait(30)
    assert not thread.stop()
    assert happened == []
    busy.may_end.set()
    monkeypatch.setattr(stream_thread, "JOIN_MS", 30_000)
    assert thread.stop()
    assert happened[0] == "orders"


def test_a_thread_that_never_ran_has_ended(qapp):
    assert StreamThread().stop()
