"""Dependency graphs: from specs to every package, with an import map and a lock."""

from pydantic import ConfigDict, Field

from chalicelib.api.queries import BASE_URL, Payload, named_moment
from chalicelib.api.routing import NO_STORE, Answer, Request, Routes, json_answer
from chalicelib.container import container
from chalicelib.domain.errors import (
    InvalidName,
    InvalidPayload,
    InvalidQuery,
    InvalidRange,
    InvalidSpec,
    PackageNotFound,
)
from chalicelib.domain.graph.building import GraphTooDeep, GraphTooLarge
from chalicelib.domain.graph.documents import Graph, Lock, LockedPlatform, Omitted
from chalicelib.domain.graph.placing import PeerConflict
from chalicelib.domain.patterns import EVERY_PACKAGE
from chalicelib.domain.resolution.profiles import Mode
from chalicelib.domain.specs import PackageSpec
from chalicelib.domain.times import timestamp
from chalicelib.services.graphing import RUNTIMES, GraphRequest

routes = Routes(tag="resolve")

MAX_SPECS = 500


class EnginesPayload(Payload):
    """The versions that packages are picked for."""

    node: str | None = Field(default=None, max_length=100)
    npm: str | None = Field(default=None, max_length=100)


class PlatformPayload(Payload):
    """The machine that packages are picked for, in the words of Node: `linux`, `x64`, `glibc`."""

    os: str | None = Field(default=None, max_length=40)
    cpu: str | None = Field(default=None, max_length=40)
    libc: str | None = Field(default=None, max_length=40)


class GraphPayload(Payload):
    """What to resolve: specs as `npm install` takes them, or a lock. Misspelt fields are refused.

    With a `lock`, its own specs count, as of its own moment; to `check` it, it is resolved as of now (or `asOf`) and
    the answer tells all `changes`.
    """

    model_config = ConfigDict(extra="forbid")

    specs: list[str] = Field(default_factory=list, max_length=MAX_SPECS)
    dev_specs: list[str] = Field(default_factory=list, max_length=MAX_SPECS)
    optional_specs: list[str] = Field(default_factory=list, max_length=MAX_SPECS)
    runtimes: list[str] = Field(default=list(RUNTIMES), min_length=1, max_length=10)
    mode: Mode = "import"
    as_of: str | None = None
    base_url: str | None = None
    engines: EnginesPayload | None = None
    platform: PlatformPayload | None = None
    omit: list[Omitted] = Field(default_factory=list, max_length=10)
    lock: Lock | None = None
    check: bool = False

    def base(self) -> str | None:
        """Answer the base of URLs without a final slash, or None; raises InvalidPayload."""
        if self.base_url is None:
            return None
        if not BASE_URL.fullmatch(self.base_url):
            raise InvalidPayload(
                f"`baseUrl` is `{self.base_url[:200]}`, which is not an absolute http address"
            )
        return self.base_url.rstrip("/")

    def moment(self) -> str | None:
        """Answer the moment in stored form; raises InvalidQuery."""
        named = named_moment("asOf", self.as_of)
        return None if named is None else timestamp(named)

    def locked_platform(self) -> LockedPlatform | None:
        """Answer engines and platform as a lock holds them, None where neither was given."""
        given = {
            **(self.engines.model_dump() if self.engines else {}),
            **(self.platform.model_dump() if self.platform else {}),
        }
        return LockedPlatform(**given) if any(given.values()) else None

    def checked(self) -> "GraphPayload":
        """Answer the same; raises InvalidPayload where there is nothing to resolve, or two things."""
        specs = [*self.specs, *self.dev_specs, *self.optional_specs]
        if self.lock is not None and specs:
            raise InvalidPayload("send specs or a `lock`, not both")
        if self.lock is None and not specs:
            raise InvalidPayload("`specs` is empty; name packages as `npm install` takes them")
        if self.lock is None and self.check:
            raise InvalidPayload("`check` needs a `lock` to be checked")
        if self.lock is not None:
            _check_lock(self.lock)
        return self


def _check_lock(lock: Lock) -> None:
    """Refuse a lock that no answer has held; raises InvalidPayload and InvalidQuery."""
    asked = lock.request
    groups = (asked.dependencies, asked.dev_dependencies, asked.optional_dependencies)
    if any(len(group) > MAX_SPECS for group in groups):
        raise InvalidPayload(f"`lock.request` has more than {MAX_SPECS} specs in one group")
    named_moment("lock.asOf", lock.as_of)


def _named(request: Request) -> list[str]:
    payload = request.body_as(GraphPayload)
    texts = [*payload.specs, *payload.dev_specs, *payload.optional_specs]
    return [PackageSpec.parse(text).name for text in texts]


@routes.post(
    "/v1/resolve/graph",
    summary="A whole dependency graph",
    body=GraphPayload,
    answers={200: Graph},
    scope="read",
    cross_origin=True,
    packages=_named,
    raises=(
        InvalidPayload,
        InvalidQuery,
        InvalidSpec,
        InvalidName,
        InvalidRange,
        PackageNotFound,
        PeerConflict,
        GraphTooLarge,
        GraphTooDeep,
    ),
)
def graph(request: Request) -> Answer:
    """Resolve specs to every package that `npm install` would put into an empty folder, and where.

    A package that cannot be had is a problem of the graph, which tells who wants it.
    """
    payload = request.body_as(GraphPayload).checked()
    packages = request.caller.packages
    wanted = GraphRequest(
        specs=payload.specs,
        dev_specs=payload.dev_specs,
        optional_specs=payload.optional_specs,
        runtimes=payload.runtimes,
        mode=payload.mode,
        platform=payload.locked_platform(),
        omit=payload.omit,
        as_of=payload.moment(),
        base=payload.base() or container().settings.public_base_url or request.base_path,
        may_read=lambda name: packages == EVERY_PACKAGE or packages.match(name),
    )
    graphing = container().graphing
    if payload.lock is None:
        found = graphing.graph(wanted)
    else:
        found = graphing.again(payload.lock, wanted, check=payload.check)
    return json_answer(found, cache=NO_STORE)
