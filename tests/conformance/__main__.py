"""Measure Prism against the real programs and write docs/reference/conformance.md.

python -m tests.conformance                 the seed of the page that is there
python -m tests.conformance --seed 7        what is generated, from another seed, and no page

Exits with 1 and names every difference that is not declared. What is downloaded stays in `.cache`, so that a run that
was broken off need not download it again.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from tests.conformance.comparing import Compared, Tallies, failures, tally
from tests.conformance.declarations import compare_declarations
from tests.conformance.declared import DECLARED
from tests.conformance.formats import compare_executions, compare_formats
from tests.conformance.graphs import compare_application, compare_universes
from tests.conformance.importmaps import compare_import_map
from tests.conformance.picking import compare_picks
from tests.conformance.popular import FOLDER, install, popular
from tests.conformance.report import PAGE, page
from tests.conformance.resolving import compare, compare_generated
from tests.conformance.runtimes import versions

_BEGUN: Final = time.monotonic()


class Sizes(NamedTuple):
    """How much is asked."""

    seed: int = 20_261_121
    packages: int = 2_500
    packuments: int = 10_000
    universes: int = 100


Steps = dict[str, Callable[[], Iterator[Compared]]]
"""What is asked, by a title."""


def measure(sizes: Sizes) -> Tallies:
    """Ask everything, or with another seed than the page's what it changes; tells how far it is."""
    steps = _generated(sizes) | (_real() if sizes.seed == Sizes().seed else {})
    tallies: Tallies = {}
    for number, (title, step) in enumerate(steps.items(), 1):
        _tell(f"step {number} of {len(steps)}: {title}")
        tallies |= tally(step(), DECLARED)
    return tallies


def _generated(sizes: Sizes) -> Steps:
    universes = range(sizes.seed, sizes.seed + sizes.universes)
    return {
        f"{sizes.packages} generated packages": lambda: compare_generated(sizes.seed, sizes.packages),
        f"{sizes.packuments} generated packuments": lambda: compare_picks(sizes.seed, sizes.packuments),
        f"{sizes.universes} generated graphs": lambda: compare_universes(universes),
        "how files are run": compare_executions,
    }


def _real() -> Steps:
    _tell("popular packages: installing what the lock pins")
    install()
    _tell("popular packages: reading")
    subjects = popular(FOLDER)
    return {
        f"{len(subjects)} popular packages": lambda: compare("popular packages", FOLDER, subjects),
        "their formats": lambda: compare_formats("formats", FOLDER, subjects),
        "their declarations": lambda: compare_declarations("declarations", FOLDER, subjects),
        "their import map": compare_import_map,
        "the graph of an application": compare_application,
    }


def main(arguments: Iterable[str]) -> int:
    """Measure, print what differs, and write the page where the sizes and the seed are its own."""
    sizes = _sizes(arguments)
    tallies = measure(sizes)
    for (area, asked, mode), found in tallies.items():
        print(f"{area}, {asked}, {mode}: {found.agreeing} of {found.cases}, {found.percentage}")
    wrong = list(failures(tallies))
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    if sizes == Sizes() and not wrong:
        PAGE.write_text(page(tallies, DECLARED, seed=sizes.seed, versions=versions()))
    _tell(f"{len(wrong)} differences that are not declared")
    return 1 if wrong else 0


def _sizes(arguments: Iterable[str]) -> Sizes:
    usual = Sizes()
    parser = argparse.ArgumentParser(
        prog="tests.conformance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--packages", type=int, default=usual.packages, help="how many are generated")
    parser.add_argument("--packuments", type=int, default=usual.packuments, help="how many are generated")
    parser.add_argument(
        "--universes", type=int, default=usual.universes, help="how many graphs are generated"
    )
    return Sizes(**vars(parser.parse_args(list(arguments))))


def _tell(step: str) -> None:
    print(f"{time.monotonic() - _BEGUN:5.0f} s  {step}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
