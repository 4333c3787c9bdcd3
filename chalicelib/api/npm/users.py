"""Users, as npm knows them: who calls, whether a name can be somebody's, login by name and password, logout."""

from typing import Literal

from pydantic import Field

from chalicelib.api.npm.callers import known, notices, small
from chalicelib.api.queries import Payload
from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.access import AuthenticationRequired, Forbidden, LoginRefused
from chalicelib.domain.document import Document
from chalicelib.domain.errors import Busy, InvalidPayload, PayloadTooLarge
from chalicelib.domain.logins import UserNotFound
from chalicelib.domain.publishers import publisher_name
from chalicelib.domain.tokens import TokenNotFound, holds_token, is_token_id
from chalicelib.services.access import ADMIN

routes = Routes(tag="npm")

SETTING_STAYS = (
    "the token of the registry's settings is forgotten here and stays good until PRISM_ADMIN_TOKEN changes"
)


class Username(Document):
    """Whom the registry takes the caller for."""

    username: str


class Profile(Document):
    """What there is to tell of the caller; a registry of tokens knows no email."""

    name: str
    email: str = ""
    email_verified: bool = Field(default=False, alias="email_verified")
    fullname: str = ""


class User(Document):
    """Somebody by name."""

    id: str = Field(alias="_id")
    name: str
    email: str = ""


class LoginPayload(Payload):
    """A name and, as the password, a token that speaks as it; an open registry takes any other too."""

    name: str | None = Field(default=None, max_length=1000)
    password: str = Field(max_length=1000)


class LoggedIn(Document):
    """A token of the user's own; it is told never again."""

    ok: Literal[True] = True
    id: str
    token: str = Field(repr=False)


class Done(Document):
    """It is done."""

    ok: Literal[True] = True


@routes.get("/npm/-/whoami", summary="npm whoami", answers={200: Username}, raises=(AuthenticationRequired,))
def whoami(request: Request) -> Answer:
    """Tell whom the token speaks as."""
    return json_answer(Username(username=known(request).name), cache=NO_STORE)


@routes.get(
    "/npm/-/npm/v1/user", summary="npm profile get", answers={200: Profile}, raises=(AuthenticationRequired,)
)
def profile(request: Request) -> Answer:
    """Tell what is known of the caller."""
    return json_answer(Profile(name=known(request).name), cache=NO_STORE)


@routes.get(
    "/npm/-/user/org.couchdb.user:{user}",
    summary="A user by name",
    answers={200: User},
    raises=(UserNotFound,),
)
def user(request: Request) -> Answer:
    """Tell whether somebody could have a name, as `npm owner add` asks; names are recorded, not registered."""
    name = _name(request.params["user"])
    return json_answer(User(id=f"org.couchdb.user:{name}", name=name), cache=NO_STORE)


@routes.put(
    "/npm/-/user/org.couchdb.user:{user}",
    summary="npm login --auth-type=legacy",
    body=LoginPayload,
    answers={201: LoggedIn},
    raises=(InvalidPayload, LoginRefused, PayloadTooLarge),
    scope=None,
)
def login(request: Request) -> Answer:
    """Make a token for whoever has one of that name: with its packages and expiry, and without `admin`."""
    wanted = small(request).body_as(LoginPayload)
    name = request.params["user"]
    if wanted.name not in {None, name}:
        raise InvalidPayload("`name` is not the one in the address")
    made = container().logins.by_password(name, wanted.password)
    answer = LoggedIn(id=f"org.couchdb.user:{made.name}", token=made.token)
    return json_answer(answer, status=201, cache=NO_STORE, headers=notices(made))


@routes.put(
    "/npm/-/user/org.couchdb.user:{user}/-rev/{rev}",
    summary="npm login --auth-type=legacy, again",
    body=LoginPayload,
    answers={201: LoggedIn},
    raises=(InvalidPayload, LoginRefused, PayloadTooLarge),
    scope=None,
)
def login_again(request: Request) -> Answer:
    """Do the same; npm comes here from registries that know the user already."""
    return login(request)


@routes.delete(
    "/npm/-/user/token/{token}",
    summary="npm logout",
    answers={200: Done},
    raises=(AuthenticationRequired, Busy, Forbidden, TokenNotFound),
    scope="read",
)
def logout(request: Request) -> Answer:
    """Revoke a token of the caller's own, and with it those that stem from it."""
    caller, token = known(request), request.params["token"]
    if caller.token == ADMIN.token and not is_token_id(token) and not holds_token(token):
        return json_answer(Done(), headers={"npm-notice": SETTING_STAYS})
    container().own_tokens.revoke(caller, token)
    return json_answer(Done())


def _name(text: str) -> str:
    """Answer the name of a user; raises UserNotFound."""
    try:
        return publisher_name(text)
    except InvalidPayload:
        raise UserNotFound(text) from None
