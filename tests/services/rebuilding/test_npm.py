"""What npm's clients read is made again, and follows from heads, texts and the registry's address."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain.head import Head
from chalicelib.npm.packuments import FORMS, Packument, seen, unpacks_to_the_same
from chalicelib.npm.versions import VersionText
from chalicelib.storage.port import NOT_MODIFIED
from tests.services.rebuilding.rebuilt import (
    DEMO,
    WRITES,
    Objects,
    bytes_of,
    cut,
    filled,
    findings,
    flip,
    flip_at,
    harm,
    rebuild,
)
from tests.worlds import World, memory_world, publish, world

FULL, ABBREVIATED = "prism/npm/demo/full.json.gz", "prism/npm/demo/abbreviated.json.gz"
TEXT = "prism/npm/demo/versions/1.1.0.jsonl"
RING = "prism/access/signing/keys.json"


class TestNpm:
    """Texts and packuments."""

    @pytest.mark.parametrize(
        ("key", "change"),
        [
            pytest.param(TEXT, flip(b"Does things"), id="text-that-reads"),
            pytest.param(TEXT, cut, id="text-cut-off"),
            pytest.param(TEXT, lambda _: b"", id="text-empty"),
            pytest.param(FULL, flip_at(-40), id="full-late"),
            pytest.param(FULL, flip_at(60), id="full-its-header"),
            pytest.param(FULL, cut, id="full-cut-off"),
            pytest.param(ABBREVIATED, lambda _: b"", id="abbreviated-empty"),
            pytest.param(ABBREVIATED, lambda _: b"\x1f\x8b\x08", id="abbreviated-three-bytes"),
            pytest.param(ABBREVIATED, lambda data: data + b"x", id="abbreviated-longer"),
        ],
    )
    @pytest.mark.parametrize("seconds", [60, 0])
    def test_damage_is_found_by_a_check_and_repaired(
        self, registry: World, key: str, change: Callable[[bytes], bytes], seconds: int
    ) -> None:
        before = Objects.of(registry).read()
        harm(registry, key, change)

        check = rebuild(registry.fresh(), check=True, seconds=seconds)
        repair = rebuild(registry.fresh(), seconds=seconds)

        assert findings(check) == findings(repair) == {key: "corrupt"}
        assert Objects.of(registry).read() == before

    def test_a_packument_that_was_rendered_from_a_damaged_text_is_rendered_again(
        self, registry: World
    ) -> None:
        before = Objects.of(registry).read()
        harm(registry, TEXT, flip(b"Does things"))
        registry.medium.delete(FULL)
        head = registry.fresh().heads.get(DEMO)
        assert head is not None
        registry.fresh().rendering.follow(head)
        assert bytes_of(registry.medium, FULL) != before[FULL]

        found = findings(rebuild(registry.fresh()))

        assert found == {TEXT: "corrupt", FULL: "corrupt"}
        assert Objects.of(registry).read() == before

    def test_what_was_marked_tagged_and_unpublished_is_rendered_anew_as_it_was_bit_by_bit(
        self, registry: World
    ) -> None:
        process = registry.container
        process.curating.deprecate(DEMO, "1.0.0", "old", actor="Alice")
        process.curating.tag(DEMO, "stable", "1.1.0", actor="Alice")
        unpublish(registry, "1.0.0")
        for number in range(70):
            publish(registry.container, f"3.0.{number}")
        unpublish(registry, "3.0.7")
        objects = Objects.of(registry)
        before = objects.read()
        objects.remove({key for key in before if key.startswith("prism/npm/")})

        rebuild(registry.fresh())

        assert objects.read() == before

    def test_packuments_for_another_address_are_rendered_for_the_present_one(self, registry: World) -> None:
        moved = world(replace(registry.settings, registry_url="https://packages.example"), registry.medium)

        [check] = rebuild(moved.fresh(), check=True)
        rebuild(moved.fresh())

        assert findings([check]) == {
            f"prism/npm/{name}/{form}.json.gz": "corrupt" for name in (DEMO, "@acme/widget") for form in FORMS
        }
        assert check.findings[0].detail is not None
        assert "`https://packages.example/npm/`" in check.findings[0].detail
        assert seen(bytes_of(registry.medium, FULL)).base == "https://packages.example/npm/"
        assert findings(rebuild(moved.fresh(), check=True)) == {}

    def test_a_packument_behind_its_head_is_missing_what_came_since(self, registry: World) -> None:
        old = bytes_of(registry.medium, FULL)
        publish(registry.container, "3.0.0")
        now = bytes_of(registry.medium, FULL)
        registry.medium.put(FULL, old)

        assert findings(rebuild(registry.fresh())) == {FULL: "missing"}
        assert bytes_of(registry.medium, FULL) == now

    def test_a_packument_ahead_of_a_head_that_was_restored_follows_it_back(self, registry: World) -> None:
        head, before = "prism/heads/demo.json", bytes_of(registry.medium, FULL)
        old = bytes_of(registry.medium, head)
        registry.container.curating.tag(DEMO, "stable", "1.1.0", actor="Alice")
        registry.medium.put(head, old)

        found = findings(rebuild(registry.fresh()))

        entry = "prism/index/tail/demo/000000003.json"
        assert found == {FULL: "corrupt", ABBREVIATED: "corrupt", entry: "corrupt"}
        assert bytes_of(registry.medium, FULL) == before

    def test_what_another_compressor_made_of_the_same_is_kept(
        self, registry: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr("chalicelib.npm.gzipping.LEVEL", 1)
            made = filled(memory_world())
        theirs, ours = bytes_of(made.medium, FULL), bytes_of(registry.medium, FULL)
        assert theirs != ours

        [portion] = rebuild(made.fresh())

        assert portion.findings == []
        assert portion.counts["packument"].get("kept", 0) > 0
        assert bytes_of(made.medium, FULL) == theirs

    def test_a_copy_of_another_registry_is_left_alone(self, registry: World) -> None:
        copy = Packument("full", "demo", "https://elsewhere.example/", facts={"origin": "upstream"})
        registry.medium.put(FULL, copy.to_bytes(Head(name="demo").view, None))
        before = bytes_of(registry.medium, FULL)

        assert findings(rebuild(registry.fresh())) == {}
        assert bytes_of(registry.medium, FULL) == before

    def test_texts_of_a_lost_tarball_go_on_being_told(self, registry: World) -> None:
        registry.medium.delete("prism/tarballs/demo/1.1.0.tgz")
        registry.medium.delete(FULL)

        found = findings(rebuild(registry.fresh()))

        assert found == {"prism/tarballs/demo/1.1.0.tgz": "lost", FULL: "missing"}
        assert VersionText.from_bytes(bytes_of(registry.medium, TEXT))

    def test_a_packument_whose_text_and_tarball_are_gone_is_lost(self, registry: World) -> None:
        for key in (TEXT, "prism/tarballs/demo/1.1.0.tgz"):
            registry.medium.delete(key)
        before = Objects.of(registry).read()

        found = findings(rebuild(registry.fresh()))

        assert found == {"prism/tarballs/demo/1.1.0.tgz": "lost", FULL: "lost", ABBREVIATED: "lost"}
        assert Objects.of(registry).read() == before

    def test_a_text_is_not_made_from_a_manifest_that_was_changed(self, registry: World) -> None:
        manifest = "prism/manifests/demo/1.1.0.json"
        registry.medium.delete(TEXT)
        harm(registry, manifest, flip(b"Alice"))

        found = findings(rebuild(registry.fresh()))

        assert found == {manifest: "lost", FULL: "lost", ABBREVIATED: "lost"}

    def test_a_check_makes_no_key_where_there_is_none(self, registry: World) -> None:
        registry.medium.delete(RING)
        registry.store.reset()

        rebuild(registry.fresh(), check=True)

        assert WRITES & {call.verb for call in registry.store.calls} == set()

    def test_after_the_loss_of_the_keys_everything_is_signed_by_a_new_one(self, registry: World) -> None:
        registry.medium.delete(RING)

        rebuild(registry.fresh())

        [key] = registry.fresh().signing.public_keys()
        text = VersionText.from_bytes(bytes_of(registry.medium, TEXT))
        assert key.keyid.encode() in text.full
        assert findings(rebuild(registry.fresh(), check=True)) == {}

    def test_the_bytes_of_what_was_unpublished_go_when_the_packument_comes_back(
        self, registry: World
    ) -> None:
        lost = bytes_of(registry.medium, "prism/tarballs/demo/1.0.0.tgz")
        unpublish(registry, "1.0.0")
        registry.medium.put("prism/tarballs/demo/1.0.0.tgz", lost)  # as if nobody had erased it
        registry.medium.delete(FULL)

        rebuild(registry.fresh())

        assert "prism/tarballs/demo/1.0.0.tgz" not in Objects.of(registry).read()


def unpublish(made: World, version: str) -> None:
    """Unpublish a version as npm does."""
    process = made.container
    head = process.heads.get(DEMO)
    assert head is not None
    kept: dict[str, object] = {number: {} for number in head.view.versions if number != version}
    process.npm_writing.keep(DEMO, str(head.seq), {"versions": kept}, actor="Alice")


def test_packuments_of_different_content_are_not_the_same() -> None:
    made = filled(memory_world())
    found = made.medium.get(FULL)
    assert found is not NOT_MODIFIED
    other = made.medium.get(ABBREVIATED)
    assert other is not NOT_MODIFIED

    assert unpacks_to_the_same(found.data, found.data)
    assert not unpacks_to_the_same(found.data, other.data)
    assert not unpacks_to_the_same(found.data, found.data[:-5])
