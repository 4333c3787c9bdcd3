"""Browsing: what is published, one package or version at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.domain.comparison.diff import diff_versions
from chalicelib.domain.document import Document
from chalicelib.domain.errors import PackageNotFound, VersionNotFound
from chalicelib.domain.head import Head, View
from chalicelib.domain.manifest import Manifest
from chalicelib.domain.metadata import FileTree, Metadata, VersionDiff
from chalicelib.domain.names import PackageName
from chalicelib.domain.picking import current, pick_version
from chalicelib.domain.semver.versions import number_of
from chalicelib.storage.port import ObjectNotFound
from chalicelib.stores.artifacts import Artifacts
from chalicelib.stores.heads import Heads
from chalicelib.stores.manifests import Manifests, StoredManifest
from chalicelib.stores.metadata import MetadataStore


class ReleaseLine(Document):
    """When one version was published, and what was said of it since."""

    version: str
    published_at: str
    deprecated: str | None = None
    yanked: str | None = None


class PackagePage(Document):
    """A package: its dist-tags and its versions, ascending, and what is known of each."""

    name: str
    latest: str | None = None
    tags: dict[str, str]
    versions: list[str]
    releases: list[ReleaseLine]
    modified: str | None = None
    seq: int


class VersionPage(Document):
    """A version: everything that was found about it, and what was said of it since."""

    metadata: Metadata
    manifest: Manifest
    release: ReleaseLine


@dataclass(frozen=True, slots=True)
class Tarball:
    """A published tarball: where to download it, or its bytes, unread yet, where the medium has no addresses."""

    version: str
    filename: str
    integrity: str
    size: int
    url: str | None
    chunks: Iterator[bytes]


class Browsing:
    """Reads published packages; every method raises PackageNotFound and VersionNotFound."""

    def __init__(
        self, heads: Heads, manifests: Manifests, metadata: MetadataStore, artifacts: Artifacts
    ) -> None:
        self._heads = heads
        self._manifests = manifests
        self._metadata = metadata
        self._artifacts = artifacts

    def head(self, name: PackageName, *, as_of: str | None = None) -> Head:
        """Answer a package's head, as it is or as it was at a moment."""
        head = self._heads.get(name)
        if head is not None and as_of is not None:
            head = self._heads.as_of(head, as_of)
        if head is None or not head.view.versions:
            raise PackageNotFound(name)
        return head

    def page(self, name: PackageName, *, as_of: str | None = None) -> PackagePage:
        """Answer a package with all its versions; one read."""
        return page_of(self.head(name, as_of=as_of))

    def version(self, name: PackageName, wanted: str) -> str:
        """Answer the version that a version number or a tag names."""
        return _version_in(self.head(name), wanted)

    def version_page(self, name: PackageName, wanted: str) -> VersionPage:
        """Answer a version's metadata and manifest."""
        head = self.head(name)
        version = _version_in(head, wanted)
        return VersionPage(
            metadata=self._metadata_of(name, version),
            manifest=self._manifest_of(name, version).manifest,
            release=_line(head.view, version),
        )

    def files(self, name: PackageName, wanted: str) -> FileTree:
        """Answer a version's file tree."""
        tree = self._metadata_of(name, self.version(name, wanted)).files
        return tree if tree is not None else FileTree(total_files=0, total_directories=0, tree=[])

    def diff(self, name: PackageName, wanted: str, previous: str) -> VersionDiff:
        """Answer what changed from one version to another."""
        before = self._metadata_of(name, self.version(name, previous))
        return diff_versions(before, self._metadata_of(name, self.version(name, wanted)))

    def tarball(self, name: PackageName, version: str) -> Tarball:
        """Answer where a version's tarball is."""
        version = self.version(name, version)
        dist = self._manifest_of(name, version).manifest.dist
        filename = name.tarball(version)
        url = self._artifacts.tarball_url(name, version, filename)
        chunks = iter(()) if url else self._chunks(name, version)
        return Tarball(version, filename, dist.integrity, dist.size, url, chunks)

    def _chunks(self, name: str, version: str) -> Iterator[bytes]:
        # A generator opens the tarball when it is read, if it ever is.
        try:
            yield from self._artifacts.open_tarball(name, version)
        except ObjectNotFound:
            # Unpublished, while this process still knows it as visible.
            raise VersionNotFound(name, version) from None

    def _manifest_of(self, name: str, version: str) -> StoredManifest:
        stored = self._manifests.get(name, version)
        if stored is None:
            raise VersionNotFound(name, version)
        return stored

    def _metadata_of(self, name: str, version: str) -> Metadata:
        metadata = self._metadata.get(name, version)
        if metadata is None:
            raise VersionNotFound(name, version)
        return metadata


def page_of(head: Head) -> PackagePage:
    """Answer the page of a package."""
    view = head.view
    return PackagePage(
        name=head.name,
        latest=current(view.versions, view.tags),
        tags=view.tags,
        versions=view.ascending,
        releases=[_line(view, version) for version in view.ascending],
        modified=head.modified,
        seq=head.seq,
    )


def _version_in(head: Head, wanted: str) -> str:
    """Answer the version that a number or a tag names; a number is never looked up as a tag."""
    view, number = head.view, number_of(wanted)
    if number is not None:
        found = number if number in view.versions else None
    else:
        found = pick_version(view.versions, view.tags, "tag", wanted) if wanted in view.tags else None
    if found is None:
        raise VersionNotFound(head.name, wanted, latest=current(view.versions, view.tags))
    return found


def _line(view: View, version: str) -> ReleaseLine:
    state = view.versions[version]
    return ReleaseLine(
        version=version, published_at=state.at, deprecated=state.deprecated, yanked=state.yanked
    )
