"""What an analyzer is: a module with a name, a version and a pure `analyze`.

    name = "licence"
    version = "1"
    requires = ()            # names of analyzers whose results it reads
    essential = False        # True: the publish fails when it fails

    def analyze(subject: Subject) -> Found: ...

It takes values and returns values: no clock, no store, no network. Its result goes into the version's metadata, so
the same subject must always give the same result.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from chalicelib.domain.manifest import Claim
from chalicelib.domain.metadata import Metadata
from chalicelib.domain.names import PackageName
from chalicelib.domain.package import Package


@dataclass(frozen=True, slots=True)
class Subject:
    """What an analyzer looks at; `results` holds what the analyzers it requires have returned, by name."""

    name: PackageName
    version: str
    package: Package
    claim: Claim
    previous: Metadata | None = None
    results: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What an analyzer concluded: a verdict of a few words for people, and the value that is stored."""

    verdict: str
    value: Any


class Analyzer(Protocol):
    """The interface that an analyzer module satisfies."""

    @property
    def name(self) -> str:
        """Its name in JSON and in `requires`."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the same subject may give another result."""
        ...

    @property
    def requires(self) -> tuple[str, ...]:
        """Names of analyzers whose results it reads; it is skipped when one of them failed."""
        ...

    @property
    def essential(self) -> bool:
        """Whether a publish fails when it fails."""
        ...

    def analyze(self, subject: Subject) -> Found:
        """Look at a package and answer what was found."""
        ...
