"""Jobs: what is being published, how far that is, what has become of it, and how to do it again."""

from typing import Final

from pydantic import Field

from chalicelib.api.payloads import actor
from chalicelib.api.queries import PageQuery, Payload, named_moment
from chalicelib.api.routing import Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.errors import InvalidName, InvalidPayload, InvalidQuery
from chalicelib.domain.executions.errors import (
    BytesGone,
    JobKindUnknown,
    JobNotFound,
    JobUnfinished,
    RunNotFound,
)
from chalicelib.domain.executions.records import JobState
from chalicelib.domain.publishers import PublisherNotAllowed
from chalicelib.services.jobs import CheckpointList, EventPage, JobList, JobView, RunList, job_view

routes = Routes(tag="jobs")

NO_CACHE: Final = "no-cache"
"""Kept, and asked for again each time: whoever has the latest is told so in a few bytes."""

ASK_AGAIN_AFTER: Final = {"running": 2, "queued": 20}
"""Seconds; a job that waits for another attempt is not taken up at once."""


class JobsQuery(PageQuery):
    """Which jobs: in a state, of a package, started `since` a moment and before `until`, both RFC 3339."""

    state: JobState | None = None
    package: str | None = None
    since: str | None = None
    until: str | None = None


class EventsQuery(Payload):
    """Which events of a run: those that follow `after`, for which the answer waits up to `wait` seconds."""

    after: int = Field(default=0, ge=0, lt=10**8)
    limit: int = Field(default=100, ge=1, le=1000)
    wait: float = Field(default=0, ge=0, le=20)


class ReplayQuery(Payload):
    """The first stage that is executed again; unless told, the first there is."""

    first: str | None = Field(default=None, alias="from", min_length=1, max_length=64)


@routes.get(
    "/v1/jobs",
    summary="Jobs",
    query=JobsQuery,
    answers={200: JobList},
    raises=(InvalidName, InvalidQuery),
    scope="publish",
)
def jobs(request: Request) -> Answer:
    """List jobs, the newest first; for a token that is not for all packages, those whose packages it is for.

    `unreadable` names records that should be jobs and cannot be read.
    """
    query = request.query_as(JobsQuery)
    page = container().jobs.page(
        limit=query.limit,
        cursor=query.cursor or None,
        state=query.state,
        package=query.package,
        since=named_moment("since", query.since),
        until=named_moment("until", query.until),
        packages=request.caller.packages,
    )
    return json_answer(page, cache=NO_CACHE)


@routes.get("/v1/jobs/{id}", summary="A job", answers={200: JobView}, raises=(JobNotFound,), scope="publish")
def job(request: Request) -> Answer:
    """Show a job; of a running one also the stage it is in, how far that is and which worker has it until when.

    Until it has ended, `Retry-After` says in how many seconds to ask again.
    """
    found = container().jobs.job(request.params["id"], packages=request.caller.packages)
    return json_answer(found, cache=NO_CACHE, headers=_ask_again(found.state))


@routes.get(
    "/v1/jobs/{id}/runs",
    summary="The runs of a job",
    answers={200: RunList},
    raises=(JobNotFound,),
    scope="publish",
)
def runs(request: Request) -> Answer:
    """List the attempts at a job, the first one first."""
    found = container().jobs.runs(request.params["id"], packages=request.caller.packages)
    return json_answer(found, cache=NO_CACHE)


@routes.get(
    "/v1/jobs/{id}/checkpoints",
    summary="The finished stages of a job",
    answers={200: CheckpointList},
    raises=(JobNotFound,),
    scope="publish",
)
def checkpoints(request: Request) -> Answer:
    """List what is kept of each finished stage: when, how long, by which worker, and the facts it came to."""
    found = container().jobs.checkpoints(request.params["id"], packages=request.caller.packages)
    return json_answer(found, cache=NO_CACHE)


@routes.get(
    "/v1/jobs/{id}/runs/{run}/events",
    summary="What happened in a run",
    query=EventsQuery,
    answers={200: EventPage},
    raises=(InvalidQuery, JobNotFound, RunNotFound),
    scope="publish",
)
def events(request: Request) -> Answer:
    """List the events of a run that follow the event `after`, in order.

    If there are none yet, `wait` keeps the answer back until there is one, the run has ended or so many seconds are
    over. Ask on with `after` set to `next`, until `end` says that the run has ended.
    """
    query = request.query_as(EventsQuery)
    page = container().jobs.events(
        request.params["id"],
        request.params["run"],
        after=query.after,
        limit=query.limit,
        wait=query.wait,
        packages=request.caller.packages,
    )
    return json_answer(page, cache=NO_CACHE, headers={} if page.end else _ask_again("running"))


@routes.post(
    "/v1/jobs/{id}/replay",
    summary="Do a job again",
    query=ReplayQuery,
    answers={202: JobView},
    raises=(
        BytesGone,
        InvalidPayload,
        InvalidQuery,
        JobKindUnknown,
        JobNotFound,
        JobUnfinished,
        PublisherNotAllowed,
    ),
    scope="publish",
)
def replay(request: Request) -> Answer:
    """Queue a job that has ended once more; what was finished before the stage `from` is not done again."""
    first = request.query_as(ReplayQuery).first
    known = container().jobs.job(request.params["id"], packages=request.caller.packages)
    queued = job_view(container().working.replay(known.id, first, by=actor(request)))
    headers = {"Location": f"{request.base_path}/v1/jobs/{known.id}", **_ask_again(queued.state)}
    return json_answer(queued, status=202, headers=headers)


def _ask_again(state: str) -> dict[str, str]:
    seconds = ASK_AGAIN_AFTER.get(state)
    return {"Retry-After": str(seconds)} if seconds else {}
