"""What each configured value must look like. Every function returns the value or raises `BadValue`."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from token_proxy.secret import is_placeholder

HEALTH_PATH = "/healthz"
MOST_REDIRECT_URIS = 64
PRINTABLE = re.compile(r"[\x21-\x7e]+")
NOT_IN_A_URL = re.compile(r'["<>\\^`{|}]')  # also what placeholders such as https://<host>/ are written with

Network = IPv4Network | IPv6Network


class BadValue(Exception):
    """A configured value cannot be used; the message is the reason and does not repeat the value."""


class Bind(NamedTuple):
    """Where to listen; port 0 lets the system choose."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return ip_address(self.host).is_loopback

    def base_url(self, port: int) -> str:
        """Return the address of the listener that got `port`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{port}"


def token_url(text: str) -> str:
    """The broker's token endpoint: https, or http to a literal loopback address."""
    parts = _address(text)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback_literal(parts.hostname)):
        raise BadValue("must be https (http only to a literal loopback address)")
    if parts.query:
        raise BadValue("must not have a query")
    return text


def redirect_uris(texts: list[str]) -> frozenset[str]:
    """The redirect URIs registered at the broker, to be compared byte for byte."""
    if not texts:
        raise BadValue("must list at least one redirect URI")
    if len(texts) > MOST_REDIRECT_URIS:
        raise BadValue(f"must list at most {MOST_REDIRECT_URIS} redirect URIs")
    for text in texts:
        parts = _address(text)
        local = parts.hostname == "localhost" or _is_loopback_literal(parts.hostname)
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise BadValue("every redirect URI must be https (http only to this machine)")
        if "*" in text:
            raise BadValue("redirect URIs are compared exactly; there are no wildcards")
    return frozenset(texts)


def client_id(text: str) -> str:
    """The client id of the app's registration at the broker."""
    if not PRINTABLE.fullmatch(text) or len(text) > 256:
        raise BadValue("must be 1 to 256 printable characters without spaces")
    if is_placeholder(text):
        raise BadValue("is a placeholder, not a client id")
    return text


def bind(text: str) -> Bind:
    """`host:port`, the host an IP address (an IPv6 one in brackets)."""
    host, colon, port = text.rpartition(":")
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise BadValue("must be host:port, such as 127.0.0.1:8080 or [::1]:8080")
    bracketed = host.startswith("[") and host.endswith("]")
    address = host[1:-1] if bracketed else host
    try:
        version = ip_address(address).version
    except ValueError:
        raise BadValue("must name an IP address, not a host name") from None
    if bracketed != (version == 6):
        raise BadValue("must have brackets round an IPv6 address, and only round one")
    return Bind(address, int(port))


def path(text: str) -> str:
    """The one path that exchanges codes, compared byte for byte with the request's target."""
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", text) or ".." in text:
        raise BadValue("must be a plain absolute path such as /exchange")
    if text == HEALTH_PATH:
        raise BadValue(f"must not be {HEALTH_PATH}")
    return text


def trusted_hops(texts: list[str]) -> tuple[Network, ...]:
    """The networks of the front ends whose X-Forwarded-For is believed."""
    try:
        hops = tuple(ip_network(text) for text in texts)
    except ValueError:
        raise BadValue("must list IP addresses or networks such as 10.0.0.0/8") from None
    if any(hop.prefixlen == 0 for hop in hops):
        raise BadValue("must not trust every address")
    return hops


def between(least: int, most: int, number: int) -> int:
    """A whole number in a range."""
    if not least <= number <= most:
        raise BadValue(f"must be from {least} to {most}")
    return number


def log_level(text: str) -> str:
    """How much to log; no level prints a secret."""
    if text not in {"debug", "info", "warning", "error"}:
        raise BadValue("must be debug, info, warning or error")
    return text


def _address(text: str) -> SplitResult:
    if not PRINTABLE.fullmatch(text) or NOT_IN_A_URL.search(text) or len(text) > 2048:
        raise BadValue("must be an absolute URL of at most 2048 characters, none of them a space")
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  reading it is the check: it raises for a port that is no number
    except ValueError:
        raise BadValue("is not a URL") from None
    if not parts.hostname or not parts.path:
        raise BadValue("must be an absolute URL with a host and a path")
    if parts.username is not None or "#" in text:
        raise BadValue("must have neither user information nor a fragment")
    return parts


def _is_loopback_literal(host: str | None) -> bool:
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
