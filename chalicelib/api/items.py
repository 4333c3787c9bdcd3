"""Many things asked for at once: each is answered in its place, also where something is wrong with it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.api.problems import members
from chalicelib.api.requests import Request
from chalicelib.domain.document import Document
from chalicelib.domain.errors import InvalidRequest, PrismError
from chalicelib.domain.specs import PackageSpec


class ItemProblem(Document):
    """What is wrong with one of many, as a problem document says it; further members are the facts."""

    type: str
    title: str
    status: int
    detail: str
    code: str


def names_in(specs: Iterable[str]) -> Iterator[str]:
    """Answer the packages that specs name; what is wrong with the others is told in their places."""
    for text in specs:
        try:
            yield PackageSpec.parse(text).name
        except InvalidRequest:
            continue


def item(
    asked: Mapping[str, Any], name: str, found: Document | PrismError, request: Request
) -> dict[str, Any]:
    """Answer one of many: what was asked for, and what was found under its name, or else the `error`."""
    if isinstance(found, PrismError):
        return {**asked, "error": members(found, request)}
    return {**asked, name: found}
