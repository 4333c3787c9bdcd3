"""What sweeping keeps and looks at, over a store: its progress, and what lies below the prefixes that are swept."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple
from uuid import uuid4

from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.errors import Busy
from chalicelib.domain.executions.records import JobState
from chalicelib.domain.keys import ObjectKeys
from chalicelib.domain.names import PackageName
from chalicelib.domain.sweeping import Position, SweepProgress, SweepReport
from chalicelib.storage.port import (
    NOT_MODIFIED,
    ObjectExists,
    ObjectInfo,
    ObjectNotFound,
    ObjectStore,
    PreconditionFailed,
    Prefix,
)
from chalicelib.stores.documents import JSON, Read

SWAP_ATTEMPTS: Final = 10
ASIDE: Final = "aside/"

Amend = Callable[[SweepProgress], SweepProgress | None]


class Progress:
    """The one document that says how far every task has come; changed by compare-and-swap."""

    def __init__(self, store: ObjectStore, keys: ObjectKeys) -> None:
        self._store = store
        self._key = keys.sweep_progress

    def get(self) -> SweepProgress:
        """Answer the progress; where there is none, or none that can be read, that of a registry never swept."""
        return self._read().document

    def advance(self, task: str, before: Position, after: Position) -> bool:
        """Record how far a task has come; answers False if it is no longer where it was, as another sweep is at it."""

        def advanced(progress: SweepProgress) -> SweepProgress | None:
            if progress.position(task) != before:
                return None
            return _moved(progress, {task: after})

        return self._amend(advanced)

    def conclude(self, report: SweepReport, moves: Mapping[str, tuple[Position, Position]]) -> None:
        """Record what a sweep did and the tasks it has moved, but for those that another sweep has moved since."""

        def concluded(progress: SweepProgress) -> SweepProgress:
            ours = {
                task: after for task, (before, after) in moves.items() if progress.position(task) == before
            }
            return _moved(progress, ours).model_copy(update={"report": report})

        self._amend(concluded)

    def _amend(self, amend: Amend) -> bool:
        """Replace the document by what is made of it, unless that is None; raises Busy."""
        for _ in range(SWAP_ATTEMPTS):
            read = self._read()
            wanted = amend(read.document)
            if wanted is None:
                return False
            if self._swap(wanted, read.etag):
                return True
        raise Busy("the progress of the sweep")

    def _read(self) -> Read[SweepProgress]:
        try:
            found = self._store.get(self._key)
        except ObjectNotFound:
            return Read(SweepProgress(), "")
        assert found is not NOT_MODIFIED
        try:
            return Read(SweepProgress.from_bytes(found.data), found.info.etag)
        except UnreadableDocument:
            # Where nothing is known of rounds, each begins anew: that costs time, and nothing else.
            return Read(SweepProgress(), found.info.etag)

    def _swap(self, progress: SweepProgress, etag: str) -> bool:
        data = progress.to_bytes()
        try:
            if etag:
                self._store.put(self._key, data, if_etag=etag, content_type=JSON)
            else:
                self._store.put(self._key, data, if_absent=True, content_type=JSON)
        except (ObjectExists, PreconditionFailed):
            return False
        return True


def _moved(progress: SweepProgress, positions: Mapping[str, Position]) -> SweepProgress:
    return progress.model_copy(update={"positions": {**progress.positions, **positions}})


class Lying(NamedTuple):
    """An object by its name below a prefix, and when it was written."""

    name: str
    modified: datetime


class Rooms:
    """The prefixes that are swept, listed in order and after a name in it; a thousand objects cost one request."""

    def __init__(
        self,
        store: ObjectStore,
        keys: ObjectKeys,
        artifact_store: ObjectStore,
        artifact_keys: ObjectKeys,
    ) -> None:
        self._store = store
        self._keys = keys
        self._artifact_store = artifact_store
        self._artifact_keys = artifact_keys

    def heads(self, after: str | None = None) -> Iterator[tuple[Lying, PackageName | None]]:
        """Answer the heads of packages, each with its package, or None for what is no head."""
        for lying in _lying(self._store, self._keys.heads, after):
            yield lying, self._keys.package_of(self._keys.heads + lying.name)

    def places(self, state: JobState, after: str | None = None) -> Iterator[Lying]:
        """Answer the places in the list of the jobs of a state; each is as old as the job has been in that state."""
        return _lying(self._store, self._keys.job_places(f"state/{state}"), after)

    def shards(self, after: str | None = None) -> Iterator[Lying]:
        """Answer the shards of the index."""
        return _lying(self._store, self._keys.index_shards, after)

    def staged(self, after: str | None = None) -> Iterator[Lying]:
        """Answer what is staged, and what sweeps have set aside."""
        return _lying(self._artifact_store, self._artifact_keys.staging, after)

    def wishes(self, after: str | None = None) -> Iterator[Lying]:
        """Answer what clients have asked for who send tarballs to the medium themselves."""
        return _lying(self._artifact_store, self._artifact_keys.wishes, after)

    def archives(self, after: str | None = None) -> Iterator[Lying]:
        """Answer archives, and what is in them."""
        return _lying(self._artifact_store, self._artifact_keys.archives, after)

    def remove_archive(self, name: str, before: datetime) -> bool:
        """Remove an archive, or what is in one, unless it was written again since; tells whether it went."""
        key = self._artifact_keys.archives + name
        try:
            if self._artifact_store.head(key).modified >= before:
                return False
        except ObjectNotFound:
            return False
        self._artifact_store.delete(key)
        return True

    def jobs(self, beginning: str) -> list[str]:
        """Answer the ids of jobs that begin like this; one listing."""
        found = self._store.list(self._keys.jobs + beginning, delimiter="/")
        folders = [entry.prefix for entry in found if isinstance(entry, Prefix)]
        return [folder.removeprefix(self._keys.jobs).removesuffix("/") for folder in folders]

    def set_aside(self, name: str) -> str | None:
        """Take away a staged object, and answer under which name it lies now; None if it was gone already."""
        room, aside = self._artifact_keys.staging, f"{ASIDE}{uuid4().hex}/{name}"
        try:
            self._artifact_store.copy(room + name, room + aside)
        except ObjectNotFound:
            return None
        self._artifact_store.delete(room + name)
        return aside

    def put_back(self, aside: str) -> None:
        """Copy what was set aside to where it lay before, unless it lies there."""
        room = self._artifact_keys.staging
        name = aside.removeprefix(ASIDE).partition("/")[2]
        try:
            self._artifact_store.head(room + name)
        except ObjectNotFound:
            self._artifact_store.copy(room + aside, room + name)

    def discard(self, aside: str) -> None:
        """Remove for good what was set aside."""
        self._artifact_store.delete(self._artifact_keys.staging + aside)


def _lying(store: ObjectStore, prefix: str, after: str | None) -> Iterator[Lying]:
    for info in store.list(prefix, after=prefix + after if after else None):
        assert isinstance(info, ObjectInfo), "no delimiter was given"
        yield Lying(info.key.removeprefix(prefix), info.modified)
