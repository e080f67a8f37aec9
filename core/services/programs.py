"""Child programs that print one JSON line when they are ready and end when we do."""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal, Slot

from core.domain.profile import ConnectionProfile
from core.errors import AppError, BadAnswer
from core.store.profiles import profile_from, read_table

READY_MS = 30_000
STOP_MS = 3_000
_MAX_LINE = 64 * 1024
_PROXY_SETTINGS = "BELLWETHER_PROXY_"
_log = logging.getLogger(__name__)


class ChildProgram(QObject):
    """One child. Lives on the GUI thread."""

    ready = Signal(object)  # Mapping[str, Any]: its line
    failed = Signal(object)  # AppError: it did not come up, or ended while it was needed

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._name, self._command = name, tuple(command)
        self._is_ready = self._is_stopping = False
        self._output = b""
        self._process = QProcess(self)
        variables = QProcessEnvironment.systemEnvironment()
        for key in [name for name in os.environ if name.startswith(_PROXY_SETTINGS)]:
            # A setting of somebody's own proxy is not meant for the child that we start.
            variables.remove(key)
        for key, value in (environment or {}).items():
            variables.insert(key, value)
        self._process.setProcessEnvironment(variables)
        if folder is not None:
            self._process.setWorkingDirectory(str(folder))
        self._process.readyReadStandardOutput.connect(self._read_line)
        self._process.readyReadStandardError.connect(self._read_log)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(READY_MS)
        self._patience.timeout.connect(self._give_up)

    def start(self) -> None:
        """Start the child; `ready` or `failed` follows."""
        self._patience.start()
        self._process.start(self._command[0], list(self._command[1:]))

    def stop(self) -> None:
        """End the child: its input closes, which it takes as the end of its parent. Waits a moment."""
        self._is_stopping = True
        self._patience.stop()
        if self._process.state() is QProcess.ProcessState.NotRunning:
            return
        self._process.closeWriteChannel()
        self._process.terminate()
        if not self._process.waitForFinished(STOP_MS):
            _log.warning("%s did not end by itself", self._name)
            self._process.kill()
            self._process.waitForFinished(STOP_MS)

    @Slot()
    def _read_line(self) -> None:
        self._output += bytes(self._process.readAllStandardOutput().data())
        if self._is_ready or b"\n" not in self._output:
            if len(self._output) > _MAX_LINE:
                self._output = b""
            return
        line, self._output = self._output.split(b"\n", 1)
        try:
            values = msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.DecodeError:
            self._fail("said something unreadable when it started")
            return
        self._is_ready = True
        self._patience.stop()
        self.ready.emit(values)

    @Slot()
    def _read_log(self) -> None:
        text = bytes(self._process.readAllStandardError().data()).decode(errors="replace")
        for line in text.splitlines():
            _log.info("%s: %s", self._name, line[:500])

    @Slot()
    def _on_finished(self) -> None:
        self._fail("ended unexpectedly" if self._is_ready else "could not start")

    @Slot(QProcess.ProcessError)
    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._fail("could not be started")

    @Slot()
    def _give_up(self) -> None:
        self._fail("did not come up in time")

    def _fail(self, what: str) -> None:
        if self._is_stopping:
            return
        self._is_stopping = True
        self._patience.stop()
        self._process.kill()
        self.failed.emit(
            AppError(f"{self._name} {what}.", "Start Bellwether again; the log has the details.")
        )


class PracticePrograms(QObject):
    """Starts the practice broker and, where there is one, the token proxy in front of it."""

    ready = Signal(object)  # ConnectionProfile
    failed = Signal(object)  # AppError

    def __init__(
        self,
        broker_command: Sequence[str],
        proxy_command: Sequence[str] | None,
        template: Path,
        *,
        folder: Path,
        parent: QObject | None = None,
    ) -> None:
        """Without `proxy_command` (a package never contains the proxy) the broker's own exchange is used."""
        super().__init__(parent)
        self._template, self._proxy_command, self._folder = template, proxy_command, folder
        self._line: Mapping[str, Any] = {}
        self._proxy: ChildProgram | None = None
        self._broker = ChildProgram("The practice broker", broker_command, folder=folder, parent=self)
        self._broker.ready.connect(self._take_broker)
        self._broker.failed.connect(self.failed)

    @property
    def line(self) -> Mapping[str, Any]:
        """What the practice broker said of itself; empty until it is ready."""
        return self._line

    def start(self) -> None:
        """Start; `ready` or `failed` follows."""
        self._broker.start()

    def stop(self) -> None:
        """End what was started."""
        if self._proxy is not None:
            self._proxy.stop()
        self._broker.stop()

    @Slot(object)
    def _take_broker(self, line: Mapping[str, Any]) -> None:
        self._line = line
        if self._proxy_command is None:
            self._finish(str(line.get("exchange_url", "")))
            return
        self._proxy = ChildProgram(
            "The token proxy",
            self._proxy_command,
            environment={
                "BELLWETHER_PROXY_TOKEN_URL": str(line.get("token_url", "")),
                "BELLWETHER_PROXY_CLIENT_ID": str(line.get("client_id", "")),
                # The practice broker's own secret, made anew with every start; it opens nothing else.
                "BELLWETHER_PROXY_CLIENT_SECRET": str(line.get("client_secret", "")),
                "BELLWETHER_PROXY_REDIRECT_URIS": " ".join(line.get("redirect_uris", ())),
                "BELLWETHER_PROXY_BIND": "127.0.0.1:0",
                # One person on one computer; the limit is there against strangers.
                "BELLWETHER_PROXY_PER_ADDRESS_PER_MINUTE": "600",
            },
            folder=self._folder,
            parent=self,
        )
        self._proxy.ready.connect(self._take_proxy)
        self._proxy.failed.connect(self.failed)
        self._proxy.start()

    @Slot(object)
    def _take_proxy(self, line: Mapping[str, Any]) -> None:
        self._finish(str(line.get("exchange_url", "")))

    def _finish(self, proxy_url: str) -> None:
        try:
            profile = self._profile(proxy_url)
        except AppError as error:
            self.failed.emit(error)
        else:
            self.ready.emit(profile)

    def _profile(self, proxy_url: str) -> ConnectionProfile:
        """Fill the shipped practice profile in. Raises ProfileInvalid or BadAnswer."""
        line = self._line
        try:
            authorize_url = str(line["authorize_url"])
            filled = {
                "authorize_url": authorize_url,
                "sign_in_origins": ["/".join(authorize_url.split("/", 3)[:3])],
                "client_id": line["client_id"],
                "redirect_uri": line["redirect_uris"][0],
                "proxy_url": proxy_url,
                "trading_url": line["trading_url"],
                "stream_url": line["stream_url"],
                "data_url": line["data_url"],
                "data_stream_url": line["data_stream_url"],
                "coin_stream_url": f"{line['data_stream_url']}/v1beta3/crypto/us",
                "option_stream_url": f"{line['data_stream_url']}/v1beta1/opra",
            }
        except (KeyError, IndexError, TypeError) as error:
            raise BadAnswer("The practice broker said too little.", detail=repr(error)) from error
        return profile_from({**read_table(self._template), **filled}, "the practice broker's line")
