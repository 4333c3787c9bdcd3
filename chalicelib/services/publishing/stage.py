"""Stage: make the bytes durable, and check the digest that was declared.

A staged object holds the bytes of its digest, always: it is written once, by whoever has hashed the very bytes it
writes. That is what lets the tarball be copied from it.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Final

from chalicelib.domain.errors import DigestMismatch, InvalidPayload, UploadChanged
from chalicelib.services.publishing.values import PublishRequest, Staged, Workshop
from chalicelib.storage.port import ObjectNotFound
from chalicelib.stores.artifacts import Artifacts

PIECE_BYTES: Final = 1 << 20


def stage(workshop: Workshop, request: PublishRequest) -> Staged:
    """Answer durable bytes; raises DigestMismatch before anything was written, and InvalidPayload without bytes."""
    if request.upload is not None:
        return _stage_upload(workshop, request, request.upload)
    if request.file is not None:
        return _stage_file(workshop, request, request.file)
    if request.chunks is not None:
        return _stage_chunks(workshop, request, request.chunks)
    data = request.data
    if not data:
        raise InvalidPayload("the tarball is empty; send the bytes that `npm pack` or `prism pack` makes")
    sha256 = _checked(request, hashlib.sha256(data).hexdigest())
    if request.bundle is not None:
        # Before the tarball, so that whoever finds that one, finds this too.
        workshop.artifacts.stage_bundle(sha256, request.publisher.name, request.bundle)
    workshop.artifacts.stage(sha256, data)
    return Staged(sha256, len(data), lambda: _pieces(data))


def staged_before(artifacts: Artifacts, sha256: str, size: int, published: tuple[str, str] | None) -> Staged:
    """Answer bytes that somebody staged, or the version's own, should they be staged no longer."""

    def chunks() -> Iterator[bytes]:
        try:
            yield from artifacts.open_staged(sha256)
        except ObjectNotFound:
            if published is None:
                raise
            yield from artifacts.open_tarball(*published)

    return Staged(sha256, size, chunks)


def _stage_upload(workshop: Workshop, request: PublishRequest, upload: str) -> Staged:
    found, size = _hash(workshop.incoming.open(upload))
    sha256 = _checked(request, found)
    if request.etag is not None and not workshop.incoming.holds(upload, request.etag):
        # What was read may be somebody else's; whose it is was told of the object with this ETag alone.
        raise UploadChanged(upload)
    workshop.artifacts.stage_stream(sha256, _verified(workshop.incoming.open(upload), sha256, upload))
    return Staged(sha256, size, lambda: workshop.artifacts.open_staged(sha256))


def _stage_file(workshop: Workshop, request: PublishRequest, file: BinaryIO) -> Staged:
    found, size = _hash(_pieces_of(file))
    sha256 = _checked(request, found)
    workshop.artifacts.stage_stream(sha256, _pieces_of(file))
    return Staged(sha256, size, lambda: _pieces_of(file))


def _stage_chunks(
    workshop: Workshop, request: PublishRequest, chunks: Callable[[], Iterable[bytes]]
) -> Staged:
    found, size = _hash(chunks())
    sha256 = _checked(request, found)
    workshop.artifacts.stage_stream(sha256, _verified(chunks(), sha256, sha256))
    return Staged(sha256, size, lambda: workshop.artifacts.open_staged(sha256))


def _verified(chunks: Iterable[bytes], sha256: str, upload: str) -> Iterator[bytes]:
    """Pass bytes on; raises UploadChanged at their end if they are not those that were hashed before."""
    running = hashlib.sha256()
    for chunk in chunks:
        running.update(chunk)
        yield chunk
    if running.hexdigest() != sha256:
        raise UploadChanged(upload)


def _hash(chunks: Iterable[bytes]) -> tuple[str, int]:
    running, size = hashlib.sha256(), 0
    for chunk in chunks:
        running.update(chunk)
        size += len(chunk)
    return running.hexdigest(), size


def _pieces(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), PIECE_BYTES):
        yield data[start : start + PIECE_BYTES]


def _pieces_of(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE_BYTES):
        yield piece


def _checked(request: PublishRequest, actual: str) -> str:
    declared = request.sha256
    if declared is not None and declared.lower() != actual:
        raise DigestMismatch(declared=declared, actual=actual)
    return actual
