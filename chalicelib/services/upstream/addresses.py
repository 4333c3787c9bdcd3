"""Where a registry may go for what others tell it to fetch: public addresses, and the upstream's own.

An address is judged after it was resolved, and the connection is made to the very one that was judged, so that a name
cannot mean something else a moment later.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final, NamedTuple, Self
from urllib.parse import quote, urljoin, urlsplit

from chalicelib.domain.upstream import BadUpstream, UpstreamAddressRefused, UpstreamUnavailable

PORTS: Final = {"http": 80, "https": 443}
MAX_LENGTH: Final = 4096

_TRANSLATED: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""Networks whose addresses stand for one of IPv4 (RFC 6052, RFC 8215), in their last four bytes."""
_KEPT: Final = "/%:@!$&'()*+,;=-._~"


class Origin(NamedTuple):
    """A scheme, a host in lower case and a port."""

    scheme: str
    host: str
    port: int


class Address(NamedTuple):
    """An http address taken apart; `target` is its path and query as a request names them."""

    origin: Origin
    target: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address; raises UpstreamAddressRefused for one that is no plain http or https address."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise UpstreamAddressRefused(f"`{text[:200]!r}` is no address") from None
        if parts.scheme not in PORTS or not host or parts.username is not None or len(text) > MAX_LENGTH:
            raise UpstreamAddressRefused(f"`{text[:200]}` is not an http address of a host alone")
        if not host.isascii() or not host.isprintable() or " " in host:
            raise UpstreamAddressRefused(f"`{host[:200]!r}` is not the name of a host")
        target = quote(parts.path or "/", safe=_KEPT) + (
            f"?{quote(parts.query, safe=_KEPT + '?/')}" if parts.query else ""
        )
        return cls(Origin(parts.scheme, host, PORTS[parts.scheme] if port is None else port), target)

    def leading_to(self, location: str) -> "Address":
        """Answer where a redirect leads; raises UpstreamAddressRefused, also for one that gives up encryption."""
        following = Address.parse(urljoin(str(self), location))
        if self.origin.scheme == "https" and following.origin.scheme != "https":
            raise UpstreamAddressRefused(f"a redirect from https leads to `{str(following)[:200]}`")
        return following

    @property
    def host(self) -> str:
        """The host and port as the header `Host` names them."""
        host = f"[{self.origin.host}]" if ":" in self.origin.host else self.origin.host
        return host if self.origin.port == PORTS[self.origin.scheme] else f"{host}:{self.origin.port}"

    def __str__(self) -> str:
        return f"{self.origin.scheme}://{self.host}{self.target}"


def resolve(origin: Origin, *, trusted: bool) -> list[str]:
    """Answer the addresses of a host, in the system's order.

    Unless the host is `trusted`, all of them have to be public. Raises UpstreamAddressRefused and UpstreamUnavailable.
    """
    try:
        found = socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UpstreamUnavailable(f"the host `{origin.host}` cannot be found") from None
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    if not trusted:
        for address in addresses:
            if not is_public(address):
                raise UpstreamAddressRefused(f"`{origin.host}` is at {address}, which is no public address")
    if not addresses:
        raise BadUpstream(f"the host `{origin.host}` has no address")
    return addresses


def is_public(text: str) -> bool:
    """Tell whether an IP address is one that everybody can reach, also where it stands for another one."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(_is_global(meant) for meant in (address, *_meant(address)))


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and not address.is_link_local
        and not (isinstance(address, IPv6Address) and address.is_site_local)
    )


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Answer the IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _TRANSLATED):
        found.append(IPv4Address(address.packed[-4:]))
    return [each for each in found if each is not None]
