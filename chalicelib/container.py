"""Wires settings, stores and services together, each built when it is first asked for and once per process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from chalicelib.domain.keys import ObjectKeys, TreeKeys
from chalicelib.settings import Settings
from chalicelib.storage import open_store
from chalicelib.storage.port import ObjectStore
from chalicelib.storage.wrappers import in_production

if TYPE_CHECKING:
    from chalicelib.services.access import Access
    from chalicelib.services.browsing import Browsing
    from chalicelib.services.curating import Curating
    from chalicelib.services.deriving import Deriving
    from chalicelib.services.diagnosing import Diagnosing
    from chalicelib.services.granting import Granting
    from chalicelib.services.graphing import Graphing
    from chalicelib.services.ingesting import Ingesting
    from chalicelib.services.jobs import Jobs
    from chalicelib.services.npm.reading import Reading
    from chalicelib.services.npm.rendering import Rendering
    from chalicelib.services.npm.texts import Texts
    from chalicelib.services.npm.writing import Writing
    from chalicelib.services.publishing import Publishing, Workshop
    from chalicelib.services.rebuilding import Rebuilding
    from chalicelib.services.resolving import Resolving
    from chalicelib.services.searching import Searching
    from chalicelib.services.serving import Serving
    from chalicelib.services.sweeping import Sweeping
    from chalicelib.services.verdicts import Verdicts
    from chalicelib.stores.access import Publishers, Tokens
    from chalicelib.stores.artifacts import Artifacts
    from chalicelib.stores.executions import Executions
    from chalicelib.stores.heads import Heads
    from chalicelib.stores.incoming import Incoming
    from chalicelib.stores.index import Index
    from chalicelib.stores.manifests import Manifests
    from chalicelib.stores.metadata import MetadataStore
    from chalicelib.stores.packuments import PackumentStore


class Container:
    """The stores and services of one process, imported when they are built, so that no cold start pays for others."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: ObjectStore | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.settings = settings
        self._store = store
        self._now = now
        self.announce: Callable[[str], None] = lambda _: None
        """Tells a worker of this process, where there is one, of a job that waits; set before anything is published."""

    @cached_property
    def medium(self) -> ObjectStore:
        """The medium of manifests, heads and everything small, as its driver opens it."""
        return self._store or open_store(self.settings.storage_driver, self.settings)

    @cached_property
    def artifact_medium(self) -> ObjectStore:
        """The medium of tarballs, packs and metadata, as its driver opens it."""
        driver = self.settings.artifact_driver
        if driver is None or driver == self.settings.storage_driver:
            return self.medium
        return open_store(driver, self.settings)

    @cached_property
    def store(self) -> ObjectStore:
        """Manifests, heads and everything small, measured and guarded; a store that was given is used as it is."""
        return self._store or self._watched(self.medium, self.settings.storage_driver, self.keys)

    @cached_property
    def artifact_store(self) -> ObjectStore:
        """Tarballs, packs and metadata, measured and guarded."""
        if self.artifact_medium is self.medium:
            return self.store
        driver = self.settings.artifact_driver or self.settings.storage_driver
        return self._watched(self.artifact_medium, driver, self.artifact_keys)

    def _watched(self, medium: ObjectStore, driver: str, keys: ObjectKeys) -> ObjectStore:
        measured = self.settings.metrics != "off" or self.settings.traces_endpoint is not None
        return in_production(medium, driver, probes=keys.probes, proof=keys.proof, measured=measured)

    @cached_property
    def keys(self) -> ObjectKeys:
        """The layout of the small objects."""
        return layout(self.settings.storage_driver, self.settings)

    @cached_property
    def artifact_keys(self) -> ObjectKeys:
        """The layout of the artifacts."""
        return layout(self.settings.artifact_driver or self.settings.storage_driver, self.settings)

    @property
    def bucket(self) -> str | None:
        """The bucket of the small objects, or None where they are in none that a setting names."""
        return bucket_of(self.settings.storage_driver, self.settings)

    @property
    def artifact_bucket(self) -> str | None:
        """The bucket of the artifacts, likewise."""
        return bucket_of(self.settings.artifact_driver or self.settings.storage_driver, self.settings)

    @cached_property
    def heads(self) -> "Heads":
        """Package heads."""
        from chalicelib.stores.heads import Heads

        return Heads(self.store, self.keys, now=self._now)

    @cached_property
    def manifests(self) -> "Manifests":
        """Prism manifests."""
        from chalicelib.stores.manifests import Manifests

        return Manifests(self.store, self.keys)

    @cached_property
    def metadata(self) -> "MetadataStore":
        """Version metadata."""
        from chalicelib.stores.metadata import MetadataStore

        return MetadataStore(self.artifact_store, self.artifact_keys)

    @cached_property
    def artifacts(self) -> "Artifacts":
        """Tarballs and packs."""
        from chalicelib.stores.artifacts import Artifacts

        return Artifacts(self.artifact_store, self.artifact_keys)

    @cached_property
    def incoming(self) -> "Incoming":
        """Objects dropped into the bucket."""
        from chalicelib.stores.incoming import Incoming

        return Incoming(self.artifact_store, self.artifact_keys)

    @cached_property
    def index(self) -> "Index":
        """The index of all packages."""
        from chalicelib.stores.index import Index

        return Index(self.store, self.keys)

    @cached_property
    def packuments(self) -> "PackumentStore":
        """Packuments, as npm's clients read them."""
        from chalicelib.stores.packuments import PackumentStore

        return PackumentStore(self.store, self.keys)

    @cached_property
    def texts(self) -> "Texts":
        """What npm's clients are told of each version."""
        from chalicelib.npm.versions import VersionText
        from chalicelib.services.npm.texts import Texts
        from chalicelib.stores.packuments import VersionTexts

        texts = VersionTexts(self.store, self.keys, VersionText.from_bytes)
        return Texts(texts, self.manifests, self.artifacts)

    @cached_property
    def rendering(self) -> "Rendering":
        """Makes packuments follow heads, and the bytes of what was unpublished go."""
        from chalicelib.services.erasing import Erasing
        from chalicelib.services.npm.rendering import Rendering

        base = f"{self.settings.registry_url}/npm/"
        erasing = Erasing(self.artifacts, self.texts)
        return Rendering(self.heads, self.packuments, self.texts, erase=erasing.erase, base=base)

    @cached_property
    def npm_reading(self) -> "Reading":
        """Reads what npm's clients read."""
        from chalicelib.services.npm.reading import Reading

        return Reading(self.heads, self.packuments, self.texts, self.artifacts, lambda: self.rendering)

    @cached_property
    def npm_writing(self) -> "Writing":
        """Changes what npm's clients ask to be changed."""
        from chalicelib.services.npm.writing import Writing

        return Writing(self.heads, self.curating)

    @cached_property
    def tokens(self) -> "Tokens":
        """The records of tokens."""
        from chalicelib.stores.access import Tokens

        return Tokens(self.store, self.keys)

    @cached_property
    def publishers(self) -> "Publishers":
        """The list of trusted publishers."""
        from chalicelib.stores.access import Publishers

        return Publishers(self.store, self.keys)

    @cached_property
    def executions(self) -> "Executions":
        """Jobs, their runs, checkpoints and events."""
        from chalicelib.stores.executions import Executions

        return Executions(self.store, self.keys, now=self._now)

    @cached_property
    def access(self) -> "Access":
        """Knows callers by their tokens."""
        from chalicelib.domain.tokens import configured_digest
        from chalicelib.services.access import Access

        return Access(self.tokens, admin_digest=configured_digest(self.settings.admin_token), now=self._now)

    @cached_property
    def granting(self) -> "Granting":
        """Changes who may do what."""
        from chalicelib.services.granting import Granting
        from chalicelib.stores.access import AuditLog

        return Granting(self.tokens, self.publishers, AuditLog(self.store, self.keys), now=self._now)

    @cached_property
    def workshop(self) -> "Workshop":
        """What publishing and rebuilding work with."""
        from chalicelib.analyzers import load_analyzers
        from chalicelib.services.publishing import Workshop

        return Workshop(
            heads=self.heads,
            manifests=self.manifests,
            metadata=self.metadata,
            artifacts=self.artifacts,
            incoming=self.incoming,
            index=self.index,
            texts=self.texts,
            deriving=self.deriving,
            publishers=self.publishers,
            limits=self.settings.limits,
            analyzers=load_analyzers,
            now=self._now,
            files_as_objects=self.settings.files == "objects",
        )

    @cached_property
    def publishing(self) -> "Publishing":
        """Publishes tarballs."""
        from chalicelib.services.executing import Limits
        from chalicelib.services.publishing import Publishing

        return Publishing(
            self.workshop,
            self.executions,
            limits=Limits(lease_ms=self.settings.lease_seconds * 1000, attempts=self.settings.attempts),
            announce=self.announce,
        )

    @cached_property
    def ingesting(self) -> "Ingesting":
        """Publishes what is dropped into the bucket."""
        from chalicelib.services.ingesting import Ingesting

        limit = self.settings.limits.unpacked_size
        return Ingesting(self.incoming, self.publishing, limit=limit, now=self._now)

    @cached_property
    def verdicts(self) -> "Verdicts":
        """Tells what became of uploads."""
        from chalicelib.services.verdicts import Verdicts

        return Verdicts(self.incoming)

    @cached_property
    def jobs(self) -> "Jobs":
        """Tells of jobs."""
        from chalicelib.services.jobs import Jobs

        return Jobs(self.executions, now=self._now)

    @cached_property
    def deriving(self) -> "Deriving":
        """Makes derived data follow heads."""
        from chalicelib.services.deriving import Deriving

        return Deriving(self.heads, self.manifests, self.index, lambda: self.rendering)

    @cached_property
    def sweeping(self) -> "Sweeping":
        """Finishes what dead workers have begun, and removes what nothing needs."""
        from chalicelib.services.sweeping import Sweeping
        from chalicelib.services.sweeping.derived import OverdueDerivations
        from chalicelib.services.sweeping.jobs import AbandonedJobs
        from chalicelib.services.sweeping.needs import Needs
        from chalicelib.services.sweeping.shards import UnnamedShards
        from chalicelib.services.sweeping.staged import UnneededBytes
        from chalicelib.stores.sweeping import Progress, Rooms

        rooms = Rooms(self.store, self.keys, self.artifact_store, self.artifact_keys)
        needs = Needs(rooms, self.executions, self.manifests, self.heads, now=self._now)
        return Sweeping(
            [
                AbandonedJobs(rooms, self.executions, self.publishing.work, now=self._now),
                OverdueDerivations(rooms, self.heads, self.index, self.deriving),
                UnneededBytes(rooms, needs, now=self._now),
                UnnamedShards(rooms, self.index, now=self._now),
            ],
            Progress(self.store, self.keys),
            now=self._now,
        )

    @cached_property
    def rebuilding(self) -> "Rebuilding":
        """Makes everything derived again."""
        from chalicelib.services.rebuilding import Rebuilding
        from chalicelib.services.rebuilding.index import IndexObjects
        from chalicelib.services.rebuilding.jobs import JobListings
        from chalicelib.services.rebuilding.packages import Packages
        from chalicelib.stores.index_parts import IndexParts
        from chalicelib.stores.sweeping import Rooms

        parts = IndexParts(self.store, self.keys)
        rooms = Rooms(self.store, self.keys, self.artifact_store, self.artifact_keys)
        return Rebuilding(
            [
                IndexObjects(parts),
                Packages(self.workshop, rooms, parts, self.keys, self.artifact_keys),
                JobListings(self.executions),
            ]
        )

    @cached_property
    def browsing(self) -> "Browsing":
        """Reads published packages."""
        from chalicelib.services.browsing import Browsing

        return Browsing(self.heads, self.manifests, self.metadata, self.artifacts)

    @cached_property
    def curating(self) -> "Curating":
        """Changes tags, deprecations and yanks."""
        from chalicelib.services.curating import Curating

        return Curating(self.heads, self.publishers, self.deriving)

    @cached_property
    def resolving(self) -> "Resolving":
        """Resolves specs to files."""
        from chalicelib.services.resolving import Resolving

        return Resolving(self.heads, self.manifests)

    @cached_property
    def graphing(self) -> "Graphing":
        """Resolves specs to whole dependency graphs."""
        from chalicelib.services.graphing import Graphing

        return Graphing(self.heads, self.manifests, self.metadata, now=self._now)

    @cached_property
    def diagnosing(self) -> "Diagnosing":
        """Looks for what is wrong with the registry."""
        from chalicelib.services.diagnosing import Diagnosing, Medium

        artifact_driver = self.settings.artifact_driver or self.settings.storage_driver
        return Diagnosing(
            self.settings,
            Medium(self.settings.storage_driver, self.medium, self.keys),
            Medium(artifact_driver, self.artifact_medium, self.artifact_keys),
        )

    @cached_property
    def searching(self) -> "Searching":
        """Lists and searches packages."""
        from chalicelib.services.searching import Searching

        return Searching(self.index)

    @cached_property
    def serving(self) -> "Serving":
        """Serves files."""
        from chalicelib.services.serving import Serving

        return Serving(self.heads, self.artifacts)


def layout(driver: str, settings: Settings) -> ObjectKeys:
    """Answer the keys a driver's objects have."""
    if driver == "filesystem":
        return TreeKeys()
    if driver == "s3" and settings.s3:
        return ObjectKeys(settings.s3.prefix)
    if driver == "r2" and settings.r2:
        return ObjectKeys(settings.r2.prefix)
    return ObjectKeys()


def bucket_of(driver: str, settings: Settings) -> str | None:
    """Answer the bucket that a driver keeps its objects in, or None for one of whose buckets no setting tells."""
    place = {"s3": settings.s3, "r2": settings.r2}.get(driver)
    return place.bucket if place else None


_LOCK = Lock()
_CURRENT: list[Container] = []


def container() -> Container:
    """Answer this process's container, built from the environment when first asked for."""
    with _LOCK:
        if not _CURRENT:
            _CURRENT.append(Container(Settings.from_env()))
        return _CURRENT[-1]


@contextmanager
def installed(replacement: Container) -> Iterator[Container]:
    """Let another container answer for a while."""
    with _LOCK:
        _CURRENT.append(replacement)
    try:
        yield replacement
    finally:
        with _LOCK:
            _CURRENT.remove(replacement)
