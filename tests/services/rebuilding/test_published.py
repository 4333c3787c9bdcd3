"""What was published stays, whatever analyzers say of it now."""

import pytest

from chalicelib.domain import deflating
from tests.services.rebuilding.rebuilt import (
    Changed,
    Objects,
    filled,
    findings,
    rebuild,
    versions,
    with_analyzer,
)
from tests.worlds import World, memory_world


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
            elsewhere.setattr(deflating, "LEVEL", 3)  # as another processor or another isal may compress
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
