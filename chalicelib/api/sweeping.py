"""Sweeping on demand: what the schedule does anyway, now, and how far it has come."""

from typing import Final

from pydantic import Field

from chalicelib.api.queries import Payload
from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.errors import Busy, InvalidQuery
from chalicelib.domain.sweeping import SweepProgress, SweepReport

routes = Routes(tag="sweeping")

MOST_SECONDS: Final = 25
"""Less than the 29 seconds after which a gateway gives up."""


class SweepQuery(Payload):
    """For how many seconds to sweep."""

    seconds: int = Field(default=20, ge=1, le=MOST_SECONDS)


@routes.post(
    "/v1/sweep",
    summary="Sweep for some seconds",
    query=SweepQuery,
    answers={200: SweepReport},
    raises=(Busy, InvalidQuery),
    scope="admin",
)
def sweep(request: Request) -> Answer:
    """Finish what dead workers have begun and remove what nothing needs; the next sweep goes on where this one stops.

    It may be sent at any time and by many at once. A job that is taken up is brought to its end, which may take longer.
    """
    seconds = request.query_as(SweepQuery).seconds
    return json_answer(container().sweeping.sweep(seconds=seconds), cache=NO_STORE)


@routes.get("/v1/sweep", summary="The last sweep", answers={200: SweepProgress}, scope="admin")
def progress(request: Request) -> Answer:
    """Show what the last sweep did, and how far each task has come."""
    return json_answer(container().sweeping.progress(), cache=NO_STORE)
