"""`npm token`: the tokens that speak as the caller."""

from datetime import timedelta
from typing import Final, Literal

from pydantic import ConfigDict, Field

from chalicelib.api.npm.callers import known, small
from chalicelib.api.queries import Payload
from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer, no_content
from chalicelib.container import container
from chalicelib.domain.access import AuthenticationRequired, Forbidden
from chalicelib.domain.document import Document
from chalicelib.domain.errors import Busy, InvalidPayload, InvalidQuery, PayloadTooLarge
from chalicelib.domain.patterns import EVERYTHING
from chalicelib.domain.tokens import TOKEN_PREFIX, TokenFacts, TokenNotFound, is_token_id
from chalicelib.services.granting import NewToken
from chalicelib.services.own_tokens import Wanted

routes = Routes(tag="npm")

LONGEST_DAYS: Final = 36500


class NpmToken(Document):
    """A token as `npm token list` shows it: `key` is its id, and `token` what its text begins with."""

    key: str
    token: str
    name: str
    readonly: bool
    created: str
    updated: str
    expires: str | None = None


class NpmTokenUrls(Document):
    """Where the next page is, if there is one."""

    next: str | None = None


class NpmTokens(Document):
    """A page of the caller's tokens; it may be empty and have a `next` all the same."""

    objects: list[NpmToken]
    total: int
    urls: NpmTokenUrls


class NpmTokensQuery(Payload):
    """Which page of the tokens."""

    cursor: str = ""


class NpmTokenPayload(Payload):
    """What `npm token create` wants; without a word on packages or permission it is what the caller's own token allows.

    `password` is not looked at: the token that is sent says who calls.
    """

    model_config = ConfigDict(alias_generator=None)

    name: str | None = Field(default=None, max_length=200)
    packages: list[str] = Field(default_factory=list)
    scopes: list[str] = Field(default_factory=list)
    packages_all: bool = False
    packages_and_scopes_permission: Literal["read-only", "read-write", "no-access"] | None = None
    readonly: bool | None = None
    expires: int | None = Field(default=None, ge=1, le=LONGEST_DAYS)
    orgs: list[str] = Field(default_factory=list)
    cidr_whitelist: list[str] | None = None

    def wanted(self) -> Wanted:
        """Answer the token to make; raises InvalidPayload for what this registry has no way to keep."""
        if self.orgs:
            raise InvalidPayload("`orgs`: there are no organisations here; name packages or scopes")
        if self.cidr_whitelist:
            raise InvalidPayload("`cidr_whitelist`: tokens are good from everywhere here; leave it out")
        if self.packages_and_scopes_permission == "no-access":
            raise InvalidPayload("`packages_and_scopes_permission`: every token may at least read")
        if self.name and not self.name.isprintable():
            raise InvalidPayload("`name` holds characters that cannot be printed")
        lifetime = timedelta(days=self.expires) if self.expires else None
        return Wanted(self.name or None, self._read_only(), self._packages(), lifetime)

    def _read_only(self) -> bool | None:
        permission = self.packages_and_scopes_permission
        return self.readonly if permission is None else permission == "read-only"

    def _packages(self) -> list[str] | None:
        if self.packages_all:
            return [EVERYTHING]
        return [*self.packages, *(f"{scope}/*" for scope in self.scopes)] or None


class NewNpmToken(NpmToken):
    """A token that was just made; `token` is its whole text, which is never told again."""

    token: str = Field(repr=False)


@routes.get(
    "/npm/-/npm/v1/tokens",
    summary="npm token list",
    query=NpmTokensQuery,
    answers={200: NpmTokens},
    raises=(AuthenticationRequired, InvalidQuery),
)
def tokens(request: Request) -> Answer:
    """List the tokens that speak as the caller and are good, without their texts."""
    cursor = request.query_as(NpmTokensQuery).cursor
    if cursor and not is_token_id(cursor):
        raise InvalidQuery("`cursor` is not one that an answer of this list named")
    page = container().own_tokens.page(known(request), after=cursor)
    # npm puts what follows its registry's address there.
    following = f"/-/npm/v1/tokens?cursor={page.next}" if page.next else None
    listed = NpmTokens(
        objects=[NpmToken(**_told(facts), token=f"{TOKEN_PREFIX}_{facts.id}") for facts in page.tokens],
        total=len(page.tokens),
        urls=NpmTokenUrls(next=following),
    )
    return json_answer(listed, cache=NO_STORE)


@routes.post(
    "/npm/-/npm/v1/tokens",
    summary="npm token create",
    body=NpmTokenPayload,
    answers={201: NewNpmToken},
    raises=(AuthenticationRequired, Forbidden, InvalidPayload, PayloadTooLarge),
    scope="read",
)
def create_token(request: Request) -> Answer:
    """Make a token that speaks as the caller and may do no more than theirs, nor for longer."""
    wanted = small(request).body_as(NpmTokenPayload).wanted()
    made = container().own_tokens.create(known(request), wanted)
    return json_answer(NewNpmToken(**_told(made), token=made.token), status=201, cache=NO_STORE)


@routes.delete(
    "/npm/-/npm/v1/tokens/token/{token}",
    summary="npm token revoke",
    answers={204: None},
    raises=(AuthenticationRequired, Busy, Forbidden, TokenNotFound),
    scope="read",
)
def revoke_token(request: Request) -> Answer:
    """Revoke a token of the caller's own, by id or text, and with it those that stem from it."""
    container().own_tokens.revoke(known(request), request.params["token"])
    return no_content()


def _told(facts: TokenFacts | NewToken) -> dict[str, object]:
    """Answer what npm is told of a token, but for its text."""
    return {
        "key": facts.id,
        "name": facts.label or facts.name,
        "readonly": facts.scopes == ["read"],
        "created": facts.created_at,
        "updated": facts.revoked_at or facts.created_at,
        "expires": facts.expires_at,
    }
