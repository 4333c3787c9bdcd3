"""Verdicts: what became of the objects that clients dropped into the bucket."""

from typing import Any

from chalicelib.domain.errors import PrismError, UploadGone, UploadNotFound
from chalicelib.domain.times import timestamp
from chalicelib.domain.verdict import Verdict
from chalicelib.storage.port import ObjectInfo
from chalicelib.stores.incoming import Incoming, Upload


class Verdicts:
    """Tells what became of uploads."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming

    def of(self, path: str) -> Verdict:
        """Answer the verdict on the upload at a path below `incoming/`, pending if there is none yet.

        The path may lack its `.tgz`. Raises UploadNotFound.
        """
        upload_id = self._incoming.upload_id(self._incoming.key(path.removesuffix(".tgz")))
        verdict = standing(self._incoming.find(upload_id)) if upload_id else None
        if verdict is None:
            raise UploadNotFound(path)
        return verdict


def standing(upload: Upload) -> Verdict | None:
    """Answer how things stand with an upload, or None for one that there neither is nor was."""
    if upload.object is not None:
        return upload.verdict if upload.judged else pending(upload.id, upload.object)
    if upload.verdict is not None and not upload.verdict.final:
        return gone(upload.verdict)
    return upload.verdict


def pending(upload_id: str, info: ObjectInfo) -> Verdict:
    """Answer that nobody has got to an upload yet."""
    return Verdict(status="pending", upload_id=upload_id, etag=info.etag, at=timestamp(info.modified))


def gone(failing: Verdict) -> Verdict:
    """Answer the verdict on an upload that somebody removed before it could be published."""
    return refused(UploadGone(failing.upload_id), failing.upload_id, failing.etag, failing.at)


def refused(error: PrismError, upload_id: str, etag: str, at: str) -> Verdict:
    """Answer the verdict that tells of an error of the sender's."""
    facts: dict[str, Any] = dict(error.facts)
    job_id = facts.pop("job_id", None)
    return Verdict(
        status="refused",
        upload_id=upload_id,
        etag=etag,
        at=at,
        code=error.code,
        detail=error.detail,
        facts=facts,
        job_id=job_id,
    )
