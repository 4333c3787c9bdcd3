"""Checkpoints: one object each, replaced whole."""

from collections.abc import Sequence
from functools import partial

from chalicelib.domain.document import UnreadableDocument
from chalicelib.domain.executions.errors import CheckpointNotFound, Unreadable
from chalicelib.domain.executions.identity import check_id, is_id
from chalicelib.domain.executions.names import SUFFIX
from chalicelib.domain.executions.records import Checkpoint
from chalicelib.stores.documents import JSON
from chalicelib.stores.executions.base import NO_ID, Part


class Checkpoints(Part):
    """The checkpoints of jobs."""

    def store_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, in place of one of the same job and id."""
        checked = checkpoint.checked()
        key = self._keys.checkpoint(checked.job_id, checked.id)
        self._store.put(key, checked.to_bytes(), content_type=JSON, durable=False)

    def retrieve_checkpoint(self, job_id: str, checkpoint_id: str) -> Checkpoint:
        """Answer a checkpoint; raises CheckpointNotFound."""
        key = self._keys.checkpoint(check_id(job_id, "job"), check_id(checkpoint_id, "checkpoint"))
        found = self._find(key, partial(_parse, job_id, checkpoint_id))
        if found is None:
            raise CheckpointNotFound(job_id, checkpoint_id)
        return found.record

    def get_checkpoints_by_job_id(self, job_id: str) -> list[Checkpoint]:
        """Answer a job's checkpoints, ascending by step, then by id; none for a job that is unknown."""
        ids, strangers = self._checkpoint_ids(job_id)
        return self._told(job_id, ids, strangers)

    def checkpoint_ids(self, job_id: str) -> list[str]:
        """Answer the ids of a job's checkpoints, ascending; reads none of them."""
        return self._checkpoint_ids(job_id)[0]

    def read_checkpoints(self, job_id: str, ids: Sequence[str]) -> list[Checkpoint]:
        """Answer those of some checkpoints of a job that there are, ascending by step, then by id."""
        return self._told(job_id, ids)

    def _checkpoint_ids(self, job_id: str) -> tuple[list[str], list[Unreadable]]:
        """Answer the ids of a job's checkpoints, and names that are no ids."""
        prefix = self._keys.checkpoints(check_id(job_id, "job"))
        names = [name.removesuffix(SUFFIX) for name in self._names(prefix) if name.endswith(SUFFIX)]
        strangers = [Unreadable(f"{prefix}{name}{SUFFIX}", NO_ID) for name in names if not is_id(name)]
        return [name for name in names if is_id(name)], strangers

    def _told(
        self, job_id: str, ids: Sequence[str], strangers: Sequence[Unreadable] = ()
    ) -> list[Checkpoint]:
        wanted = [(self._keys.checkpoint(job_id, name), partial(_parse, job_id, name)) for name in ids]
        gathered = self._gather(wanted, strangers)
        return gathered.told(sorted(gathered.records, key=lambda found: (found.step_number, found.id)))


def _parse(job_id: str, checkpoint_id: str, data: bytes) -> Checkpoint:
    checkpoint = Checkpoint.from_bytes(data)
    if (checkpoint.job_id, checkpoint.id) != (job_id, checkpoint_id):
        raise UnreadableDocument(
            "Checkpoint", f"it says that it is `{checkpoint.id}` of `{checkpoint.job_id}`"
        )
    return checkpoint
