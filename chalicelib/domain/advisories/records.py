"""Advisories as OSV writes them (https://ossf.github.io/osv-schema/), of which only what npm's packages need is read.

What is not read is kept as it came.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, field_validator

from chalicelib.domain.advisories.spans import Spans, affected_spans
from chalicelib.domain.document import Document
from chalicelib.domain.errors import InvalidName, InvalidRequest, InvalidVersion
from chalicelib.domain.names import PackageName
from chalicelib.domain.times import moment

NPM: Final = "npm"
MAX_ID: Final = 100

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
_GHSA: Final = re.compile(r"GHSA(?:-[0-9a-z]{4}){3}", re.IGNORECASE)


class InvalidAdvisory(InvalidRequest):
    """An advisory is no OSV record, or says of no version whether it is affected."""

    code = "invalid_advisory"
    title = "The advisory is not valid"


class _OsvDocument(Document):
    """A part of an OSV record, whose fields are written in snake_case."""

    model_config = ConfigDict(alias_generator=None)


class AffectedPackage(_OsvDocument):
    """A package by its ecosystem and its name there."""

    ecosystem: str
    name: str


class AffectedRange(_OsvDocument):
    """Events, each a kind and a version, between which versions are affected."""

    type: str
    events: list[dict[str, str]] = Field(default_factory=list)


class Affected(_OsvDocument):
    """Versions of one package."""

    package: AffectedPackage | None = None
    ranges: list[AffectedRange] | None = None
    versions: list[str] | None = None

    def is_of(self, name: PackageName) -> bool:
        """Tell whether these are versions of a package of npm."""
        return package_of(self) == name


class Severity(_OsvDocument):
    """A vector of some version of CVSS."""

    type: str
    score: str


class Reference(_OsvDocument):
    """Where more is to be read."""

    type: str = "WEB"
    url: str


class Advisory(_OsvDocument):
    """One OSV record; `withdrawn` tells since when it holds no more."""

    id: Annotated[str, Field(max_length=MAX_ID)]
    modified: str
    withdrawn: str | None = None
    aliases: list[str] | None = None
    summary: str | None = None
    details: str | None = None
    severity: list[Severity] | None = None
    affected: list[Affected] | None = None
    references: list[Reference] | None = None
    database_specific: dict[str, Any] | None = None

    @field_validator("id")
    @classmethod
    def _check_id(cls, text: str) -> str:
        if not _ID.fullmatch(text):
            raise ValueError("an id has letters, digits, `.`, `_`, `:` and `-` only")
        return text

    @field_validator("modified")
    @classmethod
    def _check_moment(cls, text: str) -> str:
        try:
            moment(text)
        except (ValueError, OverflowError):
            raise ValueError("the moment is not RFC 3339") from None
        return text

    @property
    def ghsa(self) -> str | None:
        """The id in GitHub's database, where the record is of that."""
        return self.id if _GHSA.fullmatch(self.id) else None

    @property
    def packages(self) -> list[PackageName]:
        """The packages of npm that the record is about, ascending; names that none can have are left out."""
        found = {name for part in self.affected or [] if (name := package_of(part)) is not None}
        return sorted(found)

    def about(self, name: PackageName) -> "Advisory":
        """Answer the record with what it says of one package alone."""
        parts = [part for part in self.affected or [] if part.is_of(name)]
        return self.model_copy(update={"affected": parts})

    def is_older_than(self, other: "Advisory") -> bool:
        """Tell whether the other is a later state."""
        return moment(self.modified) < moment(other.modified)

    def spans(self, name: PackageName) -> Spans:
        """Answer the versions of a package that are affected, none if the record is withdrawn.

        Raises InvalidAdvisory.
        """
        if self.withdrawn is not None:
            return affected_spans([])
        parts = [part for part in self.affected or [] if part.is_of(name)]
        ranges = [(span.type, span.events) for part in parts for span in part.ranges or []]
        versions = [version for part in parts for version in part.versions or []]
        try:
            return affected_spans(ranges, versions)
        except InvalidVersion as error:
            raise InvalidAdvisory(f"`{self.id}`, events of `{name}`: {error.detail}", id=self.id) from None


class StoredAdvisory(Document):
    """What is kept of a record with one package: what it says of that, and all packages it was about.

    A record that was about a package and is no more stays there without a version that is affected.
    """

    record: Advisory
    packages: list[str]


class PackageAdvisories(Document):
    """Every advisory there ever was for a package, ascending by id."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    name: str
    advisories: list[StoredAdvisory] = Field(default_factory=list)

    def get(self, advisory_id: str) -> StoredAdvisory | None:
        """Answer the advisory with an id, or None."""
        return next((stored for stored in self.advisories if stored.record.id == advisory_id), None)

    def with_all(self, additions: Iterable[StoredAdvisory]) -> "PackageAdvisories":
        """Answer the same with advisories added, or put in place of those with the same ids."""
        by_id = {stored.record.id: stored for stored in [*self.advisories, *additions]}
        return self.model_copy(update={"advisories": [by_id[key] for key in sorted(by_id)]})


def package_of(affected: Affected) -> PackageName | None:
    """Answer the package of npm that a part of a record is about, or None."""
    package = affected.package
    return _name(package.name) if package is not None and package.ecosystem == NPM else None


@lru_cache(maxsize=4096)
def _name(text: str) -> PackageName | None:
    try:
        return PackageName.parse(text)
    except InvalidName:
        return None
