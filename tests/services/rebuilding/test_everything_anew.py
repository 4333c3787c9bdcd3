"""Whatever is derived comes back byte for byte, and what is intact is left as it is."""

from dataclasses import replace

import pytest

from chalicelib.domain.rebuilding import RebuildPortion
from chalicelib.stores.artifacts import INLINE_BYTES
from tests.api.test_registry import Addressed
from tests.services.rebuilding.rebuilt import (
    WRITES,
    Objects,
    bytes_of,
    derived,
    filled,
    findings,
    outcomes,
    rebuild,
    superseded,
)
from tests.worlds import World, memory_world, publish, world


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
        before = bytes_of(made.medium, key)
        made.medium.delete(key)

        assert findings(rebuild(made.fresh())) == {key: "missing"}
        assert bytes_of(made.medium, key) == before

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
            for kind in (
                *("index", "head", "tarball", "pack", "manifest", "metadata", "text", "entry"),
                *("packument", "job"),
            )
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
        assert outcomes(portions)["missing"] == 4 + 4 + 4 + 2 + 2 * 2 + 3 * 4

    def test_an_empty_registry_has_nothing_to_rebuild(self) -> None:
        [portion] = rebuild(memory_world().container)

        assert portion == RebuildPortion(examined=0, packages=0, versions=0, jobs=0)
