"""Diagnosing: everything that may be wrong with a registry, looked at from inside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.domain.keys import ObjectKeys
from chalicelib.settings import Settings
from chalicelib.storage.diagnosis import Diagnosable, Expectations, Finding, place_of
from chalicelib.storage.port import ObjectStore, StorageUnavailable
from chalicelib.storage.probing import BrokenPromise, probe
from chalicelib.telemetry import without_secrets


@dataclass(frozen=True, slots=True)
class Medium:
    """Where something is kept: the driver's name, its store as it is, and the layout of the keys."""

    driver: str
    store: ObjectStore
    keys: ObjectKeys

    def place(self) -> dict[str, str]:
        """Answer what is known of where it is, asking nothing of it."""
        prefix = {"prefix": self.keys.prefix} if self.keys.prefix and self.driver != "memory" else {}
        found = {**place_of(self.store), **prefix}
        return {name: without_secrets(value) for name, value in found.items()}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What all checks together say."""

    findings: Sequence[Finding]

    @property
    def status(self) -> str:
        """`failing` if anything failed, `degraded` if anything is worth a warning, else `ok`."""
        found = {finding.status for finding in self.findings}
        return "failing" if "failed" in found else "degraded" if "warning" in found else "ok"


class Diagnosing:
    """Examines a registry; `artifacts` is the same medium as `storage` where there is no other."""

    def __init__(self, settings: Settings, storage: Medium, artifacts: Medium) -> None:
        self._settings = settings
        self.storage = storage
        self.artifacts = artifacts

    def diagnose(self) -> Diagnosis:
        """Make every check; writes probes and removes them."""
        return Diagnosis([_without_secrets(finding) for finding in self._findings()])

    def _findings(self) -> Iterator[Finding]:
        yield from settings_findings(self._settings)
        if self.artifacts.store is self.storage.store:
            yield from _medium_findings(self.storage, self.storage.keys.announced)
            return
        uploads, *others = self.storage.keys.announced
        yield from _medium_findings(self.storage, others)
        for finding in _medium_findings(self.artifacts, [uploads]):
            yield finding._replace(name=f"artifacts {finding.name}")


def settings_findings(settings: Settings) -> Iterator[Finding]:
    """Tell which settings are allowed but hardly meant."""
    found = list(_doubtful(settings))
    yield from found or [Finding("settings", "ok", "the settings go together")]


def _doubtful(settings: Settings) -> Iterator[Finding]:
    if settings.access == "open" and settings.on_lambda:
        yield _doubt("everybody may read and write", "set PRISM_ACCESS to `token`")
    for name in settings.unknown:
        yield _doubt(f"{name} is set, and there is no such setting", "correct its name, or remove it")
    used = {settings.storage_driver, settings.artifact_driver}
    if settings.on_lambda and used & {"memory", "filesystem"}:
        yield _doubt("a function forgets what it keeps to itself", "set PRISM_STORAGE_DRIVER to `s3` or `r2`")


def _doubt(detail: str, fix: str) -> Finding:
    return Finding("settings", "warning", detail, fix)


def _medium_findings(medium: Medium, announced: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    keys, failed = medium.keys, False
    if isinstance(medium.store, Diagnosable):
        for finding in medium.store.diagnose(Expectations(keys.prefix, announced, keys.swept, keys.kept)):
            failed = failed or finding.status == "failed"
            yield finding
    # Where the medium is out of reach, trying to write would only take its time to fail again.
    if not failed:
        yield _conditional_writes(medium)


def _conditional_writes(medium: Medium) -> Finding:
    name = "conditional-writes"
    try:
        probe(medium.store, medium.keys.probes)
    except BrokenPromise as broken:
        return Finding(name, "failed", str(broken), broken.fix)
    except StorageUnavailable as error:
        fix = "let the functions read, write and delete objects there"
        return Finding(name, "failed", f"probes cannot be written: {error.reason}", fix)
    return Finding(name, "ok", "create-only writes have one winner, and swaps refuse what has changed")


def _without_secrets(finding: Finding) -> Finding:
    return finding._replace(detail=without_secrets(finding.detail))
