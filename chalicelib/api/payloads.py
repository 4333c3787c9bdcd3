"""Bodies and queries as they arrive, and the values made of them."""

import base64
import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from chalicelib.api.requests import Request
from chalicelib.domain.errors import InvalidPayload, InvalidQuery
from chalicelib.domain.manifest import Publisher
from chalicelib.domain.names import PackageName
from chalicelib.domain.times import moment, timestamp

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
BASE_URL = re.compile(
    r"https?://(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~!$&()*+,;=:@%/-]{0,1024})?"
)
"""A scheme, a host and a path; no user, query or fragment, and nothing that could be something else in a header."""
PublishSource = Literal["cli", "api", "web"]


class Payload(BaseModel):
    """What a client sends: camelCase fields, unknown ones ignored."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore", defer_build=True
    )


class PublishPayload(Payload):
    """A tarball as JSON: its bytes in base64 and their SHA-256 in hex."""

    tarball_base64: str = Field(min_length=1)
    sha256: str = Field(pattern=r"^[0-9a-fA-F]{64}$")
    publisher: Publisher
    source: PublishSource = "api"
    tag: str | None = None

    def tarball(self) -> bytes:
        """Answer the tarball's bytes; raises InvalidPayload."""
        try:
            return base64.b64decode(self.tarball_base64, validate=True)
        except ValueError as error:
            raise InvalidPayload(f"`tarballBase64` is not base64: {error}") from None


class PublishHeaders(Payload):
    """What the headers of a raw tarball say; names that are not ASCII are percent-encoded."""

    sha256: str | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$")
    publisher: Publisher
    source: PublishSource = "api"
    tag: str | None = None

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> "PublishHeaders":
        """Read the `x-prism-…` headers; raises InvalidPayload."""
        publisher = {"name": _header(headers, "publisher-name") or "anonymous"}
        email = _header(headers, "publisher-email")
        given = {
            "sha256": _header(headers, "sha256"),
            "publisher": publisher | ({"email": email} if email else {}),
            "source": _header(headers, "source") or "api",
            "tag": _header(headers, "tag"),
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            name = "-".join(str(part) for part in first["loc"])
            raise InvalidPayload(f"the header `x-prism-{name}`: {first['msg']}", header=name) from None


class TagPayload(Payload):
    """The version that a tag is to name."""

    version: str


class DeprecationPayload(Payload):
    """A deprecation's text; empty takes the deprecation away."""

    message: str = Field(max_length=2000)


class YankPayload(Payload):
    """Whether a version is hidden from ranges, and why; a reason alone hides it. Misspelt fields are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)

    yanked: bool | None = None
    reason: str = Field(default="", max_length=2000)

    def wanted(self) -> str | None:
        """Answer the reason to hide the version for, or None to show it again; raises InvalidPayload."""
        if self.yanked is None and not self.reason:
            raise InvalidPayload("say `yanked`: true or false; with true, `reason` tells users why")
        return None if self.yanked is False else self.reason or "yanked"


Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT)]


class PageQuery(Payload):
    """Which page of a list."""

    limit: Limit = DEFAULT_LIMIT
    cursor: str = ""


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
        if self.as_of is None:
            return None
        try:
            return timestamp(moment(self.as_of))
        except (ValueError, OverflowError):
            raise InvalidQuery(
                f"`asOf` is `{self.as_of[:60]}`, which is not a moment such as 2026-01-31T12:00:00Z"
            ) from None


class ResolveQuery(AsOfQuery):
    """Which entry of which package, for whom."""

    spec: str = Field(min_length=1)
    runtime: str = "node"
    mode: Literal["import", "require"] = "import"
    base_url: str | None = None

    def base(self) -> str | None:
        """Answer the base of URLs without a final slash, or None; raises InvalidQuery."""
        if self.base_url is None:
            return None
        if not BASE_URL.fullmatch(self.base_url):
            raise InvalidQuery(f"`baseUrl` is `{self.base_url[:200]}`, which is not an absolute http address")
        return self.base_url.rstrip("/")


def package_name(request: Request) -> PackageName:
    """Answer the package that a request's path names; raises InvalidName."""
    return PackageName.parse(request.params["name"])


def actor(request: Request) -> str:
    """Answer who sends a request, as they call themselves."""
    return PublishHeaders.read(request.headers).publisher.name


def _header(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(f"x-prism-{name}")
    return unquote(value).strip() or None if value is not None else None
