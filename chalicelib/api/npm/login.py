"""Login on a page: npm shows its user an address, the user approves there, and npm collects a token."""

from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from pydantic import Field

from chalicelib.api.npm.callers import notices, small
from chalicelib.api.npm.pages import APPROVED, ASKED, GONE, page
from chalicelib.api.queries import Payload
from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.access import LoginRefused
from chalicelib.domain.document import Document
from chalicelib.domain.errors import Busy, InvalidPayload, InvalidQuery, PayloadTooLarge
from chalicelib.domain.logins import LoginDone, LoginNotFound

routes = Routes(tag="npm")

HTML: Final = "text/html; charset=utf-8"
FORM: Final = "application/x-www-form-urlencoded"
POLL_SECONDS: Final = 2
MAX_FIELDS: Final = 10


class LoginUrls(Document):
    """Where the person approves, and where the program asks whether they did; only the second holds a secret."""

    login_url: str
    done_url: str = Field(repr=False)


class Collected(Document):
    """The token; it is told never again."""

    token: str = Field(repr=False)


class Waiting(Document):
    """Nobody has approved yet; ask again when the header `Retry-After` says."""


class DoneQuery(Payload):
    """The secret of a login, as `doneUrl` has it."""

    secret: str = Field(max_length=200)


@routes.post("/npm/-/v1/login", summary="npm login", answers={200: LoginUrls}, scope=None)
def start(request: Request) -> Answer:
    """Begin a login; it is open for ten minutes. What the request says is not read."""
    login = container().logins.start()
    base = f"{request.origin}/npm/-/v1"
    urls = LoginUrls(login_url=f"{base}/login/{login.id}", done_url=f"{base}/done?secret={login.secret}")
    return json_answer(urls, cache=NO_STORE)


@routes.get(
    "/npm/-/v1/login/{login}",
    summary="The page on which a login is approved",
    gives=(HTML,),
    raises=(LoginNotFound,),
    scope=None,
    cross_origin=False,
)
def ask(request: Request) -> Answer:
    """Ask a person to approve a login: by a token, or in an open registry by a name too."""
    try:
        container().logins.check(request.params["login"])
    except LoginNotFound as error:
        return page(request, GONE, error)
    return page(request, ASKED)


@routes.post(
    "/npm/-/v1/login/{login}",
    summary="Approve a login",
    takes=(FORM,),
    gives=(HTML,),
    raises=(Busy, InvalidPayload, LoginDone, LoginNotFound, LoginRefused, PayloadTooLarge),
    scope=None,
)
def approve(request: Request) -> Answer:
    """Let the program have a token like the one in the form, without `admin`; a failure is answered by a page too."""
    try:
        name = container().logins.approve(request.params["login"], _answer(small(request)))
    except (LoginDone, LoginNotFound) as error:
        return page(request, GONE, error)
    except (InvalidPayload, LoginRefused, PayloadTooLarge) as error:
        return page(request, ASKED, error)
    return page(request, APPROVED, name=name)


@routes.get(
    "/npm/-/v1/done",
    summary="Whether a login was approved",
    query=DoneQuery,
    answers={200: Collected, 202: Waiting},
    raises=(Busy, InvalidQuery, LoginDone, LoginNotFound),
    scope=None,
    cross_origin=False,
)
def done(request: Request) -> Answer:
    """Make the token of an approved login and hand it over, once; answer 202 until then."""
    made = container().logins.collect(request.query_as(DoneQuery).secret)
    if made is None:
        wait = {"Retry-After": str(POLL_SECONDS)}
        return json_answer(Waiting(), status=HTTPStatus.ACCEPTED, cache=NO_STORE, headers=wait)
    return json_answer(Collected(token=made.token), cache=NO_STORE, headers=notices(made))


def _answer(request: Request) -> str:
    """Answer what the form's one field says; raises InvalidPayload."""
    try:
        fields = parse_qs(request.body.decode("ascii"), errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise InvalidPayload("the form cannot be read; fill it in on this page") from None
    answer = (fields.get("token") or fields.get("name") or [""])[-1].strip()
    if not answer:
        raise InvalidPayload("the field is empty; fill it in")
    return answer
