"""The configuration: from a TOML file, the environment or both, checked before anything else happens.

A failure names the file or variable, the key and the reason, and never repeats a value: it may be the secret.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from token_proxy import values
from token_proxy.secret import Secret, SecretRefused, checked_secret, read_private_text, read_text

PREFIX = "BELLWETHER_PROXY_"
FILE_VARIABLE = PREFIX + "CONFIG"

# Every key there is, with the check that its value must pass. In the environment a key is PREFIX + KEY.
CHECKS: dict[str, Callable[[Any], Any]] = {
    "token_url": values.token_url,
    "client_id": values.client_id,
    "client_secret": checked_secret,
    "client_secret_file": Path,
    "redirect_uris": values.redirect_uris,
    "bind": values.bind,
    "path": values.path,
    "trusted_hops": values.trusted_hops,
    "per_address_per_minute": partial(values.between, 1, 600),
    "global_per_minute": partial(values.between, 1, 60_000),
    "max_connections": partial(values.between, 1, 10_000),
    "log_level": values.log_level,
}
REQUIRED = ("token_url", "client_id", "redirect_uris")
LISTS = frozenset({"redirect_uris", "trusted_hops"})
NUMBERS = frozenset({"per_address_per_minute", "global_per_minute", "max_connections"})
DEFAULT_BIND = values.Bind("127.0.0.1", 8080)


class ConfigInvalid(Exception):
    """The program must not start; the message names the source, the key and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a running proxy knows; nothing in it ever comes from a request."""

    token_url: str
    client_id: str
    client_secret: Secret
    redirect_uris: frozenset[str]
    bind: values.Bind = DEFAULT_BIND
    path: str = "/exchange"
    trusted_hops: tuple[values.Network, ...] = ()
    per_address_per_minute: int = 10
    global_per_minute: int = 600
    max_connections: int = 400
    log_level: str = "info"


@dataclass(frozen=True, slots=True)
class _Given:
    """A value that somebody wrote, and where."""

    value: Any
    source: str

    def refused(self, key: str, reason: str) -> ConfigInvalid:
        return ConfigInvalid(f"{self.source}: {key}: {reason}")


def load(environ: Mapping[str, str]) -> Config:
    """Return the configuration that `environ` holds or names, or raise `ConfigInvalid`."""
    given = _from_environment(environ)
    source = "environment"
    if FILE_VARIABLE in environ:
        source = environ[FILE_VARIABLE]
        for key, setting in _from_file(Path(source), environ).items():
            if key in given:
                raise setting.refused(key, f"is also set by {PREFIX}{key.upper()}; set it once")
            given[key] = setting
    for key in REQUIRED:
        if key not in given:
            raise ConfigInvalid(f"{source}: {key}: is missing")
    checked = {key: _checked(key, setting) for key, setting in given.items()}
    secret_file = checked.pop("client_secret_file", None)
    if (secret_file is None) == ("client_secret" not in checked):
        reason = "is missing" if secret_file is None else "is set twice, directly and by client_secret_file"
        raise ConfigInvalid(f"{source}: client_secret: {reason}")
    if secret_file is not None:
        checked["client_secret"] = _secret_from(secret_file, given["client_secret_file"], environ)
    if checked["client_secret"].reveal() == checked["client_id"]:
        raise ConfigInvalid(f"{source}: client_secret: is the client id, not the secret")
    return Config(**checked)


def _checked(key: str, setting: _Given) -> Any:
    try:
        return CHECKS[key](setting.value)
    except (values.BadValue, SecretRefused) as error:
        raise setting.refused(key, str(error)) from None


def _secret_from(file: Path, setting: _Given, environ: Mapping[str, str]) -> Secret:
    try:
        # Editors and `echo` end a file with a line end; anything else around the secret is a mistake.
        return checked_secret(read_private_text(file, environ).removesuffix("\n").removesuffix("\r"))
    except SecretRefused as error:
        raise setting.refused("client_secret_file", f"{file} {error}") from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, _Given]:
    given: dict[str, _Given] = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name == FILE_VARIABLE:
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in CHECKS:
            raise ConfigInvalid(f"environment: {name}: is not a variable of the token proxy")
        given[key] = setting = _Given(text, f"environment {name}")
        if key in LISTS:
            given[key] = _Given(text.split(), setting.source)
        elif key in NUMBERS:
            if not text.isascii() or not text.isdigit():
                raise setting.refused(key, "must be a whole number")
            given[key] = _Given(int(text), setting.source)
    return given


def _from_file(file: Path, environ: Mapping[str, str]) -> dict[str, _Given]:
    try:
        table = tomllib.loads(read_text(file))
        if "client_secret" in table:
            # Read once more, now insisting: only a file without the secret may be readable by everyone.
            table = tomllib.loads(read_private_text(file, environ))
    except SecretRefused as error:
        raise ConfigInvalid(f"{file}: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid(f"{file}: is not TOML: {error}") from None
    for key, value in table.items():
        if key not in CHECKS:
            raise ConfigInvalid(f"{file}: {key}: unknown key; the keys are {', '.join(CHECKS)}")
        if reason := _wrong_kind(key, value):
            raise ConfigInvalid(f"{file}: {key}: {reason}")
    return {key: _Given(value, str(file)) for key, value in table.items()}


def _wrong_kind(key: str, value: object) -> str | None:
    if key in LISTS:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            return "must be a list of strings"
    elif key in NUMBERS:
        if not isinstance(value, int) or isinstance(value, bool):
            return "must be a whole number"
    elif not isinstance(value, str):
        return "must be a string"
    return None
