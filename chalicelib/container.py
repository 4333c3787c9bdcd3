"""Wires settings, stores and services together, each built when it is first asked for and once per process."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from chalicelib.domain.keys import ObjectKeys, TreeKeys
from chalicelib.settings import Settings
from chalicelib.storage import open_store
from chalicelib.storage.port import ObjectStore
from chalicelib.stores.artifacts import Artifacts
from chalicelib.stores.heads import Heads
from chalicelib.stores.incoming import Incoming
from chalicelib.stores.index import Index
from chalicelib.stores.manifests import Manifests
from chalicelib.stores.metadata import MetadataStore

if TYPE_CHECKING:
    from chalicelib.services.browsing import Browsing
    from chalicelib.services.curating import Curating
    from chalicelib.services.ingesting import Ingesting
    from chalicelib.services.publishing import Publishing
    from chalicelib.services.resolving import Resolving
    from chalicelib.services.searching import Searching
    from chalicelib.services.serving import Serving


class Container:
    """The services of one process; services are imported when they are built, so that no cold start pays for others."""

    def __init__(self, settings: Settings, *, store: ObjectStore | None = None) -> None:
        self.settings = settings
        self._store = store

    @cached_property
    def store(self) -> ObjectStore:
        """The medium of manifests, heads and everything small."""
        return self._store or open_store(self.settings.storage_driver, self.settings)

    @cached_property
    def artifact_store(self) -> ObjectStore:
        """The medium of tarballs, packs and metadata."""
        driver = self.settings.artifact_driver
        if driver is None or driver == self.settings.storage_driver:
            return self.store
        return open_store(driver, self.settings)

    @cached_property
    def keys(self) -> ObjectKeys:
        """The layout of the small objects."""
        return layout(self.settings.storage_driver, self.settings)

    @cached_property
    def artifact_keys(self) -> ObjectKeys:
        """The layout of the artifacts."""
        return layout(self.settings.artifact_driver or self.settings.storage_driver, self.settings)

    @cached_property
    def heads(self) -> Heads:
        """Package heads."""
        return Heads(self.store, self.keys)

    @cached_property
    def manifests(self) -> Manifests:
        """Prism manifests."""
        return Manifests(self.store, self.keys)

    @cached_property
    def metadata(self) -> MetadataStore:
        """Version metadata."""
        return MetadataStore(self.artifact_store, self.artifact_keys)

    @cached_property
    def artifacts(self) -> Artifacts:
        """Tarballs and packs."""
        return Artifacts(self.artifact_store, self.artifact_keys)

    @cached_property
    def incoming(self) -> Incoming:
        """Objects dropped into the bucket."""
        return Incoming(self.artifact_store, self.artifact_keys)

    @cached_property
    def index(self) -> Index:
        """The index of all packages."""
        return Index(self.store, self.keys)

    @cached_property
    def publishing(self) -> "Publishing":
        """Publishes tarballs."""
        from chalicelib.analyzers import load_analyzers
        from chalicelib.services.publishing import Publishing, Workshop

        return Publishing(
            Workshop(
                heads=self.heads,
                manifests=self.manifests,
                metadata=self.metadata,
                artifacts=self.artifacts,
                incoming=self.incoming,
                index=self.index,
                limits=self.settings.limits,
                analyzers=load_analyzers,
                now=_now,
                files_as_objects=self.settings.files == "objects",
            )
        )

    @cached_property
    def ingesting(self) -> "Ingesting":
        """Publishes what is dropped into the bucket."""
        from chalicelib.services.ingesting import Ingesting

        return Ingesting(self.incoming, self.publishing, now=_now)

    @cached_property
    def browsing(self) -> "Browsing":
        """Reads published packages."""
        from chalicelib.services.browsing import Browsing

        return Browsing(self.heads, self.manifests, self.metadata, self.artifacts)

    @cached_property
    def curating(self) -> "Curating":
        """Changes tags, deprecations and yanks."""
        from chalicelib.services.curating import Curating

        return Curating(self.heads, self.manifests, self.index)

    @cached_property
    def resolving(self) -> "Resolving":
        """Resolves specs to files."""
        from chalicelib.services.resolving import Resolving

        return Resolving(self.heads, self.manifests)

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


def _now() -> datetime:
    return datetime.now(UTC)
