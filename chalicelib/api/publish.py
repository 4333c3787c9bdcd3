"""Publishing over HTTP: a tarball as JSON or as it is."""

from typing import TYPE_CHECKING

from chalicelib.api.answers import plain
from chalicelib.api.payloads import PublishHeaders, PublishPayload
from chalicelib.api.queries import package_name
from chalicelib.api.routing import Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.document import Document, compact_json
from chalicelib.domain.errors import (
    Busy,
    DigestMismatch,
    InvalidName,
    InvalidPayload,
    InvalidTarball,
    NameMismatch,
    PayloadTooLarge,
    VersionExists,
)
from chalicelib.domain.executions.errors import RunHeld
from chalicelib.domain.executions.records import Job, JobState
from chalicelib.domain.manifest import Manifest
from chalicelib.domain.metadata import AnalyzerRecord, Identifier, Metadata, Provenance
from chalicelib.domain.publishers import PublisherNotAllowed
from chalicelib.domain.tags import InvalidTag
from chalicelib.stores.artifacts import INLINE_BYTES

if TYPE_CHECKING:
    from chalicelib.services.publishing import Published

routes = Routes(tag="publish")

RAW = ("application/octet-stream", "application/gzip", "application/x-gzip", "application/x-tar+gzip")


class AnalyzerReport(AnalyzerRecord):
    """What an analyzer did for this publish, and how many bytes of files it has read."""

    duration_ms: float
    bytes: int | None = None


class Artifacts(Document):
    """Where the version can be read: paths on this registry; `files` is what file paths are appended to."""

    tarball: str
    files: str
    version: str
    file_tree: str


class PublishJob(Document):
    """The job that published the version: how it ended, its last run, and where it tells more."""

    id: str
    state: JobState
    run_id: str | None = None
    url: str


class PublishAnswer(Document):
    """What was published; `created` is false when the same bytes were there before.

    For a package of very many files, metadata and manifest would be too much for one answer and are left out;
    `artifacts.version` leads to them.
    """

    identifier: Identifier
    created: bool
    metadata: Metadata | None = None
    manifest: Manifest | None = None
    analysis: list[AnalyzerReport]
    provenance: Provenance | None = None
    artifacts: Artifacts
    job: PublishJob


@routes.post(
    "/v1/packages/{name}",
    summary="Publish a version",
    body=PublishPayload,
    takes=("application/json", *RAW),
    answers={201: PublishAnswer, 200: PublishAnswer},
    raises=(
        InvalidPayload,
        InvalidName,
        DigestMismatch,
        NameMismatch,
        VersionExists,
        PayloadTooLarge,
        PublisherNotAllowed,
        InvalidTag,
        InvalidTarball,
        Busy,
        RunHeld,
    ),
)
def publish(request: Request) -> Answer:
    """Publish a tarball, answering when the version is visible; the same bytes again are a success."""
    from chalicelib.services.publishing import PublishRequest

    name = package_name(request)
    limit = container().settings.limits.payload
    if len(request.body) > limit:
        raise PayloadTooLarge(limit, len(request.body))
    sent, data = _read(request)
    published = container().publishing.publish(
        PublishRequest(
            publisher=sent.publisher_for(request.caller),
            source=sent.source,
            name=name,
            packages=request.caller.packages,
            tag=sent.tag,
            sha256=sent.sha256,
            data=data,
        )
    )
    return json_answer(_told(published, request.base_path), status=201 if published.created else 200)


def _told(published: "Published", base_path: str) -> bytes:
    """Answer what the publisher is told, as JSON that a function can answer."""
    metadata = published.metadata
    described = {"metadata": metadata, "manifest": published.manifest.manifest}
    outcome = {
        "identifier": metadata.identifier,
        "created": published.created,
        "analysis": published.report,
        "provenance": metadata.provenance,
        "artifacts": _artifacts(metadata.identifier, base_path),
        "job": _job(published.job, base_path),
    }
    whole = compact_json(plain(outcome | described))
    return whole if len(whole) <= INLINE_BYTES else compact_json(plain(outcome))


def _read(request: Request) -> tuple[PublishPayload | PublishHeaders, bytes]:
    if request.media_type in RAW:
        return PublishHeaders.read(request.headers), request.body
    payload = request.body_as(PublishPayload)
    return payload, payload.tarball()


def _job(job: Job, base_path: str) -> PublishJob:
    return PublishJob(id=job.id, state=job.state, run_id=job.run_id, url=f"{base_path}/v1/jobs/{job.id}")


def _artifacts(identifier: Identifier, base_path: str) -> Artifacts:
    base = container().settings.public_base_url or base_path
    api = f"{base_path}/v1/packages/{identifier.name}/{identifier.version}"
    return Artifacts(
        tarball=f"{api}.tgz",
        files=f"{base}/packages/{identifier.name}/{identifier.version}/",
        version=api,
        file_tree=f"{api}/files",
    )
