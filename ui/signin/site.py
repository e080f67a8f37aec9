"""What the bar says about the site on the page: decided here, painted by the bar."""

from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QUrl

from core.protocol.signin import is_loopback_url


def encoded_text(url: QUrl) -> str:
    """Return the engine's canonical text of a URL, as it would go on the wire."""
    return url.toEncoded().toStdString()


class Trust(Enum):
    """How far the connection to the shown site can be vouched for."""

    NO_SITE = auto()
    CONNECTING = auto()
    VERIFIED = auto()  # https, and the engine accepted the certificate
    THIS_COMPUTER = auto()  # loopback without encryption
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Site:
    """A host as it is spelled on the wire, with its port when that is not the usual one."""

    name: str
    trust: Trust


def site_name(url: QUrl) -> str:
    """Return `host` or `host:port` in ASCII; empty when the URL names no site.

    `QUrl.host()` alone would turn `xn--` names back into letters that look like others.
    """
    if url.scheme() not in ("http", "https"):
        return ""
    host = url.host(QUrl.ComponentFormattingOption.FullyEncoded)
    if ":" in host:
        host = f"[{host}]"
    port = url.port()
    is_usual = port == -1 or port == {"http": 80, "https": 443}[url.scheme()]
    return host if is_usual else f"{host}:{port}"


def loaded_site(url: QUrl) -> Site:
    """Return the site of a page that has loaded without a fault."""
    name = site_name(url)
    if not name:
        return Site("", Trust.NO_SITE)
    if url.scheme() == "https":
        return Site(name, Trust.VERIFIED)
    # Plain http is let through for literal loopback addresses only; anything else here was not loaded by us.
    return Site(name, Trust.THIS_COMPUTER if is_loopback_url(encoded_text(url)) else Trust.FAILED)
