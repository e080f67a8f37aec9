"""One program for each data directory; a second start raises the first one's window."""

import hashlib
import logging
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal, Slot
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_WAIT_MS = 2_000
_RAISE = b"raise\n"
_log = logging.getLogger(__name__)


class SingleInstance(QObject):
    """Holds the lock of a data directory. Lives on the GUI thread."""

    raise_asked = Signal()

    def __init__(self, data_dir: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        digest = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:24]
        self._name = f"bellwether-{digest}"
        self._lock = QLockFile(str(data_dir / "instance.lock"))
        self._lock.setStaleLockTime(0)  # a crashed holder is told by its process id, never by age
        self._server: QLocalServer | None = None

    def acquire(self) -> bool:
        """Take the lock and listen for later starts. False if another program holds it."""
        if not self._lock.tryLock(0):
            return False
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        QLocalServer.removeServer(self._name)  # what a crashed holder left behind
        if server.listen(self._name):
            server.newConnection.connect(self._on_connection)
            self._server = server
        else:
            _log.warning("a second start will not raise this window: %s", server.errorString())
        return True

    def raise_other(self) -> bool:
        """Ask the holder of the lock to show its window. Blocks for a moment; for the second start only."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(_WAIT_MS):
            return False
        socket.write(_RAISE)
        sent = socket.waitForBytesWritten(_WAIT_MS)
        socket.disconnectFromServer()
        return sent

    def release(self) -> None:
        """Let another program have the data directory."""
        if self._server is not None:
            self._server.close()
        self._lock.unlock()

    @Slot()
    def _on_connection(self) -> None:
        while self._server is not None and (socket := self._server.nextPendingConnection()) is not None:
            # Whatever a program of the same user says here means one thing only.
            socket.disconnected.connect(socket.deleteLater)
            self.raise_asked.emit()
