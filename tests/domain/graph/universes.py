"""Registries made by chance from a seed: packages that conflict, want peers, optionals, aliases and each other."""

import json
import random
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.domain.facts.needs import string_map
from chalicelib.domain.graph.building import build_tree
from chalicelib.domain.graph.flags import Platform
from chalicelib.domain.graph.packages import Failure, GraphPackage, Want
from chalicelib.domain.graph.placing import PeerConflict
from chalicelib.domain.graph.tree import Node
from chalicelib.domain.picking import pick_version

TREES = Path(__file__).parents[2] / "oracles" / "trees.cjs"

NODE_VERSION = "999.0.0"
"""Satisfies all engines that name a lowest version."""

Packuments = dict[str, dict[str, Any]]


@dataclass
class State:
    """What picking needs to know of a version."""

    at: str = "2026-01-01T00:00:00.000Z"
    deprecated: str | None = None
    yanked: str | None = None
    engines: Mapping[str, Any] | None = None


@dataclass
class PackumentReader:
    """Reads packages from packuments, as the registry would from heads and manifests."""

    packuments: Packuments
    node_version: str | None = None
    asked: list[Want] = field(default_factory=list)

    def prepare(self, wants: Sequence[Want]) -> None:
        """Need nothing ahead."""

    def find(self, want: Want) -> GraphPackage | Failure:
        """Answer what npm's rules pick."""
        self.asked.append(want)
        packument = self.packuments.get(want.name)
        if packument is None:
            return Failure("package_not_found", f"no `{want.name}`")
        states = {
            version: State(deprecated=about.get("deprecated"), engines=about.get("engines"))
            for version, about in packument["versions"].items()
        }
        picked = pick_version(
            states, packument["dist-tags"], want.kind, want.wanted, node_version=self.node_version
        )
        if picked is None:
            return Failure("version_not_found", f"no `{want}`")
        return graph_package(packument["versions"][picked])


def graph_package(fields: Mapping[str, Any]) -> GraphPackage:
    """Answer a package.json as a graph sees it."""
    meta = fields.get("peerDependenciesMeta", {})
    return GraphPackage(
        name=fields.get("name", ""),
        version=fields.get("version", ""),
        integrity=fields.get("dist", {}).get("integrity", ""),
        dependencies=fields.get("dependencies", {}),
        optional=fields.get("optionalDependencies", {}),
        peers=fields.get("peerDependencies", {}),
        optional_peers=frozenset(name for name, about in meta.items() if about.get("optional")),
        development=fields.get("devDependencies", {}),
        engines=string_map(fields.get("engines")),
        os=_listed(fields.get("os", ())),
        cpu=_listed(fields.get("cpu", ())),
        libc=_listed(fields.get("libc", ())),
    )


def _listed(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def universe(seed: int, count: int = 40) -> tuple[dict[str, Any], Packuments]:
    """Answer a project and the packuments of so many packages."""
    chance = random.Random(seed)
    names = [f"p{number:02d}" if number % 7 else f"@s/p{number:02d}" for number in range(count)]
    versions = {name: _versions(chance) for name in names}
    packuments: Packuments = {}
    for name in names:
        described = {version: _package(chance, name, version, names, versions) for version in versions[name]}
        packuments[name] = {
            "name": name,
            "dist-tags": {"latest": chance.choice(versions[name][-2:])},
            "versions": described,
        }
    common = [name for name in names if name not in _natives(names)]
    roots = chance.sample(common, chance.randint(2, 8))
    project: dict[str, Any] = {"dependencies": {name: _range(chance, versions[name]) for name in roots}}
    dev = [name for name in chance.sample(common, 3) if name not in roots]
    project["devDependencies"] = {name: _range(chance, versions[name]) for name in dev}
    return project, packuments


def _natives(names: list[str]) -> list[str]:
    """Answer the packages that are made for another platform; only optional dependencies lead to them."""
    return names[4::11]


def _versions(chance: random.Random) -> list[str]:
    return [
        f"{major}.{minor}.0"
        for major in range(1, chance.randint(2, 5))
        for minor in range(chance.randint(1, 3))
    ]


def _package(
    chance: random.Random, name: str, version: str, names: list[str], versions: Mapping[str, list[str]]
) -> dict[str, Any]:
    own = names.index(name)
    others = [other for other in names if other != name and other not in _natives(names)]
    fields: dict[str, Any] = {"name": name, "version": version}
    dependencies = {
        other: _range(chance, versions[other])
        for other in chance.sample(others, chance.choice([0, 0, 1, 1, 2, 3]))
    }
    if chance.random() < 0.1:
        target = chance.choice(others)
        dependencies[f"alias-{target.rpartition('/')[2]}"] = (
            f"npm:{target}@{_range(chance, versions[target])}"
        )
    fields["dependencies"] = dependencies
    if chance.random() < 0.2:
        peers = [other for other in chance.sample(others, chance.randint(1, 2)) if names.index(other) < own]
        fields["peerDependencies"] = {other: _wide(chance, versions[other]) for other in peers}
        if chance.random() < 0.4:
            fields["peerDependenciesMeta"] = {other: {"optional": True} for other in peers[:1]}
    if chance.random() < 0.15:
        other = chance.choice([*others, "missing", *_natives(names)])
        wanted = _range(chance, versions[other]) if other in versions else "^1.0.0"
        fields["optionalDependencies"] = {other: wanted}
        fields["dependencies"].pop(other, None)
    if chance.random() < 0.05:
        fields["deprecated"] = "old"
    if name in _natives(names):
        fields |= {"os": ["darwin"], "dependencies": {}, "peerDependencies": {}}
    fields["dist"] = {
        "integrity": f"sha512-{name}-{version}",
        "tarball": f"http://127.0.0.1/{name}/-/{version}.tgz",
    }
    return fields


def _range(chance: random.Random, versions: list[str]) -> str:
    version = chance.choice(versions)
    return chance.choice(
        [f"^{version}", f"^{version}", f"~{version}", version, "*", f">={version}", "latest"]
    )


def _wide(chance: random.Random, versions: list[str]) -> str:
    version = chance.choice(versions)
    return chance.choice([f"^{version}", f">={version}", "*", f"^{version} || ^{versions[-1]}"])


def npm_trees(
    cases: Sequence[tuple[Mapping[str, Any], Packuments]], *, node_version: str = NODE_VERSION
) -> list[dict[str, Any]]:
    """Answer npm's own tree of each project."""
    engines = {"node": node_version}
    lines = "".join(
        json.dumps({"project": project, "packuments": packuments, "engines": engines}) + "\n"
        for project, packuments in cases
    )
    done = subprocess.run(["node", str(TREES)], input=lines.encode(), capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def own_tree(
    project: Mapping[str, Any],
    packuments: Packuments,
    *,
    node_version: str = NODE_VERSION,
    reader: PackumentReader | None = None,
) -> dict[str, Any] | str:
    """Answer the tree that this registry makes, as `told` tells npm's: a map of folders, or an error's code."""
    platform = Platform(node=node_version, os="linux", cpu="x64", libc="glibc")
    reader = reader or PackumentReader(packuments, node_version=node_version)
    try:
        root = build_tree(graph_package(project), reader, platform=platform)
    except PeerConflict:
        return "ERESOLVE"
    needed = [node for node in root.below() if node.failure is not None and not node.optional]
    if needed:
        failure = needed[0].failure
        return "E404" if failure is not None and failure.code == "package_not_found" else "ETARGET"
    return {
        node.location: _line(node.package.name, node.version, flags_of(node))
        for node in sorted(root.below(), key=lambda node: node.location)
        if node is not root and node.package is not None
    }


def told(answer: Mapping[str, Any]) -> dict[str, Any] | str:
    """Answer what npm answered in the form of `own_tree`."""
    if "error" in answer:
        return str(answer["error"])
    packages = answer["packages"]
    return {
        path: _line(packages[path]["name"], packages[path]["version"], packages[path])
        for path in sorted(packages)
    }


def flags_of(node: Node) -> dict[str, bool]:
    """Answer the flags of a node."""
    return {"optional": node.optional, "dev": node.dev, "peer": node.peer, "inert": node.inert}


def _line(name: str, version: str, flags: Mapping[str, Any]) -> str:
    marks = [mark for mark in ("dev", "optional", "peer", "inert") if flags[mark]]
    return " ".join([f"{name}@{version}", *marks])
