"""Where deliveries may go: which URLs are taken, and which of the addresses behind a name may be connected to.

A name is resolved first and judged afterwards, and the connection is made to the very address that was judged.
Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, RFC 8190); OWASP, SSRF prevention.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from ecif.errors import Unprocessable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_FORBIDDEN: Final[tuple[Network, ...]] = tuple(
    ip_network(written)
    for written in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; metadata of some clouds
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # class E and broadcast
    )
)
_GLOBAL_IPV6: Final = IPv6Network("2000::/3")
_FORBIDDEN_IPV6: Final[tuple[Network, ...]] = tuple(
    ip_network(written)
    for written in (
        "2001::/23",  # protocol assignments, Teredo, ORCHID, benchmarking among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_OPEN_PORTS: Final = frozenset({443, 8443})
_LONGEST_URL: Final = 2_000
_HOST: Final = re.compile(
    r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?"
)
_PATH: Final = re.compile(r"[\x21-\x7e]*")


class AddressNotAllowed(Unprocessable):
    """Deliveries may not go there."""

    slug = "address-not-allowed"
    title = "This installation does not deliver to this address."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a webhook goes, read from its URL: `host` is a name or an address, `path` what is asked for there."""

    host: str
    port: int
    path: str
    is_tls: bool

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_usual = self.port == (443 if self.is_tls else 80)
        return host if is_usual else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What this installation allows: its own networks at any port, and whether plain HTTP will do."""

    networks: tuple[Network, ...] = ()
    http: bool = False

    @classmethod
    def of(cls, written: Iterable[str], *, http: bool = False) -> "Allowed":
        """Read CIDR blocks.

        Raises:
            ValueError: One is none.
        """
        return cls(tuple(ip_network(each) for each in written), http)

    def may_connect(self, address: Address, port: int) -> bool:
        """Whether a connection to this very address and port may be made."""
        address = _unmapped(address)
        if any(address in network for network in self.networks):
            return True
        return not is_special(address) and (port in _OPEN_PORTS or (self.http and port == 80))


def is_special(address: Address) -> bool:
    """Whether an address is anything but an ordinary one of the public internet."""
    address = _unmapped(address)
    if isinstance(address, IPv4Address):
        return any(address in network for network in _FORBIDDEN)
    return address not in _GLOBAL_IPV6 or any(address in network for network in _FORBIDDEN_IPV6)


def place_of(url: str, allowed: Allowed) -> Place:
    """Read the URL of a webhook.

    Raises:
        AddressNotAllowed: It is no plain http(s) URL of a host, or what it names as an address is forbidden.
    """
    if len(url) > _LONGEST_URL or not _PATH.fullmatch(url) or "\\" in url:
        raise AddressNotAllowed("The URL holds characters that it may not.", field="target.url")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
    except ValueError:
        raise AddressNotAllowed("This is not a URL.", field="target.url") from None
    if parts.scheme not in (("https", "http") if allowed.http else ("https",)):
        raise AddressNotAllowed("The URL must begin with https://.", field="target.url")
    if "@" in parts.netloc or parts.fragment:
        raise AddressNotAllowed("The URL may hold no user and no fragment.", field="target.url")
    if port == 0:
        raise AddressNotAllowed("There is no port 0.", field="target.url")
    is_tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    place = Place(host, port or (443 if is_tls else 80), path, is_tls)
    _check_host(place, allowed, bracketed="[" in parts.netloc)
    return place


def _check_host(place: Place, allowed: Allowed, *, bracketed: bool) -> None:
    address = _literal(place.host)
    if address is not None:
        if not allowed.may_connect(address, place.port):
            raise AddressNotAllowed(field="target.url")
    elif bracketed or len(place.host) > 253 or not _HOST.fullmatch(place.host):
        raise AddressNotAllowed("The host is neither a name nor an address.", field="target.url")


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host) if "%" not in host else None
    except ValueError:
        return None


def _unmapped(address: Address) -> Address:
    """An IPv4 address that is written as an IPv6 one is judged as what it is."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
