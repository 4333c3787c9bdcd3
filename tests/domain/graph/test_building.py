"""The tree of a project is npm's own, node by node.

`npm_trees.json` holds what npm 11.19.1 built for universes made from seeds; `python -m
tests.conformance.graphs` writes it anew, and `make conformance` asks npm about many more.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.graph.building import GraphTooDeep, GraphTooLarge, build_tree
from chalicelib.domain.graph.collation import collation_key
from chalicelib.domain.graph.packages import Failure, GraphPackage, Want
from chalicelib.domain.graph.placing import PeerConflict
from tests.domain.graph.universes import PackumentReader, graph_package, own_tree, universe

RECORDED = json.loads((Path(__file__).parent / "npm_trees.json").read_bytes())


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: f"seed-{recorded['seed']}")
def test_every_package_lies_where_npm_puts_it_in_the_version_npm_picks(recorded: dict[str, Any]) -> None:
    project, packuments = universe(recorded["seed"], recorded["count"])

    assert own_tree(project, packuments) == recorded["tree"]


class Endless:
    """A reader of two packages of which each wants the other in a higher version than the one on top."""

    def prepare(self, wants: Sequence[Want]) -> None:
        """Need nothing ahead."""

    def find(self, want: Want) -> GraphPackage | Failure:
        """Answer a package that is never at an end."""
        number = int(want.wanted.partition(".")[0])
        other = {"a": "b", "b": "a"}[want.name]
        return GraphPackage(want.name, f"{number}.0.0", dependencies={other: f"{number + 1}.0.0"})


def test_a_tree_without_a_bottom_is_refused() -> None:
    with pytest.raises(GraphTooDeep, match="more than 20 levels"):
        build_tree(GraphPackage("", "", dependencies={"a": "1.0.0"}), Endless(), max_depth=20)


def test_a_tree_of_too_many_packages_is_refused() -> None:
    names = [f"p{number}" for number in range(30)]
    packuments = {name: _packument(name, {"1.0.0": {}}) for name in names}
    project = {"dependencies": dict.fromkeys(names, "*")}

    with pytest.raises(GraphTooLarge, match="more than 20 packages"):
        build_tree(graph_package(project), PackumentReader(packuments), max_packages=20)


def test_roots_whose_peers_contradict_each_other_are_refused_with_the_way_there() -> None:
    packuments = {
        "host": _packument("host", {"1.0.0": {}, "2.0.0": {}}),
        "plugin": _packument("plugin", {"1.0.0": {"peerDependencies": {"host": "^1.0.0"}}}),
    }
    project = {"dependencies": {"host": "^2.0.0", "plugin": "*"}}

    with pytest.raises(PeerConflict) as caught:
        build_tree(graph_package(project), PackumentReader(packuments))

    assert caught.value.facts["path"] == ["root", "plugin@1.0.0"]


def test_names_sort_as_npm_sorts_them() -> None:
    ascending = ["_x", "-x", "@a/b", "a_b", "a-b", "a.b", "a/b", "a1", "a10", "a2", "ab", "b", "B"]

    shuffled = [*ascending[7:], *ascending[:7]]

    assert sorted(shuffled, key=collation_key) == ascending


def _packument(name: str, versions: dict[str, Any]) -> dict[str, Any]:
    described = {
        version: {"name": name, "version": version, "dist": {"integrity": f"{name}-{version}"}, **fields}
        for version, fields in versions.items()
    }
    return {"name": name, "dist-tags": {"latest": list(versions)[-1]}, "versions": described}
