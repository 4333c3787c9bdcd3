"""Ids, which become parts of keys."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.domain.executions.identity import InvalidExecutionId
from chalicelib.storage.port import ObjectStore
from chalicelib.stores.executions import Executions
from tests.stores.executions.builders import checkpoint, event, job, setting
from tests.stores.executions.contract.base import ContractBase, keys_of

Act = Callable[[str], Any]

HOSTILE = [
    "",
    ".",
    "..",
    "../job-2",
    "job-1/runs",
    "job-1%2fruns",
    "a\\b",
    "job-1\n",
    "job-1\0",
    "Job-1",
    "job.1",
    "-job",
    "jöb",
    "\u0661",
    "x" * 129,
]


class IdsContract(ContractBase):
    """Ids, which become parts of keys."""

    def test_an_id_that_could_climb_or_collide_is_refused_by_every_operation(
        self, work: Executions, medium: ObjectStore
    ) -> None:
        calls: list[Act] = [
            lambda bad: work.retrieve_checkpoint(bad, "c1"),
            lambda bad: work.retrieve_checkpoint("job-1", bad),
            work.get_checkpoints_by_job_id,
            lambda bad: work.get_events_by_run(bad, "run-1"),
            lambda bad: work.get_events_by_run("job-1", bad),
            lambda bad: work.get_event_contents(bad, "run-1"),
            lambda bad: work.get_event_contents("job-1", bad),
            lambda bad: work.append_event(bad, "run-1", 1, "stage", epoch=1),
            lambda bad: work.append_event("job-1", bad, 1, "stage", epoch=1),
            lambda bad: work.page_events(bad, "run-1"),
            lambda bad: work.page_events("job-1", bad),
            work.retrieve_job,
            lambda bad: work.claim_run(bad, "worker-1"),
            work.current_lease,
            work.runs_of,
        ]
        stores: list[Act] = [
            lambda bad: work.store_job(job().model_copy(update={"id": bad})),
            lambda bad: work.store_checkpoint(checkpoint().model_copy(update={"id": bad})),
            lambda bad: work.store_checkpoint(checkpoint().model_copy(update={"job_id": bad})),
            lambda bad: work.store_event(event().model_copy(update={"job_id": bad})),
            lambda bad: work.store_event(event().model_copy(update={"run_id": bad})),
            lambda bad: work.store_event(event().model_copy(update={"type": f"a/../{bad}"})),
            lambda bad: work.store_run_setting(setting().model_copy(update={"run_id": bad})),
        ]
        for bad, call in product(HOSTILE, calls):
            with pytest.raises(InvalidExecutionId):
                call(bad)
        for bad, store in product(HOSTILE, stores):
            with pytest.raises(ValidationError):
                store(bad)
        assert keys_of(medium) == []

    def test_ids_that_begin_alike_have_nothing_in_common(self, work: Executions) -> None:
        for name in ("job-1", "job-10", "job-1-0", "job"):
            work.store_job(job(name))
            work.store_checkpoint(checkpoint(f"c-{name}", name))
            work.store_event(event(f"e-{name}", name, "run-1"))
            work.store_event(event(f"e-{name}", name, "run-10"))
            work.append_event(name, "run-1", 1, "stage", epoch=1)
            work.store_run_setting(setting("run-1", name))
            work.claim_run(name, f"worker-{name}")

        assert [found.id for found in work.get_checkpoints_by_job_id("job-1")] == ["c-job-1"]
        assert [found.id for found in work.get_event_contents("job-1", "run-1")] == [
            "e-job-1",
            "run-1-00000001",
        ]
        assert len(work.page_events("job-1", "run-1")) == 1
        assert {found.id for found in work.get_all_jobs()} == {"job-1", "job-10", "job-1-0", "job"}
        assert len(work.get_all_runs()) == 4
        assert work.claim_run("job-1", "worker-job-1").lease.job_id == "job-1"
