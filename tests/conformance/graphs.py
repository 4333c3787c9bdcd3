"""Which packages npm installs where: registries made from a seed, and a real application.

The application is resolved three times from the same packuments: by `npm install` in an empty folder, by the tree
builder over them, and by a registry into which they were published.

    python -m tests.conformance.graphs          write what `make test` compares with
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from chalicelib.domain.graph.documents import LockedPlatform
from chalicelib.domain.names import PackageName
from chalicelib.services.graphing import GraphRequest
from tests.conformance.application import APPLICATION, application_state, node_version, npm_lock
from tests.conformance.comparing import Compared
from tests.domain.graph.universes import Packuments, npm_trees, own_tree, told, universe
from tests.worlds import World, memory_world, publish

RECORDED: Final = Path(__file__).parents[1] / "domain" / "graph" / "npm_trees.json"
RECORDED_SEEDS: Final = range(12)
COUNT: Final = 40
BATCH: Final = 50
FLAGS: Final = ("dev", "optional", "peer")


def compare_universes(seeds: Sequence[int]) -> Iterator[Compared]:
    """Compare every package of registries made from seeds: where it lies, in which version, and with what flags."""
    for start in range(0, len(seeds), BATCH):
        batch = seeds[start : start + BATCH]
        cases = [universe(seed, COUNT) for seed in batch]
        for seed, case, answer in zip(batch, cases, npm_trees(cases), strict=True):
            yield from _compared("generated graphs", "tree", f"seed {seed}", own_tree(*case), told(answer))


def compare_application() -> Iterator[Compared]:
    """Compare every package of the application."""
    packuments = application_state()
    # The lock does not tell what npm leaves out for the platform, which is for whoever installs from it.
    here = _without_inert(own_tree(APPLICATION, packuments, node_version=node_version()))
    there = npm_lock(packuments)
    yield from _compared("application", "tree builder", "", here, there)
    yield from _compared("application", "registry", "", _by_registry(packuments), there)


def _compared(area: str, mode: str, where: str, ours: Any, theirs: Any) -> Iterator[Compared]:
    """Answer a case for each folder; a project that npm refuses is one case, equal if it is refused for the same."""
    if isinstance(ours, str) or isinstance(theirs, str):
        yield Compared(area, "npm", mode, where, _refusal(ours), _refusal(theirs), {})
        return
    for path in sorted(ours.keys() | theirs.keys()):
        yield Compared(area, "npm", mode, f"{where} {path}".strip(), ours.get(path), theirs.get(path), {})


def _refusal(tree: Any) -> str:
    return tree if isinstance(tree, str) else f"{len(tree)} packages"


def _without_inert(tree: dict[str, Any] | str) -> dict[str, str] | str:
    if isinstance(tree, str):
        return tree
    return {path: line.removesuffix(" inert") for path, line in tree.items()}


def _by_registry(packuments: Packuments) -> dict[str, str]:
    world = memory_world()
    _publish_all(world, packuments)
    graph = world.fresh().graphing.graph(
        GraphRequest(
            specs=_specs("dependencies"),
            dev_specs=_specs("devDependencies"),
            platform=LockedPlatform(node=node_version()),
        )
    )
    return {
        node.path: " ".join([f"{node.name}@{node.version}", *(flag for flag in FLAGS if getattr(node, flag))])
        for node in graph.nodes
    }


def _publish_all(world: World, packuments: Packuments) -> None:
    for name, packument in packuments.items():
        for version, fields in packument["versions"].items():
            kept = {key: value for key, value in fields.items() if key not in {"name", "version", "dist"}}
            publish(world.container, version, name=name, tag="unused", **kept)
            if fields.get("deprecated"):
                world.container.curating.deprecate(
                    PackageName(name), version, fields["deprecated"], actor="alice"
                )
        for tag, version in packument["dist-tags"].items():
            world.container.curating.tag(PackageName(name), tag, version, actor="alice")


def _specs(group: str) -> list[str]:
    return [f"{name}@{wanted}" for name, wanted in APPLICATION[group].items()]


def record() -> None:
    """Write what npm makes of the first universes."""
    cases: list[tuple[Mapping[str, Any], Packuments]] = [universe(seed, COUNT) for seed in RECORDED_SEEDS]
    trees = [
        {"seed": seed, "count": COUNT, "tree": told(answer)}
        for seed, answer in zip(RECORDED_SEEDS, npm_trees(cases), strict=True)
    ]
    RECORDED.write_text(json.dumps(trees, indent=1) + "\n")


if __name__ == "__main__":
    record()
