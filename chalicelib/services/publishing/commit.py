"""Commit: append the publish to the package's head; the moment the version becomes visible."""

from chalicelib.domain.errors import VersionExists
from chalicelib.domain.head import Change, Head, publish_tags
from chalicelib.domain.manifest import Manifest
from chalicelib.services.publishing.values import PublishRequest, Workshop

PICKING_ENGINES = ("node", "npm")


def commit(workshop: Workshop, request: PublishRequest, manifest: Manifest) -> tuple[Head, bool]:
    """Answer the head that shows the version, and whether this call made it do so.

    Bytes that are there already are not published again, but the tag that is asked for moves.
    """
    version, actor = manifest.version, request.publisher.name

    def publish(head: Head) -> Change | None:
        if version in head.view.versions:
            return None
        if version in head.view.unpublished:
            raise VersionExists(manifest.name, version, manifest.integrity)
        return Change(
            type="publish",
            version=version,
            integrity=manifest.integrity,
            engines=_engines(manifest),
            tags=publish_tags(head.view, version, request.tag),
        )

    def retag(head: Head) -> Change | None:
        if request.tag is None or head.view.tags.get(request.tag) == version:
            return None
        return Change(type="tag", tag=request.tag, version=version)

    head, created = workshop.heads.change(manifest.name, publish, actor=actor)
    if not created and request.tag:
        head, _ = workshop.heads.change(manifest.name, retag, actor=actor)
    return head, created


def _engines(manifest: Manifest) -> dict[str, str] | None:
    wanted = {name: manifest.engines[name] for name in PICKING_ENGINES if name in manifest.engines}
    return wanted or None
