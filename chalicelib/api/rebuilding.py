"""Rebuilding: everything derived is made again, portion by portion, and compared with what is stored."""

from pydantic import ConfigDict, Field

from chalicelib.api.queries import Payload
from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.errors import InvalidPayload, InvalidQuery
from chalicelib.domain.rebuilding import RebuildPortion

routes = Routes(tag="rebuilding")

MOST_SECONDS = 25
"""Less than the 29 seconds after which a gateway gives up."""


class RebuildPayload(Payload):
    """Which portion to rebuild, and for how long; a `check` writes nothing. Misspelt fields are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)

    check: bool = False
    cursor: str | None = Field(default=None, max_length=1000)
    seconds: int = Field(default=20, ge=1, le=MOST_SECONDS)


@routes.post(
    "/v1/rebuild",
    summary="Rebuild a portion of what is derived",
    body=RebuildPayload,
    answers={200: RebuildPortion},
    raises=(InvalidPayload, InvalidQuery),
    scope="admin",
)
def rebuild(request: Request) -> Answer:
    """Make derived objects again, compare them with those that are stored, and write what is missing or damaged.

    The answer's `next`, if it has one, is the cursor of the portion that follows. Portions may be repeated and done by
    many at once. A version that has been begun is brought to its end, which may take longer.
    """
    wanted = request.body_as(RebuildPayload)
    portion = container().rebuilding.portion(check=wanted.check, after=wanted.cursor, seconds=wanted.seconds)
    return json_answer(portion, cache=NO_STORE)
