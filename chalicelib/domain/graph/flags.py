"""What each node of a finished tree is there for, and which ones a platform does without."""

from collections.abc import Sequence
from typing import NamedTuple

from chalicelib.domain.graph.packages import GraphPackage
from chalicelib.domain.graph.tree import Node, dependency_set
from chalicelib.domain.semver.ranges import satisfies


class Platform(NamedTuple):
    """Where a graph is to be installed; what is None restricts nothing."""

    node: str | None = None
    npm: str | None = None
    os: str | None = None
    cpu: str | None = None
    libc: str | None = None

    def runs(self, package: GraphPackage) -> bool:
        """Tell whether a package may be installed here, by its engines and its platform."""
        return self._has_engines(package) and self.carries(package)

    def carries(self, package: GraphPackage) -> bool:
        """Tell whether operating system, processor and C library are what a package asks for."""
        return (
            _admits(package.os, self.os)
            and _admits(package.cpu, self.cpu)
            and _admits(package.libc, self.libc)
        )

    def _has_engines(self, package: GraphPackage) -> bool:
        given = (("node", self.node), ("npm", self.npm))
        return all(
            not version or not (text := package.engines.get(name)) or _in_range(version, text)
            for name, version in given
        )


def set_flags(root: Node) -> None:
    """Take from every node the flags (`dev`, `optional`, `peer`) that some way from the root contradicts."""
    root.extraneous = root.dev = root.optional = root.dev_optional = root.peer = False
    waiting = [root]
    seen = {root: None}
    while waiting:
        node = waiting.pop()
        seen[node] = None
        if not node.extraneous:
            for above in node.ancestry():
                above.extraneous = False
        for edge in node.edges_out.values():
            to, is_dev = edge.to, edge.type == "dev"
            if to is None:
                continue
            before = (to.extraneous, to.dev, to.optional, to.dev_optional, to.peer)
            to.extraneous &= node.extraneous or (edge.peer and edge.optional)
            to.dev &= node.dev or is_dev
            to.optional &= node.optional or edge.optional
            to.dev_optional &= node.dev_optional or node.dev or node.optional or is_dev or edge.optional
            to.peer &= node.peer or edge.peer
            if before != (to.extraneous, to.dev, to.optional, to.dev_optional, to.peer):
                waiting.append(to)
    for node in seen:
        if node is not root and node.dev_optional and (node.dev or node.optional):
            node.dev_optional = False


def mark_inert(root: Node, platform: Platform | None) -> None:
    """Mark what is not installed: optional packages that failed or do not run here, with who needs them."""
    nodes = list(root.below())
    for node in nodes:
        failed = node.failure is not None
        unfit = platform is not None and node.package is not None and not platform.runs(node.package)
        if node.optional and not node.inert and (failed or (unfit and node is not root)):
            for member in _optional_set(node):
                member.inert = True


def _optional_set(node: Node) -> list[Node]:
    """Answer a node, everybody who cannot do without it, and what only those need."""
    members = {node: None}
    waiting = [node]
    for member in waiting:
        for edge in member.edges_in:
            if not edge.optional and edge.from_ not in members:
                members[edge.from_] = None
                waiting.append(edge.from_)
    return list(dependency_set(members, lambda edge: edge.to not in members and not edge.from_.inert))


def _admits(listed: Sequence[str], value: str | None) -> bool:
    if not listed or value is None or list(listed) == ["any"]:
        return True
    refused = [entry[1:] for entry in listed if entry.startswith("!")]
    if value in refused:
        return False
    return value in listed or len(refused) == len(listed)


def _in_range(version: str, text: str) -> bool:
    return satisfies(version, text, include_prerelease=True)
