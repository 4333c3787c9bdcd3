"""What the routes for npm's users have in common: who calls, and bodies that are small."""

from typing import TYPE_CHECKING, Final

from chalicelib.api.requests import Request
from chalicelib.domain.access import AuthenticationRequired, Caller
from chalicelib.domain.errors import PayloadTooLarge

if TYPE_CHECKING:
    from chalicelib.services.granting import NewToken

LARGEST_BODY: Final = 64 << 10
"""Bytes; nobody's name, token and list of packages are longer."""

OPEN_NOTICE: Final = (
    "this registry is open: you are who you say you are, and the login is good only while it stays open"
)


def known(request: Request) -> Caller:
    """Answer who calls, if a token tells; raises AuthenticationRequired."""
    if request.caller.name is None:
        raise AuthenticationRequired
    return request.caller


def small(request: Request) -> Request:
    """Answer a request whose body is small; raises PayloadTooLarge."""
    if len(request.body) > LARGEST_BODY:
        raise PayloadTooLarge(LARGEST_BODY, len(request.body))
    return request


def notices(made: "NewToken") -> dict[str, str]:
    """Answer the headers by which npm tells its user what to know of a new token."""
    return {"npm-notice": OPEN_NOTICE} if made.open_only else {}
