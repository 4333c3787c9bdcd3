"""S3 says that a job has been queued."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from chalicelib import telemetry
from chalicelib.container import Container, container
from chalicelib.events.records import CreatedObject, handle_created
from chalicelib.events.requests import request_id

if TYPE_CHECKING:
    # What a job is, is imported when one is taken up: every function imports this module, and few of them do.
    from chalicelib.domain.executions.names import JobPlace
    from chalicelib.domain.executions.records import Job

PAUSES: Final = (0.05, 0.1, 0.2, 0.4, 0.6, 0.65)
"""Seconds to wait for a job whose place is there already."""

_LOG: Final = logging.getLogger(f"{telemetry.LOGGER}.events")


def run_jobs(
    event: object, context: object = None, *, sleep: Callable[[float], None] = time.sleep
) -> dict[str, Any]:
    """Take up every job that an event says was queued; answers the states they end in, by key.

    Only jobs that nobody has tried yet: what has failed is tried again by the sweep, some time later. An attempt that
    fails raises after the others are done; the announcement that comes again then finds nothing left to do.
    """
    with telemetry.invocation("run_jobs", requestId=request_id(context)):
        services = container()
        states = handle_created(event, lambda created: _run(services, created, sleep), bucket=services.bucket)
        return {"jobs": states}


def _run(services: Container, created: CreatedObject, sleep: Callable[[float], None]) -> str | None:
    from chalicelib.domain.executions.errors import RunHeld

    place = _place(services, created.key)
    if place is None:
        _LOG.info("no place of a queued job")
        return None
    telemetry.note(jobId=place.job_id)
    job = _queued(services, place, sleep)
    if job is None or job.attempts:
        _LOG.info("nothing to take up")
        return None
    try:
        state = services.working.work(job.id).state
    except RunHeld:
        _LOG.info("another worker is at it")
        return None
    _LOG.info("job %s", state)
    # A job of another kind is left to its own workers, and answered as it is.
    return None if state == "queued" else state


def _place(services: Container, key: str) -> "JobPlace | None":
    from chalicelib.domain.executions.names import SUFFIX, JobPlace

    room = services.keys.job_places("state/queued")
    if not (key.startswith(room) and key.endswith(SUFFIX)):
        return None
    return JobPlace.parse(key.removeprefix(room).removesuffix(SUFFIX))


def _queued(services: Container, place: "JobPlace", sleep: Callable[[float], None]) -> "Job | None":
    """Answer the job of a place once it is queued; None if it has left the queue again, or is not there for so long.

    A place is written just before the job itself, and the announcement may be faster than that.
    """
    for pause in (*PAUSES, None):
        job = services.executions.retrieve_job(place.job_id)
        if job is not None and job.started_at >= place.started_at:
            return job if job.state == "queued" else None
        if pause is not None:
            sleep(pause)
    return None
