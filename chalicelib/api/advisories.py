"""Security advisories: taking in OSV records, and looking at what there is."""

from typing import Any, Final

from pydantic import ConfigDict, Field

from chalicelib.api.queries import Payload
from chalicelib.api.routing import Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.errors import Busy, InvalidName, InvalidPayload, InvalidQuery
from chalicelib.domain.names import PackageName
from chalicelib.services.advising import AdvisoryList
from chalicelib.services.intake import ImportReport

routes = Routes(tag="advisories")

MAX_RECORDS: Final = 1000
"""Many more would not be written before a gateway gives up."""


class AdvisoriesPayload(Payload):
    """OSV records to take in; with `dryRun` it is only told what would become of them. Misspelt fields are refused."""

    model_config = ConfigDict(extra="forbid")

    advisories: list[Any] = Field(min_length=1, max_length=MAX_RECORDS)
    dry_run: bool = False


class AdvisoriesQuery(Payload):
    """The package whose advisories to list."""

    name: str


@routes.post(
    "/v1/advisories",
    summary="Take in advisories",
    body=AdvisoriesPayload,
    answers={200: ImportReport},
    raises=(Busy, InvalidPayload),
    scope="admin",
)
def take_in(request: Request) -> Answer:
    """Take in OSV records: a newer state replaces an older one, never the other way round.

    A record that cannot be read is refused by itself. It may be sent again, and by many at once.
    """
    payload = request.body_as(AdvisoriesPayload)
    return json_answer(container().advising.take_in(payload.advisories, dry_run=payload.dry_run))


@routes.get(
    "/v1/advisories",
    summary="The advisories for a package",
    query=AdvisoriesQuery,
    answers={200: AdvisoryList},
    raises=(InvalidName, InvalidQuery),
)
def about(request: Request) -> Answer:
    """List the OSV records for a package, published here or not; those that were withdrawn say since when."""
    name = PackageName.parse(request.query_as(AdvisoriesQuery).name)
    return json_answer(container().advising.about(name))
