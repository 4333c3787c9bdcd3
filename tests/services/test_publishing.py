"""Publishing is claimed once, commits at one moment, and rolls forward over every death."""

import base64
import gzip
import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.container import Container
from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.errors import (
    DigestMismatch,
    InvalidPayload,
    InvalidTarball,
    NameMismatch,
    PrismError,
    UploadChanged,
    VersionExists,
)
from chalicelib.domain.metadata import Metadata
from chalicelib.domain.names import PackageName
from chalicelib.domain.tags import InvalidTag
from chalicelib.services.publishing import PublishRequest
from chalicelib.settings import Settings
from chalicelib.storage.memory import MemoryStore
from tests.builders import tarball
from tests.worlds import ALICE, World, filesystem_world, memory_world, mixed_world, package, publish, world


@pytest.fixture(params=["memory", "filesystem", "mixed"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """A registry in memory, in a folder, or with its artifacts in a folder and the rest in memory."""
    if request.param == "memory":
        return memory_world()
    return filesystem_world(tmp_path) if request.param == "filesystem" else mixed_world(tmp_path)


def test_a_published_version_is_described_by_manifest_and_metadata(registry: World) -> None:
    data = package("1.2.3", description="A demo", keywords=["a", "b"], dependencies={"ms": "^2"})
    published = registry.container.publishing.publish(
        PublishRequest(publisher=ALICE, source="cli", data=data)
    )

    manifest, metadata = published.manifest.manifest, published.metadata

    assert published.created
    assert manifest.integrity == "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    assert manifest.files == ["index.js", "package.json"]
    assert manifest.claim.publisher == ALICE
    assert manifest.dependencies == {"ms": "^2"}
    assert (metadata.identifier.name, metadata.identifier.version) == ("demo", "1.2.3")
    assert metadata.description == "A demo"
    assert metadata.provenance is not None
    assert metadata.provenance.manifest == published.manifest.digests
    assert {record.status for record in metadata.analysis} == {"ok"}


def test_the_tarball_is_kept_as_received_and_nothing_stays_staged(registry: World) -> None:
    data = package("1.0.0")

    publish(registry.container)

    tarball_of = registry.fresh().browsing.tarball(PackageName.parse("demo"), "1.0.0")
    assert b"".join(tarball_of.chunks) == data
    assert not [key for key in registry.stored() if "staged/" in key]


def test_the_same_bytes_again_are_a_success_that_changes_nothing(registry: World) -> None:
    first = publish(registry.container)
    before = registry.stored()
    registry.store.reset()

    again = publish(registry.fresh())

    assert (first.created, again.created) == (True, False)
    assert again.metadata == first.metadata
    assert registry.stored() == before
    written = {call.key for call in registry.store.calls if call.verb in {"put", "put_stream", "copy"}}
    assert all("staged/" in key or "index/tail/" in key for key in written)


def test_other_bytes_for_a_version_are_refused_and_leave_nothing(registry: World) -> None:
    publish(registry.container)
    before = registry.stored()

    with pytest.raises(VersionExists):
        publish(registry.fresh(), files={"index.js": "export default 'other'\n"})

    assert registry.stored() == before


def test_a_version_differs_from_the_one_before_by_content(registry: World) -> None:
    publish(registry.container, "1.0.0", files={"index.js": "export const a = 1\n"})
    published = publish(registry.container, "1.0.1", files={"index.js": "export const a = 2\n"})

    diff = published.metadata.diff

    assert diff is not None
    assert (diff.previous, diff.modified, diff.added, diff.removed) == ("1.0.0", 2, 0, 0)
    assert published.metadata.release.previous_version == "1.0.0"


@pytest.mark.parametrize(
    ("request_of", "error"),
    [
        pytest.param(lambda: {"data": b""}, InvalidPayload, id="no bytes"),
        pytest.param(lambda: {"data": package(), "sha256": "0" * 64}, DigestMismatch, id="another digest"),
        pytest.param(
            lambda: {"data": package(), "name": PackageName("other")}, NameMismatch, id="another name"
        ),
        pytest.param(lambda: {"data": b"not gzip"}, InvalidTarball, id="not a tarball"),
        pytest.param(lambda: {"data": gzip.compress(b"not tar")}, InvalidTarball, id="not an archive"),
        pytest.param(lambda: {"data": package(name="../up")}, InvalidTarball, id="a name that climbs"),
        pytest.param(lambda: {"data": package("one")}, InvalidTarball, id="a version that is none"),
        pytest.param(lambda: {"data": tarball({"index.js": ""})}, InvalidTarball, id="no package.json"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(
    registry: World, request_of: Callable[[], dict[str, object]], error: type[PrismError]
) -> None:
    with pytest.raises(error):
        registry.container.publishing.publish(
            PublishRequest(publisher=ALICE, source="api", **request_of())  # type: ignore[arg-type]  # a table of fields
        )

    assert registry.stored() == []


def test_names_are_normalised_once(registry: World) -> None:
    published = publish(registry.container, name="Demo-Package")

    assert published.manifest.manifest.name == "demo-package"


def test_fifty_writers_publish_fifty_versions_and_none_is_refused(registry: World) -> None:
    versions = [f"1.{minor}.0" for minor in range(49)] + ["2.0.0-rc.1"]

    with ThreadPoolExecutor(50) as pool:
        results = list(pool.map(lambda version: publish(registry.fresh(), version), versions))

    page = registry.fresh().browsing.page(PackageName.parse("demo"))
    assert all(published.created for published in results)
    assert sorted(page.versions) == sorted(versions)
    assert page.latest == "1.48.0"
    assert page.seq == 50


def test_of_twenty_writers_with_different_bytes_one_wins(registry: World) -> None:
    def attempt(number: int) -> str:
        files = {"index.js": f"export default {number}\n"}
        try:
            return publish(registry.fresh(), files=dict(files)).manifest.manifest.integrity
        except VersionExists as error:
            return error.code

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(attempt, range(20)))

    assert results.count("version_exists") == 19
    winner = next(result for result in results if result != "version_exists")
    kept = registry.fresh().browsing.tarball(PackageName.parse("demo"), "1.0.0")
    assert kept.integrity == winner
    digest = hashlib.sha512(b"".join(kept.chunks)).digest()
    assert winner == "sha512-" + base64.b64encode(digest).decode()


def test_of_twenty_writers_with_the_same_bytes_all_succeed_and_one_creates(registry: World) -> None:
    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(lambda _: publish(registry.fresh()), range(20)))

    assert sum(published.created for published in results) == 1
    assert len({published.metadata.to_bytes() for published in results}) == 1


def test_writers_of_the_same_bytes_under_different_names_of_their_own_agree(registry: World) -> None:
    def attempt(number: int) -> str:
        who = ALICE.model_copy(update={"name": f"writer-{number}"})
        return publish(registry.fresh(), publisher=who).metadata.publisher.name

    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(attempt, range(8)))

    assert len(names) == 1


def test_a_broken_analyzer_is_recorded_and_the_publish_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = memory_world()
    monkeypatch.setattr("chalicelib.analyzers.sizes.analyze", lambda _: 1 / 0)

    published = publish(registry.container)

    records = {record.name: record for record in published.metadata.analysis}
    assert records["sizes"].status == "failed"
    assert "ZeroDivisionError" in (records["sizes"].error or "")
    assert records["files"].status == "ok"
    assert published.metadata.distribution is None


def test_files_are_also_objects_when_asked_for(tmp_path: Path) -> None:
    settings = filesystem_world(tmp_path).settings
    container = Container(type(settings)(storage_root=tmp_path, files="objects"))

    publish(container, files={"index.js": "export default 1\n", "lib/a b.css": "a{}"})

    folder = tmp_path / "packages" / "demo" / "1.0.0" / "files"
    assert (folder / "lib" / "a b.css").read_text() == "a{}"


class Swapping(MemoryStore):
    """A medium on which a client replaces its upload between two reads of it."""

    def __init__(self, replacement: bytes) -> None:
        super().__init__()
        self._replacement = replacement
        self.reads = 0

    def stream(self, key: str, *, start: int | None = None, end: int | None = None) -> Iterator[bytes]:
        if "incoming/" in key:
            self.reads += 1
            if self.reads == 2:
                self.put(key, self._replacement)
        return super().stream(key, start=start, end=end)


def test_an_upload_replaced_while_it_is_read_never_passes_for_the_bytes_that_were_hashed() -> None:
    good, evil = package("1.0.0"), package("1.0.0", files={"index.js": "evil()\n"})
    registry = world(Settings(storage_driver="memory"), Swapping(evil))
    registry.medium.put("prism/incoming/u1.tgz", good)

    with pytest.raises(UploadChanged):
        registry.container.publishing.publish(
            PublishRequest(publisher=ALICE, source="s3", upload="prism/incoming/u1.tgz")
        )
    registry.fresh().publishing.publish(PublishRequest(publisher=ALICE, source="api", data=good))

    assert registry.fresh().artifacts.stored_tarball("demo", "1.0.0") == good


def test_a_package_that_cannot_be_described_takes_no_number(
    registry: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(data: bytes) -> Metadata:
        raise UnreadableDocument("Metadata", "nested too deep")

    monkeypatch.setattr(Metadata, "from_bytes", unreadable)
    with pytest.raises(InvalidTarball) as refused:
        publish(registry.container)
    monkeypatch.undo()

    assert refused.value.code == "indescribable_package"
    assert registry.stored() == []
    assert publish(registry.fresh(), files={"index.js": "other\n"}).created


@pytest.mark.parametrize(
    "tag",
    ["1.0.0", "^1", "*", " ", "", "a/b", "v1", "\u202elatest", "x" * 101],
    ids=lambda tag: repr(tag)[:12],
)
def test_a_tag_that_could_be_something_else_is_refused_and_nothing_published(
    registry: World, tag: str
) -> None:
    with pytest.raises(InvalidTag):
        publish(registry.container, tag=tag)

    assert registry.stored() == []


@pytest.mark.parametrize("version", ["1.0.0-x.tgz", f"1.0.0-{'a' * 200}"], ids=["like a tarball", "too long"])
def test_a_version_that_could_not_be_addressed_is_refused(registry: World, version: str) -> None:
    with pytest.raises(InvalidTarball) as refused:
        publish(registry.container, version)

    assert refused.value.code == "invalid_package_version"
    assert registry.stored() == []


def test_a_clock_that_goes_back_does_not_put_a_version_before_the_one_it_follows() -> None:
    registry = memory_world()
    publish(registry.container, "1.0.0")
    late = registry.fresh()
    workshop = late.publishing._workshop
    late.publishing._workshop = replace(workshop, now=lambda: datetime(2020, 1, 1, tzinfo=UTC))

    release = publish(late, "1.0.1").metadata.release

    first = registry.container.manifests.get("demo", "1.0.0")
    assert first is not None
    assert release.published_at > first.manifest.claim.published_at
    assert (release.release_frequency_days or 0) >= 0
