"""The tree while it is being made: nodes in folders, and edges that lead where Node's own lookup would."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Final, Literal, Optional

from chalicelib.domain.graph.packages import DependencyType, Failure, GraphPackage, read_want

EdgeError = Literal["missing", "peer_local", "invalid"]

PEERS: Final = frozenset({"peer", "peerOptional"})
OPTIONALS: Final = frozenset({"optional", "peerOptional"})


_SERIALS: Final = count()
"""Numbers nodes in the order in which they came where they are."""


class Edge:
    """One dependency of one node, and the node it leads to at present."""

    __slots__ = ("_verdict", "conflicted", "from_", "name", "optional", "peer", "text", "to", "type", "want")

    def __init__(self, from_: "Node", name: str, text: str, kind: DependencyType) -> None:
        self.from_ = from_
        self.name = name
        self.text = text
        self.type = kind
        self.want = read_want(name, text)
        self.peer = kind in PEERS
        self.optional = kind in OPTIONALS
        self.to: Node | None = None
        self.conflicted = False
        self._verdict: EdgeError | Literal["unknown"] | None = "unknown"

    def satisfied_by(self, node: "Node") -> bool:
        """Tell whether a node is what this edge wants."""
        if node.name != self.name or isinstance(self.want, Failure) or node.package is None:
            return node.name == self.name and node.package is None and self.text.strip() in {"", "*"}
        return self.want.allows(node.package.version)

    @property
    def error(self) -> EdgeError | None:
        """What is wrong with where this edge leads."""
        if self._verdict == "unknown":
            self._verdict = self._judged()
        return self._verdict

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return self.error is None

    def _judged(self) -> EdgeError | None:
        if self.to is None:
            return None if self.optional else "missing"
        if self.peer and self.to.parent is self.from_ and not self.from_.is_top:
            return "peer_local"
        return None if self.satisfied_by(self.to) else "invalid"

    def reload(self) -> None:
        """Look again where this edge leads."""
        found = self.from_.resolve(self.name)
        if found is not self.to:
            if self.to is not None:
                self.to.edges_in.pop(self, None)
            if found is not None:
                found.edges_in[self] = None
            self.to = found
        self._verdict = "unknown"


class Node:
    """A package in a folder; a virtual root (`source`) stands for a node while the peers around it are tried out."""

    __slots__ = (
        "children",
        "dev",
        "dev_optional",
        "edges_in",
        "edges_out",
        "extraneous",
        "failure",
        "inert",
        "name",
        "optional",
        "package",
        "parent",
        "peer",
        "serial",
        "source",
    )

    def __init__(
        self,
        name: str,
        package: GraphPackage | None,
        *,
        failure: Failure | None = None,
        source: Optional["Node"] = None,
        is_project: bool = False,
    ) -> None:
        self.name = name
        self.package = package
        self.failure = failure
        self.source = source
        self.parent: Node | None = None
        self.children: dict[str, Node] = {}
        self.edges_in: dict[Edge, None] = {}
        self.edges_out: dict[str, Edge] = {}
        self.extraneous = self.dev = self.optional = self.dev_optional = self.peer = True
        self.inert = False
        self.serial = 0
        for dependency, text, kind in package.needs() if package else ():
            self._depend(dependency, text, kind)
        if package and (is_project or (source is not None and source.is_top)):
            for dependency, text in package.development.items():
                self._depend(dependency, text, "dev")

    def _depend(self, name: str, text: str, kind: DependencyType) -> None:
        self.edges_out.pop(name, None)
        self.edges_out[name] = Edge(self, name, text, kind)

    @property
    def version(self) -> str:
        """The version, empty where there is none."""
        return self.package.version if self.package else ""

    @property
    def is_top(self) -> bool:
        """Whether this is no package in a folder of another."""
        return self.parent is None

    @property
    def root(self) -> "Node":
        """The node that everything here is below."""
        node = self
        while node.parent is not None:
            node = node.parent
        return node

    @property
    def depth(self) -> int:
        """How many nodes this is below."""
        return sum(1 for _ in self.ancestry()) - 1

    @property
    def location(self) -> str:
        """The folder, such as `node_modules/a/node_modules/b`; empty for the top."""
        names = [node.name for node in self.ancestry() if node.parent is not None]
        return "/".join(f"node_modules/{name}" for name in reversed(names))

    def ancestry(self) -> Iterator["Node"]:
        """Answer this node and everything it is below, from here upwards."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def below(self) -> Iterator["Node"]:
        """Answer this node and everything below it, each before what is in its folder."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children.values()))

    def is_below(self, other: "Node") -> bool:
        """Tell whether this is another node or below it."""
        return any(node is other for node in self.ancestry())

    def resolve(self, name: str) -> Optional["Node"]:
        """Answer the node that an import of a name finds from here."""
        for node in self.ancestry():
            found = node.children.get(name)
            if found is not None:
                return found
        return None

    def matches(self, other: "Node") -> bool:
        """Tell whether two nodes are the same package."""
        if self is other:
            return True
        mine, theirs = self.package, other.package
        if self.name != other.name or mine is None or theirs is None:
            return False
        if mine.integrity and theirs.integrity:
            return mine.integrity == theirs.integrity
        return mine.name == theirs.name and mine.version == theirs.version

    def attach(self, parent: "Node") -> None:
        """Put this node, with what is below it, into the folder of another, in place of what is there."""
        present = parent.children.get(self.name)
        if present is self:
            return
        if self.parent is not None:
            self.detach()
        if present is not None:
            present.detach()
        parent.children[self.name] = self
        self.parent = parent
        for node in list(parent.below()):
            edge = node.edges_out.get(self.name)
            if edge is not None:
                edge.reload()
        for node in list(self.below()):
            node.serial = next(_SERIALS)
            for edge in node.edges_out.values():
                edge.reload()

    def detach(self) -> None:
        """Take this node, with what is below it, out of the tree."""
        if self.parent is None:
            return
        self.parent.children.pop(self.name, None)
        self.parent = None
        for node in list(self.below()):
            for edge in [*node.edges_in, *node.edges_out.values()]:
                edge.reload()

    def replace(self, old: "Node") -> None:
        """Take the place of another node, and what is below it along."""
        parent = old.parent
        assert parent is not None
        for child in list(old.children.values()):
            child.attach(self)
        old.detach()
        self.attach(parent)

    def can_replace(self, other: "Node", ignored: Iterable[str] = ()) -> bool:
        """Tell whether everybody who needs another node would be content with this one."""
        if self.name != other.name or (self.package and self.package.name) != (
            other.package and other.package.name
        ):
            return False
        without = frozenset(ignored)
        own = dependency_set([other], lambda edge: edge.to is not other and edge.valid)
        for edge in other.edges_in:
            beside = edge.from_.parent is other.parent and not other.is_top
            if beside and edge.peer and edge.from_.name in without:
                continue
            if edge.from_ not in own and not edge.satisfied_by(self):
                return False
        return True


def dependency_set(nodes: Iterable[Node], counts: Callable[[Edge], bool]) -> dict[Node, None]:
    """Answer nodes and everything that only they need, over the edges that count."""
    found = dict.fromkeys(nodes)
    waiting = list(found)
    for node in waiting:
        for edge in node.edges_out.values():
            if edge.to is not None and edge.to not in found and counts(edge):
                found[edge.to] = None
                waiting.append(edge.to)
    changed = True
    while changed and found:
        changed = False
        for node in list(found):
            if any(edge.from_ not in found and counts(edge) for edge in node.edges_in):
                changed = True
                del found[node]
    return found


def deepest_target(start: Node, name: str) -> Node:
    """Answer the deepest node in whose folder a name may be put: peers may not lie below who wants them."""
    for node in start.ancestry():
        edge = node.edges_out.get(name)
        if node.parent is None or edge is None or not edge.peer:
            return node
    raise AssertionError("the top of a tree has no parent")


def peer_entry_sets(node: Node) -> dict[Edge, dict[Node, None]]:
    """Answer the edges through which the peers around a node are wanted, each with its peers."""
    union = {node: None}
    waiting = [node]
    for member in waiting:
        outward = [edge.to for edge in member.edges_out.values() if edge.valid and edge.peer and edge.to]
        inward = [edge.from_ for edge in member.edges_in if edge.valid and edge.peer]
        _extend(union, waiting, [*outward, *inward])
    entries: dict[Edge, dict[Node, None]] = {}
    for peer in union:
        for edge in peer.edges_in:
            if not edge.valid or (edge.peer and not edge.from_.is_top):
                continue
            members = _peers_of(peer)
            if node in members:
                entries[edge] = members
    return entries


def _peers_of(peer: Node) -> dict[Node, None]:
    members = {peer: None}
    waiting = [peer]
    for member in waiting:
        outward = [edge.to for edge in member.edges_out.values() if edge.valid and edge.peer and edge.to]
        _extend(members, waiting, outward)
    return members


def _extend(known: dict[Node, None], waiting: list[Node], more: Iterable[Node]) -> None:
    for node in more:
        if node not in known:
            known[node] = None
            waiting.append(node)
