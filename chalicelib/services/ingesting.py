"""Ingesting: publishes what clients drop into the bucket, and records what became of it."""

from collections.abc import Callable
from datetime import datetime

from chalicelib.domain.errors import PrismError, Unavailable, UploadChanged
from chalicelib.domain.manifest import Publisher
from chalicelib.domain.times import timestamp
from chalicelib.domain.verdict import Verdict
from chalicelib.services.publishing import Published, Publishing, PublishRequest
from chalicelib.storage.port import ObjectNotFound
from chalicelib.stores.incoming import Incoming

ATTEMPTS = 3
ANONYMOUS = Publisher(name="anonymous")


class Ingesting:
    """Handles uploads that the bucket has announced: at least once, in any order, perhaps late."""

    def __init__(self, incoming: Incoming, publishing: Publishing, *, now: Callable[[], datetime]) -> None:
        self._incoming = incoming
        self._publishing = publishing
        self._now = now

    def ingest(self, key: str) -> Verdict | None:
        """Publish the upload under a key, or record why it was refused.

        Answers the verdict, also for an announcement that comes again; None for a key that is no upload or is gone
        without one. Raises Unavailable, and the announcement is to be repeated.
        """
        upload_id = self._incoming.upload_id(key)
        if upload_id is None:
            return None
        verdict, etag = self._incoming.verdict(upload_id), self._incoming.etag(key)
        if etag is None:
            return verdict
        if verdict is not None and verdict.etag == etag:
            self._incoming.remove(key, etag)
            return verdict
        verdict = self._published(key, upload_id, etag)
        self._incoming.conclude(key, verdict)
        return verdict

    def _published(self, key: str, upload_id: str, etag: str) -> Verdict:
        """Publish, again if a publisher of the same bytes has cleaned up what both had staged."""
        for _ in range(ATTEMPTS):
            try:
                return self._publish(key, upload_id, etag)
            except ObjectNotFound:
                continue
        raise UploadChanged(key)

    def _publish(self, key: str, upload_id: str, etag: str) -> Verdict:
        at = timestamp(self._now())
        try:
            published = self._publishing.publish(PublishRequest(publisher=ANONYMOUS, source="s3", upload=key))
        except Unavailable:
            raise
        except PrismError as error:
            return Verdict(
                status="refused",
                upload_id=upload_id,
                etag=etag,
                at=at,
                code=error.code,
                detail=error.detail,
                facts=dict(error.facts),
            )
        return _accepted(published, upload_id, etag, at)


def _accepted(published: Published, upload_id: str, etag: str, at: str) -> Verdict:
    manifest = published.manifest.manifest
    return Verdict(
        status="published",
        upload_id=upload_id,
        etag=etag,
        at=at,
        name=manifest.name,
        version=manifest.version,
        integrity=manifest.integrity,
    )
