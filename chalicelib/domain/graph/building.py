"""Building the tree: nodes by depth and name, each dependency picked, placed, and looked at again when it moved."""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final

from chalicelib.domain.errors import PrismError, TooLarge
from chalicelib.domain.graph.collation import collation_key
from chalicelib.domain.graph.flags import Platform, mark_inert, set_flags
from chalicelib.domain.graph.packages import Failure, GraphPackage, Reader, Want
from chalicelib.domain.graph.placing import PeerConflict, Placement
from chalicelib.domain.graph.tree import Edge, Node

MAX_PACKAGES: Final = 3000
MAX_DEPTH: Final = 100
MAX_STEPS: Final = 3
"""How often, in relation to the most packages, a node may be looked at; packages that displace each other end here."""


class GraphTooLarge(TooLarge):
    """The graph has more packages than are resolved in one request."""

    code = "graph_too_large"
    title = "The dependency graph is too large"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"the graph has more than {limit} packages; ask for fewer packages at once", limit=limit
        )


class GraphTooDeep(TooLarge):
    """Packages lie in each other more levels deep than any tree of packages needs."""

    code = "graph_too_deep"
    title = "The dependency graph is too deep"

    def __init__(self, limit: int, path: str) -> None:
        super().__init__(
            f"packages lie in each other more than {limit} levels deep, at `{path[:200]}…`", limit=limit
        )


def build_tree(
    project: GraphPackage,
    reader: Reader,
    *,
    platform: Platform | None = None,
    max_packages: int = MAX_PACKAGES,
    max_depth: int = MAX_DEPTH,
    tell: Callable[[int], None] = lambda _: None,
) -> Node:
    """Answer the tree that npm would install for a project into an empty folder, flags set, its root on top.

    Packages that cannot be had are nodes with a failure; `inert` ones are not installed. `tell` hears how many
    packages there are. Raises PeerConflict, GraphTooLarge and GraphTooDeep.
    """
    builder = _Builder(project, reader, max_packages, max_depth, tell)
    root = builder.build()
    set_flags(root)
    mark_inert(root, platform)
    return root


class _Builder:
    def __init__(
        self,
        project: GraphPackage,
        reader: Reader,
        max_packages: int,
        max_depth: int,
        tell: Callable[[int], None],
    ) -> None:
        self._root = Node("", project, is_project=True)
        self._reader = reader
        self._max_packages = max_packages
        self._max_depth = max_depth
        self._tell = tell
        self._waiting: list[tuple[int, Any, int, Node]] = []
        self._pushed = count()
        self._seen: set[Node] = set()
        self._virtual_roots: dict[Node, Node] = {}
        self._sources: dict[Node, Node] = {}
        self._room = max_packages

    def build(self) -> Node:
        self._prepare(self._root)
        self._push(self._root)
        steps = 0
        while self._waiting:
            *_, node = heappop(self._waiting)
            if node in self._seen or node.root is not self._root:
                continue
            steps += 1
            if steps > MAX_STEPS * self._max_packages:
                raise GraphTooLarge(self._max_packages)
            self._seen.add(node)
            self._visit(node)
            self._tell(len(self._seen) - 1)
        return self._root

    def _push(self, node: Node) -> None:
        # Where a node lies does not change while it is in the tree.
        heappush(self._waiting, (node.depth, collation_key(node.location), next(self._pushed), node))

    def _visit(self, node: Node) -> None:
        source = self._sources.get(node, node)
        tasks: list[tuple[Edge, Node]] = []
        for edge in problems(node):
            if edge.conflicted:
                continue
            tasks.append((edge, self._dependency(edge, source if edge.peer else node)))
        for edge, dep in sorted(tasks, key=lambda task: collation_key(task[0].name)):
            for placement in Placement(dep, edge).walk():
                self._settle(placement)

    def _dependency(self, edge: Edge, source: Node) -> Node:
        """Answer the node to be placed for an edge, in a virtual root with the peers it brings."""
        virtual = self._virtual_root(source, reuse=True)
        known = virtual.edges_out.get(edge.name)
        if known is not None and known.valid and known.to is not None and edge.satisfied_by(known.to):
            return known.to
        if edge.type == "peerOptional":
            present = _hoistable(edge.from_.parent or edge.from_, edge)
            if present is not None:
                return present
        return self._node_for(edge, virtual if edge.peer else None, None, {edge.from_})

    def _settle(self, placement: Placement) -> None:
        """Look again at whom a placement has disturbed, and soon at what was placed."""
        placed, fit = placement.placed, placement.fit
        if placed is None or fit is None:
            return
        for edge in placed.edges_in:
            if edge is placement.edge or edge.conflicted or edge.valid:
                continue
            self._look_again(edge.from_)
        self._push(placed)
        for node in placement.unsettled:
            self._look_again(node)
        self._prepare(placed)
        self._check_size(placed)

    def _look_again(self, node: Node) -> None:
        self._seen.discard(node)
        self._push(node)

    def _prepare(self, node: Node) -> None:
        wants = [edge.want for edge in problems(node) if isinstance(edge.want, Want)]
        if wants:
            self._reader.prepare(wants)

    def _check_size(self, placed: Node) -> None:
        if placed.depth > self._max_depth:
            raise GraphTooDeep(self._max_depth, placed.location)
        self._room -= 1
        if self._room >= 0:
            return
        # Some of what was placed has been taken away again.
        present = sum(1 for _ in self._root.below()) - 1
        self._room = self._max_packages - present
        if self._room < 0:
            raise GraphTooLarge(self._max_packages)

    def _virtual_root(self, node: Node, *, reuse: bool = False) -> Node:
        if reuse and node in self._virtual_roots:
            return self._virtual_roots[node]
        virtual = self._virtual_roots[node] = Node(node.name, node.package, source=node)
        return virtual

    def _node_for(self, edge: Edge, parent: Node | None, second: Edge | None, required: set[Node]) -> Node:
        virtual = parent or self._virtual_root(edge.from_)
        node = first = self._read(edge)
        first.attach(virtual)
        if second is not None and not second.valid:
            other = self._read(second)
            other.attach(virtual)
            # Where both are content with what the second wants, that is taken.
            node = other if edge.valid else first
            node.attach(virtual)
        demanded = edge.from_ in required and edge.type != "peerOptional"
        if demanded or (second is not None and second.from_ in required and second.type != "peerOptional"):
            required.add(node)
        assert virtual.source is not None
        self._sources[node] = virtual.source
        return self._with_peers(node, required)

    def _read(self, edge: Edge) -> Node:
        want = edge.want
        found: GraphPackage | Failure
        if isinstance(want, Failure):
            found = want
        else:
            try:
                found = self._reader.find(want)
            except PrismError as error:
                found = Failure(error.code, error.detail)
        if isinstance(found, Failure):
            return Node(edge.name, None, failure=found)
        return Node(edge.name, found)

    def _with_peers(self, node: Node, required: set[Node]) -> Node:
        """Put the peers of a node beside it, theirs too; raises PeerConflict."""
        unmet = [edge for edge in node.edges_out.values() if edge.peer and not (edge.valid and edge.to)]
        for edge in sorted(unmet, key=lambda edge: collation_key(edge.name)):
            virtual = node.parent
            if virtual is None:
                break
            if edge.valid and edge.to:
                continue
            above = virtual.edges_out.get(edge.name)
            assert virtual.source is not None
            tolerant = not virtual.source.is_top
            if edge.to is None:
                if above is None:
                    self._node_for(edge, virtual, None, required)
                    continue
                dep = self._node_for(above, virtual, edge, required)
                if edge.valid:
                    continue
                if tolerant or dep not in required:
                    edge.conflicted = True
                    continue
                if node.parent is None:
                    break
                raise PeerConflict(edge, edge.to)
            current = edge.to
            dep = self._node_for(edge, None, None, required)
            if dep.can_replace(current):
                self._node_for(edge, node.parent, None, required)
                continue
            if tolerant or edge.from_ not in required:
                continue
            raise PeerConflict(edge, current)
        return node


def problems(node: Node) -> list[Edge]:
    """Answer the edges of a node that lead nowhere or to what they do not want."""
    bundled = node.package.bundled if node.package and not node.is_top else frozenset()
    found = []
    for edge in node.edges_out.values():
        if edge.name in bundled or (edge.to is not None and edge.to.failure is not None):
            continue
        if (edge.to is None and edge.type != "peerOptional") or (edge.to is not None and not edge.valid):
            found.append(edge)
    return found


def _hoistable(root: Node, edge: Edge) -> Node | None:
    """Answer a node below that an optional peer is content with."""
    waiting: list[Node] = list(root.children.values())
    for node in waiting:
        if edge.satisfied_by(node):
            return node
        waiting.extend(node.children.values())
    return None


def failures(root: Node) -> Iterable[Node]:
    """Answer the nodes that cannot be had."""
    return [node for node in root.below() if node.failure is not None]
