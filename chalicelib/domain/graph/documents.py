"""A graph as it is told: its nodes, its import map, its lock, and what is wrong or has changed."""

from typing import Literal

from pydantic import Field

from chalicelib.domain.document import Document
from chalicelib.domain.manifest import FileFormat

Omitted = Literal["dev", "optional", "peer"]


class GraphEntry(Document):
    """What one runtime loads for a bare import of a package."""

    url: str
    format: FileFormat


class GraphNode(Document):
    """One package in one folder; `dependencies` maps what it imports by name to the folder that answers.

    `name` is the package's own, which the folder's differs from for an alias. `optional`, `peer` and `dev` say that
    nothing but such dependencies leads here. `entries` lacks runtimes for which the package has no root entry.
    """

    id: str
    path: str
    name: str
    version: str
    integrity: str
    tarball: str
    dependencies: dict[str, str]
    entries: dict[str, GraphEntry]
    optional: bool | None = None
    peer: bool | None = None
    dev: bool | None = None
    deprecated: str | None = None
    yanked: str | None = None


class GraphProblem(Document):
    """A package that cannot be had or does not fit; `path` leads from the root to who wants it."""

    code: str
    name: str
    wanted: str
    path: list[str]
    detail: str


class ImportMap(Document):
    """An import map; an address of null hides what a package does not export."""

    imports: dict[str, str | None]
    scopes: dict[str, dict[str, str | None]]


class LockedPlatform(Document):
    """Where a graph is to be installed."""

    node: str | None = None
    npm: str | None = None
    os: str | None = None
    cpu: str | None = None
    libc: str | None = None


class LockedRequest(Document):
    """What was asked for; the specs of each group map the name to import to what is wanted of it."""

    dependencies: dict[str, str] = Field(default_factory=dict)
    dev_dependencies: dict[str, str] = Field(default_factory=dict)
    optional_dependencies: dict[str, str] = Field(default_factory=dict)
    platform: LockedPlatform | None = None
    omit: list[Omitted] = Field(default_factory=list)


class LockedPackage(Document):
    """One package in one folder, `wanted` holds what is written for each of its dependencies."""

    name: str
    version: str
    integrity: str
    dependencies: dict[str, str] = Field(default_factory=dict)
    wanted: dict[str, str] = Field(default_factory=dict)
    optional: bool | None = None
    peer: bool | None = None
    dev: bool | None = None
    deprecated: str | None = None
    yanked: str | None = None


class Lock(Document):
    """What resolves again to the same bytes: a request, a moment, and the packages by folder."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    as_of: str
    request: LockedRequest
    packages: dict[str, LockedPackage]
    problems: list[GraphProblem] = Field(default_factory=list)


ChangeKind = Literal[
    "added", "removed", "moved", "yanked", "unyanked", "deprecated", "undeprecated", "integrity"
]


class LockChange(Document):
    """What differs from a lock in one folder, and why; `before` and `after` are versions."""

    path: str
    name: str
    kind: ChangeKind
    before: str | None = None
    after: str | None = None
    reason: str


class Graph(Document):
    """A whole dependency graph; `changes` is there if a lock was to be checked."""

    as_of: str
    roots: dict[str, str]
    nodes: list[GraphNode]
    problems: list[GraphProblem]
    warnings: list[GraphProblem]
    importmap: ImportMap
    lock: Lock
    changes: list[LockChange] | None = None
