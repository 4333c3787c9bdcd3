"""Commit: append the publish to the package's head; the moment the version becomes visible."""

from chalicelib.domain.errors import VersionExists
from chalicelib.domain.head import Change, Head, publish_tags
from chalicelib.domain.manifest import Manifest
from chalicelib.services.publishing.values import PublishRequest, Workshop

PICKING_ENGINES = ("node", "npm")


def commit(workshop: Workshop, request: PublishRequest, manifest: Manifest) -> tuple[Head, bool]:
    """Answer the head that shows the version, and whether this call made it do so."""

    def decide(head: Head) -> Change | None:
        if manifest.version in head.view.versions:
            return None
        if manifest.version in head.view.unpublished:
            raise VersionExists(manifest.name, manifest.version, manifest.integrity)
        return Change(
            type="publish",
            version=manifest.version,
            integrity=manifest.integrity,
            engines=_engines(manifest),
            tags=publish_tags(head.view, manifest.version, request.tag),
        )

    return workshop.heads.change(manifest.name, decide, actor=manifest.claim.publisher.name)


def _engines(manifest: Manifest) -> dict[str, str] | None:
    wanted = {name: manifest.engines[name] for name in PICKING_ENGINES if name in manifest.engines}
    return wanted or None
