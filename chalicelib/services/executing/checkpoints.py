"""Which checkpoint counts: of each stage the newest, found by its id however often a job was tried."""

import logging
from collections.abc import Collection
from typing import Final

from chalicelib import telemetry
from chalicelib.domain.executions.errors import UnreadableRecords
from chalicelib.domain.executions.leases import Lease
from chalicelib.domain.executions.records import Checkpoint
from chalicelib.stores.executions import Executions

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.jobs")


def checkpoint_id(lease: Lease, stage: str) -> str:
    """Answer the id of a stage's checkpoint; ids sort by epoch.

    An epoch executes a stage once, so a worker that was overtaken replaces nobody's checkpoint.
    """
    return f"{lease.epoch:08d}-{stage}"


def newest_checkpoints(executions: Executions, job_id: str, stages: Collection[str]) -> dict[str, Checkpoint]:
    """Answer the newest checkpoint of each of some stages that has one; one listing, and one read a stage.

    One that cannot be read is left out, so that its stage is executed again.
    """
    newest = {name.partition("-")[2]: name for name in executions.checkpoint_ids(job_id)}
    wanted = [newest[stage] for stage in stages if stage in newest]
    try:
        found = executions.read_checkpoints(job_id, wanted)
    except UnreadableRecords as error:
        _LOG.warning("checkpoints cannot be read, their stages are executed again: %s", error)
        found = error.found
    return {kept.stage: kept for kept in found if kept.stage and kept.stage in stages}
