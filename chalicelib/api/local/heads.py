"""A request's head, read off a connection (RFC 9112, 2 to 6), and the request it makes.

What the head says is what API Gateway would pass on: the first of headers that are repeated, a path without the slash
at its end, and no fragment.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol
from urllib.parse import parse_qs, quote

from chalicelib.api.dispatch import METHODS
from chalicelib.api.errors import AddressTooLong, HeadersTooLarge, MalformedRequest, NotImplementedHere
from chalicelib.api.invocations import origin_of
from chalicelib.api.requests import NOTHING, Request

MAX_LINE: Final = 65_536
MAX_HEADERS: Final = 100
AS_SENT: Final = "!\"#$%&'()*+,-./:<=>?@[]^_`{|}~\\"
"""What stays as it is in a request's address; `;` does not, as API Gateway sends it encoded."""

_PLAIN: Final = re.compile(f"[A-Za-z0-9{re.escape(AS_SENT)}]*")
_VERSION: Final = re.compile(r"HTTP/(\d{1,10})\.(\d{1,10})", re.ASCII)
# The blanks around a value are taken off afterwards: looked for here, they could be looked for at every place anew.
HEADER: Final = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\r\n\x00]*)\r?\n")


class Reader(Protocol):
    """The reading side of a connection."""

    def readline(self, size: int, /) -> bytes:
        """Answer a line with its end, at most `size` bytes."""
        ...


class Line(NamedTuple):
    """The first line of a request: what is to be done with what, and whether its sender keeps connections."""

    method: str
    address: str
    keeps: bool


class Head(NamedTuple):
    """The head of a request; the names of its headers are in lower case."""

    line: Line
    headers: Sequence[tuple[str, str]]

    def all(self, name: str) -> list[str]:
        """Answer the values of a header, in order."""
        return [value for known, value in self.headers if known == name]

    @property
    def stays(self) -> bool:
        """Whether the connection is kept for the next request."""
        told = [value.lower() for value in self.all("connection")[:1]]
        return "close" not in told and (self.line.keeps or "keep-alive" in told)

    @property
    def waits(self) -> bool:
        """Whether the sender waits to be asked for the body."""
        return self.line.keeps and [value.lower() for value in self.all("expect")[:1]] == ["100-continue"]

    def request(self, body: bytes, trailers: Mapping[str, str] = NOTHING) -> Request:
        """Answer the request, with its body and the headers that came after that."""
        address, _, _ = address_of(self.line.address).partition("#")
        path, _, query = address.partition("?")
        headers = dict(reversed(self.headers))
        return Request(
            method=self.line.method,
            path=path[:-1] if path.endswith("/") and path != "/" else path,
            queries=parse_qs(query, keep_blank_values=True) if query else {},
            headers=headers,
            body=body,
            id=str(uuid.uuid4()),
            origin=origin_of(headers),
            trailers=trailers,
        )


def read_line(sent: bytes) -> Line:
    """Read the first line of a request; raises AddressTooLong, MalformedRequest and NotImplementedHere."""
    if len(sent) > MAX_LINE:
        raise AddressTooLong("the request cannot be answered: its first line is too long")
    words = sent.decode("latin-1").split()
    version = _VERSION.fullmatch(words[2]) if len(words) == 3 else None
    if version is None or int(version[1]) > 1:
        raise MalformedRequest(
            "the request cannot be answered: its first line is not HTTP/1.0's or HTTP/1.1's"
        )
    if words[0] not in METHODS:
        raise NotImplementedHere(f"the request cannot be answered: no method is called `{words[0][:40]}`")
    return Line(words[0], words[1], keeps=(int(version[1]), int(version[2])) >= (1, 1))


def read_headers(reader: Reader) -> list[tuple[str, str]]:
    """Read the headers of a request up to the empty line; raises HeadersTooLarge and MalformedRequest."""
    headers: list[tuple[str, str]] = []
    while (sent := reader.readline(MAX_LINE + 1)) not in {b"\r\n", b"\n"}:
        if len(sent) > MAX_LINE or len(headers) == MAX_HEADERS:
            raise HeadersTooLarge("the request cannot be answered: it has too many headers, or one too long")
        found = HEADER.fullmatch(sent.decode("latin-1"))
        if found is None:
            raise MalformedRequest("the request cannot be answered: a line of its head is no header")
        headers.append((found[1].lower(), found[2].strip(" \t")))
    return headers


def address_of(sent: str) -> str:
    """Answer a request's address as path and query in ASCII, whatever form it was sent in (RFC 9112, 3.2)."""
    scheme, separator, rest = sent.partition("://")
    if separator and scheme.lower() in {"http", "https"}:
        _, slash, rest = rest.partition("/")
        sent = slash + rest or "/"
    if sent.startswith("//"):
        # A client would take what follows for a host, should the path ever be repeated to it.
        sent = "/" + sent.lstrip("/")
    return sent if _PLAIN.fullmatch(sent) else quote(sent.encode("latin-1"), safe=AS_SENT)
