"""Audits as npm's clients ask for them: which advisories affect what a project has."""

from itertools import islice
from typing import Any, Final

from chalicelib.api.npm.bodies import InflatedTooLarge, UnsupportedEncoding, json_body
from chalicelib.api.routing import Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.errors import InvalidPayload, TooLarge
from chalicelib.npm.advisories import Asked
from chalicelib.npm.audit_reports import asked_of, nodes_of

routes = Routes(tag="npm")

MAX_BYTES: Final = 4 << 20
MAX_NAMES: Final = 10_000
MAX_VERSIONS: Final = 20_000
MAX_TREE_BYTES: Final = 16 << 20
MAX_NODES: Final = 100_000


class TooManyToAudit(TooLarge):
    """One request asks about more packages or versions than are audited at once."""

    code = "too_many_to_audit"
    title = "Too much to audit at once"

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(
            f"the request asks about more than {limit} {what}, the most in one audit; send several requests",
            limit=limit,
        )


REFUSALS: Final = (InflatedTooLarge, InvalidPayload, TooManyToAudit, UnsupportedEncoding)


@routes.post(
    "/npm/-/npm/v1/security/advisories/bulk",
    summary="Advisories that affect what a client has",
    raises=REFUSALS,
    scope="read",
)
def bulk(request: Request) -> Answer:
    """Answer, for names each with versions, the advisories that affect one of these versions, in npm's shape.

    The body is JSON, plain or in gzip. Names without an advisory are left out, whether they were published here or not.
    """
    return json_answer(container().advising.bulk(_asked(json_body(request, limit=MAX_BYTES))))


@routes.post(
    "/npm/-/npm/v1/security/audits",
    summary="A report on a tree of dependencies",
    raises=REFUSALS,
    scope="read",
)
def full(request: Request) -> Answer:
    """Answer the report that npm 6 and older pnpm want on the tree in the body, which is JSON, plain or in gzip."""
    nodes = list(islice(nodes_of(json_body(request, limit=MAX_TREE_BYTES)), MAX_NODES + 1))
    if len(nodes) > MAX_NODES:
        raise TooManyToAudit("places in a tree", MAX_NODES)
    _check_size(asked_of(nodes))
    return json_answer(container().advising.full(nodes))


@routes.post(
    "/npm/-/npm/v1/security/audits/quick",
    summary="A report on a tree of dependencies, for installs",
    raises=REFUSALS,
    scope="read",
)
def quick(request: Request) -> Answer:
    """Answer the same as without `quick`."""
    return full(request)


def _asked(value: Any) -> Asked:
    """Answer what a body asks about; raises InvalidPayload and TooManyToAudit."""
    if not isinstance(value, dict):
        raise InvalidPayload("the body has to be a JSON object of names, each with a list of versions")
    for name, versions in value.items():
        if not isinstance(versions, list) or not all(isinstance(version, str) for version in versions):
            raise InvalidPayload(f"`{name[:100]}`: its versions have to be a list of texts")
    _check_size(value)
    return value


def _check_size(asked: Asked) -> None:
    """Refuse to look for more than can be found in time; raises TooManyToAudit."""
    if len(asked) > MAX_NAMES:
        raise TooManyToAudit("packages", MAX_NAMES)
    if sum(map(len, asked.values())) > MAX_VERSIONS:
        raise TooManyToAudit("versions", MAX_VERSIONS)
