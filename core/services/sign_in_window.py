"""Starts the sign-in window: one attempt, one process, nothing left behind.

The window gets the attempt as one line on its standard input and answers with one line on its standard
output. Closing the input tells it that we are gone.
"""

import logging
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QProcess, QTimer, Signal, Slot

from core.domain.profile import ConnectionProfile
from core.protocol.signin import (
    LIFETIME_S,
    MAX_LINE_LENGTH,
    AttemptLine,
    AuthorizeRequest,
    Failed,
    SignInLineInvalid,
    authorize_url,
    code_challenge,
    decode_outcome,
    encode_attempt,
    new_state,
    new_verifier,
)

_GRACE_MS = 3_000
_log = logging.getLogger(__name__)


class SignInWindow(QObject):
    """At most one window at a time. Lives on the GUI thread."""

    answered = Signal(object)  # Outcome, exactly once for each `open` that is not followed by `close`

    def __init__(self, command: Sequence[str], parent: QObject | None = None) -> None:
        """`command` is the program and its arguments that open the window."""
        super().__init__(parent)
        self._command = tuple(command)
        self._process: QProcess | None = None
        self._output = b""

    def open(
        self,
        profile: ConnectionProfile,
        random_text: Callable[[int], str],
        *,
        theme: str,
        centre: tuple[int, int] | None,
        pictures: str | None = None,
    ) -> str | None:
        """Start an attempt and return its PKCE verifier, or None if the profile switches PKCE off."""
        self.close()
        state = new_state(random_text)
        verifier = new_verifier(random_text) if profile.pkce else None
        address = authorize_url(
            AuthorizeRequest(
                authorize_url=profile.authorize_url,
                client_id=profile.client_id,
                redirect_uri=profile.redirect_uri,
                scopes=profile.scopes,
                environment=profile.coverage.value,
            ),
            state=state,
            challenge=None if verifier is None else code_challenge(verifier),
        )
        attempt = AttemptLine(
            authorize_url=address,
            redirect_uri=profile.redirect_uri,
            state=state,
            sign_in_origins=list(profile.sign_in_origins),
            issuer=profile.issuer,
            environment=profile.coverage.value,
            theme="light" if theme == "light" else "dark",
            loopback_only=profile.is_loopback_only,
            deadline_s=float(LIFETIME_S),
            centre=centre,
            pictures=pictures,
        )
        self._start(encode_attempt(attempt))
        return verifier

    def close(self) -> None:
        """End the window, if there is one; nothing is answered any more."""
        process, self._process = self._process, None
        if process is None:
            return
        process.readyReadStandardOutput.disconnect(self._read_output)
        process.readyReadStandardError.disconnect(self._read_noise)
        process.finished.disconnect(self._on_finished)
        process.errorOccurred.disconnect(self._on_error)
        process.closeWriteChannel()
        if process.state() is not QProcess.ProcessState.NotRunning:
            # It closes by itself when its input ends; a stuck one is ended by force, out of our way.
            process.finished.connect(process.deleteLater)
            grace = QTimer(process)  # ends with the process; QTimer.singleShot would outlive it
            grace.setSingleShot(True)
            grace.timeout.connect(process.kill)
            grace.start(_GRACE_MS)
        else:
            process.deleteLater()

    def wait_closed(self, timeout_ms: int = 5_000) -> None:
        """For the end of the program: wait until windows that were told to close are gone."""
        for process in self.findChildren(QProcess):
            if process.state() is not QProcess.ProcessState.NotRunning and not process.waitForFinished(
                timeout_ms
            ):
                process.kill()
                process.waitForFinished(timeout_ms)

    def _start(self, line: bytes) -> None:
        process = QProcess(self)
        self._process, self._output = process, b""
        process.setProcessChannelMode(QProcess.ProcessChannelMode.SeparateChannels)
        process.readyReadStandardOutput.connect(self._read_output)
        process.readyReadStandardError.connect(self._read_noise)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        process.start(self._command[0], list(self._command[1:]))
        process.write(line if line.endswith(b"\n") else line + b"\n")

    @Slot()
    def _read_output(self) -> None:
        if self._process is not None:
            self._output += bytes(self._process.readAllStandardOutput().data())
            if b"\n" in self._output or len(self._output) > MAX_LINE_LENGTH:
                self._answer()

    @Slot()
    def _read_noise(self) -> None:
        """The engine's chatter may name addresses; only its length is worth knowing."""
        if self._process is not None:
            noise = self._process.readAllStandardError().size()
            _log.debug("sign-in window wrote %d bytes to its error output", noise)

    @Slot()
    def _on_finished(self) -> None:
        if self._process is not None:
            self._output += bytes(self._process.readAllStandardOutput().data())
            self._answer()

    @Slot(QProcess.ProcessError)
    def _on_error(self, error: QProcess.ProcessError) -> None:
        if self._process is not None and error is QProcess.ProcessError.FailedToStart:
            self.close()
            self.answered.emit(Failed(reason="engine_missing"))

    def _answer(self) -> None:
        line, self._output = self._output.split(b"\n", 1)[0], b""
        self.close()
        if not line:
            # It died before it could say anything.
            self.answered.emit(Failed(reason="renderer_gone"))
            return
        try:
            outcome = decode_outcome(line)
        except SignInLineInvalid as error:
            _log.warning("the sign-in window answered something unreadable: %s", error)
            outcome = Failed(reason="malformed_answer")
        self.answered.emit(outcome)
