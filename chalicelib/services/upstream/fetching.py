"""Fetching from the upstream: documents and tarballs, within limits of time and size."""

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPResponse
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, NamedTuple, cast

from chalicelib.domain.upstream import BadUpstream, UpstreamTooLarge, UpstreamUnavailable
from chalicelib.services.upstream.addresses import Address
from chalicelib.services.upstream.connections import Deadline, exchange
from chalicelib.settings import UpstreamSettings

MAX_REDIRECTS: Final = 3
MAX_DOCUMENT_BYTES: Final = 64 << 20
"""Of a document as it is parsed."""
PIECE_BYTES: Final = 64 << 10
FILE_IN_MEMORY: Final = 8 << 20

_AGENT: Final = "prism (mirror)"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_GONE: Final = frozenset({404, 410, 451})
_REFUSED: Final = frozenset({401, 403})


class Fetched(NamedTuple):
    """A document as it came; no `data` where it still is the one that was known."""

    data: bytes | None
    etag: str | None


class Fetching:
    """Asks the upstream, and whatever public place it redirects to; its token is for the upstream alone."""

    def __init__(self, settings: UpstreamSettings, *, max_tarball: int) -> None:
        self._settings = settings
        self._max_tarball = max_tarball
        self.base = settings.url
        self._home = Address.parse(f"{settings.url}/").origin

    def document(
        self, path: str, *, known: str | None = None, seconds: float | None = None
    ) -> Fetched | None:
        """Answer the document at a path, or None if there is none; without bytes while it has the ETag `known`.

        Raises UpstreamUnavailable and BadUpstream.
        """
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        if known is not None:
            headers["If-None-Match"] = known
        deadline = Deadline(min(seconds or self._settings.seconds, self._settings.seconds))
        address = Address.parse(f"{self.base}/{path}")
        with self._answer(address, headers, deadline) as response:
            if response.status in _GONE:
                return None
            if response.status == 304 and known is not None:
                return Fetched(None, known)
            _check(response)
            data = b"".join(_unpacked(response, "the document", MAX_DOCUMENT_BYTES))
            etag = response.headers.get("ETag")
        return Fetched(data, etag if etag and len(etag) <= 200 and etag.isprintable() else None)

    @contextmanager
    def tarball(self, url: str, digests: "Digests") -> Iterator[BinaryIO | None]:
        """Answer an open file of the bytes at an address while the block runs, or None where there are none.

        All that was read is told to `digests`. Raises UpstreamUnavailable and BadUpstream.
        """
        deadline = Deadline(self._settings.seconds)
        headers = {"Accept": "application/octet-stream, */*", "Accept-Encoding": "identity"}
        with SpooledTemporaryFile(max_size=FILE_IN_MEMORY) as file:
            with self._answer(Address.parse(url), headers, deadline) as response:
                found = response.status not in _GONE
                if found:
                    _check(response)
                    for piece in _pieces(response, "the tarball", self._max_tarball):
                        digests.update(piece)
                        file.write(piece)
            yield cast("BinaryIO", file) if found else None

    @contextmanager
    def _answer(
        self, address: Address, headers: Mapping[str, str], deadline: Deadline
    ) -> Iterator[HTTPResponse]:
        """Follow redirects to an answer; each address is judged, and no token follows to another origin."""
        for _ in range(MAX_REDIRECTS + 1):
            with exchange(
                address, self._headers(address, headers), deadline, trusted=self._trusts(address)
            ) as response:
                location = response.headers.get("Location")
                if response.status not in _REDIRECTS or location is None:
                    yield response
                    return
            address = address.leading_to(location)
        raise BadUpstream(f"it redirects more than {MAX_REDIRECTS} times")

    def _headers(self, address: Address, headers: Mapping[str, str]) -> dict[str, str]:
        told = {"User-Agent": _AGENT, "Connection": "close", **headers}
        if self._settings.token is not None and address.origin == self._home:
            told["Authorization"] = f"Bearer {self._settings.token}"
        return told

    def _trusts(self, address: Address) -> bool:
        """Tell whether an address is the upstream's own, which may be anywhere: who set it has said so."""
        return address.origin[1:] == self._home[1:]


class Digests:
    """The digests of bytes that are on their way."""

    def __init__(self) -> None:
        self._running = {
            name: hashlib.new(name, usedforsecurity=False) for name in ("sha1", "sha256", "sha384", "sha512")
        }

    def update(self, data: bytes) -> None:
        """Take more bytes."""
        for running in self._running.values():
            running.update(data)

    def of(self, algorithm: str) -> bytes:
        """Answer the digest of all bytes."""
        return self._running[algorithm].digest()


def _check(response: HTTPResponse) -> None:
    status = response.status
    if status in _REFUSED:
        raise BadUpstream(f"it refuses to be asked ({status}); its token is PRISM_UPSTREAM_TOKEN")
    if status == 429 or status >= 500:
        raise UpstreamUnavailable(f"it answers with the status {status}")
    if status != 200:
        raise BadUpstream(f"it answers with the status {status}")


def _pieces(response: HTTPResponse, what: str, limit: int) -> Iterator[bytes]:
    """Answer the bytes of a body; raises UpstreamTooLarge, and UpstreamUnavailable for one that ends too early."""
    if (response.length or 0) > limit:
        raise UpstreamTooLarge(what, limit)
    size = 0
    while piece := response.read1(PIECE_BYTES):
        size += len(piece)
        if size > limit:
            raise UpstreamTooLarge(what, limit)
        yield piece
    if response.length:
        raise UpstreamUnavailable("the connection was closed too early")


def _unpacked(response: HTTPResponse, what: str, limit: int) -> Iterator[bytes]:
    """Answer the bytes of a body without the encoding it came in; no more are unpacked than the limit."""
    encoding = (response.headers.get("Content-Encoding") or "identity").strip().lower()
    if encoding == "identity":
        yield from _pieces(response, what, limit)
        return
    if encoding not in {"gzip", "x-gzip"}:
        raise BadUpstream(f"it answers in the encoding `{encoding[:40]}`, which it was not asked for")
    inflater, size = zlib.decompressobj(zlib.MAX_WBITS | 16), 0
    try:
        for piece in _pieces(response, what, limit):
            data = inflater.decompress(piece, limit + 1 - size)
            size += len(data)
            if size > limit or inflater.unconsumed_tail:
                raise UpstreamTooLarge(what, limit)
            yield data
        yield inflater.flush()
    except zlib.error:
        raise BadUpstream(f"{what} is not the gzip that it says") from None
    if not inflater.eof:
        raise UpstreamUnavailable("the connection was closed too early")
