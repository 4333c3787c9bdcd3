"""Which declarations TypeScript finds for the entries of installed packages."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from chalicelib.domain.resolution.profiles import NODE
from chalicelib.domain.resolution.types import declaration_for
from tests.conformance.comparing import Compared
from tests.conformance.runtimes import MODES, RUNTIMES, run
from tests.conformance.subjects import Subject

_DECLARING: Final = (".ts", ".tsx", ".mts", ".cts")


def compare_declarations(area: str, folder: Path, subjects: Iterable[Subject]) -> Iterator[Compared]:
    """Ask TypeScript about each entry, from a module and from CommonJS.

    A JavaScript file and another package's declarations (`@types/*`) count as none.
    """
    asked = [(subject, *pair) for subject in subjects for pair in subject.questions()]
    answers = run(RUNTIMES[0], "types.cjs", folder, [question for _, question, _ in asked])
    for (subject, (_, specifier), wanted), said in zip(asked, answers, strict=True):
        for mode, found in zip(MODES, said, strict=True):
            own = found and found.endswith(_DECLARING) and found.startswith(f"{subject.name}/")
            path = declaration_for(subject.fields, subject.files, wanted, profile=NODE, mode=mode)
            ours = path and f"{subject.name}/{path}"
            theirs = found if own else None
            yield Compared(area, "typescript", mode, specifier, ours, theirs, subject.package_json)
