"""Commit: append the publish to the package's head; the moment the version becomes visible."""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.domain.errors import VersionExists
from chalicelib.domain.head import Change, Head, mirrored_tags, publish_tags
from chalicelib.domain.manifest import Manifest
from chalicelib.domain.publishers import check_owner
from chalicelib.domain.upstream import UPSTREAM, check_origin
from chalicelib.services.executing import Finished, Watch
from chalicelib.services.publishing.values import Work
from chalicelib.stores.heads import Heads

name: Final = "commit"
PICKING_ENGINES: Final[tuple[str, ...]] = ("node", "npm")


def given(work: Work) -> Any:
    """Answer what is committed: the manifest, and the tag that is asked for."""
    return {"manifest": work.described.manifest.digests.sha256, "tag": work.tag}


def execute(work: Work, watch: Watch) -> Finished:
    """Make the version visible; raises what may have come true in the meantime.

    That is VersionExists for a number that was unpublished, and PackageMirrored or PackageOwned for a name that became
    the upstream's, or one's own.
    """
    manifest = work.described.manifest.manifest
    work.head, work.created = commit(
        work.workshop.heads,
        manifest,
        work.tag,
        actor=work.publisher.name,
        source=work.source,
        again=work.retagged,
        just_read=work.looked,
    )
    return Finished({"seq": work.head.seq, "created": work.created})


def restore(work: Work, outputs: Mapping[str, Any]) -> bool:
    """Go on with the head, if it shows the version."""
    head = work.workshop.heads.get(work.opened.name)
    if head is None or work.opened.version not in head.view.versions:
        return False
    work.head, work.created = head, bool(outputs["created"])
    return True


def commit(
    heads: Heads,
    manifest: Manifest,
    tag: str | None,
    *,
    actor: str,
    source: str,
    again: bool = False,
    just_read: bool = False,
) -> tuple[Head, bool]:
    """Answer the head that shows the version, and whether this call made it do so; as to `just_read` see Heads.

    Bytes that are there already are not published again, but the tag that is asked for moves: not where work is done
    `again`, whose tag moved when the version became visible and may have moved on since.
    """
    version = manifest.version
    tags_of = mirrored_tags if source == UPSTREAM else publish_tags

    def publish(head: Head) -> Change | None:
        check_origin(head, source)
        if version in head.view.versions:
            return None
        if version in head.view.unpublished:
            raise VersionExists(manifest.name, version, manifest.integrity)
        return Change(
            type="publish",
            version=version,
            integrity=manifest.integrity,
            engines=_engines(manifest),
            tags=tags_of(head.view, version, tag),
        )

    def retag(head: Head) -> Change | None:
        if tag is None or head.view.tags.get(tag) == version:
            return None
        check_owner(actor, head.name, head.view.owners)
        return Change(type="tag", tag=tag, version=version)

    head, created = heads.change(manifest.name, publish, actor=actor, just_read=just_read)
    if not created and tag and not again:
        head, _ = heads.change(manifest.name, retag, actor=actor)
    return head, created


def _engines(manifest: Manifest) -> dict[str, str] | None:
    wanted = {engine: manifest.engines[engine] for engine in PICKING_ENGINES if engine in manifest.engines}
    return wanted or None
