"""Compares dependency graphs with npm's, node by node: of universes made from seeds, and of a real application.

    python -m tests.conformance_graph                 # both; the application's packuments are fetched once, by npm
    python -m tests.conformance_graph --seeds 500     # more universes
    python -m tests.conformance_graph --record        # write what `make test` compares with

The application is resolved three times from the same packuments: by npm, by the tree builder over them, and by a
registry in memory into which all versions that matter were published.
"""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from chalicelib.domain.errors import InvalidVersion
from chalicelib.domain.graph.documents import LockedPlatform
from chalicelib.domain.graph.packages import Want
from chalicelib.domain.names import PackageName
from chalicelib.domain.semver.versions import version_key
from chalicelib.services.graphing import GraphRequest
from tests.domain.graph.universes import (
    PackumentReader,
    Packuments,
    npm_trees,
    own_tree,
    told,
    universe,
)
from tests.worlds import World, memory_world, publish

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache" / "graph"
STATE = CACHE / "packuments.json.gz"
RECORDED = Path(__file__).parent / "domain" / "graph" / "npm_trees.json"
PACKUMENTS = Path(__file__).parent / "oracles" / "packuments.cjs"
RECORDED_SEEDS = range(12)
COUNT = 40
BATCH = 50
NEIGHBOURS = 3
"""Versions beside each one that is picked, so that there is something to pick from."""
NODE_VERSION = "20.20.2"

APPLICATION: dict[str, dict[str, str]] = {
    "dependencies": {
        "@reduxjs/toolkit": "^2.0.0",
        "axios": "^1.0.0",
        "chalk": "^4.0.0",
        "commander": "^12.0.0",
        "debug": "^4.0.0",
        "express": "^4.0.0",
        "glob": "^10.0.0",
        "got": "^14.0.0",
        "lodash": "^4.0.0",
        "pino": "^9.0.0",
        "react": "^18.0.0",
        "react-dom": "^18.0.0",
        "react-redux": "^9.0.0",
        "react-router-dom": "^6.0.0",
        "semver": "^7.0.0",
        "uuid": "^11.0.0",
        "yargs": "^17.0.0",
    },
    "devDependencies": {
        "@babel/core": "^7.0.0",
        "@babel/preset-env": "^7.0.0",
        "autoprefixer": "^10.0.0",
        "babel-loader": "^9.0.0",
        "css-loader": "^7.0.0",
        "eslint": "^8.0.0",
        "eslint-plugin-import": "^2.0.0",
        "eslint-plugin-react": "^7.0.0",
        "jest": "^29.0.0",
        "mocha": "^10.0.0",
        "postcss": "^8.0.0",
        "rollup": "^4.0.0",
        "typescript": "^5.0.0",
        "vite": "^5.0.0",
        "webpack": "^5.0.0",
        "webpack-cli": "^5.0.0",
        "webpack-dev-server": "^5.0.0",
    },
}


def compare_universes(seeds: Sequence[int]) -> bool:
    """Compare universes; tells what differs and answers whether nothing does."""
    agreed = nodes = refused = 0
    for start in range(0, len(seeds), BATCH):
        batch = seeds[start : start + BATCH]
        cases = [universe(seed, COUNT) for seed in batch]
        for seed, case, answer in zip(batch, cases, npm_trees(cases), strict=True):
            expected, found = told(answer), own_tree(*case)
            refused += isinstance(expected, str)
            nodes += 0 if isinstance(expected, str) else len(expected)
            agreed += expected == found
            if expected != found:
                print(f"seed {seed}: {list(_differences(expected, found))[:5]}")
    print(f"universes: {agreed} of {len(seeds)} agree, {nodes} packages, {refused} refused by npm")
    return agreed == len(seeds)


def compare_application() -> bool:
    """Compare the application; tells what differs and answers whether nothing does."""
    packuments = application_state()
    (answer,) = npm_trees([(APPLICATION, packuments)], node_version=NODE_VERSION)
    expected = told(answer)
    same = _told_of("tree builder", expected, own_tree(APPLICATION, packuments, node_version=NODE_VERSION))
    return _told_of("registry", expected, _by_registry(packuments), flags=False) and same


def application_state() -> Packuments:
    """Answer the packuments that the application is resolved from: what can be picked, and versions beside it."""
    if not STATE.exists():
        whole = _fetched()
        STATE.write_bytes(gzip.compress(json.dumps(_trimmed(whole)).encode()))
    state: Packuments = json.loads(gzip.decompress(STATE.read_bytes()))
    return state


def _fetched() -> Packuments:
    """Let npm resolve the application, and answer the packuments it has asked for."""
    cache = CACHE / "npm"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "package.json").write_text(json.dumps(APPLICATION))
        command = [
            "npm",
            "install",
            "--package-lock-only",
            "--ignore-scripts",
            "--no-audit",
            "--prefer-offline",
        ]
        subprocess.run([*command, "--cache", str(cache)], cwd=folder, check=True)
    done = subprocess.run(["node", str(PACKUMENTS), str(cache)], capture_output=True, check=True)
    return {packument["name"]: packument for packument in map(json.loads, done.stdout.splitlines())}


def _trimmed(whole: Packuments) -> Packuments:
    """Keep the versions that were picked, the latest ones, and some beside them."""
    reader = PackumentReader(whole, node_version=NODE_VERSION)
    own_tree(APPLICATION, whole, reader=reader)
    return {
        name: _with_versions(whole[name], [want for want in reader.asked if want.name == name], reader)
        for name in sorted({want.name for want in reader.asked} & whole.keys())
    }


def _with_versions(
    packument: Mapping[str, Any], wants: Sequence[Want], reader: PackumentReader
) -> dict[str, Any]:
    ascending = sorted(filter(_is_strict, packument["versions"]), key=version_key)
    picks = {packument["dist-tags"]["latest"]}
    for want in dict.fromkeys(wants):
        found = reader.find(want)
        picks |= {getattr(found, "version", "")} & packument["versions"].keys()
    kept: set[str] = set()
    for version in picks:
        if version not in ascending:
            kept.add(version)
            continue
        place = ascending.index(version)
        kept |= {version, *ascending[max(0, place - NEIGHBOURS) : place + NEIGHBOURS + 1]}
    tags = {tag: to for tag, to in packument["dist-tags"].items() if to in kept}
    versions = {
        version: packument["versions"][version] for version in packument["versions"] if version in kept
    }
    return {"name": packument["name"], "dist-tags": tags, "versions": versions}


def _is_strict(version: str) -> bool:
    try:
        version_key(version)
    except InvalidVersion:
        return False
    return True


def _by_registry(packuments: Packuments) -> dict[str, str]:
    world = memory_world()
    _publish_all(world, packuments)
    container = world.fresh()
    world.store.reset()
    graph = container.graphing.graph(
        GraphRequest(
            specs=_specs("dependencies"),
            dev_specs=_specs("devDependencies"),
            platform=LockedPlatform(node=NODE_VERSION),
        )
    )
    print(
        f"registry: {len(graph.nodes)} packages, {len(world.store.calls)} reads, {len(graph.problems)} problems"
    )
    return {node.path: f"{node.name}@{node.version}" for node in graph.nodes}


def _publish_all(world: World, packuments: Packuments) -> None:
    for name, packument in packuments.items():
        for version, fields in packument["versions"].items():
            described = {
                key: value for key, value in fields.items() if key not in {"name", "version", "dist"}
            }
            publish(world.container, version, name=name, tag="unused", **described)
            if fields.get("deprecated"):
                world.container.curating.deprecate(
                    PackageName(name), version, fields["deprecated"], actor="alice"
                )
        for tag, version in packument["dist-tags"].items():
            world.container.curating.tag(PackageName(name), tag, version, actor="alice")


def _specs(group: str) -> list[str]:
    return [f"{name}@{wanted}" for name, wanted in APPLICATION[group].items()]


def _told_of(who: str, expected: Any, found: Any, *, flags: bool = True) -> bool:
    if not flags and isinstance(expected, dict):
        expected = {path: line.partition(" ")[0] for path, line in expected.items()}
    differences = list(_differences(expected, found))
    for difference in differences[:20]:
        print(difference)
    size = len(expected) if isinstance(expected, dict) else 0
    print(f"{who}: {size - len(differences)} of {size} packages of the application as npm has them")
    return not differences


def _differences(expected: Any, found: Any) -> Iterator[str]:
    if isinstance(expected, str) or isinstance(found, str):
        if expected != found:
            yield f"npm {str(expected)[:40]}, here {str(found)[:40]}"
        return
    for path in sorted(expected.keys() | found.keys()):
        if expected.get(path) != found.get(path):
            yield f"{path}: npm {expected.get(path)}, here {found.get(path)}"


def record() -> None:
    """Write what npm makes of the first universes."""
    cases = [universe(seed, COUNT) for seed in RECORDED_SEEDS]
    trees = [
        {"seed": seed, "count": COUNT, "tree": told(answer)}
        for seed, answer in zip(RECORDED_SEEDS, npm_trees(cases), strict=True)
    ]
    RECORDED.write_text(json.dumps(trees, indent=1) + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, or record; answers 0 if all agrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many universes to compare")
    parser.add_argument("--record", action="store_true", help="write what the tests compare with")
    options = parser.parse_args(arguments)
    if options.record:
        record()
        return 0
    agrees = [compare_universes(range(100, 100 + options.seeds)), compare_application()]
    return 0 if all(agrees) else 1


if __name__ == "__main__":
    sys.exit(main())
