"""The token in the operating system's keyring, and nowhere else.

The backend is chosen here from a short list of OS stores. The library's own choice obeys an environment
variable and a user file that can even add an import path (threat model T1), so it is never asked.
Every function may block without limit: call them from the disk lane only.
"""

import sys
from importlib import import_module
from typing import Protocol

import msgspec

from core.domain.grant import Grant, is_token
from core.domain.secret import Secret
from core.errors import StorageFailed

SERVICE = "Bellwether"
# Windows refuses more than 2,560 bytes of UTF-16 (threat model T4); the same limit everywhere.
MAX_ENTRY_CHARS = 1200
_BACKENDS = {
    "linux": (
        ("keyring.backends.SecretService", "Keyring"),
        ("keyring.backends.kwallet", "DBusKeyring"),
    ),
    "darwin": (("keyring.backends.macOS", "Keyring"),),
    "win32": (("keyring.backends.Windows", "WinVaultKeyring"),),
}


class Backend(Protocol):
    """What we use of a keyring backend."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


class _Entry(msgspec.Struct):
    token: str
    scopes: list[str]
    version: int = 1


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


class Vault:
    """Keeps one grant for each connection profile."""

    def __init__(self, backend: Backend | None) -> None:
        self._backend = backend

    @property
    def is_available(self) -> bool:
        """Whether there is an OS keyring to keep tokens in."""
        return self._backend is not None

    def read(self, entry: str) -> Grant | None:
        """Return the grant kept under `entry`; None when there is none or it is not ours.

        Raises StorageFailed when the keyring is locked, refused or broken.
        """
        if self._backend is None:
            return None
        try:
            text = self._backend.get_password(SERVICE, entry)
        except Exception as error:  # noqa: BLE001 - every backend has errors of its own
            raise _failed("could not be read", error) from None
        if text is None:
            return None
        try:
            kept = msgspec.json.decode(text, type=_Entry)
        except (ValueError, TypeError):  # whatever stands there, it is not what we wrote
            return None
        if kept.version != 1 or not is_token(kept.token):
            return None
        return Grant(token=Secret(kept.token), scopes=frozenset(kept.scopes))

    def keep(self, entry: str, grant: Grant) -> None:
        """Keep the grant under `entry`. Raises StorageFailed; nothing is ever cut to fit."""
        if self._backend is None:
            raise StorageFailed("There is no system keyring.", "You stay signed in until you quit.")
        text = msgspec.json.encode(_Entry(token=grant.token.reveal(), scopes=sorted(grant.scopes))).decode()
        if len(text) > MAX_ENTRY_CHARS:
            raise StorageFailed(
                "The token is too long for the system keyring.", "You stay signed in until you quit."
            )
        try:
            self._backend.set_password(SERVICE, entry, text)
        except Exception as error:  # noqa: BLE001 - every backend has errors of its own
            raise _failed("did not keep the sign-in", error) from None

    def erase(self, entry: str) -> None:
        """Remove the entry; one that is not there is fine. Raises StorageFailed."""
        if self._backend is None:
            return
        try:
            if self._backend.get_password(SERVICE, entry) is not None:
                self._backend.delete_password(SERVICE, entry)
        except Exception as error:  # noqa: BLE001 - every backend has errors of its own
            raise _failed("did not erase the sign-in", error) from None


def _failed(what: str, error: Exception) -> StorageFailed:
    # Only the class: a backend may put what it was given into its message.
    return StorageFailed(
        f"The system keyring {what}.",
        "You stay signed in until you quit; unlock the keyring to be remembered.",
        detail=type(error).__name__,
    )


def open_os_vault() -> Vault:
    """The vault of this computer's keyring; without a usable one it keeps nothing."""
    return Vault(choose_backend())


def open_no_vault() -> Vault:
    """A vault that keeps nothing: the session lives in memory."""
    return Vault(None)
