"""The heads and manifests of one request, each read once, and ahead of its placement where that is known."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import Lock as Mutex
from typing import TypeVar

from chalicelib.domain.errors import PackageNotFound, PrismError, VersionNotFound
from chalicelib.domain.graph.flags import Platform
from chalicelib.domain.graph.packages import Failure, GraphPackage, Want, failure_of
from chalicelib.domain.graph.tree import Node
from chalicelib.domain.head import Head, VersionState
from chalicelib.domain.picking import current, pick_version
from chalicelib.services.graphing.request import GraphRequest
from chalicelib.stores.heads import Heads
from chalicelib.stores.manifests import Manifests, StoredManifest
from chalicelib.stores.metadata import MetadataStore

Key = TypeVar("Key")
Value = TypeVar("Value")


class Reads:
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
