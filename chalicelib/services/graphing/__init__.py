"""Graphing: from specs to the whole dependency graph, its import map and its lock.

Of each package the head is read once, and of each version its manifest; what will be asked for is read at the same
time, ahead of its placement.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

from chalicelib.domain.document import canonical_json
from chalicelib.domain.graph.building import GraphTooLarge, build_tree
from chalicelib.domain.graph.documents import Graph, Lock, LockedRequest
from chalicelib.domain.graph.flags import Platform
from chalicelib.domain.graph.locking import changes
from chalicelib.domain.times import timestamp
from chalicelib.services.graphing.found import Found
from chalicelib.services.graphing.reads import Reads
from chalicelib.services.graphing.request import RUNTIMES, GraphRequest, profiles_of, project_of
from chalicelib.stores.heads import Heads
from chalicelib.stores.manifests import Manifests
from chalicelib.stores.metadata import MetadataStore

__all__ = ["RUNTIMES", "GraphRequest", "Graphing"]

READERS: Final = 24
MAX_BYTES: Final = 5 << 20
"""Of an answer: a function may answer 6 MB."""


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
        profiles = profiles_of(request.runtimes)
        platform = Platform(**locked.platform.model_dump()) if locked.platform else None
        with ThreadPoolExecutor(READERS, thread_name_prefix="graph") as pool:
            reads = Reads(self._heads, self._manifests, self._metadata, request, moment, platform, pool)
            try:
                root = build_tree(project_of(locked), reads, platform=platform)
            finally:
                pool.shutdown(cancel_futures=True)
        found = Found(root, reads, request, locked, profiles)
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
