"""The client secret: read from a place that nobody else can read, carried in a type that never shows it."""

import os
import re
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

SHORTEST_SECRET = 16
LARGEST_FILE = 64 * 1024

# Compared after everything but letters and digits is removed, in lower case.
PLACEHOLDER_PHRASES = (
    "changeme",
    "changethis",
    "dummy",
    "example",
    "fillmein",
    "insertyour",
    "placeholder",
    "putyour",
    "redacted",
    "replaceme",
    "replacewith",
    "supersecret",
    "topsecret",
    "yourclient",
    "yoursecret",
    "secrethere",
)
PLACEHOLDER_WORDS = {
    "clientid",
    "clientsecret",
    "default",
    "none",
    "null",
    "password",
    "secret",
    "test",
    "todo",
}
TEMPLATE = re.compile(r"<.*>|\{.*\}|\[.*\]|%.*%|\$\{.*\}|\$[A-Z_]+|.*\.\.\..*")


class SecretRefused(Exception):
    """The secret, or the file that holds it, must not be used; the message is the reason, never the text."""


class Secret:
    """Text that shows up nowhere by accident: not in `repr`, `str`, `format` or a pickle."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text; for the one request that has to carry it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not serialised")


def checked_secret(text: str) -> Secret:
    """Return `text` as a secret, or raise `SecretRefused` if it cannot be a real one."""
    if not text:
        raise SecretRefused("is empty")
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        raise SecretRefused("holds spaces, line ends or other characters that no client secret has")
    if is_placeholder(text):
        raise SecretRefused("is a placeholder, not a secret")
    if len(text) < SHORTEST_SECRET:
        raise SecretRefused(f"is shorter than {SHORTEST_SECRET} characters")
    return Secret(text)


def is_placeholder(text: str) -> bool:
    """Tell whether `text` is what a sample file says where a real value belongs."""
    plain = re.sub(r"[^a-z0-9]", "", text.lower())
    return (
        TEMPLATE.fullmatch(text) is not None
        or len(set(plain)) < 4  # xxxx, 0000, -----, abab
        or any(phrase in plain for phrase in PLACEHOLDER_PHRASES)
        or plain in PLACEHOLDER_WORDS
    )


def read_private_text(path: Path, environ: Mapping[str, str]) -> str:
    """Return the text of a file that only this user (and root) can read, or raise `SecretRefused`."""
    return _read(path, forbidden_bits=_forbidden_bits(path, environ))


def read_text(path: Path) -> str:
    """Return the text of a configuration file, whoever else may read it, or raise `SecretRefused`."""
    return _read(path, forbidden_bits=0)


def _forbidden_bits(path: Path, environ: Mapping[str, str]) -> int:
    # The service manager hands credentials over in a directory that only this service can enter, as 0440:
    # the group bit there is the mask of an access list that names our user, not a group's right to read.
    credentials = environ.get("CREDENTIALS_DIRECTORY")
    if credentials and path.parent == Path(credentials):
        return 0o007
    return 0o077


def _read(path: Path, *, forbidden_bits: int) -> str:
    try:
        # Not blocking: a named pipe in the file's place must not hold the start up.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise SecretRefused(f"cannot be read ({error.strerror})") from None
    try:
        # Asked of the open file, so that nobody can swap it between the question and the reading.
        _check(os.fstat(descriptor), forbidden_bits)
        return os.read(descriptor, LARGEST_FILE).decode("utf-8")
    except UnicodeDecodeError:
        raise SecretRefused("is not UTF-8 text") from None
    finally:
        os.close(descriptor)


def _check(status: os.stat_result, forbidden_bits: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SecretRefused("is not an ordinary file")
    if status.st_size > LARGEST_FILE:
        raise SecretRefused(f"is larger than {LARGEST_FILE} bytes")
    if sys.platform != "win32" and forbidden_bits:
        if status.st_mode & forbidden_bits:
            mode = stat.S_IMODE(status.st_mode)
            raise SecretRefused(f"can be read by other users (mode {mode:04o}); make it 0400 or 0600")
        if status.st_uid not in {0, os.geteuid()}:
            raise SecretRefused("belongs to another user, who can read it")
