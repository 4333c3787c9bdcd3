"""Whether a package may be put into a folder, beside what is there and with the peers it brings.

The answer is `ok` for an empty place, `keep` where what is there will do, `replace` where the new one suits
everybody, and `conflict`.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, Optional

from chalicelib.domain.errors import InvalidVersion
from chalicelib.domain.graph.tree import Edge, Node, deepest_target, peer_entry_sets
from chalicelib.domain.semver.versions import loose_version_key

Verdict = Literal["ok", "keep", "replace", "conflict"]

CONFLICT: Final = "conflict"


class Fit:
    """One package tried in one folder; `alone` is the verdict without its peers."""

    def __init__(
        self,
        dep: Node,
        edge: Edge,
        target: Node,
        *,
        parent: Optional["Fit"] = None,
        peer_path: Sequence[Node] = (),
        prefers_dedupe: bool = False,
    ) -> None:
        self.dep = dep
        self.edge = edge
        self.target = target
        self.parent = parent
        self.children: list[Fit] = []
        self._peer_path = peer_path
        self._prefers_dedupe = prefers_dedupe or edge.peer
        self._current = target.children.get(edge.name)
        self._with_peers: Verdict | None = None
        self._alone: Verdict | None = None
        self.verdict = self._judge()
        self.alone: Verdict = self._alone or self.verdict

    @property
    def top(self) -> "Fit":
        """The trial that this one is part of."""
        return self.parent.top if self.parent else self

    def conflicts(self) -> Iterator["Fit"]:
        """Answer the peers that do not fit."""
        for child in self.children:
            if child.verdict == CONFLICT:
                yield child
            yield from child.conflicts()

    def _judge(self) -> Verdict:
        dep, edge, target = self.dep, self.edge, self.target
        if dep.failure is not None:
            return "replace" if self._current else "ok"
        wanted = target.edges_out.get(edge.name)
        if wanted is not None and wanted.peer and not target.is_top:
            return CONFLICT
        if (
            self._current is None
            and wanted is not None
            and wanted is not edge
            and not wanted.satisfied_by(dep)
        ):
            return CONFLICT
        return self._judge_empty() if self._current is None else self._judge_taken(self._current)

    def _judge_empty(self) -> Verdict:
        """Answer for a free place: what is below may be served from above already, by another version."""
        target = self.target
        entry = self.top.edge
        shadowed = None if target is entry.from_ else target.resolve(self.edge.name)
        for edge in shadowed.edges_in if shadowed else ():
            if edge.from_.is_below(target) and edge.valid and not edge.satisfied_by(self.dep):
                return CONFLICT
        return self._judge_peers("ok")

    def _judge_taken(self, current: Node) -> Verdict:
        dep, edge, target = self.dep, self.edge, self.target
        if dep.matches(current) and (edge.satisfied_by(current) or not edge.satisfied_by(dep)):
            return "keep"
        is_newer = bool(current.version and dep.version) and not _is_lower(dep.version, current.version)
        if is_newer and dep.can_replace(current):
            verdict = self._judge_peers("replace")
            if verdict != CONFLICT:
                return verdict
        if edge.satisfied_by(current):
            return "keep"
        if self._prefers_dedupe and not is_newer and dep.can_replace(current):
            verdict = self._judge_peers("replace")
            if verdict != CONFLICT:
                return verdict
        if target is not self._deepest():
            return CONFLICT
        if not edge.peer and target is edge.from_:
            return self._judge_peers("replace")
        if self.parent is None and not edge.peer:
            return CONFLICT
        return self._judge_peers("replace") if self._may_clobber(current) else CONFLICT

    def _may_clobber(self, current: Node) -> bool:
        """Tell whether the peer sets that hold what is there can go elsewhere, or live with what comes."""
        virtual = self.dep.parent
        assert virtual is not None
        allowed = True
        for entry, peers in peer_entry_sets(current).items():
            if entry is self.edge or entry is self.top.edge or entry.to is None:
                continue
            replacement = virtual.children.get(entry.to.name)
            if replacement is not None and replacement.can_replace(entry.to, virtual.children):
                continue
            if replacement is None and _lives_with(entry.to, virtual):
                continue
            for peer in peers:
                deepest = deepest_target(entry.from_, peer.name)
                if deepest is self.target or self.target.is_below(deepest):
                    allowed = False
                    break
        return allowed

    def _deepest(self) -> Node:
        return deepest_target(self.top.edge.from_, self.edge.name) if self.parent is None else self._above()

    def _above(self) -> Node:
        assert self.parent is not None
        return deepest_target(self.parent._deepest(), self.edge.name)  # noqa: SLF001 - another of its kind

    def _judge_peers(self, state: Verdict) -> Verdict:
        self._alone = state
        if self._with_peers is not None:
            return self._with_peers
        path = [*self._peer_path, self.dep]
        for edge in self.dep.edges_out.values():
            if not edge.peer or edge.to is None or edge.to in path:
                continue
            target = deepest_target(self.target, edge.to.name)
            self.children.append(Fit(edge.to, edge, target, parent=self, peer_path=path, prefers_dedupe=True))
        fits = all(child.verdict != CONFLICT for child in self.children)
        self._with_peers = state if fits else CONFLICT
        return self._with_peers


def _lives_with(entry: Node, virtual: Node) -> bool:
    """Tell whether nothing that comes contradicts the peers an entry has."""
    waiting = [entry]
    for node in waiting:
        for edge in node.edges_out.values():
            if not edge.peer or not edge.valid:
                continue
            replacement = virtual.children.get(edge.name)
            if replacement is None:
                if edge.to is not None and edge.to not in waiting:
                    waiting.append(edge.to)
            elif not edge.satisfied_by(replacement):
                return False
    return True


def _is_lower(version: str, other: str) -> bool:
    try:
        return loose_version_key(version) < loose_version_key(other)
    except InvalidVersion:
        return False
