"""The OS keyring, asked through a short-lived process of its own.

A call that hangs can be ended there, what the backends drag along is gone with the process, and none of
their code runs beside the orders. The token crosses a pipe, never a command line or a file.
"""

import subprocess
import threading
from collections.abc import Sequence

import msgspec

from core.store.keyring_program import KeyringAnswer, KeyringCall

# Long enough for somebody who is asked for the keyring's password; the GUI goes on without it sooner.
LIMIT_S = 120.0


class KeyringFailed(Exception):
    """The keyring refused or did not answer; the text is a class name or a few words, and no secret."""


class KeyringProcess:
    """A keyring backend behind a pipe. Each call may block for `limit_s`: use it on the keyring lane only."""

    def __init__(self, command: Sequence[str], limit_s: float = LIMIT_S) -> None:
        """`command` starts `core.store.keyring_program`."""
        self._command, self._limit_s = tuple(command), limit_s
        self._process: subprocess.Popen[bytes] | None = None

    def is_available(self) -> bool:
        """Whether the system has a keyring; the process then stays for the call that follows."""
        try:
            available = self._ask(KeyringCall("open")).available
        except KeyringFailed:
            return False
        if not available:
            self.close()
        return available

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is kept there, or None. Raises KeyringFailed, as do the others."""
        return self._call(KeyringCall("get", service, username)).password

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a text there."""
        self._call(KeyringCall("set", service, username, password))

    def delete_password(self, service: str, username: str) -> None:
        """Remove what is kept there."""
        self._call(KeyringCall("delete", service, username))

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        with process:  # closes the pipes and waits; the end of its input ends the process
            if process.stdin is not None:
                process.stdin.close()

    def _call(self, asked: KeyringCall) -> KeyringAnswer:
        try:
            answer = self._ask(asked)
        finally:
            self.close()
        if not answer.available:
            raise KeyringFailed("unavailable")
        if answer.failure is not None:
            raise KeyringFailed(answer.failure)
        return answer

    def _ask(self, asked: KeyringCall) -> KeyringAnswer:
        if self._process is None:
            self._process = self._start()
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise KeyringFailed("no pipes")
        limit = threading.Timer(self._limit_s, process.kill)
        limit.start()
        try:
            process.stdin.write(msgspec.json.encode(asked) + b"\n")
            process.stdin.flush()
            return msgspec.json.decode(process.stdout.readline(), type=KeyringAnswer)
        except (OSError, ValueError) as error:
            process.kill()
            self.close()
            raise KeyringFailed(type(error).__name__) from None
        finally:
            limit.cancel()
            limit.join()

    def _start(self) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(  # noqa: S603 - our own program, from `main.commands`
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # A backend's complaint may quote what it was given.
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise KeyringFailed(type(error).__name__) from None
