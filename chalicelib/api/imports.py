"""Importing: versions of the upstream's packages made to be here before anybody asks for them."""

from collections.abc import Iterator
from typing import Final

from pydantic import ConfigDict, Field

from chalicelib.api.items import ItemProblem, item, names_in
from chalicelib.api.queries import Payload
from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.document import Document
from chalicelib.domain.errors import InvalidPayload, PrismError, TooManySpecs
from chalicelib.domain.upstream import NoUpstream

routes = Routes(tag="imports")

MAX_SPECS: Final = 20
"""They are fetched a few at a time, and a gateway gives up after 29 seconds."""


class ImportPayload(Payload):
    """What to import: specs such as `react@^19`. Misspelt fields are refused."""

    model_config = ConfigDict(extra="forbid")

    specs: list[str] = Field(min_length=1)


class ImportedVersion(Document):
    """A version that is here now; `created` tells whether it was not before, and `job` published it then.

    `requires` are the specs of what it needs of a registry: its dependencies, also optional ones, and its peers but for
    those that it can do without.
    """

    name: str
    version: str
    integrity: str
    created: bool
    job: str | None = None
    requires: list[str]


class ImportedItem(Document):
    """One of many answers: what was asked for, and either the `version` or the `error`."""

    spec: str
    version: ImportedVersion | None = None
    error: ItemProblem | None = None


class ImportedItems(Document):
    """The answers in the order of the specs."""

    items: list[ImportedItem]


def _all_named(request: Request) -> Iterator[str]:
    return names_in(request.body_as(ImportPayload).specs)


@routes.post(
    "/v1/imports",
    summary="Import versions from the upstream",
    body=ImportPayload,
    answers={200: ImportedItems},
    packages=_all_named,
    raises=(InvalidPayload, NoUpstream, TooManySpecs),
)
def import_versions(request: Request) -> Answer:
    """Pick the version of each spec by npm's rules from what the upstream has, and publish it here as it is there.

    What is wrong with one is told in its place. A repeat fetches nothing that is here already.
    """
    specs = request.body_as(ImportPayload).specs
    if len(specs) > MAX_SPECS:
        raise TooManySpecs("specs", MAX_SPECS, len(specs))
    found = container().importing.import_all(specs)
    told = [each if isinstance(each, PrismError) else ImportedVersion(**each._asdict()) for each in found]
    items = [item({"spec": spec}, "version", each, request) for spec, each in zip(specs, told, strict=True)]
    return json_answer({"items": items}, cache=NO_STORE)
