"""The keyring's own process: takes calls as JSON lines on stdin, answers each with one on stdout.

It ends when its input does, even in the middle of a call that hangs, so that nothing that holds a token
outlives the program it belongs to.
"""

import os
import queue
import sys
import threading
from typing import BinaryIO, Literal

import msgspec

from core.store.os_keyring import Backend, choose_backend


class KeyringCall(msgspec.Struct, frozen=True):
    """What is asked of the keyring; `open` only asks whether there is one."""

    call: Literal["open", "get", "set", "delete"]
    service: str = ""
    username: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"KeyringCall({self.call})"


class KeyringAnswer(msgspec.Struct, frozen=True):
    """What came of it. `failure` is the class of the backend's error, never its text (threat model T7)."""

    available: bool
    password: str | None = None
    failure: str | None = None

    def __repr__(self) -> str:
        return f"KeyringAnswer({self.available}, {self.failure})"


def answer(backend: Backend | None, asked: KeyringCall) -> KeyringAnswer:
    """Carry out one call."""
    if backend is None:
        return KeyringAnswer(available=False)
    password = None
    try:
        match asked.call:
            case "get":
                password = backend.get_password(asked.service, asked.username)
            case "set":
                backend.set_password(asked.service, asked.username, asked.password)
            case "delete":
                backend.delete_password(asked.service, asked.username)
            case "open":
                pass
    except Exception as error:  # noqa: BLE001 - every backend has errors of its own
        return KeyringAnswer(available=True, failure=type(error).__name__)
    return KeyringAnswer(available=True, password=_text(password))


def _text(kept: object) -> str | None:
    """What a pipe can carry of an entry; one that is not text was not written by us."""
    if kept is None:
        return None
    return kept if isinstance(kept, str) and kept.isascii() else ""


def run() -> int:
    """Answer until the input ends."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, lines), daemon=True).start()
    backend = choose_backend()
    while True:
        asked = msgspec.json.decode(lines.get(), type=KeyringCall)
        sys.stdout.buffer.write(msgspec.json.encode(answer(backend, asked)) + b"\n")
        sys.stdout.buffer.flush()


def _listen(pipe: BinaryIO, lines: "queue.SimpleQueue[bytes]") -> None:
    for line in pipe:
        lines.put(line)
    os._exit(0)  # whatever the main thread waits for, nobody waits for its answer
