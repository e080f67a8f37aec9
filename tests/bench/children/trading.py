"""The trading program as main.py runs it, observed.

Reads its order from stdin, one JSON line, and prints its answer as one. Two things differ from an
ordinary start: the keyring is in memory and holds what the order says, and the main window tells an
observer that it was made and bound.
"""

import gc
import importlib
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import main

if TYPE_CHECKING:
    from core.services.session import Session
    from tests.bench.children.observer import Observer


class MemoryKeyring:
    """A keyring backend that has one token, or none, for whoever asks."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def get_password(self, service: str, username: str) -> str | None:
        if self._token is None:
            return None
        return json.dumps(
            {"token": self._token, "scopes": ["account:write", "data", "trading"], "version": 1}
        )

    def set_password(self, service: str, username: str, password: str) -> None:
        self._token = password

    def delete_password(self, service: str, username: str) -> None:
        self._token = None


def put_in(observer: "Observer", token: str | None) -> None:
    """Have the program make an observed window, and find `token` in its keyring."""
    import ui.main_window
    from core.store import vault

    def open_vault(command: Sequence[str]) -> vault.Vault:
        from core.store.keyring_process import KeyringProcess

        keyring = KeyringProcess(command)
        keyring.is_available()  # what asking the system's own costs is part of a start
        keyring.close()
        return vault.Vault(MemoryKeyring(token))

    class ObservedWindow(ui.main_window.MainWindow):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            observer.window_made(self)

        def show_session(self, session: "Session", *arguments: Any, **options: Any) -> None:
            super().show_session(session, *arguments, **options)
            observer.session_shown(self, session)

    vault.open_os_vault = open_vault  # before the workbench is loaded, which is not before the first window
    ui.main_window.MainWindow = ObservedWindow  # type: ignore[misc]


def run() -> int:
    """Run one observed trading program."""
    order = json.loads(sys.stdin.readline())
    # As in main.run_trading, and for the same reasons before anything else is loaded.
    gc.disable()
    main.import_plainly()
    main.import_without_extensions()
    module, _, name = order["scenario"].rpartition(".")
    observer: Observer = getattr(importlib.import_module(f"tests.bench.children.{module}"), name)(order)
    put_in(observer, order["token"])
    code = main.main(
        [
            "bellwether",
            "--profile",
            order["profile"],
            "--data-dir",
            order["data_dir"],
            "--log-level",
            "WARNING",
        ]
    )
    sys.stdout.write(json.dumps(observer.answer) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(run())
