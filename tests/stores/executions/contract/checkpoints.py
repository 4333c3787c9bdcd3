"""Checkpoints, replaced whole."""

import pytest

from chalicelib.domain.executions.errors import CheckpointNotFound
from chalicelib.storage.port import ObjectStore
from chalicelib.stores.executions import Executions
from tests.stores.executions.builders import checkpoint
from tests.stores.executions.contract.base import ContractBase, keys_of


class CheckpointsContract(ContractBase):
    """Checkpoints, replaced whole."""

    def test_a_checkpoint_is_answered_as_it_was_stored(self, work: Executions, medium: ObjectStore) -> None:
        given = checkpoint(
            messages=[{"type": "user", "id": "m1", "contents": [{"text": "hi"}]}],
            usage={"inputTokens": 7},
            error={"name": "Timeout", "message": "too slow", "statusCode": 503, "isRetryable": True},
            retry_count=2,
            metadata={"runtime": "docker"},
            laterField={"kept": True},
        )

        work.store_checkpoint(given)

        assert work.retrieve_checkpoint("job-1", "c1") == given
        assert keys_of(medium) == ["prism/jobs/job-1/checkpoints/c1.json"]

    def test_a_missing_checkpoint_is_an_error(self, work: Executions) -> None:
        with pytest.raises(CheckpointNotFound, match="checkpoint not found: c1"):
            work.retrieve_checkpoint("job-1", "c1")

    def test_a_checkpoint_stored_again_replaces_the_first(self, work: Executions) -> None:
        work.store_checkpoint(checkpoint(status="proceeding"))
        work.store_checkpoint(checkpoint(status="completed"))

        assert work.retrieve_checkpoint("job-1", "c1").status == "completed"

    def test_checkpoints_ascend_by_step(self, work: Executions) -> None:
        for name, step in [("a", 10), ("b", 9), ("c", 100), ("d", 9)]:
            work.store_checkpoint(checkpoint(name, step_number=step))

        assert [found.id for found in work.get_checkpoints_by_job_id("job-1")] == ["b", "d", "a", "c"]

    def test_a_job_that_is_unknown_has_no_checkpoints(self, work: Executions) -> None:
        assert work.get_checkpoints_by_job_id("job-1") == []
