"""Damage is found and repaired."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain import deflating
from tests.services.rebuilding.rebuilt import (
    DEMO,
    LIBRARY,
    Objects,
    bytes_of,
    cut,
    descriptions,
    filled,
    findings,
    flip,
    flip_at,
    harm,
    keys_in,
    outcomes,
    rebuild,
)
from tests.worlds import World, memory_world, world


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
        listed, before = registry.fresh().index.all(), bytes_of(registry.medium, key)
        harm(registry, key, change)

        found = findings(rebuild(registry.fresh()))

        # It was taken out, and then missed.
        assert found == {key: "missing"}
        assert bytes_of(registry.medium, key) == before
        assert registry.fresh().index.all() == listed

    @pytest.mark.parametrize("change", [cut, flip(b"demo"), flip(b"Does things"), None])
    @pytest.mark.parametrize("part", ["shards", "snapshot"])
    def test_a_damaged_part_of_the_index_is_taken_out_and_its_entries_are_derived_again(
        self, registry: World, part: str, change: Callable[[bytes], bytes] | None
    ) -> None:
        assert registry.container.index.fold()
        listed = registry.fresh().index.all()
        [key] = [key for key in keys_in(registry.medium) if f"index/{part}" in key]
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
            elsewhere.setattr(deflating, "LEVEL", 3)  # as another processor or another isal may compress
            filled(made)
        process = made.fresh()
        assert process.serving.find(DEMO, "1.0.0", "index.js")
        harm(made, "prism/files/demo/1.0.0.pack", flip_at(40))

        rebuild(process)

        found = process.serving.find(DEMO, "1.0.0", "lib/a.js")
        assert process.serving.read(found) == str(LIBRARY["lib/a.js"]).encode()

    def test_places_that_a_job_lacks_in_the_listings_are_written(self, registry: World) -> None:
        lost = [key for key in keys_in(registry.medium) if key.startswith("prism/index/jobs/")]
        Objects.of(registry).remove(set(lost[::2]))

        assert findings(rebuild(registry.fresh())) == dict.fromkeys(lost[::2], "missing")
        assert [key for key in keys_in(registry.medium) if key.startswith("prism/index/jobs/")] == lost
