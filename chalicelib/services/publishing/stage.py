"""Stage: make the bytes durable, and check the digest that was declared.

A staged object holds the bytes of its digest, always: it is written once, by whoever has hashed the very bytes it
writes. That is what lets the tarball be copied from it.
"""

import hashlib
from collections.abc import Iterable, Iterator

from chalicelib.domain.errors import DigestMismatch, InvalidPayload, UploadChanged
from chalicelib.services.publishing.values import PublishRequest, Staged, Workshop


def stage(workshop: Workshop, request: PublishRequest) -> Staged:
    """Answer durable bytes; raises DigestMismatch before anything was written, and InvalidPayload without bytes."""
    if request.upload is not None:
        return _stage_upload(workshop, request, request.upload)
    data = request.data
    if not data:
        raise InvalidPayload("the tarball is empty; send the bytes that `npm pack` or `prism pack` makes")
    sha256 = _checked(request, hashlib.sha256(data).hexdigest())
    workshop.artifacts.stage(sha256, data)
    return Staged(sha256, lambda: [data])


def _stage_upload(workshop: Workshop, request: PublishRequest, upload: str) -> Staged:
    sha256 = _checked(request, _hash(workshop.incoming.open(upload)))
    if request.etag is not None and not workshop.incoming.holds(upload, request.etag):
        # What was read may be somebody else's; whose it is was told of the object with this ETag alone.
        raise UploadChanged(upload)
    workshop.artifacts.stage_stream(sha256, _verified(workshop.incoming.open(upload), sha256, upload))
    return Staged(sha256, lambda: workshop.artifacts.open_staged(sha256))


def _verified(chunks: Iterable[bytes], sha256: str, upload: str) -> Iterator[bytes]:
    """Pass bytes on; raises UploadChanged at their end if they are not those that were hashed before."""
    running = hashlib.sha256()
    for chunk in chunks:
        running.update(chunk)
        yield chunk
    if running.hexdigest() != sha256:
        raise UploadChanged(upload)


def _hash(chunks: Iterable[bytes]) -> str:
    running = hashlib.sha256()
    for chunk in chunks:
        running.update(chunk)
    return running.hexdigest()


def _checked(request: PublishRequest, actual: str) -> str:
    declared = request.sha256
    if declared is not None and declared.lower() != actual:
        raise DigestMismatch(declared=declared, actual=actual)
    return actual
