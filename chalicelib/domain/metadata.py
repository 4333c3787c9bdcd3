"""A version's metadata: everything the analyzers found, in the form that is stored and sent.

Written once, after the claim, as a function of the tarball, the claim and the metadata of the version before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from chalicelib.domain.document import Document
from chalicelib.domain.manifest import DigestPair, EntryFields, FileFormat, Publisher, Runtimes, Source

Change = Literal["added", "removed", "modified"]
PackageFormat = Literal["esm", "cjs", "hybrid"]
DependencyGroup = Literal["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"]


class Identifier(Document):
    """A version of a package."""

    name: str
    version: str


# Packages have thousands of files; plain frozen values are made and read several times faster than documents.
_PLAIN = ConfigDict(alias_generator=to_camel, populate_by_name=True)


@dataclass(frozen=True, slots=True)
class Size:
    """Sizes in bytes, as they are and as gzip makes them."""

    __pydantic_config__ = _PLAIN

    raw_bytes: int
    gzip_bytes: int


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A file or directory of the tree; a directory's `size` sums its files, and `integrity` is SRI (sha256).

    `depth` counts the segments of `path`, and `extension` is in lower case with its dot.
    """

    __pydantic_config__ = _PLAIN

    type: Literal["file", "directory"]
    path: str
    depth: int
    size: Size
    extension: str | None = None
    executable: bool | None = None
    integrity: str | None = None
    children: list["TreeNode"] | None = None

    def walk_files(self) -> Iterator["TreeNode"]:
        """Answer every file below this node, in the order of the tree."""
        if self.type == "file":
            yield self
        for child in self.children or ():
            yield from child.walk_files()


class FileTree(Document):
    """All files of a version as a tree; directories and files are sorted by path."""

    total_files: int
    total_directories: int
    tree: list[TreeNode]

    def walk_files(self) -> Iterator[TreeNode]:
        """Answer every file, in the order of the tree."""
        for node in self.tree:
            yield from node.walk_files()


class DirectorySize(Document):
    """What one directory and everything below it weighs; `.` is the root."""

    path: str
    size: Size


class Distribution(Document):
    """The whole package in numbers; the root does not count as a directory."""

    raw_bytes: int
    gzip_bytes: int
    file_count: int
    directory_count: int


class Sizes(Document):
    """What the package weighs, as a whole and by directory; the root comes first."""

    distribution: Distribution
    by_directory: list[DirectorySize]


class ExportTarget(Document):
    """One way through an entry: the conditions on the way, joined by `.`, and the file at its end."""

    condition: str
    path: str
    format: FileFormat
    exists: bool
    types: bool


class ExportEntry(Document):
    """One specifier a user can import: `.` or `./sub`, and where it leads under which conditions."""

    name: str
    type: Literal["value", "type"]
    targets: list[ExportTarget]


class ExportsMap(Document):
    """Everything a package lets its users import."""

    entries: list[ExportEntry]
    has_export_map: bool
    inferred_format: PackageFormat
    types: Literal["bundled", "types-field", "none"]


class EntryPoints(Document):
    """What decides an import: the fields that resolution needs, and everything a user can import by them."""

    fields: EntryFields
    map: ExportsMap


class Declarations(Document):
    """Whence the types come, and the root's declaration file for `import` and for `require`."""

    kind: Literal["bundled", "types-field", "none"]
    for_import: str | None = None
    for_require: str | None = None


class Evidence(Document):
    """One reason for a runtime verdict: what was found, where, and what it speaks against."""

    code: str
    runtime: str
    path: str | None = None
    detail: str


class RuntimeAnalysis(Document):
    """Where the package is expected to run, how it is written, and the evidence."""

    compatibility: Runtimes
    module_format: PackageFormat
    types: Literal["bundled", "types-field", "none"]
    evidence: list[Evidence]
    notes: list[str]


class DependencySpec(Document):
    """One dependency as declared; `kind` tells how its spec is to be read."""

    name: str
    spec: str
    group: DependencyGroup
    kind: Literal["range", "tag", "alias", "git", "url", "file", "workspace", "unknown"]
    optional: bool = False


class Dependencies(Document):
    """What a package needs: the four groups and `engines` as declared, and every entry of the groups read."""

    dependencies: dict[str, str] = Field(default_factory=dict)
    dev_dependencies: dict[str, str] = Field(default_factory=dict)
    peer_dependencies: dict[str, str] = Field(default_factory=dict)
    optional_dependencies: dict[str, str] = Field(default_factory=dict)
    dependency_specs: list[DependencySpec] = Field(default_factory=list)
    engines: dict[str, str] = Field(default_factory=dict)


class Signal(Document):
    """Something an operator may want to know before trusting a version."""

    code: str
    severity: Literal["info", "warning", "danger"]
    path: str | None = None
    detail: str


class Licence(Document):
    """The licence as declared, whether that reads as an SPDX expression (`spdx`), and licence files."""

    declared: str | None = None
    spdx: bool
    files: list[str]


class Provenance(Document):
    """How much of the origin is known: digests, a score from 0 to 100 and the points it is made of.

    `points` names every fact that counts, with 0 for those not given.
    """

    score: int
    points: dict[str, int]
    tarball: DigestPair
    manifest: DigestPair | None = None


class FileChange(Document):
    """A file that differs between two versions; `before` and `after` are sizes."""

    path: str
    change: Change
    before: Size | None = None
    after: Size | None = None


class DependencyChange(Document):
    """A dependency that differs between two versions; `group` is absent for plain `dependencies`."""

    name: str
    group: DependencyGroup | None = None
    before: str | None = None
    after: str | None = None


class ExportsChange(Document):
    """Entries that came and went."""

    added: list[str]
    removed: list[str]


class DirectorySizes(Document):
    """The directories' sizes of both versions."""

    before: list[DirectorySize]
    after: list[DirectorySize]


class VersionDiff(Document):
    """What changed from one version to another; files are compared by content digest."""

    from_: Identifier = Field(alias="from")
    to: Identifier
    files: list[FileChange]
    exports: ExportsChange
    dependencies: list[DependencyChange]
    size_by_directory: DirectorySizes
    breaking: bool
    reasons: list[str]


class DiffSummary(Document):
    """The diff against the previous version in numbers."""

    previous: str | None = None
    added: int
    removed: int
    modified: int
    breaking: bool
    reasons: list[str]


class Release(Document):
    """When a version came, after which, and how settled it looks (0 to 100)."""

    published_at: str
    maturity_score: int
    previous_version: str | None = None
    release_frequency_days: float | None = None


class Checksum(Document):
    """The tarball's digest in hex."""

    algorithm: Literal["sha256"] = "sha256"
    value: str


class MetadataDist(Document):
    """Where the tarball is, relative to the registry, and what it is called."""

    tarball: str
    integrity: str
    shasum: str
    file_name: str


class AnalyzerRecord(Document):
    """That an analyzer ran, in which version, and what it concluded."""

    name: str
    version: str
    status: Literal["ok", "failed", "skipped"]
    verdict: str
    error: str | None = None


class Metadata(Document):
    """The metadata of one version."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    identifier: Identifier
    description: str | None = None
    keywords: list[str] = Field(default_factory=list)
    license: str | None = None
    repository: Any = None
    homepage: str | None = None
    author: Any = None
    bugs: Any = None
    checksum: Checksum
    dist: MetadataDist
    publisher: Publisher
    source: Source
    release: Release
    tags: list[str] = Field(default_factory=list)
    files: FileTree | None = None
    distribution: Distribution | None = None
    size_by_directory: list[DirectorySize] = Field(default_factory=list)
    dependencies: dict[str, str] = Field(default_factory=dict)
    dev_dependencies: dict[str, str] = Field(default_factory=dict)
    peer_dependencies: dict[str, str] = Field(default_factory=dict)
    optional_dependencies: dict[str, str] = Field(default_factory=dict)
    dependency_specs: list[DependencySpec] = Field(default_factory=list)
    engines: dict[str, str] = Field(default_factory=dict)
    exports_map: ExportsMap | None = Field(default=None, alias="exports")
    runtime: RuntimeAnalysis | None = None
    licence: Licence | None = None
    signals: list[Signal] = Field(default_factory=list)
    provenance: Provenance | None = None
    diff: DiffSummary | None = None
    analysis: list[AnalyzerRecord]
