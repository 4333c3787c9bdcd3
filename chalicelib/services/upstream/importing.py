"""Importing: versions of the upstream's packages become versions of this registry, through the same ingest as any."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final, NamedTuple

from chalicelib import telemetry
from chalicelib.domain.errors import PackageNotFound, PrismError, VersionNotFound
from chalicelib.domain.facts.needs import string_map
from chalicelib.domain.graph.packages import Want, read_want
from chalicelib.domain.head import VersionState
from chalicelib.domain.manifest import Publisher
from chalicelib.domain.names import PackageName
from chalicelib.domain.picking import pick_version
from chalicelib.domain.specs import PackageSpec
from chalicelib.domain.upstream import UPSTREAM, BadUpstream, UpstreamIntegrityMismatch
from chalicelib.npm.gzipping import unpacked
from chalicelib.npm.mirrored import (
    Announced,
    MirroredPackage,
    announced,
    document_path,
    stored_tags,
    stored_version,
    tag_of,
    usual_address,
)
from chalicelib.npm.packuments import seen
from chalicelib.services.publishing import Published, Publishing, PublishRequest
from chalicelib.services.upstream.fetching import Digests, Fetching
from chalicelib.services.upstream.mirroring import Mirroring
from chalicelib.storage.parallel import in_parallel
from chalicelib.stores.heads import Heads
from chalicelib.stores.manifests import Manifests
from chalicelib.stores.packuments import StoredPackument

AT_ONCE: Final = 4
ALGORITHMS: Final = ("sha512", "sha384", "sha256", "sha1")
"""The strongest first."""


class Imported(NamedTuple):
    """A version that is here; `created` tells whether this made it so, `requires` has the specs of what it needs."""

    name: str
    version: str
    integrity: str
    created: bool
    job: str | None
    requires: list[str]


class Importing:
    """Takes versions from the upstream."""

    def __init__(
        self,
        mirroring: Mirroring,
        fetching: Fetching,
        publishing: Publishing,
        heads: Heads,
        manifests: Manifests,
    ) -> None:
        self._mirroring = mirroring
        self._fetching = fetching
        self._publishing = publishing
        self._heads = heads
        self._manifests = manifests
        self._doors = _Doors()

    def ensure(self, name: PackageName, version: str) -> None:
        """Make a version be here that the upstream has; who asks for it at the same time waits for the first.

        Raises PackageOwned, PackageNotFound, VersionNotFound, UpstreamUnavailable, BadUpstream, and what publishing
        raises.
        """
        self._mirroring.check_open(name)
        stored = self._mirroring.current(name)
        if stored is None:
            raise PackageNotFound(name)
        fields = stored_version(stored.data, version)
        if fields is None:
            stored = self._mirroring.latest(name)
            fields = stored_version(stored.data, version) if stored else None
        if stored is None or fields is None:
            raise VersionNotFound(name, version)
        self._take(name, version, fields, stored)

    def import_all(self, specs: Sequence[str]) -> list[Imported | PrismError]:
        """Answer for each spec the version that it picks, made to be here, or what is wrong with it."""
        return in_parallel(self._imported, specs, most=AT_ONCE)

    def _imported(self, text: str) -> Imported | PrismError:
        try:
            spec = PackageSpec.parse(text)
            self._mirroring.check_open(spec.name)
            return self._import(spec)
        except PrismError as error:
            return error

    def _import(self, spec: PackageSpec) -> Imported:
        stored = self._mirroring.current(spec.name)
        picked = _picked(stored, spec) if stored else None
        if picked is None and stored is not None:
            stored = self._mirroring.latest(spec.name)
            picked = _picked(stored, spec) if stored else None
        if stored is None:
            raise PackageNotFound(spec.name)
        if picked is None:
            raise VersionNotFound(spec.name, spec.wanted, latest=stored_tags(stored.data).get("latest"))
        version, fields = picked
        published = self._take(spec.name, version, fields, stored)
        manifest = self._manifests.get(spec.name, version)
        assert manifest is not None, "a visible version has a manifest"
        return Imported(
            name=spec.name,
            version=version,
            integrity=manifest.manifest.integrity,
            created=published is not None and published.created,
            job=published.job.id if published else None,
            requires=list(_requires(fields)),
        )

    def _take(
        self, name: PackageName, version: str, fields: Mapping[str, Any], stored: StoredPackument
    ) -> Published | None:
        """Publish a version as it comes from the upstream, or None where it is here already."""
        with self._doors.through(f"{name}@{version}"):
            if self._heads.committed(name, version):
                return None
            told = announced(fields, self._address(name, version, stored))
            digests = Digests()
            with self._fetching.tarball(told.tarball, digests) as file:
                if file is None:
                    raise BadUpstream(f"it has no tarball of `{name}@{version}`")
                check_integrity(name, version, told, digests)
                telemetry.count("UpstreamTarballs")
                return self._publishing.publish(
                    PublishRequest(
                        publisher=Publisher(name=UPSTREAM),
                        source=UPSTREAM,
                        name=name,
                        version=version,
                        tag=tag_of(stored_tags(stored.data), version),
                        sha256=digests.of("sha256").hex(),
                        file=file,
                    )
                )

    def _address(self, name: PackageName, version: str, stored: StoredPackument) -> str:
        """Answer where a tarball is: where they usually are, unless the upstream says something else."""
        unusual = seen(stored.data).facts["tarballs"]
        if unusual is not None and version not in unusual:
            return usual_address(self._fetching.base, name, version)
        if unusual is not None and unusual[version] is not None:
            return f"{self._fetching.base}/{unusual[version]}"
        found = self._fetching.document(document_path(name))
        data = found.data if found else None
        said = MirroredPackage.parse(name, data).address(version) if data else None
        if said is None:
            raise BadUpstream(f"it does not say any longer where the tarball of `{name}@{version}` is")
        return said


class _Doors:
    """Lets one thread through at a time for each key."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._doors: dict[str, tuple[Lock, int]] = {}

    @contextmanager
    def through(self, key: str) -> Iterator[None]:
        with self._lock:
            door, waiting = self._doors.get(key, (Lock(), 0))
            self._doors[key] = (door, waiting + 1)
        try:
            with door:
                yield
        finally:
            with self._lock:
                _, waiting = self._doors[key]
                if waiting == 1:
                    del self._doors[key]
                else:
                    self._doors[key] = (door, waiting - 1)


def check_integrity(name: str, version: str, told: Announced, digests: Digests) -> None:
    """Hold bytes to the strongest digest that was announced; as in clients, any one of several will do.

    Raises UpstreamIntegrityMismatch, and BadUpstream where nothing was announced.
    """
    said = _digests_in(told)
    for algorithm in ALGORITHMS:
        if algorithm in said:
            if digests.of(algorithm) not in said[algorithm]:
                raise UpstreamIntegrityMismatch(name, version, algorithm)
            return
    raise BadUpstream(f"it tells no digest of `{name}@{version}` that could be checked")


def _digests_in(told: Announced) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for part in (told.integrity or "").split():
        algorithm, _, text = part.partition("?")[0].partition("-")
        try:
            found.setdefault(algorithm, []).append(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            continue
    if not found and told.shasum is not None:
        try:
            found["sha1"] = [bytes.fromhex(told.shasum)]
        except ValueError:
            return {}
    return found


def _picked(stored: StoredPackument, spec: PackageSpec) -> tuple[str, dict[str, Any]] | None:
    """Answer the version that a spec picks by npm's rules, and its fields."""
    document = json.loads(unpacked(stored.data))
    versions, times = document["versions"], document["time"]
    candidates = {
        version: VersionState(at=times.get(version, ""), deprecated=_text(fields.get("deprecated")))
        for version, fields in versions.items()
    }
    found = pick_version(candidates, document["dist-tags"], spec.kind, spec.wanted)
    return None if found is None else (found, versions[found])


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _requires(fields: Mapping[str, Any]) -> Iterator[str]:
    """Answer the specs of what a version needs of a registry: no peers that it can do without."""
    optional_peers = fields.get("peerDependenciesMeta")
    bundled = fields.get("bundleDependencies") or fields.get("bundledDependencies") or []
    needed = {
        **{
            name: text
            for name, text in string_map(fields.get("peerDependencies")).items()
            if not _is_optional(optional_peers, name)
        },
        **string_map(fields.get("dependencies")),
        **string_map(fields.get("optionalDependencies")),
    }
    for name, text in needed.items():
        if isinstance(bundled, list) and name in bundled:
            continue
        want = read_want(name, text)
        if isinstance(want, Want):
            yield str(want)


def _is_optional(meta: Any, name: str) -> bool:
    told = meta.get(name) if isinstance(meta, Mapping) else None
    return isinstance(told, Mapping) and told.get("optional") is True
