"""Whole registries for tests: a container over each kind of medium, with a counting or faulty store in between."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chalicelib.container import Container
from chalicelib.domain.manifest import Publisher
from chalicelib.services.publishing import Published, PublishRequest
from chalicelib.settings import R2Settings, S3Settings, Settings
from chalicelib.storage import open_store
from chalicelib.storage.port import ObjectInfo, ObjectStore
from chalicelib.storage.testing.wrappers import CountingStore
from tests.builders import Content, package_json, tarball

ALICE = Publisher(name="Alice", email="alice@example.org")


@dataclass
class World:
    """A registry under test: its settings, its medium, and a store that counts."""

    settings: Settings
    medium: ObjectStore
    store: CountingStore
    container: Container

    def fresh(self, store: ObjectStore | None = None) -> Container:
        """Answer another process over the same media, with empty caches."""
        return Container(self.settings, store=store or self.store)

    def later(self, store: ObjectStore | None = None) -> Container:
        """Answer another process by whose clock every lease that is held now has ended."""
        passed = timedelta(seconds=2 * self.settings.lease_seconds)
        return Container(self.settings, store=store or self.store, now=lambda: datetime.now(UTC) + passed)

    def stored(self) -> list[str]:
        """Answer every key there is, on all media, but those of the record of what was tried."""
        media = {id(store): store for store in (self.medium, _innermost(self.container.artifact_store))}
        keys = self.container.keys
        records = (keys.jobs, keys.job_places("").rstrip("/") + "/")
        return sorted(
            info.key
            for store in media.values()
            for info in store.list("")
            if isinstance(info, ObjectInfo) and not info.key.startswith(records)
        )


def _innermost(store: ObjectStore) -> ObjectStore:
    return store.inner if isinstance(store, CountingStore) else store


def world(settings: Settings, medium: ObjectStore | None = None) -> World:
    """Make a registry over a driver."""
    medium = medium or open_store(settings.storage_driver, settings)
    store = CountingStore(medium)
    return World(settings, medium, store, Container(settings, store=store))


def memory_world() -> World:
    """Make a registry in memory."""
    return world(Settings(storage_driver="memory"))


def filesystem_world(root: Path) -> World:
    """Make a registry in a folder."""
    return world(Settings(storage_driver="filesystem", storage_root=root))


def mixed_world(root: Path) -> World:
    """Make a registry whose small objects are in memory and whose artifacts are in a folder."""
    settings = Settings(storage_driver="memory", artifact_driver="filesystem", storage_root=root)
    return world(settings)


def s3_world(endpoint: str, bucket: str) -> World:
    """Make a registry in a bucket of an emulator."""
    return world(
        Settings(
            storage_driver="s3",
            s3=S3Settings(
                bucket=bucket,
                region="us-east-1",
                endpoint=endpoint,
                force_path_style=True,
                access_key_id="test",
                secret_access_key="test",
            ),
        )
    )


def r2_world(endpoint: str, bucket: str) -> World:
    """Make a registry in an R2 bucket, as far as an emulator plays R2."""
    return world(
        Settings(
            storage_driver="r2",
            r2=R2Settings(
                account_id="account",
                bucket=bucket,
                access_key_id="test",
                secret_access_key="test",
                endpoint=endpoint,
            ),
        )
    )


def beside(other: World, prefix: str) -> World:
    """Make an empty registry in the same bucket, below another prefix."""
    settings = other.settings
    s3, r2 = settings.s3, settings.r2
    return world(
        replace(
            settings,
            s3=replace(s3, prefix=prefix) if s3 else None,
            r2=replace(r2, prefix=prefix) if r2 else None,
        ),
        other.medium,
    )


def publish(
    container: Container,
    version: str = "1.0.0",
    *,
    name: str = "demo",
    files: dict[str, Content] | None = None,
    tag: str | None = None,
    publisher: Publisher = ALICE,
    **fields: object,
) -> Published:
    """Publish a package of one module, or of the files given."""
    return container.publishing.publish(
        PublishRequest(
            publisher=publisher,
            source="cli",
            tag=tag,
            data=package(version, name=name, files=files, **fields),
        )
    )


def package(
    version: str = "1.0.0", *, name: str = "demo", files: dict[str, Content] | None = None, **fields: object
) -> bytes:
    """Answer the tarball of a package of one module, or of the files given."""
    contents = files or {"index.js": f"export default {version!r}\n"}
    described = package_json(name=name, version=version, **({"type": "module", "main": "index.js"} | fields))
    return tarball({"package.json": described, **contents})
