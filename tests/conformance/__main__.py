"""Measure Prism against the real programs and write docs/reference/conformance.md.

python -m tests.conformance                 the seed of the page that is there
python -m tests.conformance --seed 7        another seed, and no page

Exits with 1 and names every difference that is not declared.
"""

import argparse
import sys
from collections.abc import Iterable
from typing import Final

from tests.conformance.comparing import Tallies, failures, tally
from tests.conformance.declarations import compare_declarations
from tests.conformance.declared import DECLARED
from tests.conformance.formats import compare_executions, compare_formats
from tests.conformance.picking import compare_picks
from tests.conformance.popular import FOLDER, install, popular
from tests.conformance.report import PAGE, page
from tests.conformance.resolving import compare, compare_generated
from tests.conformance.runtimes import versions

SEED: Final = 20_261_121
PACKAGES: Final = 2_500
PACKUMENTS: Final = 10_000


def measure(seed: int, packages: int, packuments: int) -> Tallies:
    """Ask everything, and tell on standard error how far it is."""
    _tell(f"{packages} generated packages")
    tallies = tally(compare_generated(seed, packages), DECLARED)
    _tell("popular packages: installing what the lock pins")
    install()
    _tell("popular packages: reading")
    subjects = popular(FOLDER)
    _tell(f"popular packages: asking about {len(subjects)}")
    tallies |= tally(compare("popular packages", FOLDER, subjects), DECLARED)
    _tell("formats")
    tallies |= tally(compare_formats("formats", FOLDER, subjects), DECLARED)
    tallies |= tally(compare_executions(), DECLARED)
    _tell("declarations")
    tallies |= tally(compare_declarations("declarations", FOLDER, subjects), DECLARED)
    _tell(f"{packuments} packuments")
    return tallies | tally(compare_picks(seed, packuments), DECLARED)


def main(arguments: Iterable[str]) -> int:
    """Measure, print what differs, and write the page where the seed is its own."""
    parser = argparse.ArgumentParser(prog="tests.conformance", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--packages", type=int, default=PACKAGES, help="how many are generated")
    parser.add_argument("--packuments", type=int, default=PACKUMENTS, help="how many are generated")
    chosen = parser.parse_args(list(arguments))
    tallies = measure(chosen.seed, chosen.packages, chosen.packuments)
    for (area, asked, mode), found in tallies.items():
        print(f"{area}, {asked}, {mode}: {found.agreeing} of {found.cases}, {found.percentage}")
    wrong = list(failures(tallies))
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    if (chosen.seed, chosen.packages, chosen.packuments) == (SEED, PACKAGES, PACKUMENTS) and not wrong:
        PAGE.write_text(page(tallies, DECLARED, seed=chosen.seed, versions=versions()))
    return 1 if wrong else 0


def _tell(step: str) -> None:
    print(step, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
