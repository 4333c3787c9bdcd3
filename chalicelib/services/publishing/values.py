"""What a publish passes from stage to stage, and what the stages work with."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from chalicelib.analyzers.base import Analyzer
from chalicelib.domain.head import Head
from chalicelib.domain.manifest import Claim, Publisher, Source
from chalicelib.domain.metadata import Metadata
from chalicelib.domain.names import PackageName
from chalicelib.domain.package import Package
from chalicelib.domain.patterns import EVERY_PACKAGE, PackagePatterns
from chalicelib.services.analysis import Analysis
from chalicelib.settings import Limits
from chalicelib.stores.access import Publishers
from chalicelib.stores.artifacts import Artifacts
from chalicelib.stores.heads import Heads
from chalicelib.stores.incoming import Incoming
from chalicelib.stores.index import Index
from chalicelib.stores.manifests import Manifests, StoredManifest
from chalicelib.stores.metadata import MetadataStore


@dataclass(frozen=True, slots=True)
class Workshop:
    """The stores and rules that the stages work with."""

    heads: Heads
    manifests: Manifests
    metadata: MetadataStore
    artifacts: Artifacts
    incoming: Incoming
    index: Index
    publishers: Publishers
    limits: Limits
    analyzers: Callable[[], Sequence[Analyzer]]
    now: Callable[[], datetime]
    files_as_objects: bool = False


@dataclass(frozen=True, slots=True)
class PublishRequest:
    """A wish to publish the tarball `data`, or the one under the key `upload`, which has to have the `etag` if given.

    `name` and `sha256` (hex) are checked against the tarball where they are given; `packages` are those that may be
    published this way; `tag` is a dist-tag to move.
    """

    publisher: Publisher
    source: Source
    name: PackageName | None = None
    packages: PackagePatterns = EVERY_PACKAGE
    tag: str | None = None
    sha256: str | None = None
    data: bytes | None = field(default=None, repr=False)
    upload: str | None = None
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Staged:
    """Durable bytes: the tarball's digest in hex, and how to read it again."""

    sha256: str
    chunks: Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Opened:
    """A tarball that was read: which version of what it is, what it holds, and its pack."""

    name: PackageName
    version: str
    package: Package
    pack: BinaryIO


@dataclass(frozen=True, slots=True)
class Analyzed:
    """What the analyzers found under the claim's facts; `visible` is the manifest of a version already visible."""

    claim: Claim
    analysis: Analysis
    previous: Metadata | None
    visible: StoredManifest | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A version whose number is taken for these bytes, the analysis under the claim's facts, and what it describes."""

    manifest: StoredManifest
    analyzed: Analyzed
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class Published:
    """A version that is visible; `created` tells whether this request made it so."""

    created: bool
    head: Head
    manifest: StoredManifest
    metadata: Metadata
    analysis: Analysis
