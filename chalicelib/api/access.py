"""Who may do what: tokens, trusted publishers, and the log of changes to both."""

from typing import Literal

from chalicelib.api.payloads import TokenPayload, TrustPayload
from chalicelib.api.queries import PageQuery
from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.access import SCOPES, Scope
from chalicelib.domain.audit import is_place
from chalicelib.domain.document import Document
from chalicelib.domain.errors import Busy, InvalidPayload, InvalidQuery
from chalicelib.domain.patterns import EVERY_PACKAGE
from chalicelib.domain.publishers import PublisherNotFound
from chalicelib.domain.tokens import TokenFacts, TokenNotFound, is_token_id
from chalicelib.services.granting import AuditPage, NewToken, PublisherList, TokenList

routes = Routes(tag="access")


class Identity(Document):
    """Whom the registry takes the caller for; `name` is absent for somebody without a token, `packages` for all."""

    access: Literal["open", "token"]
    name: str | None = None
    scopes: list[Scope]
    packages: list[str] | None = None
    token: str | None = None
    expires_at: str | None = None


@routes.get("/v1/whoami", summary="Who the caller is", answers={200: Identity})
def whoami(request: Request) -> Answer:
    """Tell whom the token speaks as and what it allows."""
    caller = request.caller
    packages = caller.packages
    identity = Identity(
        access=container().settings.access,
        name=caller.name,
        scopes=sorted(caller.scopes, key=SCOPES.index),
        packages=None if packages == EVERY_PACKAGE else list(packages.texts),
        token=caller.token,
        expires_at=caller.expires_at,
    )
    return json_answer(identity, cache=NO_STORE)


@routes.post(
    "/v1/tokens",
    summary="Make a token",
    body=TokenPayload,
    answers={201: NewToken},
    raises=(InvalidPayload,),
    scope="admin",
)
def create_token(request: Request) -> Answer:
    """Make a token; its text is in this answer and told never again."""
    wanted = request.body_as(TokenPayload)
    made = container().granting.create_token(
        wanted.name, wanted.scopes, packages=wanted.packages, lifetime=wanted.lifetime(), by=request.caller
    )
    return json_answer(made, status=201, cache=NO_STORE)


@routes.get(
    "/v1/tokens",
    summary="All tokens",
    query=PageQuery,
    answers={200: TokenList},
    raises=(InvalidQuery,),
    scope="admin",
)
def tokens(request: Request) -> Answer:
    """List what tokens there are, or were until they were revoked or expired, without their texts."""
    page = request.query_as(PageQuery).checked(is_token_id)
    return json_answer(container().granting.tokens(after=page.cursor, limit=page.limit), cache=NO_STORE)


@routes.delete(
    "/v1/tokens/{id}",
    summary="Revoke a token",
    answers={200: TokenFacts},
    raises=(Busy, TokenNotFound),
    scope="admin",
)
def revoke_token(request: Request) -> Answer:
    """Make a token worthless from the very next request on; its facts stay in the list."""
    return json_answer(container().granting.revoke_token(request.params["id"], by=request.caller))


@routes.get("/v1/publishers", summary="Trusted publishers", answers={200: PublisherList}, scope="admin")
def publishers(request: Request) -> Answer:
    """List who may publish what; until somebody is put on the list, all may who have the scope."""
    return json_answer(container().granting.publishers(), cache=NO_STORE)


@routes.put(
    "/v1/publishers/{publisher}",
    summary="Trust a publisher",
    body=TrustPayload,
    answers={200: PublisherList},
    raises=(Busy, InvalidPayload),
    scope="admin",
)
def allow_publisher(request: Request) -> Answer:
    """Put a publisher on the list, by a name in which `*` stands for any characters, in place of what it said of it."""
    wanted = request.body_as(TrustPayload).packages
    allowed = container().granting.allow_publisher(request.params["publisher"], wanted, by=request.caller)
    return json_answer(allowed)


@routes.delete(
    "/v1/publishers/{publisher}",
    summary="Trust a publisher no more",
    answers={200: PublisherList},
    raises=(Busy, PublisherNotFound),
    scope="admin",
)
def remove_publisher(request: Request) -> Answer:
    """Take a publisher off the list; when the last one has gone, nobody may publish."""
    return json_answer(container().granting.remove_publisher(request.params["publisher"], by=request.caller))


@routes.get(
    "/v1/audit",
    summary="Changes to who may do what",
    query=PageQuery,
    answers={200: AuditPage},
    raises=(InvalidQuery,),
    scope="admin",
)
def audit(request: Request) -> Answer:
    """List who changed tokens, publishers, keys and trust, the newest first; each was written down before."""
    page = request.query_as(PageQuery).checked(is_place)
    return json_answer(container().granting.log(after=page.cursor, limit=page.limit), cache=NO_STORE)
