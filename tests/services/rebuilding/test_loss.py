"""What cannot be made again is told, and nothing is written in its place."""

import json
from collections.abc import Callable

import pytest

from tests.services.rebuilding.rebuilt import (
    DEMO,
    Changed,
    Objects,
    bytes_of,
    cut,
    findings,
    flip,
    harm,
    keys_in,
    rebuild,
    with_analyzer,
)
from tests.worlds import World, package


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
        before = bytes_of(registry.medium, entry)

        for seconds in (60, 0):
            assert findings(rebuild(registry.fresh(), seconds=seconds)) == {manifest: "lost", entry: "lost"}
        assert bytes_of(registry.medium, entry) == before

    def test_events_of_a_head_that_were_put_aside_and_are_gone_are_told(self, registry: World) -> None:
        head = json.loads(bytes_of(registry.medium, "prism/heads/demo.json"))
        head["segments"] = [{"first": 1, "last": 1}]
        registry.medium.put("prism/heads/demo.json", json.dumps(head).encode())

        found = findings(rebuild(registry.fresh()))

        assert found == {"prism/segments/demo/000000001-000000001.json": "lost"}

    def test_a_job_that_cannot_be_read_is_told(self, registry: World) -> None:
        [key, *_] = [key for key in keys_in(registry.medium) if key.endswith("/job.json")]
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
