"""Connection profiles: TOML files, every value checked, errors that name file, key and reason.

`docs/publishers.md` documents the keys.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.domain.environment import Coverage, Environment
from core.domain.profile import ConnectionProfile, Endpoints, is_loopback
from core.errors import ProfileInvalid
from core.protocol.signin import origin_of

MAX_FILE_BYTES = 64 * 1024
MAX_TEXT = 512
MAX_ORIGINS = 16
_KEYS = frozenset(
    {
        "name",
        "authorize_url",
        "sign_in_origins",
        "client_id",
        "redirect_uri",
        "scopes",
        "env",
        "proxy_url",
        "trading_url",
        "stream_url",
        "data_url",
        "data_stream_url",
        "coin_stream_url",
        "option_stream_url",
        "pkce",
        "issuer",
    }
)
_SCHEMES = {"http": ("https", "http"), "ws": ("wss", "ws")}


class _Checker:
    """Reads keys of one file and complains in its name."""

    def __init__(self, origin: str, table: Mapping[str, Any]) -> None:
        self.origin, self.table = origin, table

    def fail(self, key: str, reason: str) -> ProfileInvalid:
        return ProfileInvalid(f"{self.origin}: {key}: {reason}", "Correct the profile and start again.")

    def text(self, key: str, *, required: bool = True) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str):
            raise self.fail(key, "must be text")
        if required and not value.strip():
            raise self.fail(key, "is missing")
        if len(value) > MAX_TEXT:
            raise self.fail(key, f"is longer than {MAX_TEXT} characters")
        if not value.isprintable() or value != value.strip():
            raise self.fail(key, "has blanks around it or characters that cannot be printed")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.table.get(key)
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(part, str) and part for part in value)
        ):
            raise self.fail(key, "must be a list of texts with at least one entry")
        return tuple(value)

    def address(self, key: str, kind: str, value: str) -> str:
        """Check an address: https or wss; http and ws only for literal loopback; nothing hidden in it."""
        secure, plain = _SCHEMES[kind]
        if len(value) > MAX_TEXT or not value.isascii() or not value.isprintable() or set(value) & set(" \\"):
            raise self.fail(key, "is too long, or has characters that an address cannot have")
        try:
            parts = urlsplit(value)
            _ = parts.port
        except ValueError:
            raise self.fail(key, f"{value!r} is not an address") from None
        if parts.scheme not in (secure, plain):
            raise self.fail(key, f"must begin with {secure}://")
        if parts.scheme == plain and not is_loopback(value):
            raise self.fail(key, f"{plain}:// is accepted for 127.0.0.1 and [::1] only; use {secure}://")
        if not parts.hostname:
            raise self.fail(key, "has no usable host")
        if parts.username is not None or parts.password is not None:
            raise self.fail(key, "must not carry a user name or password")
        if "?" in value or "#" in value:
            raise self.fail(key, "must not carry a query or fragment")
        # What the web engine and Qt would rewrite before they compare must not be written here.
        if origin_of(value if kind == "http" else "http" + value.removeprefix("ws")) is None:
            raise self.fail(key, "must be in lower case up to its path, without the scheme's own port")
        return value

    def url(self, key: str, kind: str = "http", *, required: bool = True) -> str:
        value = self.text(key, required=required)
        return self.address(key, kind, value) if value else ""

    def base_url(self, key: str, kind: str = "http") -> str:
        """An address that paths are added to."""
        return self.url(key, kind).rstrip("/")

    def sign_in_origin(self, value: str) -> str:
        address = self.address("sign_in_origins", "http", value).rstrip("/")
        if address != origin_of(address):
            raise self.fail("sign_in_origins", f"{value!r} must be scheme and host alone")
        return address

    def redirect(self) -> str:
        address = self.url("redirect_uri")
        if address == origin_of(address):
            raise self.fail("redirect_uri", "must have a path, as it was registered at the broker")
        return address

    def environments(self, key: str, kind: str, coverage: Coverage) -> dict[Environment, str]:
        table = self.table.get(key)
        if not isinstance(table, dict):
            raise self.fail(key, "must be a table with the keys paper and live")
        if unknown := set(table) - {env.value for env in Environment}:
            raise self.fail(f"{key}.{min(unknown)}", "is not a key Bellwether knows")
        found: dict[Environment, str] = {}
        for environment in coverage.environments:
            name = f"{key}.{environment.value}"
            value = table.get(environment.value)
            if not isinstance(value, str) or not value:
                raise self.fail(name, "is missing")
            address = self.address(name, kind, value)
            # The stream's address is whole; the others are bases that paths are added to.
            found[environment] = address if kind == "ws" else address.rstrip("/")
        return found


def profile_from(table: Mapping[str, Any], origin: str) -> ConnectionProfile:
    """Check every value of a profile; `origin` names it in errors. Raises ProfileInvalid."""
    check = _Checker(origin, table)
    if unknown := set(table) - _KEYS:
        raise check.fail(min(unknown), "is not a key Bellwether knows")
    env = check.text("env")
    if env not in {coverage.value for coverage in Coverage}:
        raise check.fail("env", "must be paper, live or both")
    coverage = Coverage(env)
    # client_id and proxy_url may be empty in a shipped profile: the publisher fills them in (`is_ready`).
    pkce = table.get("pkce", True)
    if not isinstance(pkce, bool):
        raise check.fail("pkce", "must be true or false")
    authorize_url = check.url("authorize_url")
    origins = tuple(check.sign_in_origin(value) for value in check.texts("sign_in_origins"))
    if len(origins) > MAX_ORIGINS:
        raise check.fail("sign_in_origins", f"has more than {MAX_ORIGINS} entries")
    if origin_of(authorize_url) not in origins:
        raise check.fail("sign_in_origins", "must contain the authorize_url's own origin")
    scopes = check.texts("scopes")
    if any(not scope.isascii() or not scope.isprintable() or " " in scope for scope in scopes):
        raise check.fail("scopes", "each must be one word (RFC 6749 section 3.3)")
    trading = check.environments("trading_url", "http", coverage)
    stream = check.environments("stream_url", "ws", coverage)
    return ConnectionProfile(
        name=check.text("name"),
        authorize_url=authorize_url,
        sign_in_origins=origins,
        client_id=check.text("client_id", required=False),
        redirect_uri=check.redirect(),
        scopes=scopes,
        coverage=coverage,
        proxy_url=check.url("proxy_url", required=False),
        endpoints={
            environment: Endpoints(trading_url=trading[environment], stream_url=stream[environment])
            for environment in coverage.environments
        },
        data_url=check.base_url("data_url"),
        data_stream_url=check.base_url("data_stream_url", "ws"),
        # Absent in profiles from before there were such streams: coins and options are then asked for.
        coin_stream_url=check.url("coin_stream_url", "ws", required=False),
        option_stream_url=check.url("option_stream_url", "ws", required=False),
        pkce=pkce,
        issuer=check.text("issuer", required=False) or None,
    )


def read_profile(path: Path) -> ConnectionProfile:
    """Read one profile file. Raises ProfileInvalid with file, key and reason."""
    return profile_from(read_table(path), str(path.name))


def read_table(path: Path) -> dict[str, Any]:
    """Read a profile's TOML without judging its values. Raises ProfileInvalid."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ProfileInvalid(f"{path.name}: is larger than a profile can be", "Is this the right file?")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ProfileInvalid(f"{path.name}: is not valid TOML: {error}", "Correct the profile.") from error
    except RecursionError:
        raise ProfileInvalid(f"{path.name}: is not valid TOML: nested too deeply", "Correct it.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileInvalid(f"{path.name}: cannot be read", "Check the file.", detail=str(error)) from error


def find_profile(name_or_file: str, shipped: Path) -> Path:
    """Return the file that `--profile` means: a path, or the name of a shipped profile in any letter case.

    Raises ProfileInvalid, naming the shipped ones.
    """
    as_path = Path(name_or_file).expanduser()
    if as_path.suffix == ".toml" or as_path.is_file():
        return as_path
    known = {path.stem.lower(): path for path in sorted(shipped.glob("*.toml"))}
    if (path := known.get(name_or_file.lower())) is not None:
        return path
    raise ProfileInvalid(
        f"There is no connection profile called {name_or_file!r}.",
        f"Shipped profiles: {', '.join(known)}. Or name a .toml file.",
    )
