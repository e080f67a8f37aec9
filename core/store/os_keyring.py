"""The operating system's keyring, chosen from a short list.

The library's own choice obeys an environment variable and a user file that can even add an import path
(threat model T1), so it is never asked. Loaded in the keyring's own process only: with what it needs it
weighs nine megabytes.
"""

import sys
from importlib import import_module
from typing import Protocol

_BACKENDS = {
    "linux": (
        ("keyring.backends.SecretService", "Keyring"),
        ("keyring.backends.kwallet", "DBusKeyring"),
    ),
    "darwin": (("keyring.backends.macOS", "Keyring"),),
    "win32": (("keyring.backends.Windows", "WinVaultKeyring"),),
}


class Backend(Protocol):
    """What we use of a keyring backend. Any call may raise anything, and may block without limit."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


def choose_backend(platform: str = sys.platform) -> Backend | None:
    """Return the first OS store that works here, or None."""
    for module_name, class_name in _BACKENDS.get(platform, ()):
        try:
            backend_class = getattr(import_module(module_name), class_name)
            _ = backend_class.priority  # raises where the store is not there
            backend: Backend = backend_class()
        except Exception:  # noqa: BLE001, S112 - foreign backends raise anything at all when they are absent
            continue
        return backend
    return None
