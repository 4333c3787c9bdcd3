"""Rebuilding makes every derived object again, byte for byte, and destroys nothing that was published."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.analyzers import load_analyzers
from chalicelib.analyzers.base import Analyzer, Found, Subject
from chalicelib.container import Container
from chalicelib.domain import pack
from chalicelib.domain.errors import InvalidQuery
from chalicelib.domain.names import PackageName
from chalicelib.domain.rebuilding import MOST_FINDINGS, RebuildFinding, RebuildPortion
from chalicelib.storage.port import NOT_MODIFIED, ObjectInfo, ObjectStore, StorageUnavailable
from chalicelib.storage.s3 import S3Store
from chalicelib.storage.testing.wrappers import CountingStore, Death, Fault, FaultyStore
from chalicelib.storage.wrappers.passing import PassingStore
from chalicelib.stores.artifacts import INLINE_BYTES
from tests.api.test_registry import Addressed
from tests.builders import Content
from tests.worlds import World, filesystem_world, memory_world, mixed_world, package, publish, s3_world, world

WRITES = {"put", "put_stream", "copy", "delete"}
DEMO = PackageName("demo")
LIBRARY: dict[str, Content] = {
    "index.js": "export * from './lib/a.js'\n",
    "index.d.ts": "export declare const a: number\n",
    "lib/a.js": "export const a = 1\n" * 50,
    "bin/run.sh": "#!/bin/sh\nexec node index.js\n",
    "logo.png": bytes(range(256)) * 8,
    "LICENSE": "MIT License\n\nPermission is hereby granted\n",
    "README.md": "# A library\n",
}
FACTS: dict[str, Any] = {
    "description": "Does things",
    "keywords": ["things"],
    "license": "MIT",
    "types": "index.d.ts",
    "exports": {".": {"types": "./index.d.ts", "import": "./index.js"}, "./a": "./lib/a.js"},
    "dependencies": {"left-pad": "^1.3.0"},
}


@pytest.fixture(params=["memory", "filesystem", "mixed", "s3", "localstack"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Give an empty registry on every kind of medium."""
    makers: dict[str, Callable[[], World]] = {
        "memory": memory_world,
        "filesystem": lambda: filesystem_world(tmp_path),
        "mixed": lambda: mixed_world(tmp_path),
    }
    if request.param in makers:
        yield makers[request.param]()
        return
    emulator = request.getfixturevalue("s3_emulator" if request.param == "s3" else "localstack")
    made = s3_world(emulator.endpoint, emulator.new_bucket())
    yield made
    assert isinstance(made.medium, S3Store)
    made.medium.client.close()


@pytest.fixture
def registry() -> World:
    """Give a registry in memory with three versions of a library and one of another package."""
    return filled(memory_world())


def filled(made: World) -> World:
    """Publish several versions of a library, a prerelease, and a scoped package."""
    changed = {**LIBRARY, "lib/a.js": "export const a = 2\n", "lib/b.js": "export const b = 1\n"}
    publish(made.container, "1.0.0", files=LIBRARY, **FACTS)
    publish(made.container, "1.1.0", files=changed, **FACTS)
    publish(made.container, "2.0.0-rc.1", files=changed, tag="next", **FACTS)
    publish(made.container, "0.1.0", name="@acme/widget")
    return made


@dataclass
class Objects:
    """Everything that lies on the media of a registry."""

    media: list[ObjectStore]

    @classmethod
    def of(cls, made: World) -> "Objects":
        artifacts = made.container.artifact_store
        inner = artifacts.inner if isinstance(artifacts, CountingStore) else artifacts
        return cls([made.medium] if inner is made.medium else [made.medium, inner])

    def read(self) -> dict[str, bytes]:
        """Answer the bytes of every object by its key."""
        return {key: _get(medium, key) for medium in self.media for key in _keys(medium)}

    def remove(self, keys: set[str]) -> None:
        """Remove objects from wherever they lie."""
        for medium in self.media:
            for key in keys & set(_keys(medium)):
                medium.delete(key)


def _keys(medium: ObjectStore) -> list[str]:
    return [info.key for info in medium.list("") if isinstance(info, ObjectInfo)]


def _get(medium: ObjectStore, key: str) -> bytes:
    found = medium.get(key)
    assert found is not NOT_MODIFIED
    return found.data


def derived(made: World, keys: set[str]) -> set[str]:
    """Answer those keys that are neither a tarball, a manifest or a head, nor a record of a job."""
    box = made.container
    given = {
        key
        for name, version in versions(made)
        for key in (box.keys.manifest(name, version), box.artifact_keys.tarball(name, version))
    }
    return {key for key in keys - given if not key.startswith((box.keys.heads, box.keys.jobs))}


def versions(made: World) -> list[tuple[str, str]]:
    """Answer every version there is."""
    box = made.fresh()
    heads = [box.heads.get(entry.name) for entry in box.index.all()]
    return [(head.name, version) for head in heads if head for version in head.view.versions]


def superseded(made: World, keys: set[str]) -> set[str]:
    """Answer the entries of the index's tail that later ones have replaced; nobody reads what they say."""
    prefix = made.container.keys.index_tail
    tail = sorted(key for key in keys if key.startswith(prefix))
    last = {key.rpartition("/")[0]: key for key in tail}
    return set(tail) - set(last.values())


def rebuild(box: Container, *, check: bool = False, seconds: float = 60) -> list[RebuildPortion]:
    """Rebuild to the end."""
    portions = [box.rebuilding.portion(check=check, seconds=seconds)]
    while (cursor := portions[-1].next) is not None:
        portions.append(box.rebuilding.portion(check=check, after=cursor, seconds=seconds))
    return portions


def findings(portions: list[RebuildPortion]) -> dict[str, str]:
    """Answer the outcome of everything that was told, by its key."""
    return {finding.key: finding.outcome for portion in portions for finding in portion.findings}


def outcomes(portions: list[RebuildPortion]) -> Counter[str]:
    """Answer how often each outcome was found."""
    found: Counter[str] = Counter()
    for portion in portions:
        for counts in portion.counts.values():
            found.update(counts)
    return found


def harm(made: World, key: str, change: Callable[[bytes], bytes]) -> None:
    """Change the bytes of an object behind everybody's back."""
    made.medium.put(key, change(_get(made.medium, key)))


def flip(word: bytes) -> Callable[[bytes], bytes]:
    """Answer a change of one byte at the beginning of a word, after which JSON still is JSON."""

    def flipped(data: bytes) -> bytes:
        assert word in data
        return data.replace(word, bytes([word[0] ^ 1]) + word[1:], 1)

    return flipped


def flip_at(position: int) -> Callable[[bytes], bytes]:
    """Answer a change of the byte at a position."""

    def flipped(data: bytes) -> bytes:
        changed = bytearray(data)
        changed[position] ^= 1
        return bytes(changed)

    return flipped


def cut(data: bytes) -> bytes:
    """Answer the first half."""
    return data[: len(data) // 2]


def descriptions(process: Container) -> set[str | None]:
    """Answer how a process describes the library, by its metadata and by the index."""
    listed = [entry.description for entry in process.index.all() if entry.name == DEMO]
    return {process.browsing.version_page(DEMO, "1.1.0").metadata.description, *listed}


class TestEverythingAnew:
    """All that is derived can be made again, and shown to be what it was."""

    @pytest.mark.parametrize("files", ["pack", "objects"])
    def test_what_is_deleted_comes_back_byte_for_byte(self, empty: World, files: str) -> None:
        empty = world(replace(empty.settings, files=files), empty.medium)
        objects = Objects.of(filled(empty))
        before = objects.read()
        removed = derived(empty, set(before))
        expected = {key: before[key] for key in before.keys() - superseded(empty, removed)}
        objects.remove(removed)

        first = rebuild(empty.fresh())
        again = rebuild(empty.fresh(), check=True)

        assert objects.read() == expected
        assert outcomes(first)["missing"] == len(removed & expected.keys())
        assert outcomes(again).keys() == {"equal"}
        assert sum(portion.versions for portion in again) == 4

    def test_a_file_too_large_for_a_function_comes_back_where_the_medium_has_addresses(self) -> None:
        made = world(memory_world().settings, Addressed())
        publish(made.container, files={"index.js": "1\n", "large.bin": bytes(INLINE_BYTES + 1)})
        key = "prism/packages/demo/1.0.0/large.bin"
        before = _get(made.medium, key)
        made.medium.delete(key)

        assert findings(rebuild(made.fresh())) == {key: "missing"}
        assert _get(made.medium, key) == before

    def test_a_check_of_an_intact_registry_finds_all_equal_and_writes_nothing(self, empty: World) -> None:
        filled(empty)
        objects = Objects.of(empty)
        before = objects.read()
        empty.store.reset()

        [portion] = rebuild(empty.fresh(), check=True)

        assert (portion.packages, portion.versions, portion.jobs) == (2, 4, 4)
        assert (portion.findings, portion.next) == ([], None)
        assert {kind: set(counts) for kind, counts in portion.counts.items()} == {
            kind: {"equal"}
            for kind in ("index", "head", "tarball", "pack", "manifest", "metadata", "entry", "job")
        }
        assert WRITES & {call.verb for call in empty.store.calls} == set()
        assert objects.read() == before

    def test_a_rebuild_of_an_intact_registry_writes_nothing_either(self, registry: World) -> None:
        registry.store.reset()

        rebuild(registry.fresh())

        assert WRITES & {call.verb for call in registry.store.calls} == set()

    def test_a_check_of_what_was_deleted_writes_nothing(self, registry: World) -> None:
        objects = Objects.of(registry)
        objects.remove(derived(registry, set(objects.read())))
        left = objects.read()

        portions = rebuild(registry.fresh(), check=True)

        assert objects.read() == left
        assert outcomes(portions)["missing"] == 4 + 4 + 2 + 3 * 4

    def test_an_empty_registry_has_nothing_to_rebuild(self) -> None:
        [portion] = rebuild(memory_world().container)

        assert portion == RebuildPortion(examined=0, packages=0, versions=0, jobs=0)


class TestDamage:
    """What was damaged is found, and repaired."""

    @pytest.mark.parametrize(
        ("key", "change"),
        [
            pytest.param("metadata/demo/1.0.0.json", flip(b"Does things"), id="metadata-that-reads"),
            pytest.param("metadata/demo/1.0.0.json", flip(b"rawBytes"), id="metadata-another-field"),
            pytest.param("metadata/demo/1.1.0.json", cut, id="metadata-cut-off"),
            pytest.param("metadata/@acme/widget/0.1.0.json", lambda _: b"", id="metadata-empty"),
            pytest.param("files/demo/1.0.0.pack", flip_at(40), id="pack-first-file"),
            pytest.param("files/demo/1.0.0.pack", flip_at(600), id="pack-later-file"),
            pytest.param("files/demo/1.0.0.pack", flip_at(-30), id="pack-its-index"),
            pytest.param("files/demo/1.0.0.pack", cut, id="pack-cut-off"),
            pytest.param("files/demo/1.0.0.pack", lambda data: data + b"x", id="pack-longer"),
            pytest.param("files/demo/1.0.0.pack", lambda _: b"", id="pack-empty"),
            pytest.param("index/tail/demo/000000003.json", flip(b"Does things"), id="entry-that-reads"),
            pytest.param("packages/demo/1.0.0/lib/a.js", flip(b"export"), id="file"),
        ],
    )
    def test_it_is_found_by_a_check_and_repaired(self, key: str, change: Callable[[bytes], bytes]) -> None:
        made = filled(world(replace(memory_world().settings, files="objects")))
        objects, key = Objects.of(made), f"prism/{key}"
        before = objects.read()
        harm(made, key, change)

        check, repair = rebuild(made.fresh(), check=True), rebuild(made.fresh())

        assert findings(check) == findings(repair) == {key: "corrupt"}
        assert objects.read() == before

    @pytest.mark.parametrize("change", [cut, flip(b"demo"), flip(b"seq")], ids=["cut-off", "name", "number"])
    def test_a_damaged_entry_of_the_tail_keeps_nobody_from_listing_once_it_was_repaired(
        self, registry: World, change: Callable[[bytes], bytes]
    ) -> None:
        key = "prism/index/tail/demo/000000003.json"
        listed, before = registry.fresh().index.all(), _get(registry.medium, key)
        harm(registry, key, change)

        found = findings(rebuild(registry.fresh()))

        # It was taken out, and then missed.
        assert found == {key: "missing"}
        assert _get(registry.medium, key) == before
        assert registry.fresh().index.all() == listed

    @pytest.mark.parametrize("change", [cut, flip(b"demo"), flip(b"Does things"), None])
    @pytest.mark.parametrize("part", ["shards", "snapshot"])
    def test_a_damaged_part_of_the_index_is_taken_out_and_its_entries_are_derived_again(
        self, registry: World, part: str, change: Callable[[bytes], bytes] | None
    ) -> None:
        assert registry.container.index.fold()
        listed = registry.fresh().index.all()
        [key] = [key for key in _keys(registry.medium) if f"index/{part}" in key]
        if change is None:
            registry.medium.delete(key)
        else:
            harm(registry, key, change if part == "shards" else cut)

        told = findings(rebuild(registry.fresh(), check=True))
        rebuild(registry.fresh())

        assert "prism/index/tail/demo/000000003.json" in told
        assert registry.fresh().index.all() == listed
        assert outcomes(rebuild(registry.fresh(), check=True)).keys() == {"equal"}

    def test_an_entry_that_was_folded_wrong_is_put_right_for_good(self, registry: World) -> None:
        key = "prism/index/tail/demo/000000003.json"
        listed = registry.fresh().index.all()
        harm(registry, key, flip(b"Does things"))
        assert registry.fresh().index.fold()

        assert findings(rebuild(registry.fresh())) == {key: "corrupt"}
        assert registry.fresh().index.all() == listed
        assert registry.fresh().index.fold()
        assert registry.fresh().index.all() == listed

    def test_the_process_that_repairs_forgets_what_it_knew(self, registry: World) -> None:
        process = registry.fresh()
        harm(registry, "prism/metadata/demo/1.1.0.json", flip(b"Does things"))
        harm(registry, "prism/index/tail/demo/000000003.json", flip(b"Does things"))
        assert descriptions(process) == {"Eoes things"}

        rebuild(process)

        assert descriptions(process) == {"Does things"}

    def test_the_process_that_repairs_a_pack_finds_the_files_where_they_lie_now(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = memory_world()
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(pack, "_LEVEL", 3)  # as another processor or another isal may compress
            filled(made)
        process = made.fresh()
        assert process.serving.find(DEMO, "1.0.0", "index.js")
        harm(made, "prism/files/demo/1.0.0.pack", flip_at(40))

        rebuild(process)

        found = process.serving.find(DEMO, "1.0.0", "lib/a.js")
        assert process.serving.read(found) == str(LIBRARY["lib/a.js"]).encode()

    def test_places_that_a_job_lacks_in_the_listings_are_written(self, registry: World) -> None:
        lost = [key for key in _keys(registry.medium) if key.startswith("prism/index/jobs/")]
        Objects.of(registry).remove(set(lost[::2]))

        assert findings(rebuild(registry.fresh())) == dict.fromkeys(lost[::2], "missing")
        assert [key for key in _keys(registry.medium) if key.startswith("prism/index/jobs/")] == lost


class TestWhatWasPublishedStays:
    """What is other than it would be made now is not written over."""

    def test_what_other_analyzers_made_is_told_and_kept(self, registry: World) -> None:
        before = Objects.of(registry).read()
        process = with_analyzer(registry, Changed("signals", []))

        found = findings(rebuild(process))

        assert found == {
            f"prism/metadata/{name}/{version}.json": "outdated" for name, version in versions(registry)
        }
        assert Objects.of(registry).read() == before

    def test_a_manifest_of_other_analyzers_is_outdated_and_its_metadata_is_written_beside_it(
        self, registry: World
    ) -> None:
        process = with_analyzer(registry, Changed("tags", ["others"]))
        key = "prism/metadata/@acme/widget/0.1.0.json"
        registry.medium.delete(key)

        found = findings(rebuild(process))
        again = findings(rebuild(process, check=True))

        assert found[key] == "missing"
        assert {outcome for told, outcome in found.items() if told != key} == {"outdated"}
        assert again == {told: outcome for told, outcome in found.items() if told != key}

    def test_a_pack_with_other_bytes_and_the_same_files_is_kept_and_its_sizes_count(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = memory_world()
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(pack, "_LEVEL", 3)  # as another processor or another isal may compress
            filled(made)
        before = Objects.of(made).read()

        portions = rebuild(made.fresh())

        assert portions[0].counts["pack"] == {"kept": 3, "equal": 1}, "the smallest compresses alike"
        assert portions[0].counts["metadata"] == {"equal": 4}
        assert findings(portions) == {}
        assert Objects.of(made).read() == before

    def test_an_analyzer_that_can_no_longer_read_a_package_leaves_what_was_found(
        self, registry: World
    ) -> None:
        process = with_analyzer(registry, Changed("exports", None))
        before = Objects.of(registry).read()

        assert set(findings(rebuild(process)).values()) == {"outdated"}
        assert Objects.of(registry).read() == before


class TestLoss:
    """What cannot be brought back is told, and nothing that could tell of it is destroyed."""

    @pytest.mark.parametrize(
        ("key", "change"),
        [
            pytest.param("tarballs/demo/1.0.0.tgz", None, id="tarball-gone"),
            pytest.param("tarballs/demo/1.0.0.tgz", cut, id="tarball-cut-off"),
            pytest.param("manifests/demo/1.0.0.json", None, id="manifest-gone"),
            pytest.param("manifests/demo/1.0.0.json", cut, id="manifest-cut-off"),
            pytest.param("manifests/demo/1.0.0.json", flip(b"Alice"), id="manifest-another-publisher"),
            pytest.param("manifests/demo/1.0.0.json", flip(b"Does things"), id="manifest-another-text"),
            pytest.param("heads/demo.json", cut, id="head-cut-off"),
            pytest.param("heads/demo.json", lambda _: b"", id="head-empty"),
        ],
    )
    @pytest.mark.parametrize("check", [True, False], ids=["check", "rebuild"])
    def test_an_input_that_is_gone_or_changed_is_told_and_nothing_is_written(
        self, registry: World, key: str, change: Callable[[bytes], bytes] | None, check: bool
    ) -> None:
        key = f"prism/{key}"
        if change is None:
            registry.medium.delete(key)
        else:
            harm(registry, key, change)
        before = Objects.of(registry).read()

        portions = rebuild(registry.fresh(), check=check)

        assert findings(portions) == {key: "lost"}
        assert Objects.of(registry).read() == before

    def test_a_manifest_that_was_changed_is_told_when_the_analyzers_are_others_too(
        self, registry: World
    ) -> None:
        manifest = "prism/manifests/@acme/widget/0.1.0.json"
        harm(registry, manifest, flip(b"Alice"))

        found = findings(rebuild(with_analyzer(registry, Changed("tags", ["others"]))))

        assert found[manifest] == "lost"
        assert "prism/metadata/@acme/widget/0.1.0.json" not in found

    def test_a_tarball_of_another_version_is_not_the_one_that_was_claimed(self, registry: World) -> None:
        harm(
            registry,
            "prism/tarballs/demo/1.0.0.tgz",
            lambda _: registry.container.artifacts.stored_tarball(DEMO, "1.1.0"),
        )

        assert findings(rebuild(registry.fresh())) == {"prism/tarballs/demo/1.0.0.tgz": "lost"}

    def test_a_tarball_with_other_bytes_is_not_the_one_that_was_claimed(self, registry: World) -> None:
        others = package("0.1.0", name="@acme/widget", files={"index.js": "export default 'others'\n"})
        harm(registry, "prism/tarballs/@acme/widget/0.1.0.tgz", lambda _: others)
        before = Objects.of(registry).read()

        assert findings(rebuild(registry.fresh())) == {"prism/tarballs/@acme/widget/0.1.0.tgz": "lost"}
        assert Objects.of(registry).read() == before

    def test_an_entry_is_not_derived_from_a_manifest_that_was_changed(self, registry: World) -> None:
        manifest, entry = "prism/manifests/demo/1.1.0.json", "prism/index/tail/demo/000000003.json"
        harm(registry, manifest, flip(b"Does things"))
        before = _get(registry.medium, entry)

        for seconds in (60, 0):
            assert findings(rebuild(registry.fresh(), seconds=seconds)) == {manifest: "lost", entry: "lost"}
        assert _get(registry.medium, entry) == before

    def test_events_of_a_head_that_were_put_aside_and_are_gone_are_told(self, registry: World) -> None:
        head = json.loads(_get(registry.medium, "prism/heads/demo.json"))
        head["segments"] = [{"first": 1, "last": 1}]
        registry.medium.put("prism/heads/demo.json", json.dumps(head).encode())

        found = findings(rebuild(registry.fresh()))

        assert found == {"prism/segments/demo/000000001-000000001.json": "lost"}

    def test_a_job_that_cannot_be_read_is_told(self, registry: World) -> None:
        [key, *_] = [key for key in _keys(registry.medium) if key.endswith("/job.json")]
        registry.medium.put(key, b"{")

        assert findings(rebuild(registry.fresh())) == {key: "lost"}

    def test_metadata_that_depends_on_a_lost_version_is_not_called_corrupt(self, registry: World) -> None:
        registry.medium.delete("prism/tarballs/demo/1.0.0.tgz")
        registry.medium.delete("prism/metadata/demo/1.0.0.json")
        before = Objects.of(registry).read()

        found = findings(rebuild(registry.fresh()))

        assert found == {
            "prism/tarballs/demo/1.0.0.tgz": "lost",
            "prism/metadata/demo/1.1.0.json": "outdated",
        }
        assert Objects.of(registry).read() == before

    def test_metadata_that_cannot_be_made_without_a_lost_version_is_lost(self, registry: World) -> None:
        for key in ("tarballs/demo/1.0.0.tgz", "metadata/demo/1.0.0.json", "metadata/demo/1.1.0.json"):
            Objects.of(registry).remove({f"prism/{key}"})

        found = findings(rebuild(registry.fresh()))

        assert found["prism/metadata/demo/1.1.0.json"] == "lost"


class TestEarlierVersions:
    """A version is compared beside what the one before it ought to be."""

    @pytest.mark.parametrize(
        "change", [flip(b"lib/a.js"), cut, None], ids=["another-file", "cut-off", "gone"]
    )
    def test_damage_of_one_version_is_not_told_of_the_next(
        self, registry: World, change: Callable[[bytes], bytes] | None
    ) -> None:
        key = "prism/metadata/demo/1.0.0.json"
        if change is None:
            registry.medium.delete(key)
        else:
            harm(registry, key, change)

        for seconds in (60, 0):
            portions = rebuild(registry.fresh(), check=True, seconds=seconds)
            assert set(findings(portions)) == {key}

    def test_a_rebuild_that_goes_on_behind_a_damaged_version_makes_the_next_one_right(
        self, registry: World
    ) -> None:
        earlier, later = "prism/metadata/demo/1.0.0.json", "prism/metadata/demo/1.1.0.json"
        before = _get(registry.medium, later)
        harm(registry, earlier, flip(b"lib/a.js"))
        registry.medium.delete(later)

        registry.fresh().rebuilding.portion(check=False, after="packages demo 1.0.0")

        assert _get(registry.medium, later) == before

    def test_in_a_check_a_chain_of_missing_versions_is_told_as_missing(self, registry: World) -> None:
        wanted = {f"prism/metadata/demo/{version}.json" for version in ("1.0.0", "1.1.0", "2.0.0-rc.1")}
        Objects.of(registry).remove(wanted)

        portions = rebuild(registry.fresh(), check=True, seconds=0)

        assert findings(portions) == dict.fromkeys(wanted, "missing")


class TestPortions:
    """A rebuild goes in portions, by many processes, and may stop anywhere."""

    def test_portions_see_everything_once(self, registry: World) -> None:
        [whole] = rebuild(registry.fresh(), check=True)

        portions = [registry.fresh().rebuilding.portion(check=True, seconds=0)]
        while (cursor := portions[-1].next) is not None:
            portions.append(registry.fresh().rebuilding.portion(check=True, after=cursor, seconds=0))

        assert all(portion.versions + portion.packages <= 1 for portion in portions)
        for number in ("examined", "packages", "versions", "jobs"):
            assert sum(getattr(portion, number) for portion in portions) == getattr(whole, number)
        assert outcomes(portions) == outcomes([whole])

    def test_the_cursor_of_a_package_that_is_gone_tells_of_it_and_goes_on(self, registry: World) -> None:
        registry.medium.delete("prism/heads/demo.json")

        portion = registry.fresh().rebuilding.portion(check=True, after="packages demo 1.0.0")

        assert findings([portion]) == {"prism/heads/demo.json": "lost"}
        assert portion.jobs == 4

    def test_the_cursor_of_a_version_that_is_gone_goes_on_after_it(self, registry: World) -> None:
        portion = registry.fresh().rebuilding.portion(check=True, after="packages demo 1.0.9")

        assert (portion.versions, portion.packages) == (2, 1)

    @pytest.mark.parametrize(
        "cursor",
        ["x", "packages", "packages ", "packages a b", "packages A?", "jobs A", "index x", "other demo", " "],
    )
    def test_a_cursor_that_no_portion_has_named_is_refused(self, registry: World, cursor: str) -> None:
        with pytest.raises(InvalidQuery):
            registry.container.rebuilding.portion(check=True, after=cursor)

    def test_of_many_findings_the_first_are_told_and_the_others_counted(self) -> None:
        made = world(replace(memory_world().settings, files="objects"))
        publish(made.container, files={f"file{number}.js": "1\n" for number in range(MOST_FINDINGS + 50)})
        Objects.of(made).remove({key for key in _keys(made.medium) if key.startswith("prism/packages/")})

        [portion] = rebuild(made.fresh(), check=True)

        assert (len(portion.findings), portion.more) == (MOST_FINDINGS, 51)
        assert portion.counts["file"] == {"missing": MOST_FINDINGS + 51}

    def test_a_rebuild_of_everything_reads_each_tarball_once(self, registry: World) -> None:
        Objects.of(registry).remove(derived(registry, set(_keys(registry.medium))))
        registry.store.reset()

        rebuild(registry.fresh())

        read = Counter(call.key for call in registry.store.calls if "/tarballs/" in call.key)
        assert set(read.values()) == {1}
        assert len(read) == 4

    def test_what_is_published_meanwhile_is_no_finding(self, registry: World) -> None:
        tail = registry.container.keys.index_entries(DEMO)
        store = Meanwhile(registry.medium, "list", tail, lambda: publish(registry.fresh(), "3.0.0"))

        found = findings(rebuild(registry.fresh(store)))

        assert store.happened
        assert found == {}

    def test_a_job_that_goes_on_meanwhile_is_no_finding(self, registry: World) -> None:
        work = registry.container.executions
        [done, *_] = work.get_all_jobs()
        work.store_job(done.changed(status="running", attempts=1, finished_at=None))
        place = registry.container.keys.job_places("state/running")
        store = Meanwhile(registry.medium, "head", place, lambda: registry.fresh().executions.store_job(done))

        found = findings(rebuild(registry.fresh(store)))

        assert store.happened
        assert found == {}

    def test_two_rebuilds_at_once_are_harmless(self, empty: World) -> None:
        objects = Objects.of(filled(empty))
        before = objects.read()
        removed = derived(empty, set(before))
        expected = {key: before[key] for key in before.keys() - superseded(empty, removed)}
        objects.remove(removed)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: rebuild(empty.fresh()), range(2)))

        assert objects.read() == expected

    @pytest.mark.parametrize(
        "fault", [Fault.DEATH_BEFORE, Fault.DEATH_AFTER, Fault.UNAVAILABLE, Fault.LOST_RESPONSE]
    )
    def test_a_fault_at_any_storage_call_is_made_good_by_the_next_rebuild(self, fault: Fault) -> None:
        made = memory_world()
        publish(made.container, "1.0.0")
        publish(made.container, "1.1.0")
        objects = Objects.of(made)
        before = objects.read()
        removed = derived(made, set(before))
        expected = {key: before[key] for key in before.keys() - superseded(made, removed)}
        for call in range(1, 200):
            objects.remove(removed)
            faulty = FaultyStore(made.medium, fault, at=call)
            try:
                rebuild(made.fresh(faulty))
            except (Death, StorageUnavailable):
                rebuild(made.fresh())
            assert objects.read() == expected
            if not faulty.struck:
                return
        pytest.fail("the rebuild never came to its end")


class Meanwhile(PassingStore):
    """Lets something happen just before the first call of a verb for a key that begins so."""

    def __init__(self, inner: ObjectStore, verb: str, prefix: str, act: Callable[[], object]) -> None:
        super().__init__(inner)
        self.happened = False
        self._wanted = (verb, prefix)
        self._act = act

    def _call(self, verb: str, key: str, call: Callable[[], Any]) -> Any:
        if not self.happened and verb == self._wanted[0] and key.startswith(self._wanted[1]):
            self.happened = True
            self._act()
        return call()


@dataclass
class Changed:
    """An analyzer of a later version that finds something else; without a value it fails."""

    name: str
    value: Any
    version: str = "99"
    requires: tuple[str, ...] = ()

    @property
    def essential(self) -> bool:
        """Whether a publish fails when it fails."""
        return self.name == "exports"

    def analyze(self, subject: Subject) -> Found:
        """Find what was said beforehand."""
        if self.value is None:
            raise ValueError("this version cannot read it")
        return Found("other", self.value)


def with_analyzer(made: World, changed: Changed) -> Container:
    """Answer a process in which one analyzer has been replaced."""
    process = made.fresh()
    present: list[Analyzer] = [
        changed if analyzer.name == changed.name else analyzer for analyzer in load_analyzers()
    ]
    vars(process)["workshop"] = replace(process.workshop, analyzers=lambda: present)
    return process


def test_findings_name_their_kind() -> None:
    finding = RebuildFinding(kind="pack", key="k", outcome="kept")

    assert finding.to_json_value() == {"kind": "pack", "key": "k", "outcome": "kept"}
