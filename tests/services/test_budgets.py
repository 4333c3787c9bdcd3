"""What each operation costs in storage calls: constant, whatever the number of versions."""

from functools import cache
from typing import TYPE_CHECKING, cast

import pytest

from chalicelib.container import Container
from chalicelib.domain.access import Caller
from chalicelib.domain.errors import PackageNotFound
from chalicelib.domain.head import SPILL_EVENTS, SegmentRef
from chalicelib.domain.index import SHARD_ENTRIES, IndexEntry
from chalicelib.domain.names import PackageName
from chalicelib.domain.patterns import PackagePatterns
from chalicelib.domain.specs import PackageSpec
from chalicelib.npm.packuments import FORMS
from chalicelib.settings import DEFAULT_REGISTRY_URL
from tests.npm.histories import History
from tests.worlds import World, memory_world, package, publish

if TYPE_CHECKING:
    from chalicelib.npm.versions import Form
    from chalicelib.storage.port import StoredObject

NAME = PackageName("demo")
BASE = f"{DEFAULT_REGISTRY_URL}/npm/"
MANY = 5_000


FINISHED = ["put jobs"] * 2
"""What is written of a stage that is finished: its event and its checkpoint, at the same time."""
PUBLISH = {
    "stage": ["put staged"],
    "job": ["get jobs", *["put jobs"] * 4, *["put index"] * 3],
    "read": ["get access", "put_stream staged", *FINISHED],
    "analyze": ["get heads", "get metadata", *FINISHED],
    "claim": ["put manifests", *FINISHED],
    "settle": ["copy tarballs", "put_stream files", "put metadata", "get access", "put npm", *FINISHED],
    "commit": ["put heads", *FINISHED],
    "derive": ["put index", "list index", *["get npm", "put npm"] * 2, *FINISHED],
    "end": [*["put jobs"] * 3, "put index", "delete index", *["delete staged"] * 2],
}


CURATED = [
    "get access",
    *["get heads", "put heads"],
    *["get manifests", "put index", "list index"],
    *["get npm", "put npm"] * 2,
]
"""What any change of what is published costs: the head is swapped, and what is derived of it follows."""


def registry_with(count: int) -> World:
    """Make a registry whose package `demo` has so many versions, the last of them really published."""
    world = memory_world()
    for key, data in stored_with(count).items():
        world.medium.put(key, data)
    return world


@cache
def stored_with(count: int) -> dict[str, bytes]:
    """Answer all objects of such a registry; of versions but the last and the first, no more than packuments tell."""
    world = memory_world()
    keys, history = world.container.keys, History(NAME)
    for number in range(count - 1):
        history.publish(f"1.0.{number}")
    if count > 1:
        head = history.head
        segments = [SegmentRef(first=1, last=head.seq - 1)] if head.seq > 1 else []
        shorter = head.model_copy(update={"events": head.events[-1:], "segments": segments})
        world.medium.put(keys.head(NAME), shorter.to_bytes())
        world.medium.put(keys.version_text(NAME, "1.0.0"), history.texts["1.0.0"].to_bytes())
        for form in FORMS:
            base = f"{world.settings.registry_url}/npm/"
            world.medium.put(keys.packument(NAME, form), history.rendered(form, base))
    publish(world.container, "2.0.0")
    return {key: cast("StoredObject", world.medium.get(key)).data for key in world.stored()}


def calls(world: World) -> list[str]:
    """Answer what was asked of the medium, and forget it."""
    made = [f"{call.verb} {call.key.split('/')[1]}" for call in world.store.calls]
    world.store.reset()
    return made


def resolve(container: Container, spec: str = "demo@^2") -> str | None:
    """Resolve a spec on Node."""
    return container.resolving.resolve(PackageSpec.parse(spec), runtime="node", mode="import", base="").url


@pytest.mark.parametrize("count", [1, 100, MANY])
def test_a_cold_resolve_costs_two_reads_at_any_number_of_versions(count: int) -> None:
    world = registry_with(count)

    resolve(world.fresh())

    assert calls(world) == ["get heads", "get manifests"]


@pytest.mark.parametrize("count", [1, MANY])
def test_a_warm_resolve_costs_one_conditional_read_without_bytes(count: int) -> None:
    world = registry_with(count)
    process = world.fresh()
    resolve(process)
    world.store.reset()

    resolve(process)

    assert [(call.verb, call.bytes_out) for call in world.store.calls] == [("get", 0)]


def test_a_cold_resolve_among_many_versions_moves_less_than_half_a_mebibyte() -> None:
    world = registry_with(MANY)

    resolve(world.fresh())

    assert sum(call.bytes_out for call in world.store.calls) < 512 * 1024


def test_a_publish_writes_each_byte_of_the_tarball_the_head_and_the_packuments_once() -> None:
    world = registry_with(MANY)
    keys = world.container.keys
    replaced = [keys.head(NAME), *(keys.packument(NAME, form) for form in FORMS)]
    before = sum(world.medium.head(key).size for key in replaced)

    publish(world.fresh(), "2.0.1")

    written = sum(call.bytes_in for call in world.store.calls)
    assert written < before + 32 * 1024


@pytest.mark.parametrize("count", [1, MANY])
def test_a_package_page_costs_one_read(count: int) -> None:
    world = registry_with(count)

    page = world.fresh().browsing.page(NAME)

    assert len(page.versions) == count
    assert calls(world) == ["get heads"]


@pytest.mark.parametrize("count", [1, MANY])
def test_a_file_costs_one_range_read_once_its_version_was_seen(count: int) -> None:
    world = registry_with(count)
    process = world.fresh()
    cold = process.serving.find(NAME, "2.0.0", "index.js")

    assert calls(world) == ["get heads", "get files"]

    process.serving.read(process.serving.find(NAME, "2.0.0", "index.js"))

    assert cold.entry.length > 0
    assert [(call.verb, call.bytes_out) for call in world.store.calls] == [("get", cold.entry.length)]


def test_a_version_page_costs_three_reads_cold_and_one_conditional_warm() -> None:
    world = registry_with(1)
    process = world.fresh()

    process.browsing.version_page(NAME, "2.0.0")

    assert calls(world) == ["get heads", "get metadata", "get manifests"]

    process.browsing.version_page(NAME, "2.0.0")

    assert [(call.verb, call.bytes_out) for call in world.store.calls] == [("get", 0)]


@pytest.mark.parametrize("count", [1, 100, MANY])
def test_a_publish_costs_the_same_calls_whatever_the_versions_before_it(count: int) -> None:
    world = registry_with(count)

    publish(world.fresh(), "2.0.1")

    assert sorted(calls(world)) == sorted([call for calls in PUBLISH.values() for call in calls])


def test_a_list_of_packages_reads_the_tail_once_per_process() -> None:
    world = memory_world()
    for number in range(5):
        publish(world.container, name=f"demo-{number}")
    world.store.reset()
    process = world.fresh()

    process.searching.packages(after="", limit=20)
    cold = calls(world)
    process.searching.packages(after="", limit=20)

    assert cold == ["list index", *["get index"] * 5, "get index"]
    assert calls(world) == ["list index", "get index"]


def test_search_after_a_publish_finds_the_package_at_once() -> None:
    world = memory_world()
    publish(world.container, description="renders pictures", keywords=["graphics"])

    for query in ("demo", "dem", "graphics", "pictures", "DEMO pictures", ""):
        found = world.fresh().searching.search(query, runtimes=[], offset=0, limit=10)
        assert [result.identifier.name for result in found.results] == ["demo"], query


def test_folding_the_index_adds_two_calls_to_a_publish_on_average() -> None:
    world = memory_world()
    process = world.fresh()
    per_publish = []
    for number in range(130):
        world.store.reset()
        publish(process, name=f"demo-{number}")
        per_publish.append(len(world.store.calls))

    assert sorted(per_publish)[len(per_publish) // 2] == 44
    assert sum(per_publish) / len(per_publish) < 47


def test_a_list_of_publishers_costs_one_read_a_publish_or_change_however_long_it_is() -> None:
    world = memory_world()
    process = world.fresh()
    publish(process)
    for number in range(50):
        process.granting.allow_publisher(f"A*{number or ''}", by=Caller(name="root"))
    world.store.reset()

    publish(process, "1.0.1")
    published = calls(world)
    process.curating.yank(NAME, "1.0.1", "broken", actor="Alice")
    curated = calls(world)

    # The list of publishers and the signing keys, and the list again.
    assert [call for call in published if call.endswith("access")] == ["get access"] * 2
    assert [call for call in curated if call.endswith("access")] == ["get access"]


def test_a_page_of_a_few_packages_reads_only_the_shards_they_can_be_in() -> None:
    world = memory_world()
    keys, count = world.container.keys, 4 * SHARD_ENTRIES
    index = world.container.index
    for number in range(count):
        entry = IndexEntry(name=f"@s{number // SHARD_ENTRIES}/p{number:05d}", seq=1, latest="1.0.0")
        world.medium.put(keys.index_entry(entry.name, 1), entry.to_bytes())
    while list(world.medium.list(keys.index_tail, limit=1)):
        index.fold()
    shards = len(list(world.medium.list(f"{keys.prefix}index/shards/")))
    world.store.reset()

    for wanted, most in (("@s2/*", 3), ("@none/*", 1), ("left-pad", 1), ("*", 2)):
        page = world.fresh().searching.packages(after="", limit=20, packages=PackagePatterns.parse([wanted]))
        reads = [call for call in calls(world) if call == "get index"]
        assert len(reads) <= 1 + most
        assert len(page.packages) == (20 if wanted in {"@s2/*", "*"} else 0)

    assert shards > 3


@pytest.mark.parametrize("count", [1, MANY])
def test_an_announced_upload_costs_the_same_calls_whatever_the_versions_before_it(count: int) -> None:
    world = registry_with(count)
    world.medium.put("prism/incoming/u1.tgz", package("2.0.1"))

    world.fresh().ingesting.ingest("prism/incoming/u1.tgz")

    made = calls(world)
    publishing = made[2:-3]
    assert (made[:2], made[-3:]) == (
        ["head incoming", "get verdicts"],
        ["put verdicts", "head incoming", "delete incoming"],
    )
    assert publishing[:4] == ["stream incoming", "head incoming", "stream incoming", "put_stream staged"]
    assert len(publishing) == 4 + sum(len(stage) for stage in PUBLISH.values())


def test_an_upload_that_is_announced_again_costs_two_reads() -> None:
    world = memory_world()
    world.medium.put("prism/incoming/u1.tgz", package())
    world.container.ingesting.ingest("prism/incoming/u1.tgz")
    world.store.reset()

    world.fresh().ingesting.ingest("prism/incoming/u1.tgz")

    assert calls(world) == ["head incoming", "get verdicts"]


@pytest.mark.parametrize("count", [1, MANY])
def test_an_announced_head_costs_the_same_calls_whatever_its_versions(count: int) -> None:
    world = registry_with(count)
    process = world.fresh()

    process.deriving.derive(NAME)

    assert sorted(calls(world)) == sorted(
        ["get heads", "get manifests", "put index", "list index", *["get npm"] * 2]
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", [1, 100, MANY])
def test_a_packument_costs_one_read_and_no_bytes_where_nothing_has_changed(count: int, form: "Form") -> None:
    world = registry_with(count)
    process = world.fresh()

    cold = process.npm_reading.packument(NAME, form, base=BASE, known=None)
    assert [(call.verb, call.bytes_out) for call in world.store.calls] == [("get", len(cold.data or b""))]
    world.store.reset()

    warm = process.npm_reading.packument(NAME, form, base=BASE, known=None)
    known = world.fresh().npm_reading.packument(NAME, form, base=BASE, known=cold.etag)

    assert (warm, known.data) == (cold, None)
    assert [(call.verb, call.bytes_out) for call in world.store.calls] == [("get", 0)] * 2


@pytest.mark.parametrize("count", [1, MANY])
def test_a_packument_for_who_knows_another_address_costs_one_read_as_well(count: int) -> None:
    world = registry_with(count)

    for _ in range(2):
        moved = world.fresh().npm_reading.packument(NAME, "full", base="http://x/npm/", known=None)
        known = world.fresh().npm_reading.packument(NAME, "full", base="http://x/npm/", known=moved.etag)

        assert known.data is None
        assert calls(world) == ["get npm"] * 2


def test_a_package_that_is_not_there_costs_npm_two_reads() -> None:
    world = memory_world()

    with pytest.raises(PackageNotFound):
        world.fresh().npm_reading.packument(NAME, "full", base=BASE, known=None)

    assert calls(world) == ["get npm", "get heads"]


@pytest.mark.parametrize("count", [1, 100, MANY])
def test_one_version_costs_npm_two_reads_cold_and_one_conditional_warm(count: int) -> None:
    world = registry_with(count)
    process = world.fresh()

    process.npm_reading.version(NAME, "latest", base=BASE)
    assert calls(world) == ["get heads", "get npm"]

    process.npm_reading.version(NAME, "2.0.0", base=BASE)
    assert [(call.verb, call.bytes_out) for call in world.store.calls] == [("get", 0)]


@pytest.mark.parametrize("count", [2, 100, MANY])
def test_tagging_costs_the_same_calls_whatever_the_versions(count: int) -> None:
    world = registry_with(count)

    world.fresh().curating.tag(NAME, "old", "1.0.0", actor="Alice")

    # The full packument tells of the package what its latest version says.
    assert sorted(calls(world)) == sorted([*CURATED, "get npm"])


@pytest.mark.parametrize("count", [2, 100, MANY])
def test_deprecating_all_versions_as_npm_does_costs_the_same_calls_however_many_they_are(count: int) -> None:
    world = registry_with(count)
    process = world.fresh()
    head = process.heads.get(NAME)
    assert head is not None
    world.store.reset()
    document = {"versions": {version: {"deprecated": "old"} for version in head.view.versions}}

    process.npm_writing.deprecate(NAME, document, actor="Alice")

    # The head is read before it is known what to change. So many events are put aside, and read for each form.
    aside = ["put segments", "get segments", "get segments"] if count > SPILL_EVENTS else []
    assert sorted(calls(world)) == sorted([*CURATED, "get heads", "get npm", *aside])


@pytest.mark.parametrize("count", [2, 100, MANY])
def test_unpublishing_a_version_costs_the_same_calls_whatever_the_versions(count: int) -> None:
    world = registry_with(count)
    process = world.fresh()
    head = process.heads.get(NAME)
    assert head is not None
    world.store.reset()
    document = {"versions": dict.fromkeys(set(head.view.versions) - {"1.0.0"})}

    process.npm_writing.keep(NAME, str(head.seq), document, actor="Alice")

    erased = ["list packages", "delete tarballs", "delete files", "delete npm"]
    assert sorted(calls(world)) == sorted([*CURATED, *erased, "get npm"])
