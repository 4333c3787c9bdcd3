"""Graphing: from specs to the whole dependency graph, its import map and its lock.

Of each package the head is read once, and of each version its manifest; what will be asked for is read at the same
time, ahead of its placement.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock as Mutex
from typing import Final, TypeVar
from urllib.parse import quote

from chalicelib.domain.document import canonical_json
from chalicelib.domain.errors import (
    EntryNotFound,
    InvalidQuery,
    InvalidSpec,
    PackageNotFound,
    PrismError,
    VersionNotFound,
)
from chalicelib.domain.graph.building import GraphTooLarge, build_tree
from chalicelib.domain.graph.building import problems as unmet
from chalicelib.domain.graph.documents import (
    Graph,
    GraphEntry,
    GraphNode,
    GraphProblem,
    ImportMap,
    Lock,
    LockedPackage,
    LockedPlatform,
    LockedRequest,
    Omitted,
)
from chalicelib.domain.graph.flags import Platform
from chalicelib.domain.graph.importmaps import Importable, specifiers
from chalicelib.domain.graph.locking import changes
from chalicelib.domain.graph.packages import Failure, GraphPackage, Want, failure_of
from chalicelib.domain.graph.placing import wanted_by
from chalicelib.domain.graph.tree import Edge, Node
from chalicelib.domain.head import Head, VersionState
from chalicelib.domain.picking import current, pick_version
from chalicelib.domain.resolution.entry import resolve_entry
from chalicelib.domain.resolution.profiles import PROFILES, Mode, Profile
from chalicelib.domain.specs import ANYTHING, PackageSpec
from chalicelib.domain.times import timestamp
from chalicelib.stores.heads import Heads
from chalicelib.stores.manifests import Manifests, StoredManifest
from chalicelib.stores.metadata import MetadataStore

RUNTIMES: Final = ("node", "deno", "bun")
READERS: Final = 24
MAX_BYTES: Final = 5 << 20
"""Of an answer: a function may answer 6 MB."""

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """What to resolve: the specs of each group, for whom, and as of when."""

    specs: Sequence[str] = ()
    dev_specs: Sequence[str] = ()
    optional_specs: Sequence[str] = ()
    runtimes: Sequence[str] = RUNTIMES
    mode: Mode = "import"
    platform: LockedPlatform | None = None
    omit: Sequence[Omitted] = ()
    as_of: str | None = None
    base: str = ""
    may_read: Callable[[str], bool] = field(default=lambda _: True)

    def locked(self) -> LockedRequest:
        """Answer what decides about versions, as a lock keeps it; raises InvalidSpec, InvalidName, InvalidRange."""
        return LockedRequest(
            dependencies=_texts(self.specs),
            dev_dependencies=_texts(self.dev_specs),
            optional_dependencies=_texts(self.optional_specs),
            platform=self.platform,
            omit=sorted(set(self.omit)),
        )


class Graphing:
    """Answers whole dependency graphs."""

    def __init__(
        self,
        heads: Heads,
        manifests: Manifests,
        metadata: MetadataStore,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._heads = heads
        self._manifests = manifests
        self._metadata = metadata
        self._now = now

    def graph(self, request: GraphRequest) -> Graph:
        """Answer the graph of specs, as of now unless they say.

        Raises InvalidSpec, InvalidName, InvalidRange, InvalidQuery, PeerConflict, GraphTooLarge and GraphTooDeep;
        packages that are not there are problems of the graph.
        """
        return self._resolve(request, request.locked(), request.as_of or timestamp(self._now()), None)

    def again(self, lock: Lock, request: GraphRequest, *, check: bool = False) -> Graph:
        """Answer the graph that a lock holds, as of its own moment; to `check` it, as of now and with all changes.

        Of the request, all that a lock does not hold counts.
        """
        if check:
            moment = request.as_of or timestamp(self._now())
            return self._resolve(request, lock.request, moment, lock)
        return self._resolve(request, lock.request, lock.as_of, None)

    def _resolve(
        self, request: GraphRequest, locked: LockedRequest, moment: str, checked: Lock | None
    ) -> Graph:
        profiles = _profiles(request.runtimes)
        platform = Platform(**locked.platform.model_dump()) if locked.platform else None
        with ThreadPoolExecutor(READERS, thread_name_prefix="graph") as pool:
            reads = _Reads(self._heads, self._manifests, self._metadata, request, moment, platform, pool)
            try:
                root = build_tree(_project(locked), reads, platform=platform)
            finally:
                pool.shutdown(cancel_futures=True)
        found = _Found(root, reads, request, locked, profiles)
        lock = found.lock(moment)
        graph = Graph(
            as_of=moment,
            roots={name: edge.to.location for name, edge in root.edges_out.items() if edge.to in found.kept},
            nodes=[found.node(node) for node in found.nodes],
            problems=found.problems(platform),
            warnings=found.warnings(),
            importmap=found.importmap(),
            lock=lock,
            changes=changes(checked, lock, reads.state) if checked else None,
        )
        if len(canonical_json(graph.to_json_value())) > MAX_BYTES:
            raise GraphTooLarge(len(found.nodes) - 1)
        return graph


_UNPLACED: Final = Failure("unresolved", "there is no place for it, as packages displace each other")


class _Reads:
    """Heads and manifests of one request, each read once."""

    def __init__(
        self,
        heads: Heads,
        manifests: Manifests,
        metadata: MetadataStore,
        request: GraphRequest,
        moment: str,
        platform: Platform | None,
        pool: ThreadPoolExecutor,
    ) -> None:
        self._heads = heads
        self._stored = manifests
        self._metadata = metadata
        self._may_read = request.may_read
        self._moment = moment
        self._engines = platform
        self._pool = pool
        self._once = Mutex()
        self._known_heads: dict[str, Future[Head | None]] = {}
        self._manifests: dict[tuple[str, str], Future[StoredManifest | None]] = {}
        self._found: dict[Want, Future[GraphPackage | Failure]] = {}

    def prepare(self, wants: Sequence[Want]) -> None:
        """Begin to read what will soon be asked for."""
        for want in wants:
            if want not in self._found:
                self._pool.submit(copy_context().run, self.find, want)

    def find(self, want: Want) -> GraphPackage | Failure:
        """Answer the version that is picked, or why none is."""
        return self._one(self._found, want, self._find)

    def manifest(self, node: Node) -> StoredManifest:
        """Answer the manifest of a node that was found."""
        assert node.package is not None
        stored = self._manifests[node.package.name, node.package.version].result()
        assert stored is not None
        return stored

    def state(self, name: str, version: str) -> VersionState | None:
        """Answer what is known of a version at the request's moment."""
        head = self._head(name)
        return head.view.versions.get(version) if head else None

    def _find(self, want: Want) -> GraphPackage | Failure:
        try:
            head = self._head(want.name) if self._may_read(want.name) else None
            if head is None or not head.view.versions:
                return failure_of(PackageNotFound(want.name))
            return self._picked(head, want)
        except PrismError as error:
            return failure_of(error)

    def _picked(self, head: Head, want: Want) -> GraphPackage | Failure:
        view = head.view
        version = pick_version(
            view.versions,
            view.tags,
            want.kind,
            want.wanted,
            node_version=self._engines.node if self._engines else None,
            npm_version=self._engines.npm if self._engines else None,
        )
        stored = self._manifest(head.name, version) if version else None
        if stored is None:
            latest = current(view.versions, view.tags)
            return failure_of(VersionNotFound(head.name, want.wanted, latest=latest))
        return self._package(stored)

    def _package(self, stored: StoredManifest) -> GraphPackage:
        manifest = stored.manifest
        said = manifest.installation
        optional_peers = frozenset(said.optional_peers if said else ())
        if said is None and manifest.peer_dependencies:
            optional_peers = self._optional_peers_of_old(manifest.name, manifest.version)
        return GraphPackage(
            name=manifest.name,
            version=manifest.version,
            integrity=manifest.integrity,
            dependencies=manifest.dependencies,
            optional=manifest.optional_dependencies,
            peers=manifest.peer_dependencies,
            optional_peers=optional_peers,
            engines=manifest.engines,
            os=said.os if said else (),
            cpu=said.cpu if said else (),
            libc=said.libc if said else (),
            bundled=frozenset(said.bundled if said else ()),
        )

    def _optional_peers_of_old(self, name: str, version: str) -> frozenset[str]:
        """Answer what a manifest that is older than its field `installation` does not say."""
        metadata = self._metadata.get(name, version)
        specs = metadata.dependency_specs if metadata else ()
        return frozenset(spec.name for spec in specs if spec.optional and spec.group == "peerDependencies")

    def _head(self, name: str) -> Head | None:
        return self._one(self._known_heads, name, self._read_head)

    def _read_head(self, name: str) -> Head | None:
        head = self._heads.get(name)
        return self._heads.as_of(head, self._moment) if head else None

    def _manifest(self, name: str, version: str) -> StoredManifest | None:
        return self._one(self._manifests, (name, version), lambda key: self._stored.get(*key))

    def _one(self, known: dict[Key, "Future[Value]"], key: Key, read: Callable[[Key], Value]) -> Value:
        """Answer what is read under a key, by whoever asks first."""
        with self._once:
            future = known.get(key)
            mine = future is None
            if future is None:
                future = known[key] = Future()
        if mine:
            try:
                future.set_result(read(key))
            except BaseException as error:  # noqa: BLE001 - raised again to everybody who waits
                future.set_exception(error)
        return future.result()


class _Found:
    """A finished tree, as it is told."""

    def __init__(
        self,
        root: Node,
        reads: _Reads,
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
            scope = {
                name: address
                for edge in node.edges_out.values()
                if edge.to in self.kept and not self._is_top(edge.to)
                for name, address in self._addresses(edge.name, edge.to, profile).items()
                if imports.get(name, "") != address
            }
            if scope:
                scopes.setdefault(f"{self._folder(node)}/", scope)
        return ImportMap(imports=imports, scopes=scopes)

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
        stored = self._reads.manifest(node)
        return specifiers(name, Importable(stored.manifest, stored.files, self._root_of(stored)), profile)

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


def _project(locked: LockedRequest) -> GraphPackage:
    return GraphPackage(
        name="",
        version="",
        dependencies=locked.dependencies,
        development=locked.dev_dependencies,
        optional=locked.optional_dependencies,
    )


def _texts(specs: Sequence[str]) -> dict[str, str]:
    """Answer specs as a package.json holds them; raises InvalidSpec, InvalidName and InvalidRange."""
    texts: dict[str, str] = {}
    for text in specs:
        spec = PackageSpec.parse(text)
        if spec.subpath != ".":
            raise InvalidSpec(f"`{text}` names a path inside the package; name the package alone", spec=text)
        name = spec.alias or spec.name
        if name in texts:
            raise InvalidSpec(f"`{name}` is asked for twice; ask for one version of it", spec=text)
        wanted = spec.wanted
        texts[name] = f"npm:{spec.name}@{wanted}" if spec.alias else wanted or ANYTHING
    return texts


def _profiles(runtimes: Sequence[str]) -> list[Profile]:
    unknown = [runtime for runtime in runtimes if runtime not in PROFILES]
    if unknown:
        raise InvalidQuery(
            f"`runtimes` holds `{unknown[0][:60]}`, which is none of {', '.join(PROFILES)}",
            runtime=unknown[0][:60],
        )
    return [PROFILES[runtime] for runtime in dict.fromkeys(runtimes)]
