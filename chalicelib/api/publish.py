"""Publishing over HTTP: a tarball as JSON or as it is."""

from chalicelib.api.payloads import PublishHeaders, PublishPayload, package_name
from chalicelib.api.routing import Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.document import Document
from chalicelib.domain.errors import (
    DigestMismatch,
    InvalidName,
    InvalidPayload,
    InvalidTarball,
    NameMismatch,
    PayloadTooLarge,
    VersionExists,
)
from chalicelib.domain.manifest import Manifest
from chalicelib.domain.metadata import AnalyzerRecord, Identifier, Metadata, Provenance

routes = Routes(tag="publish")

RAW = ("application/octet-stream", "application/gzip", "application/x-gzip", "application/x-tar+gzip")


class AnalyzerReport(AnalyzerRecord):
    """What an analyzer did during this publish."""

    duration_ms: float


class Artifacts(Document):
    """Where the version can be read: paths on this registry; `files` is what file paths are appended to."""

    tarball: str
    files: str
    version: str
    file_tree: str


class PublishAnswer(Document):
    """What was published; `created` is false when the same bytes were there before."""

    identifier: Identifier
    created: bool
    metadata: Metadata
    manifest: Manifest
    analysis: list[AnalyzerReport]
    provenance: Provenance | None = None
    artifacts: Artifacts


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
        InvalidTarball,
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
            publisher=sent.publisher,
            source=sent.source,
            name=name,
            tag=sent.tag,
            sha256=sent.sha256,
            data=data,
        )
    )
    metadata = published.metadata
    return json_answer(
        {
            "identifier": metadata.identifier,
            "created": published.created,
            "metadata": metadata,
            "manifest": published.manifest.manifest,
            "analysis": published.analysis.to_json_value(),
            "provenance": metadata.provenance,
            "artifacts": _artifacts(metadata.identifier),
        },
        status=201 if published.created else 200,
    )


def _read(request: Request) -> tuple[PublishPayload | PublishHeaders, bytes]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() in RAW:
        return PublishHeaders.read(request.headers), request.body
    payload = request.body_as(PublishPayload)
    return payload, payload.tarball()


def _artifacts(identifier: Identifier) -> Artifacts:
    base = container().settings.public_base_url or ""
    api = f"/v1/packages/{identifier.name}/{identifier.version}"
    return Artifacts(
        tarball=f"{api}.tgz",
        files=f"{base}/packages/{identifier.name}/{identifier.version}/",
        version=api,
        file_tree=f"{api}/files",
    )
