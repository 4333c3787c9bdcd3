"""Queries as they arrive, and what the paths and queries of several routes have in common."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from chalicelib.api.requests import Request
from chalicelib.domain.errors import InvalidQuery
from chalicelib.domain.names import PackageName
from chalicelib.domain.times import moment, timestamp

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
BASE_URL = re.compile(
    r"https?://(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~!$&()*+,;=:@%/-]{0,1024})?"
)
"""A scheme, a host and a path; no user, query or fragment, and nothing that could be something else in a header."""


class Payload(BaseModel):
    """What a client sends: camelCase fields, unknown ones ignored."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore", defer_build=True
    )


ResolveMode = Literal["import", "require"]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT)]


class PageQuery(Payload):
    """Which page of a list."""

    limit: Limit = DEFAULT_LIMIT
    cursor: str = ""

    def checked(self, is_cursor: Callable[[str], bool]) -> Self:
        """Answer the query if its cursor, where it has one, can be one of the list; raises InvalidQuery."""
        if self.cursor and not is_cursor(self.cursor):
            raise InvalidQuery("`cursor` is not one that an answer of this list named")
        return self


class SearchQueryParameters(Payload):
    """What to search for, and which page of it."""

    q: str = Field(default="", max_length=500)
    runtime: str | None = None
    limit: Limit = DEFAULT_LIMIT
    cursor: Annotated[str, Field(pattern=r"^\d{0,9}$")] = ""


class AsOfQuery(Payload):
    """The moment as of which to answer, RFC 3339."""

    as_of: str | None = None

    def moment(self) -> str | None:
        """Answer the moment in stored form; raises InvalidQuery."""
        named = named_moment("asOf", self.as_of)
        return None if named is None else timestamp(named)


class BaseUrlQuery(AsOfQuery):
    """What the addresses in an answer begin with, and the moment as of which to answer."""

    base_url: str | None = None

    def base(self) -> str | None:
        """Answer the base of URLs without a final slash, or None; raises InvalidQuery."""
        if self.base_url is None:
            return None
        if not BASE_URL.fullmatch(self.base_url):
            raise InvalidQuery(f"`baseUrl` is `{self.base_url[:200]}`, which is not an absolute http address")
        return self.base_url.rstrip("/")


class ResolveQuery(BaseUrlQuery):
    """Which entry of which package, for whom.

    A path that begins with `#` is one of the package's own `imports`; `from` is the file of the package that imports.
    """

    spec: str = Field(min_length=1)
    runtime: str = "node"
    mode: ResolveMode = "import"
    importer: str | None = Field(default=None, alias="from", min_length=1)
    explain: bool = False


def named_moment(parameter: str, text: str | None) -> datetime | None:
    """Answer the moment that a parameter names, None for none; raises InvalidQuery."""
    if text is None:
        return None
    try:
        return moment(text)
    except (ValueError, OverflowError):
        raise InvalidQuery(
            f"`{parameter}` is `{text[:60]}`, which is not a moment such as 2026-01-31T12:00:00Z"
        ) from None


def package_name(request: Request) -> PackageName:
    """Answer the package that a request's path names; raises InvalidName."""
    return PackageName.parse(request.params["name"])
