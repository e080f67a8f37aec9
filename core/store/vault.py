"""The token in the operating system's keyring, and nowhere else.

Every function may block for long: call them from the keyring lane only.
"""

from collections.abc import Sequence

import msgspec

from core.domain.grant import Grant, is_token
from core.domain.secret import Secret
from core.errors import StorageFailed
from core.store.keyring_process import KeyringFailed, KeyringProcess
from core.store.os_keyring import Backend

SERVICE = "Bellwether"
# Windows refuses more than 2,560 bytes of UTF-16 (threat model T4); the same limit everywhere.
MAX_ENTRY_CHARS = 1200


class _Entry(msgspec.Struct):
    token: str
    scopes: list[str]
    version: int = 1


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
    kind = str(error) if isinstance(error, KeyringFailed) else type(error).__name__
    return StorageFailed(
        f"The system keyring {what}.",
        "You stay signed in until you quit; unlock the keyring to be remembered.",
        detail=kind,
    )


def open_os_vault(command: Sequence[str]) -> Vault:
    """The vault of this computer's keyring, asked through `command`; without one it keeps nothing."""
    keyring = KeyringProcess(command)
    return Vault(keyring if keyring.is_available() else None)


def open_no_vault() -> Vault:
    """A vault that keeps nothing: the session lives in memory."""
    return Vault(None)
