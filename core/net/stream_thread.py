"""The one thread that owns the WebSockets of a session."""

from PySide6.QtCore import QMetaObject, QObject, Qt, QThread

from core.net.socket_driver import SocketDriver

JOIN_MS = 5_000


class StreamThread:
    """Runs drivers on an event loop of their own. Make, start and stop it on the GUI thread."""

    def __init__(self, *workers: QObject) -> None:
        self._thread = QThread()
        self._thread.setObjectName("streams")
        self._workers = workers
        for worker in workers:
            worker.moveToThread(self._thread)
            if isinstance(worker, SocketDriver) and not worker.on_demand:
                self._thread.started.connect(worker.start)

    def start(self) -> None:
        """Start the thread; the drivers begin to connect, but for those that wait to be needed."""
        self._thread.start()

    def stop(self) -> bool:
        """Close every socket and join. Returns whether the thread ended in time."""
        if not self._thread.isRunning():
            return True
        for worker in self._workers:
            if isinstance(worker, SocketDriver):
                # Blocking is short here: closing a socket only queues its close frame.
                QMetaObject.invokeMethod(worker, "stop", Qt.ConnectionType.BlockingQueuedConnection)
        # Not before every driver has stopped: a last frame would meet a conversation that is gone.
        for worker in self._workers:
            worker.deleteLater()
        self._thread.quit()
        return self._thread.wait(JOIN_MS)
