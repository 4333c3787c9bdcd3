"""Resolving: from a spec and a runtime to the file that runtime would load."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, ParamSpec, TypeVar

from chalicelib import telemetry
from chalicelib.domain.errors import InvalidQuery, PackageNotFound, PrismError, VersionNotFound
from chalicelib.domain.head import VersionState, View
from chalicelib.domain.names import PackageName
from chalicelib.domain.picking import current, pick_version
from chalicelib.domain.resolution.profiles import PROFILES, Mode, Profile
from chalicelib.domain.specs import PackageSpec
from chalicelib.services.resolutions import Asked, Resolution, resolved
from chalicelib.storage.parallel import in_parallel
from chalicelib.stores.heads import Heads
from chalicelib.stores.manifests import Manifests, StoredManifest

__all__ = ["Question", "Resolution", "Resolving"]

PARALLEL_READS: Final = 16

Key = TypeVar("Key")
Found = TypeVar("Found")
Given = ParamSpec("Given")


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to resolve, as it was asked."""

    spec: str
    runtime: str
    mode: Mode


class Resolving:
    """Answers which file a spec means on a runtime."""

    def __init__(self, heads: Heads, manifests: Manifests) -> None:
        self._heads = heads
        self._manifests = manifests

    def resolve(
        self,
        spec: PackageSpec,
        *,
        runtime: str,
        mode: Mode,
        base: str,
        as_of: str | None = None,
        importer: str | None = None,
        explain: bool = False,
    ) -> Resolution:
        """Answer a resolution; at most two reads, and one conditional read once the version was seen.

        `base` is what URLs begin with, without a final slash; empty for relative URLs. `importer` is the file of the
        package that imports. A path that begins with `#` is one of the package's own `imports`. Raises
        PackageNotFound, VersionNotFound, EntryNotFound, FileMissing and InvalidQuery.
        """
        asked = Asked(spec, _profile(runtime), mode, base, importer, explain)
        view = _visible(spec.name, self._look(spec.name, as_of))
        version = _version(spec, view)
        return resolved(asked, view.versions[version], self._manifest(spec.name, version))

    def resolve_all(
        self, questions: Sequence[Question], *, base: str, as_of: str | None = None
    ) -> list[Resolution | PrismError]:
        """Answer many questions in their order, each with its resolution or with what is wrong with it.

        The head of each package and the manifest of each version are read once, those of different packages at the
        same time. Raises InvalidQuery for an unknown runtime.
        """
        profiles = {runtime: _profile(runtime) for runtime in {question.runtime for question in questions}}
        specs = {text: _told(PackageSpec.parse, text) for text in {question.spec for question in questions}}
        names = {spec.name for spec in specs.values() if isinstance(spec, PackageSpec)}
        looks = _at_once(lambda name: self._look(name, as_of), names)
        views = {name: _told(_visible, name, look) for name, look in looks.items()}
        picked = {text: _told(_picked, spec, views) for text, spec in specs.items()}
        wanted = {pick.of for pick in picked.values() if isinstance(pick, _Pick)}
        manifests = _at_once(lambda of: _told(self._manifest, *of), wanted)

        def answer(question: Question) -> Resolution:
            pick = _value(picked[question.spec])
            asked = Asked(pick.spec, profiles[question.runtime], question.mode, base)
            return resolved(asked, pick.state, _value(manifests[pick.of]))

        return [_told(answer, question) for question in questions]

    def _look(self, name: PackageName, as_of: str | None) -> "_Look":
        known, head = self._heads.known(name), self._heads.get(name)
        cached = head is known is not None
        if head is not None and as_of is not None:
            head = self._heads.as_of(head, as_of)
        return _Look(head.view if head else None, cached)

    def _manifest(self, name: str, version: str) -> StoredManifest:
        stored = self._manifests.get(name, version)
        if stored is None:
            raise VersionNotFound(name, version)
        return stored


def _profile(runtime: str) -> Profile:
    profile = PROFILES.get(runtime)
    if profile is None:
        raise InvalidQuery(
            f"`runtime` is `{runtime[:60]}`, which is none of {', '.join(PROFILES)}", runtime=runtime[:60]
        )
    return profile


class _Look(NamedTuple):
    """A package as it was found, and whether the process knew it already."""

    view: View | None
    cached: bool


def _visible(name: PackageName, look: _Look) -> View:
    """Answer a package that has versions; counts the look, which may have been taken on another thread."""
    telemetry.count("ResolveCacheHits" if look.cached else "ResolveCacheMisses")
    if look.view is None or not look.view.versions:
        raise PackageNotFound(name)
    return look.view


def _version(spec: PackageSpec, view: View) -> str:
    version = pick_version(view.versions, view.tags, spec.kind, spec.wanted)
    if version is None:
        raise VersionNotFound(spec.name, spec.wanted, latest=current(view.versions, view.tags))
    return version


class _Pick(NamedTuple):
    spec: PackageSpec
    of: tuple[PackageName, str]
    state: VersionState


def _picked(spec: PackageSpec | PrismError, views: Mapping[PackageName, View | PrismError]) -> _Pick:
    parsed = _value(spec)
    view = _value(views[parsed.name])
    version = _version(parsed, view)
    return _Pick(parsed, (parsed.name, version), view.versions[version])


def _told(work: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs) -> Found | PrismError:
    """Answer what a piece of work answers, or the failure that it raises."""
    try:
        return work(*args, **kwargs)
    except PrismError as error:
        return error


def _value(found: Found | PrismError) -> Found:
    """Answer what was found, or raise the failure in its place."""
    if isinstance(found, PrismError):
        raise found
    return found


def _at_once(read: Callable[[Key], Found], keys: Collection[Key]) -> dict[Key, Found]:
    """Answer what each key leads to, read at the same time."""
    return dict(zip(keys, in_parallel(read, keys, most=PARALLEL_READS), strict=True))
