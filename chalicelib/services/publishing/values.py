"""What a publish passes from stage to stage, and what the stages work with."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple

from chalicelib.analyzers.base import Analyzer
from chalicelib.domain.executions.records import Job
from chalicelib.domain.head import Head
from chalicelib.domain.manifest import Publisher, Source
from chalicelib.domain.metadata import Metadata
from chalicelib.domain.names import PackageName
from chalicelib.domain.patterns import EVERY_PACKAGE, PackagePatterns
from chalicelib.services.deriving import Deriving
from chalicelib.services.npm.texts import Texts
from chalicelib.services.publishing.opened import Opened, new_pack
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
    """The stores and rules that the stages work with; `attest` keeps what attests a version of a package."""

    heads: Heads
    manifests: Manifests
    metadata: MetadataStore
    artifacts: Artifacts
    incoming: Incoming
    index: Index
    texts: Texts
    deriving: Deriving
    attest: Callable[[str, str, bytes], None]
    publishers: Publishers
    limits: Limits
    analyzers: Callable[[], Sequence[Analyzer]]
    now: Callable[[], datetime]
    files_as_objects: bool = False


@dataclass(frozen=True, slots=True)
class PublishRequest:
    """A wish to publish the tarball `data`, or the open `file`, or the one under the key `upload`, or its `chunks`.

    What was uploaded has to have the `etag` if one is given; a file stays open until the wish has come true, and chunks
    can be read again and again.

    `name`, `version` and `sha256` (hex) are checked against the tarball where they are given; `packages` are those that
    may be published this way; `tag` is a dist-tag to move, and `bundle` an accepted attestation of the tarball.
    """

    publisher: Publisher
    source: Source
    name: PackageName | None = None
    version: str | None = None
    packages: PackagePatterns = EVERY_PACKAGE
    tag: str | None = None
    sha256: str | None = None
    data: bytes | None = field(default=None, repr=False)
    file: BinaryIO | None = field(default=None, repr=False)
    upload: str | None = None
    chunks: Callable[[], Iterable[bytes]] | None = None
    etag: str | None = None
    bundle: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Staged:
    """Durable bytes: the tarball's digest in hex, its size, and how to read it again."""

    sha256: str
    size: int
    chunks: Callable[[], Iterable[bytes]]


class Documents(NamedTuple):
    """The bytes of what is written of a version, made once so that they are the same wherever they are kept."""

    manifest: bytes
    metadata: bytes


@dataclass(frozen=True, slots=True)
class Described:
    """All that is written of a version, read from its `documents`, and what each analyzer did.

    A `visible` version has been written before.
    """

    manifest: StoredManifest
    metadata: Metadata
    documents: Documents
    report: list[dict[str, Any]]
    visible: bool = False


@dataclass(slots=True)
class Work:
    """A publish between its stages: what is asked for, and what they have come to so far.

    `declared` is the name it is published under, where one was given, `declared_version` the version, and `packages`
    what may be published. `resumed` tells that another worker has begun it, `retagged` that this one has asked for the
    same tag, `looked` that this worker has read the package's head for it, and `attested` that an attestation came with
    it: `bundle`, where it was this worker who was sent it.
    """

    workshop: Workshop
    staged: Staged
    publisher: Publisher
    source: Source
    declared: PackageName | None = None
    declared_version: str | None = None
    packages: PackagePatterns = EVERY_PACKAGE
    tag: str | None = None
    resumed: bool = False
    retagged: bool = False
    looked: bool = False
    attested: bool = False
    bundle: bytes | None = field(default=None, repr=False)
    name: PackageName | None = None
    version: str | None = None
    _opened: Opened | None = None
    _described: Described | None = None
    _head: Head | None = None
    created: bool = False
    _packs: list[BinaryIO] = field(default_factory=list)

    def new_pack(self) -> BinaryIO:
        """Answer an empty file for a pack, in memory while it is small."""
        self._packs.append(new_pack())
        return self._packs[-1]

    @property
    def attested_by(self) -> str | None:
        """Who has sent an attestation with it, or None where nobody has."""
        return self.publisher.name if self.attested else None

    def close(self) -> None:
        """Let go of the packs."""
        for pack in self._packs:
            pack.close()

    @property
    def opened(self) -> Opened:
        """What the tarball holds, once it was read."""
        assert self._opened is not None, "the tarball was read"
        return self._opened

    @opened.setter
    def opened(self, opened: Opened) -> None:
        self._opened = opened

    @property
    def described(self) -> Described:
        """What is written of the version, once it was analyzed."""
        assert self._described is not None, "the package was analyzed"
        return self._described

    @described.setter
    def described(self, described: Described) -> None:
        self._described = described

    @property
    def head(self) -> Head:
        """The head that shows the version, once it was committed."""
        assert self._head is not None, "the version was committed"
        return self._head

    @head.setter
    def head(self, head: Head) -> None:
        self._head = head


@dataclass(frozen=True, slots=True)
class Published:
    """A version that is visible, and the job that made it so; `created` tells whether this request did.

    `report` is what each analyzer did for this job.
    """

    created: bool
    head: Head
    manifest: StoredManifest
    metadata: Metadata
    report: list[dict[str, Any]]
    job: Job
