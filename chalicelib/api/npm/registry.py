"""The registry itself, as npm's clients greet it."""

from chalicelib.api.answers import Answer, json_answer
from chalicelib.api.requests import Request
from chalicelib.api.routing import Routes

routes = Routes(tag="npm")


@routes.get("/npm/-/ping", summary="Ping", scope=None)
def ping(request: Request) -> Answer:
    """Answer that somebody is there."""
    return json_answer({})
