"""Resolving: from a spec and a runtime to the file that runtime would load."""

from typing import Any
from urllib.parse import quote

from chalicelib import telemetry
from chalicelib.domain.document import Document
from chalicelib.domain.errors import InvalidQuery, PackageNotFound, VersionNotFound
from chalicelib.domain.head import Head, View
from chalicelib.domain.manifest import DigestPair, FileFormat
from chalicelib.domain.picking import current, pick_version
from chalicelib.domain.resolution.entry import resolve_entry
from chalicelib.domain.resolution.profiles import PROFILES, Mode, Profile
from chalicelib.domain.specs import PackageSpec
from chalicelib.stores.heads import Heads
from chalicelib.stores.manifests import Manifests, StoredManifest


class ResolvedProvenance(Document):
    """Where the resolved bytes come from: digests of tarball and manifest, and the provenance score (0 to 100)."""

    score: int
    tarball: DigestPair
    manifest: DigestPair


class Resolution(Document):
    """What a runtime would load for a spec; `url` and `typesUrl` lead to the files."""

    spec: str
    name: str
    version: str
    runtime: str
    mode: Mode
    subpath: str
    url: str
    entry_path: str
    format: FileFormat
    types_url: str | None = None
    types_path: str | None = None
    integrity: str
    deprecated: str | None = None
    yanked: str | None = None
    provenance: ResolvedProvenance


class Resolving:
    """Answers which file a spec means on a runtime."""

    def __init__(self, heads: Heads, manifests: Manifests) -> None:
        self._heads = heads
        self._manifests = manifests

    def resolve(
        self, spec: PackageSpec, *, runtime: str, mode: Mode, base: str, as_of: str | None = None
    ) -> Resolution:
        """Answer a resolution; at most two reads, and one conditional read once the version was seen.

        `base` is what URLs begin with, without a final slash; empty for relative URLs. Raises PackageNotFound,
        VersionNotFound, EntryNotFound and InvalidQuery.
        """
        profile = PROFILES.get(runtime)
        if profile is None:
            raise InvalidQuery(
                f"`runtime` is `{runtime[:60]}`, which is none of {', '.join(PROFILES)}", runtime=runtime[:60]
            )
        known, head = self._heads.known(spec.name), self._heads.get(spec.name)
        telemetry.count("ResolveCacheHits" if head is known is not None else "ResolveCacheMisses")
        if head is not None and as_of is not None:
            head = self._heads.as_of(head, as_of)
        if head is None or not head.view.versions:
            raise PackageNotFound(spec.name)
        stored = self._pick(head, spec)
        return self._resolved(spec, head.view, stored, profile=profile, mode=mode, base=base)

    def _pick(self, head: Head, spec: PackageSpec) -> StoredManifest:
        view = head.view
        version = pick_version(view.versions, view.tags, spec.kind, spec.wanted)
        stored = self._manifests.get(head.name, version) if version else None
        if stored is None:
            raise VersionNotFound(head.name, spec.wanted, latest=current(view.versions, view.tags))
        return stored

    def _resolved(
        self,
        spec: PackageSpec,
        view: View,
        stored: StoredManifest,
        *,
        profile: Profile,
        mode: Mode,
        base: str,
    ) -> Resolution:
        manifest = stored.manifest
        entry = resolve_entry(manifest, stored.files, spec.subpath, profile=profile, mode=mode)
        state = view.versions[manifest.version]
        root = f"{base}/packages/{manifest.name}/{manifest.version}"
        return Resolution(
            **_types(root, entry.types),
            spec=str(spec),
            name=manifest.name,
            version=manifest.version,
            runtime=profile.name,
            mode=mode,
            subpath=spec.subpath,
            url=f"{root}/{quote(entry.path)}",
            entry_path=entry.path,
            format=entry.format,
            integrity=manifest.integrity,
            deprecated=state.deprecated,
            yanked=state.yanked,
            provenance=ResolvedProvenance(
                score=manifest.score,
                tarball=DigestPair(sha256=manifest.dist.sha256, sha512=manifest.dist.sha512),
                manifest=stored.digests,
            ),
        )


def _types(root: str, path: str | None) -> dict[str, Any]:
    return {"types_path": path, "types_url": f"{root}/{quote(path)}"} if path else {}
