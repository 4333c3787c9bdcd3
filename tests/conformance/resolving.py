"""Which file each runtime loads, asked of packages made from a seed and of popular ones."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.conformance.comparing import Compared
from tests.conformance.grammar import cases
from tests.conformance.runtimes import MODES, RUNTIMES, Runtime, ask, write_packages
from tests.conformance.subjects import Subject, generated

OWN: str = "own name and imports"


def compare_generated(seed: int, count: int, runtimes: Iterable[Runtime] = RUNTIMES) -> Iterator[Compared]:
    """Ask about the packages of a seed."""
    packages, subjects = generated(cases(seed, count))
    with tempfile.TemporaryDirectory() as folder:
        write_packages(Path(folder), packages)
        yield from compare("generated packages", Path(folder), subjects, runtimes)


def compare(
    area: str, folder: Path, subjects: Iterable[Subject], runtimes: Iterable[Runtime] = RUNTIMES
) -> Iterator[Compared]:
    """Ask every runtime about packages that lie in a folder's node_modules."""
    asked = [(subject, *pair) for subject in subjects for pair in subject.questions()]
    for runtime in runtimes:
        answers = ask(runtime, folder, [question for _, question, _ in asked])
        for (subject, (asker, specifier), wanted), theirs in zip(asked, answers, strict=True):
            for mode in MODES:
                found = subject.entry(wanted, runtime.profile, mode)
                yield Compared(
                    f"{area}, {OWN}" if asker else area,
                    runtime.profile.name,
                    mode,
                    specifier,
                    f"{subject.name}/{found.path}" if found else None,
                    theirs[mode],
                    subject.package_json,
                )
