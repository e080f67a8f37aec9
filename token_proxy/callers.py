"""Who is calling, for the rate limit: the address a limit counts, and when a forwarded one is believed."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from token_proxy.values import Network

MOST_FORWARDED = 32


def counted_address(peer: str, forwarded_for: Sequence[str], trusted_hops: Sequence[Network]) -> str:
    """Return the address to count a request under: one IPv4 address or one IPv6 /64.

    `forwarded_for` is every X-Forwarded-For line of the request, in order. Each hop appends the address it
    saw, so the list is read from its end, and only as long as whoever appended an entry is a trusted hop. An
    entry that is not an address ends the walk: what stands before it cannot be believed either.
    """
    address = _parsed(peer)
    if address is None:
        return "unknown"
    entries = [entry.strip() for line in forwarded_for for entry in line.split(",")]
    for entry in reversed(entries[-MOST_FORWARDED:]):
        if not _is_trusted(address, trusted_hops):
            break
        claimed = _parsed(entry)
        if claimed is None:
            break
        address = claimed
    return _group(address)


def _is_trusted(address: IPv4Address | IPv6Address, hops: Sequence[Network]) -> bool:
    return any(address in hop for hop in hops)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped  # a dual-stack listener shows IPv4 callers like this
    return address


def _group(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv6Address):
        # One household or server gets a whole /64; counting single addresses would count nothing.
        return str(IPv6Network((int(address), 64), strict=False))
    return str(address)
