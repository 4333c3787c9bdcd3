"""A finished tree, as it is told: nodes, problems, the import map and the lock."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final
from urllib.parse import quote

from chalicelib.domain.errors import EntryNotFound
from chalicelib.domain.graph.building import problems as unmet
from chalicelib.domain.graph.documents import (
    GraphEntry,
    GraphNode,
    GraphProblem,
    ImportMap,
    Lock,
    LockedPackage,
    LockedRequest,
    Omitted,
)
from chalicelib.domain.graph.flags import Platform
from chalicelib.domain.graph.importmaps import Importable, own_names, specifiers
from chalicelib.domain.graph.packages import Failure
from chalicelib.domain.graph.placing import wanted_by
from chalicelib.domain.graph.tree import Edge, Node
from chalicelib.domain.resolution.entry import resolve_entry
from chalicelib.domain.resolution.exports import counts_as_exports
from chalicelib.domain.resolution.imports import Outside
from chalicelib.domain.resolution.profiles import PROFILES, Profile
from chalicelib.services.graphing.reads import Reads
from chalicelib.services.graphing.request import GraphRequest
from chalicelib.stores.manifests import StoredManifest

_UNPLACED: Final = Failure("unresolved", "there is no place for it, as packages displace each other")


class Found:
    """A finished tree, as it is told."""

    def __init__(
        self,
        root: Node,
        reads: Reads,
        request: GraphRequest,
        locked: LockedRequest,
        profiles: Sequence[Profile],
    ) -> None:
        self._root = root
        self._reads = reads
        self._request = request
        self._locked = locked
        self._profiles = profiles
        present = [node for node in root.below() if node is not root and _is_installed(node, locked.omit)]
        self.nodes = sorted(present, key=lambda node: node.location)
        self.kept = frozenset(self.nodes)
        self._known: dict[tuple[str, Node], Mapping[str, str | None]] = {}

    def node(self, node: Node) -> GraphNode:
        """Answer one node."""
        stored = self._reads.manifest(node)
        manifest = stored.manifest
        state = self._reads.state(manifest.name, manifest.version)
        return GraphNode(
            id=f"{manifest.name}@{manifest.version}",
            path=node.location,
            name=manifest.name,
            version=manifest.version,
            integrity=manifest.integrity,
            tarball=f"{self._request.base}/v1/packages/{quote(manifest.name, safe='@')}/{manifest.version}.tgz",
            dependencies=self._dependencies(node),
            entries=self._entries(stored),
            **_flags(node),
            deprecated=state.deprecated if state else None,
            yanked=state.yanked if state else None,
        )

    def lock(self, moment: str) -> Lock:
        """Answer the lock."""
        return Lock(
            as_of=moment,
            request=self._locked,
            packages={node.location: self._locked_package(node) for node in self.nodes},
            problems=self.problems(None),
        )

    def importmap(self) -> ImportMap:
        """Answer the import map, for Deno if it was asked for and else for browsers; scopes tell what differs."""
        names = {profile.name for profile in self._profiles}
        profile = PROFILES["browser" if "browser" in names or "deno" not in names else "deno"]
        top = {
            node.name: self._addresses(node.name, node, profile) for node in self.nodes if self._is_top(node)
        }
        imports = {name: address for addresses in top.values() for name, address in addresses.items()}
        scopes: dict[str, dict[str, str | None]] = {}
        for node in self.nodes:
            seen = self._seen_by(node, profile)
            scope = {name: address for name, address in seen.items() if imports.get(name, "") != address}
            if scope:
                scopes.setdefault(f"{self._folder(node)}/", scope)
        return ImportMap(imports=imports, scopes=scopes)

    def _seen_by(self, node: Node, profile: Profile) -> dict[str, str | None]:
        """Answer what a node imports otherwise than everybody: from packages that are not on top, and from itself."""
        seen: dict[str, str | None] = {}
        stored = self._reads.manifest(node)
        if not self._is_top(node) and counts_as_exports(stored.manifest.exports, profile.targets):
            seen |= self._addresses(stored.manifest.name, node, profile)
        for edge in node.edges_out.values():
            if edge.to in self.kept and not self._is_top(edge.to):
                seen |= self._addresses(edge.name, edge.to, profile)
        return seen | own_names(self._importable(stored), profile, partial(self._left, node, profile))

    def _left(self, node: Node, profile: Profile, outside: Outside) -> str | None:
        """Answer the address that a name of a node's `imports` leads to outside the node."""
        if outside.kind == "builtin":
            return outside.specifier
        edge = node.edges_out.get(outside.name)
        if edge is None or edge.to not in self.kept:
            return None
        return self._addresses(edge.name, edge.to, profile).get(outside.specifier)

    def problems(self, platform: Platform | None) -> list[GraphProblem]:
        """Answer the packages that cannot be had, and those that are needed and do not run on the platform."""
        found = []
        for node in self._root.below():
            if node is self._root or node.inert:
                continue
            if node.failure is not None:
                found.append(_problem(node, node.failure))
            elif platform is not None and node.package is not None and not platform.carries(node.package):
                detail = f"`{node.name}@{node.version}` does not run on this platform"
                found.append(_problem(node, Failure("unsupported_platform", detail)))
        for node in (self._root, *self.nodes):
            found += [
                _problem_of(edge, _UNPLACED) for edge in unmet(node) if edge.to is None and not edge.optional
            ]
        return sorted(found, key=lambda problem: (problem.path, problem.name))

    def warnings(self) -> list[GraphProblem]:
        """Answer the peers that are not what is wanted of them."""
        found = []
        for node in self.nodes:
            for edge in node.edges_out.values():
                if edge.peer and edge.to is not None and not edge.valid and edge.to.package is not None:
                    detail = f"`{edge.to.name}@{edge.to.version}` is there instead, as npm installs it too"
                    found.append(_problem_of(edge, Failure("peer_overridden", detail)))
        return sorted(found, key=lambda problem: (problem.path, problem.name))

    def _is_top(self, node: Node) -> bool:
        return node.parent is self._root

    def _dependencies(self, node: Node) -> dict[str, str]:
        """Answer the folders that answer to a node's imports."""
        return {
            name: edge.to.location
            for name, edge in sorted(node.edges_out.items())
            if edge.to is not None and edge.to in self.kept
        }

    def _locked_package(self, node: Node) -> LockedPackage:
        assert node.package is not None
        state = self._reads.state(node.package.name, node.version)
        dependencies = self._dependencies(node)
        return LockedPackage(
            name=node.package.name,
            version=node.version,
            integrity=node.package.integrity,
            dependencies=dependencies,
            wanted={name: node.edges_out[name].text for name in dependencies},
            **_flags(node),
            deprecated=state.deprecated if state else None,
            yanked=state.yanked if state else None,
        )

    def _entries(self, stored: StoredManifest) -> dict[str, GraphEntry]:
        entries = {}
        for profile in self._profiles:
            try:
                entry = resolve_entry(stored.manifest, stored.files, profile=profile, mode=self._request.mode)
            except EntryNotFound:
                continue
            root = self._root_of(stored)
            entries[profile.name] = GraphEntry(url=f"{root}/{quote(entry.path)}", format=entry.format)
        return entries

    def _addresses(self, name: str, node: Node, profile: Profile) -> Mapping[str, str | None]:
        key = (name, node)
        if key not in self._known:
            self._known[key] = specifiers(name, self._importable(self._reads.manifest(node)), profile)
        return self._known[key]

    def _importable(self, stored: StoredManifest) -> Importable:
        return Importable(stored.manifest, stored.files, self._root_of(stored))

    def _folder(self, node: Node) -> str:
        return self._root_of(self._reads.manifest(node))

    def _root_of(self, stored: StoredManifest) -> str:
        return f"{self._request.base}/packages/{stored.manifest.name}/{stored.manifest.version}"


def _is_installed(node: Node, omit: Sequence[Omitted]) -> bool:
    """Tell whether a node is installed; `dev` and `optional` together omit what either would keep."""
    left_out = (
        ("peer" in omit and node.peer)
        or ("dev" in omit and node.dev)
        or ("optional" in omit and node.optional)
        or ("dev" in omit and "optional" in omit and node.dev_optional)
    )
    return node.package is not None and not node.inert and not left_out


def _flags(node: Node) -> dict[str, bool | None]:
    return {"optional": node.optional or None, "peer": node.peer or None, "dev": node.dev or None}


def _problem(node: Node, failure: Failure) -> GraphProblem:
    return _problem_of(next(iter(node.edges_in)), failure)


def _problem_of(edge: Edge, failure: Failure) -> GraphProblem:
    return GraphProblem(
        code=failure.code,
        name=edge.name,
        wanted=edge.text,
        path=wanted_by(edge),
        detail=failure.detail,
    )
