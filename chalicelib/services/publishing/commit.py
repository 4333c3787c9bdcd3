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

    seen: list[bool] = []

    def decide(head: Head) -> Change | None:
        seen.append(manifest.version in head.view.versions)
        if manifest.version in head.view.versions:
            return _retag(head, manifest.version, request.tag)
        if manifest.version in head.view.unpublished:
            raise VersionExists(manifest.name, manifest.version, manifest.integrity)
        return Change(
            type="publish",
            version=manifest.version,
            integrity=manifest.integrity,
            engines=_engines(manifest),
            tags=publish_tags(head.view, manifest.version, request.tag),
        )

    head, changed = workshop.heads.change(manifest.name, decide, actor=request.publisher.name)
    return head, changed and not seen[-1]


def _retag(head: Head, version: str, tag: str | None) -> Change | None:
    """Answer the change that a repeated publish asks for: only its tag can be new."""
    if tag is None or head.view.tags.get(tag) == version:
        return None
    return Change(type="tag", tag=tag, version=version)


def _engines(manifest: Manifest) -> dict[str, str] | None:
    wanted = {name: manifest.engines[name] for name in PICKING_ENGINES if name in manifest.engines}
    return wanted or None
