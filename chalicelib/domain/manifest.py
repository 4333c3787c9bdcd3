"""The Prism manifest of a version: the claim on its number, and all that resolution needs of it.

Written once, create-only, and never changed. What analysis found is frozen in it together with the facts of the
claim (who, when, after which version), so that everything written after the claim is a function of it and the
tarball.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final, Literal, Self

from pydantic import Field

from chalicelib.domain.document import Document
from chalicelib.domain.resolution.subpaths import Subpaths, subpaths_of

ModuleType = Literal["module", "commonjs"]
FileFormat = Literal["module", "commonjs", "json", "wasm", "addon", "typescript", "unknown"]
Source = Literal["cli", "api", "web", "s3", "npm", "upstream"]

ANONYMOUS: Final = "anonymous"
"""The name of a publisher whom nobody names."""


class Claimed(Document):
    """Who somebody said they were."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    email: str | None = Field(default=None, max_length=320)


class Publisher(Document):
    """Who published: whom their token names, and what they `claimed` beside it, or else who they said they were."""

    name: str = Field(min_length=1, max_length=200)
    email: str | None = Field(default=None, max_length=320)
    claimed: Claimed | None = None


class Claim(Document):
    """The facts of one publish: by whom, whence, when (server's clock), and which version came before."""

    publisher: Publisher
    source: Source
    published_at: str
    previous_version: str | None = None


class DigestPair(Document):
    """Two digests of the same bytes, in lower-case hex."""

    sha256: str
    sha512: str


class Dist(Document):
    """The tarball: `integrity` is SRI, `shasum` SHA-1 in hex, sizes are in bytes."""

    integrity: str
    shasum: str
    sha256: str
    sha512: str
    size: int
    unpacked_size: int
    file_count: int


class Runtimes(Document):
    """The runtimes on which the root entry is expected to work."""

    node: bool
    deno: bool
    bun: bool
    workers: bool


class FolderFields(Document):
    """The fields of a nested package.json that decide what importing its folder loads."""

    main: str | None = None
    module: str | None = None
    types_field: str | None = None


class EntryFields(Document):
    """The package.json fields that decide which file an import loads.

    `exports` and `imports` keep their key order. `module` is `module` or `jsnext:main`, `types_field` is
    `types` or `typings`. `scopes` maps a folder that has a package.json of its own to the `type` there (`none`
    when it states none), and `folders` to its fields when it has any. `esm_syntax` lists files that are not
    declared as modules and written as modules, `cjs_syntax` the reverse; both are ascending.
    """

    exports: Any = None
    imports: Any = None
    main: str | None = None
    module: str | None = None
    types_field: str | None = None
    types_versions: dict[str, Any] | None = None
    type: ModuleType | None = None
    scopes: dict[str, ModuleType | Literal["none"]] = Field(default_factory=dict)
    folders: dict[str, FolderFields] = Field(default_factory=dict)
    esm_syntax: list[str] = Field(default_factory=list)
    cjs_syntax: list[str] = Field(default_factory=list)

    @cached_property
    def subpaths(self) -> Subpaths:
        """What `exports` states, checked when it is first asked for; raises Refused where it cannot be read."""
        return subpaths_of(self.exports)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Answer a copy, with other fields."""
        copy = super().model_copy(update=update, deep=deep)
        copy.__dict__.pop("subpaths", None)  # a copy takes cached values along
        return copy


class Summary(Document):
    """What a person reads about a version."""

    description: str | None = None
    keywords: list[str] = Field(default_factory=list)
    license: str | None = None
    repository: str | None = None
    homepage: str | None = None


class Installation(Document):
    """What decides, besides what it needs, how a version is installed beside others.

    `optional_peers` are the peers it can do without, `bundled` the dependencies it brings inside its tarball; `os`,
    `cpu` and `libc` restrict where it runs, as in its package.json.
    """

    optional_peers: list[str] = Field(default_factory=list)
    bundled: list[str] = Field(default_factory=list)
    os: list[str] = Field(default_factory=list)
    cpu: list[str] = Field(default_factory=list)
    libc: list[str] = Field(default_factory=list)


class Manifest(EntryFields):
    """The Prism manifest of one version; `files` are paths relative to the package root, ascending.

    `types` is the declaration file of the root entry, wherever it was found. `installation` is absent where nothing
    is to be said, and from manifests that are older than it.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    name: str
    version: str
    integrity: str
    dist: Dist
    files: list[str]
    runtimes: Runtimes
    dependencies: dict[str, str] = Field(default_factory=dict)
    peer_dependencies: dict[str, str] = Field(default_factory=dict)
    optional_dependencies: dict[str, str] = Field(default_factory=dict)
    engines: dict[str, str] = Field(default_factory=dict)
    installation: Installation | None = None
    tags: list[str] = Field(default_factory=list)
    score: int
    types: str | None = None
    metadata: Summary
    claim: Claim
