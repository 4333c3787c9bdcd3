"""Uploads that name a package: who may send them, and how a complete one goes to the one pipeline."""

import logging
from collections.abc import Callable, Iterable
from typing import Final

from chalicelib import telemetry
from chalicelib.domain.errors import PrismError, Unavailable
from chalicelib.domain.manifest import ANONYMOUS, Publisher
from chalicelib.domain.patterns import EVERY_PACKAGE, PackagePatterns
from chalicelib.domain.uploads.documents import Refusal, UploadInfo
from chalicelib.domain.uploads.metadata import Wanted
from chalicelib.services.publishing import Publishing, PublishRequest

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.uploads")


class Packages:
    """Publishes complete uploads."""

    def __init__(self, publishing: Publishing) -> None:
        self._publishing = publishing

    def check(self, info: UploadInfo, wanted: Wanted) -> None:
        """Raise unless an upload may become the package that it names: Forbidden or InvalidTag."""
        self._publishing.check(_request(info, wanted))

    def queue(
        self, info: UploadInfo, wanted: Wanted, chunks: Callable[[], Iterable[bytes]], *, announce: bool
    ) -> tuple[str | None, str | None, Refusal | None]:
        """Queue the publish of a complete upload; answers its job and the digest of the bytes, or why there is none."""
        try:
            job = self._publishing.queue(_request(info, wanted, chunks), announce=announce)
        except Unavailable:
            raise
        except PrismError as error:
            job_id = error.facts.get("job_id")
            refusal = Refusal(code=error.code, detail=error.detail, facts=dict(error.facts) or None)
            return (str(job_id) if job_id else None), None, refusal
        return job.id, job.digest, None

    def work(self, job_id: str) -> None:
        """Publish at once what was queued; whatever keeps it from its end the job tells, or a sweep makes good."""
        try:
            self._publishing.work(job_id)
        except Exception:  # noqa: BLE001 - the upload is complete, whatever becomes of its job
            _LOG.warning(
                "the job of an upload was left to other workers", exc_info=True, extra={"jobId": job_id}
            )


def _request(
    info: UploadInfo, wanted: Wanted, chunks: Callable[[], Iterable[bytes]] | None = None
) -> PublishRequest:
    return PublishRequest(
        publisher=info.publisher or Publisher(name=ANONYMOUS),
        source=wanted.source,
        name=wanted.package,
        packages=EVERY_PACKAGE if info.packages is None else PackagePatterns(tuple(info.packages)),
        tag=wanted.tag,
        sha256=wanted.sha256,
        chunks=chunks,
    )
