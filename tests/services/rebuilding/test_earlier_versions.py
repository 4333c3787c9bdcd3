"""What is said of a version depends on the one before."""

from collections.abc import Callable

import pytest

from tests.services.rebuilding.rebuilt import Objects, bytes_of, cut, findings, flip, harm, rebuild
from tests.worlds import World


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
        before = bytes_of(registry.medium, later)
        harm(registry, earlier, flip(b"lib/a.js"))
        registry.medium.delete(later)

        registry.fresh().rebuilding.portion(check=False, after="packages demo 1.0.0")

        assert bytes_of(registry.medium, later) == before

    def test_in_a_check_a_chain_of_missing_versions_is_told_as_missing(self, registry: World) -> None:
        wanted = {f"prism/metadata/demo/{version}.json" for version in ("1.0.0", "1.1.0", "2.0.0-rc.1")}
        Objects.of(registry).remove(wanted)

        portions = rebuild(registry.fresh(), check=True, seconds=0)

        assert findings(portions) == dict.fromkeys(wanted, "missing")
