"""A value that must never be printed."""

import threading
import weakref

_alive: "weakref.WeakSet[Secret]" = weakref.WeakSet()
_lock = threading.Lock()  # a set that grows on one thread while another walks it raises


def alive_secrets() -> "list[Secret]":
    """Every secret that somebody still holds, so that the log's filter knows what to look for."""
    with _lock:
        return list(_alive)


class Secret:
    """Holds a token or verifier; `repr`, `str` and formatting show a mask.

    Equality is identity on purpose: comparing secrets with `==` leaks time.
    """

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        with _lock:
            _alive.add(self)

    def reveal(self) -> str:
        """Return the text itself; call it only where a byte of it has to leave the process."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not serialised")
