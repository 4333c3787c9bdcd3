"""Records of executions as tests want them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.executions.leases import MARGIN
from chalicelib.domain.executions.records import Checkpoint, Event, Job
from chalicelib.domain.executions.run_settings import RunSetting
from chalicelib.domain.keys import ObjectKeys
from chalicelib.storage.port import ObjectStore
from chalicelib.stores.executions import Executions
from chalicelib.stores.executions.leases import LEASE_MS

KEYS = ObjectKeys()
NOON = 1_769_860_800_000
"""2026-01-31T12:00:00Z, in milliseconds."""

MARGIN_MS = LEASE_MS // MARGIN
"""How long after a lease's end a job may be taken over."""


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, milliseconds: int = NOON) -> None:
        self.milliseconds = milliseconds

    def __call__(self) -> datetime:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.milliseconds)


def executions(store: ObjectStore, clock: Clock | None = None) -> Executions:
    """Answer a process's executions over a store."""
    return Executions(store, KEYS, now=clock or Clock())


def job(job_id: str = "job-1", **fields: Any) -> Job:
    """Answer a job."""
    return Job.model_validate({"id": job_id, "started_at": NOON} | fields)


def checkpoint(checkpoint_id: str = "c1", job_id: str = "job-1", **fields: Any) -> Checkpoint:
    """Answer a checkpoint."""
    given = {
        "id": checkpoint_id,
        "job_id": job_id,
        "run_id": "run-1",
        "status": "proceeding",
        "step_number": 1,
    }
    return Checkpoint.model_validate(given | fields)


def event(event_id: str = "e1", job_id: str = "job-1", run_id: str = "run-1", **fields: Any) -> Event:
    """Answer an event."""
    given = {"id": event_id, "job_id": job_id, "run_id": run_id, "timestamp": NOON, "step_number": 1}
    return Event.model_validate(given | {"type": "callTools"} | fields)


def setting(run_id: str = "run-1", job_id: str = "job-1", **fields: Any) -> RunSetting:
    """Answer the setting of a run."""
    given = {"job_id": job_id, "run_id": run_id, "started_at": NOON, "updated_at": NOON, "model": "m"}
    return RunSetting.model_validate(given | fields)
