"""Putting a package into the tree: as high as it fits, with its peers, and without what it makes superfluous."""

from collections.abc import Callable, Iterable, Iterator
from typing import Optional

from chalicelib.domain.errors import Conflict
from chalicelib.domain.graph.collation import collation_key
from chalicelib.domain.graph.fitting import CONFLICT, Fit
from chalicelib.domain.graph.tree import Edge, Node, deepest_target, dependency_set, peer_entry_sets
from chalicelib.domain.semver.versions import loose_version_key


class PeerConflict(Conflict):
    """What is asked for needs peers that contradict each other; npm refuses it with `ERESOLVE`."""

    code = "peer_conflict"
    title = "The peer dependencies contradict each other"

    def __init__(self, edge: Edge, found: Node | None) -> None:
        who = wanted_by(edge)
        beside = f", beside `{found.name}@{found.version}`" if found is not None else ""
        super().__init__(
            f"{' > '.join(f'`{step}`' for step in who)} wants `{edge.name}@{edge.text}`{beside}; "
            "ask for versions that agree",
            path=who,
            name=edge.name,
            wanted=edge.text,
            found=found.version if found else None,
        )


class Placement:
    """One package put where it goes; `placed` is its node, None if what is there will do."""

    def __init__(self, dep: Node, edge: Edge, parent: Optional["Placement"] = None) -> None:
        self.dep = dep
        self.edge = edge
        self.parent = parent
        self.fit: Fit | None = None
        self.placed: Node | None = None
        self.children: list[Placement] = []
        self.unsettled: dict[Node, None] = {}
        self.top: Placement = parent.top if parent else self
        if edge.to is None or not edge.valid:
            self._place()

    def walk(self) -> Iterator["Placement"]:
        """Answer this placement and those of its peers, the last first, as npm visits them."""
        waiting = [self]
        while waiting:
            placement = waiting.pop()
            yield placement
            waiting.extend(placement.children)

    def _place(self) -> None:
        fit = self._find()
        if fit is None:
            return
        self.fit = fit
        verdict = fit.alone if fit.verdict == CONFLICT else fit.verdict
        if verdict == "keep":
            if self.edge.peer and not self.edge.valid:
                self.edge.conflicted = True
            prune_dedupable(fit.target)
            return
        self._put(fit.target)

    def _find(self) -> Fit | None:
        """Answer the highest folder that the package fits into; raises PeerConflict."""
        best = alone = None
        for target in self._start().ancestry():
            wanted = target.edges_out.get(self.edge.name)
            if not target.is_top and wanted is not None and wanted.peer:
                continue
            fit = Fit(self.dep, self.edge, target, parent=self.parent.fit if self.parent else None)
            if fit.alone != CONFLICT:
                alone = fit
            if fit.verdict == CONFLICT:
                break
            best = fit
            if self.dep.failure is not None:
                break
        if best is not None:
            return best
        if self._is_mine():
            raise PeerConflict(self.top.edge, self.top.edge.from_.resolve(self.top.edge.name))
        if alone is None:
            self.edge.conflicted = True
        return alone

    def _start(self) -> Node:
        start = self.parent._start() if self.parent else self.edge.from_  # noqa: SLF001 - another of its kind
        return deepest_target(start, self.edge.name)

    def _put(self, target: Node) -> None:
        virtual = self.dep.parent
        placed = self.placed = Node(self.dep.name, self.dep.package, failure=self.dep.failure)
        old = target.children.get(placed.name)
        if old is not None:
            self._replace(old, placed)
        else:
            placed.attach(target)
        edge = self.edge
        if edge.peer and not edge.satisfied_by(placed):
            edge.conflicted = True
        if edge.valid and edge.to is not None and edge.to is not placed:
            prune_dedupable(edge.to, descend=False)
        self._prune_below(target)
        for peer_edge in list(placed.edges_out.values()):
            if peer_edge.valid or not peer_edge.peer or peer_edge.conflicted or virtual is None:
                continue
            peer = virtual.children.get(peer_edge.name)
            if peer is not None and peer_edge.satisfied_by(peer):
                self.children.append(Placement(peer, peer_edge, self))

    def _prune_below(self, target: Node) -> None:
        """Take away what lies deeper and can do with the new one."""
        root = target.root
        namesakes = [node for node in root.below() if node.name == self.dep.name and not node.is_top]
        # The order decides: one that goes may make way for the next.
        for node in sorted(namesakes, key=lambda node: node.serial):
            if node.root is not root or not node.is_below(target):
                continue
            prune_dedupable(node, descend=False)
            if node.root is root:
                for child in list(node.children.values()):
                    prune_dedupable(child, descend=False)

    def _replace(self, old: Node, placed: Node) -> None:
        target = old.parent
        assert target is not None
        needless: list[Node] = []
        for name, edge in old.edges_out.items():
            if name not in placed.edges_out and edge.to is not None:
                needless += dependency_set([edge.to], _others_than(edge.to))
        displaced: list[Node] = []
        for edge in list(old.edges_in):
            if (
                edge.satisfied_by(placed)
                or not edge.peer
                or edge.from_.parent is not target
                or edge.conflicted
            ):
                continue
            displaced += _displaced(edge, target)
        placed.replace(old)
        _prune_for(placed, needless)
        for node in displaced:
            self.unsettled.update((edge.from_, None) for edge in node.edges_in)
            node.detach()

    def _is_mine(self) -> bool:
        """Tell whether who asked can be told to ask for something else."""
        edge = self.top.edge
        if edge.from_.is_top:
            return True
        if not edge.peer:
            return False
        inward = list(edge.from_.edges_in)
        if any(not other.peer and other.from_.is_top for other in inward):
            return True
        return any(other.peer for other in inward) and any(
            entry.from_.is_top for entry in peer_entry_sets(edge.from_)
        )


def wanted_by(edge: Edge) -> list[str]:
    """Answer how a root comes to want something: the shortest chain of packages from the root to an edge's own."""
    chains = [[edge.from_]]
    seen = {edge.from_}
    for chain in chains:
        node = chain[0]
        if node.package is not None and not node.package.name:
            return ["root", *(f"{step.name}@{step.version}" for step in chain[1:])]
        for inward in node.edges_in:
            if inward.from_ not in seen:
                seen.add(inward.from_)
                chains.append([inward.from_, *chain])
    return [f"{edge.from_.name}@{edge.from_.version}"]


def prune_dedupable(node: Node, *, descend: bool = True) -> None:
    """Take a node away if one above it does as well, else look in its folder."""
    if _can_dedupe(node):
        for needless in dependency_set([node], lambda edge: edge.to is not node and edge.valid):
            needless.detach()
        return
    if descend:
        for child in sorted(node.children.values(), key=lambda child: collation_key(child.location)):
            prune_dedupable(child)


def _can_dedupe(node: Node) -> bool:
    if node.parent is None or node.parent.parent is None:
        return False
    if not node.edges_in:
        return True
    other = node.parent.parent.resolve(node.name)
    if other is None:
        return False
    if other.matches(node):
        return True
    if not other.can_replace(node) or not (other.version and node.version):
        return False
    return loose_version_key(other.version) >= loose_version_key(node.version)


def _displaced(edge: Edge, target: Node) -> list[Node]:
    """Answer the peers that must go when one they agree with goes; raises nothing, a conflict is noted."""
    gone: list[Node] = []
    for entry in peer_entry_sets(edge.from_):
        node = entry.to
        assert node is not None
        # npm asks for the node that may hold a nameless package, which is the node itself.
        if node is not target and not entry.from_.is_top:
            gone += dependency_set([node], _unconflicted_others_than(node))
        else:
            edge.conflicted = True
    return gone


def _prune_for(placed: Node, needless: Iterable[Node]) -> None:
    """Take away what a node that was replaced needed and the new one does not."""
    invalid = dict.fromkeys(
        edge.to for edge in placed.edges_out.values() if edge.to is not None and not edge.valid
    )
    for node in needless:
        invalid.update(dependency_set([node], _valid_others_than(node)))
    members = dependency_set(
        invalid, lambda edge: edge.from_ is not placed and edge.to is not placed and edge.valid
    )
    for node in members:
        node.detach()


def _others_than(node: Node) -> Callable[[Edge], bool]:
    return lambda edge: edge.to is not node


def _valid_others_than(node: Node) -> Callable[[Edge], bool]:
    return lambda edge: edge.to is not node and edge.valid


def _unconflicted_others_than(node: Node) -> Callable[[Edge], bool]:
    return lambda edge: edge.to is not node and not edge.conflicted
