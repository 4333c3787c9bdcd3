"""Ingesting: publishes what clients drop into the bucket, and records what became of it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from chalicelib.domain.direct import is_direct
from chalicelib.domain.errors import PrismError, Unavailable, UploadChanged, UploadGone, UploadTooLarge
from chalicelib.domain.executions.errors import Overtaken, RunHeld
from chalicelib.domain.manifest import ANONYMOUS, Publisher
from chalicelib.domain.names import PackageName
from chalicelib.domain.times import timestamp
from chalicelib.domain.verdict import Verdict
from chalicelib.services.publishing import Published, Publishing, PublishRequest
from chalicelib.services.verdicts import gone, pending, refused, standing
from chalicelib.storage.port import ObjectInfo, ObjectNotFound, StorageUnavailable
from chalicelib.stores.direct import Wishes
from chalicelib.stores.incoming import Incoming, Upload

ATTEMPTS = 3
"""How often an upload is taken up afresh within one announcement, when others change what is being read."""
PATIENCE_SECONDS = 120.0
"""How long another worker at the same upload is waited for: as long as its lease may last, should it be dead."""
AGAIN = "the upload is tried again a few times, and an operator is told if that does not help"


class Ingesting:
    """Handles uploads that the bucket has announced: at least once, in any order, perhaps late.

    `wishes` say how what clients send by signed URLs is to be published; `limit` is the most bytes that an upload may
    have.
    """

    def __init__(
        self,
        incoming: Incoming,
        wishes: Wishes,
        publishing: Publishing,
        *,
        limit: int,
        now: Callable[[], datetime],
    ) -> None:
        self._incoming = incoming
        self._wishes = wishes
        self._publishing = publishing
        self._limit = limit
        self._now = now

    def ingest(
        self,
        key: str,
        publisher: str | None = None,
        *,
        etag: str | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> Verdict | None:
        """Publish the upload under a key, or record why it was refused.

        `publisher` has uploaded the object with this `etag`, and nothing else that may lie there by now; what somebody
        has wished for is published in their name, whoever has sent it. Another worker at it is waited for with
        `patience`, in seconds.
        Answers the verdict, also for an announcement that comes again; None for a key that is no upload or is gone
        without one. Whatever it raises is no fault of the sender's, and the announcement is to be repeated.
        """
        upload_id = self._incoming.upload_id(key)
        if upload_id is None:
            return None
        upload = first = self._incoming.find(upload_id)
        lost: Exception | None = None
        for _ in range(ATTEMPTS):
            if upload.object is None:
                return self._without_object(upload)
            if etag not in {None, upload.object.etag}:
                # Another one has taken its place, and whose that is its own announcement says.
                return standing(upload)
            try:
                return self._judge(upload, upload.object, publisher or ANONYMOUS, patience)
            except (ObjectNotFound, UploadChanged) as error:
                # It was replaced, or another worker has finished it, or removed what both had staged: look again.
                lost, upload = error, self._incoming.find(upload_id)
        return self._unsettled(first, upload, lost or UploadChanged(key))

    def _judge(self, upload: Upload, present: ObjectInfo, publisher: str, patience: float) -> Verdict:
        """Answer the verdict that is there on the object, or make one and remove the object."""
        if upload.verdict is not None and upload.verdict.final and upload.judged:
            self._incoming.remove(present.key, present.etag)
            return upload.verdict
        try:
            verdict = self._publish(upload.id, present, publisher, patience)
        except (ObjectNotFound, UploadChanged, RunHeld, Overtaken):
            # Not a failure: it is looked at again, or another worker is at it.
            raise
        except Exception as error:
            self._note(upload, present, error)
            raise
        return self._incoming.conclude(upload, verdict)

    def _publish(self, upload_id: str, present: ObjectInfo, publisher: str, patience: float) -> Verdict:
        at = timestamp(self._now())
        try:
            if present.size > self._limit:
                raise UploadTooLarge(self._limit, present.size)
            request = self._request(upload_id, present, publisher)
            published = self._publishing.publish(request, patience=patience)
        except Unavailable:
            raise
        except PrismError as error:
            return refused(error, upload_id, present.etag, at)
        return _accepted(published, upload_id, present.etag, at)

    def _request(self, upload_id: str, present: ObjectInfo, publisher: str) -> PublishRequest:
        """Answer what is to be published; raises UploadGone for what was wished for and is wanted no longer."""
        if not is_direct(upload_id):
            return PublishRequest(
                publisher=Publisher(name=publisher), source="s3", upload=present.key, etag=present.etag
            )
        # Whoever has signed the URL is whom S3 names, and that is the registry: only a wish tells whose it is.
        wish = self._wishes.of(upload_id)
        if wish is None:
            raise UploadGone(upload_id)
        return PublishRequest(
            publisher=wish.publisher,
            source=wish.source,
            name=PackageName.parse(wish.name),
            version=wish.version,
            tag=wish.tag,
            sha256=wish.sha256,
            upload=present.key,
            etag=present.etag,
        )

    def _without_object(self, upload: Upload) -> Verdict | None:
        """Answer the verdict on an object that is gone; one that was to be tried again can never be."""
        if upload.verdict is None or upload.verdict.final:
            return upload.verdict
        verdict = gone(upload.verdict)
        self._incoming.amend(upload, verdict)
        return verdict

    def _unsettled(self, first: Upload, last: Upload, lost: Exception) -> Verdict | None:
        """Leave an upload that keeps being replaced to the announcements of what replaced it; else raises `lost`."""
        assert first.object is not None
        if last.object is not None and last.object.etag == first.object.etag:
            self._note(last, last.object, lost)
            raise lost
        return pending(last.id, last.object) if last.object else self._without_object(last)

    def _note(self, upload: Upload, present: ObjectInfo, error: Exception) -> None:
        """Tell the sender, as far as that is possible, that an attempt has failed."""
        known = upload.verdict if upload.judged else None
        code, detail, facts = _told(error)
        job_id = facts.pop("job_id", None) if facts else None
        verdict = Verdict(
            status="failing",
            upload_id=upload.id,
            etag=present.etag,
            at=timestamp(self._now()),
            code=code,
            detail=f"{detail}; {AGAIN}",
            facts=facts,
            job_id=job_id,
            attempts=1 + (known.attempts or 0 if known else 0),
        )
        # What fails may fail here too, and what is raised is to be the first failure.
        with suppress(Exception):
            self._incoming.amend(upload, verdict)


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
        job_id=published.job.id,
    )


def _told(error: Exception) -> tuple[str, str, dict[str, Any] | None]:
    """Answer the code, the sentence and the facts that a sender is told of a failure of ours."""
    if isinstance(error, PrismError):
        return error.code, error.detail, dict(error.facts)
    if isinstance(error, StorageUnavailable):
        return "storage_unavailable", "the storage behind the registry did not answer", None
    return "internal_error", "the registry failed to handle the upload", None
