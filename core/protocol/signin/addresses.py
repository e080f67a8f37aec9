"""Reading addresses without interpreting them.

Every function takes an engine's canonical text (or a configured address that must already be in that
form) and cuts it; none decodes, lower-cases or repairs. Repairing is how two parsers come to disagree
about where a URL leads.
"""

import ipaddress
import re

_AUTHORITY_END = re.compile(r"[/?#]")
_SAFE_AUTHORITY = re.compile(r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def origin_of(encoded_url: str) -> str | None:
    """Return `scheme://host[:port]` of an http or https URL, or None when it has no plain one.

    User-info, upper case, a spelled-out default port and anything else that is not canonical give None.
    """
    scheme, separator, rest = encoded_url.partition("://")
    default_port = _DEFAULT_PORTS.get(scheme)
    if not separator or default_port is None:
        return None
    authority = _AUTHORITY_END.split(rest, maxsplit=1)[0]
    if not _SAFE_AUTHORITY.fullmatch(authority) or authority.endswith(default_port):
        return None
    return f"{scheme}://{authority}"


def host_of(origin: str) -> str:
    """Return the host of an origin, IPv6 addresses without their brackets."""
    authority = origin.partition("://")[2]
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0]


def is_loopback_url(encoded_url: str) -> bool:
    """Tell whether the URL names this computer by a literal loopback address; names never count."""
    origin = origin_of(encoded_url)
    if origin is None:
        return False
    try:
        return ipaddress.ip_address(host_of(origin)).is_loopback
    except ValueError:
        return False


def is_printable(text: str) -> bool:
    """Tell whether every character is in 0x20-0x7E."""
    return all(" " <= character <= "~" for character in text)
