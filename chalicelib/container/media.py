"""Where the bytes are: the media, the keys of what lies there, and the clock."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property

from chalicelib.domain.keys import ObjectKeys, TreeKeys
from chalicelib.settings import Settings
from chalicelib.storage import open_store
from chalicelib.storage.port import ObjectStore
from chalicelib.storage.wrappers import in_production


class Media:
    """The media and keys of one process, opened when they are first asked for."""

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
