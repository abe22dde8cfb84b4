"""Who is connected, as far as an address tells."""

from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

# Bits of an IPv6 address that a network hands out: the rest of it is each machine's own choice, anew every time.
_HANDED_OUT: Final = 64

_REMEMBERED: Final = 4_096  # addresses, since to parse one takes longer than to count it


@lru_cache(maxsize=_REMEMBERED)
def counted_as(address: str) -> str:
    """What limits count an address as: of IPv6 its network. What is no address is counted as it is."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    plain = found if isinstance(found, IPv4Address) else found.ipv4_mapped
    return str(plain) if plain else str(ip_network((found, _HANDED_OUT), strict=False))
