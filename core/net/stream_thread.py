"""The one thread that owns the WebSockets of a session."""

from collections.abc import Sequence

from PySide6.QtCore import QMetaObject, QObject, Qt, QThread, Slot

from core.net.socket_driver import SocketDriver

JOIN_MS = 5_000


class _Ending(QObject):
    """Ends what runs on the stream thread, from there."""

    def __init__(self, workers: Sequence[QObject], thread: QThread) -> None:
        super().__init__()
        self._workers, self._thread = workers, thread

    @Slot()
    def end(self) -> None:
        for worker in self._workers:
            if isinstance(worker, SocketDriver):
                worker.stop()
        # Not before every driver has stopped: a last frame would meet a conversation that is gone.
        for worker in (*self._workers, self):
            worker.deleteLater()
        self._thread.quit()


class StreamThread:
    """Runs drivers on an event loop of their own. Make, start and stop it on the GUI thread."""

    def __init__(self, *workers: QObject) -> None:
        self._thread = QThread()
        self._thread.setObjectName("streams")
        self._ending = _Ending(workers, self._thread)
        self._is_asked = False
        for worker in (*workers, self._ending):
            worker.moveToThread(self._thread)
            if isinstance(worker, SocketDriver) and not worker.on_demand:
                self._thread.started.connect(worker.start)

    def start(self) -> None:
        """Start the thread; the drivers begin to connect, but for those that wait to be needed."""
        self._thread.start()

    def stop(self) -> bool:
        """Close every socket and join: one wait for all. Returns whether the thread ended in time."""
        if not self._thread.isRunning():
            return True
        if not self._is_asked:  # once: what it was asked of may be gone any moment
            self._is_asked = True
            QMetaObject.invokeMethod(self._ending, "end", Qt.ConnectionType.QueuedConnection)
        return self._thread.wait(JOIN_MS)
