"""What is asked for: the specs of a graph, for whom, and as of when."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from chalicelib.domain.errors import InvalidQuery, InvalidSpec
from chalicelib.domain.graph.documents import LockedPlatform, LockedRequest, Omitted
from chalicelib.domain.graph.packages import GraphPackage
from chalicelib.domain.resolution.profiles import PROFILES, Mode, Profile
from chalicelib.domain.specs import ANYTHING, PackageSpec

RUNTIMES: Final = ("node", "deno", "bun")


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """What to resolve: the specs of each group, for whom, and as of when."""

    specs: Sequence[str] = ()
    dev_specs: Sequence[str] = ()
    optional_specs: Sequence[str] = ()
    runtimes: Sequence[str] = RUNTIMES
    mode: Mode = "import"
    platform: LockedPlatform | None = None
    omit: Sequence[Omitted] = ()
    as_of: str | None = None
    base: str = ""
    may_read: Callable[[str], bool] = field(default=lambda _: True)

    def locked(self) -> LockedRequest:
        """Answer what decides about versions, as a lock keeps it; raises InvalidSpec, InvalidName, InvalidRange."""
        return LockedRequest(
            dependencies=_texts(self.specs),
            dev_dependencies=_texts(self.dev_specs),
            optional_dependencies=_texts(self.optional_specs),
            platform=self.platform,
            omit=sorted(set(self.omit)),
        )


def project_of(locked: LockedRequest) -> GraphPackage:
    """Answer the project whose dependencies the specs are."""
    return GraphPackage(
        name="",
        version="",
        dependencies=locked.dependencies,
        development=locked.dev_dependencies,
        optional=locked.optional_dependencies,
    )


def profiles_of(runtimes: Sequence[str]) -> list[Profile]:
    """Answer the profiles of runtimes, each once; raises InvalidQuery for an unknown one."""
    unknown = [runtime for runtime in runtimes if runtime not in PROFILES]
    if unknown:
        raise InvalidQuery(
            f"`runtimes` holds `{unknown[0][:60]}`, which is none of {', '.join(PROFILES)}",
            runtime=unknown[0][:60],
        )
    return [PROFILES[runtime] for runtime in dict.fromkeys(runtimes)]


def _texts(specs: Sequence[str]) -> dict[str, str]:
    """Answer specs as a package.json holds them; raises InvalidSpec, InvalidName and InvalidRange."""
    texts: dict[str, str] = {}
    for text in specs:
        spec = PackageSpec.parse(text)
        if spec.subpath != ".":
            raise InvalidSpec(f"`{text}` names a path inside the package; name the package alone", spec=text)
        name = spec.alias or spec.name
        if name in texts:
            raise InvalidSpec(f"`{name}` is asked for twice; ask for one version of it", spec=text)
        wanted = spec.wanted
        texts[name] = f"npm:{spec.name}@{wanted}" if spec.alias else wanted or ANYTHING
    return texts
