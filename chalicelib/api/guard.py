"""The one place where every request is let in or refused, whatever its route.

What is refused does not tell what exists: without a token nothing is answered but 401, and a package that is not the
caller's own is answered like one that was never published.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from chalicelib import telemetry
from chalicelib.api.answers import Answer
from chalicelib.api.requests import Request
from chalicelib.api.routing import Route
from chalicelib.container import container
from chalicelib.domain.access import (
    EVERYBODY,
    AuthenticationRequired,
    Caller,
    PackageForbidden,
    Scope,
    ScopeMissing,
    bearer,
)
from chalicelib.domain.errors import PackageNotFound
from chalicelib.domain.names import PackageName
from chalicelib.domain.patterns import EVERY_PACKAGE

BUCKET_KEY: Final = "prism-owner-key"


def admit(route: Route, request: Request) -> Request:
    """Answer a request with its caller, if they may send it; who is refused is told in the log as well.

    Raises AuthenticationRequired, InvalidToken and Forbidden, and PackageNotFound for reads of what is not theirs.
    """
    if route.scope is None:
        return request
    request = admitted(request, route.scope)
    if route.packages is not None and request.caller.packages != EVERY_PACKAGE:
        check_packages(request.caller, route.packages(request), route.scope)
    return request


def admitted(request: Request, scope: Scope) -> Request:
    """Answer a request with its caller, if they have a scope; raises AuthenticationRequired and Forbidden."""
    caller = with_bucket_key(caller_of(request), request)
    telemetry.note(caller=caller.name, tokenId=caller.token)
    _check_scope(scope, caller)
    return request._replace(caller=caller)


def shielded(answer: Answer, route: Route, request: Request) -> Answer:
    """Answer the same, kept out of caches that are shared where it may depend on who asked."""
    if route.scope is None or not _depends_on_caller(request):
        return answer
    private = _private(answer.header("Cache-Control"))
    return answer.with_header("Cache-Control", private).varying_by("Authorization")


def caller_of(request: Request) -> Caller:
    """Answer who sends a request; raises AuthenticationRequired and InvalidToken."""
    text = bearer(request.headers.get("authorization"))
    if text is not None:
        return container().access.authenticate(text)
    if container().settings.access == "open":
        return EVERYBODY
    raise AuthenticationRequired


def with_bucket_key(caller: Caller, request: Request) -> Caller:
    """Answer the same caller with the key of a bucket of files that a request brings, if any."""
    key = request.headers.get(BUCKET_KEY)
    return caller if key is None else replace(caller, bucket_key=key)


def _check_scope(scope: Scope, caller: Caller) -> None:
    if caller.may(scope):
        return
    if caller.name is None:
        raise AuthenticationRequired
    raise ScopeMissing(scope, caller.scopes)


def check_packages(caller: Caller, names: Iterable[str], scope: Scope) -> None:
    """Hold a request to the caller's packages; asks no storage, so it takes as long whatever exists.

    Raises PackageNotFound for one that is read, and PackageForbidden.
    """
    for name in map(PackageName.parse, names):
        if caller.packages.match(name):
            continue
        if scope == "read":
            raise PackageNotFound(name)
        raise PackageForbidden(name, caller.packages)


def _depends_on_caller(request: Request) -> bool:
    return request.caller.name is not None or container().settings.access == "token"


def _private(cache: str | None) -> str:
    """Answer a Cache-Control that only the caller's own cache may follow."""
    kept = [part.strip() for part in (cache or "").split(",") if part.strip() and part.strip() != "public"]
    return ", ".join(kept if {"private", "no-store"} & set(kept) else ["private", *kept])
