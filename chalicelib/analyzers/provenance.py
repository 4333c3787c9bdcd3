"""Reports how much of a version's origin is known, as a sum of named points.

Every fact is in the claim or in the tarball. The points tell how well a user can find out who made the
package, from what and under which terms, not whether it is good. `docs/concepts/provenance.md` lists them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib.analyzers.base import Found, Subject
from chalicelib.domain.facts.origin import links_to_repository, people, repository_place
from chalicelib.domain.manifest import ANONYMOUS, DigestPair
from chalicelib.domain.metadata import Provenance

name = "provenance"
version = "1"
requires = ("licence", "signals")
essential = False

RUNS_CODE: Final = frozenset({"install_script", "implicit_install"})


@dataclass(frozen=True, slots=True)
class Point:
    """A fact that counts: its name, its worth, what it means, and how it is told from a subject."""

    name: str
    worth: int
    meaning: str
    holds: Callable[[Subject], bool]


def analyze(subject: Subject) -> Found:
    """Answer the Provenance of a version; the manifest's digests are not known yet and are left out."""
    points = {point.name: point.worth if point.holds(subject) else 0 for point in POINTS}
    score = sum(points.values())
    digests = subject.package.digests
    tarball = DigestPair(sha256=digests.sha256, sha512=digests.sha512)
    return Found(f"{score} of 100", Provenance(score=score, points=points, tarball=tarball))


def _name(subject: Subject) -> str:
    return subject.claim.publisher.name.strip().lower()


def _publisher_is_author(subject: Subject) -> bool:
    publisher = subject.claim.publisher
    known_as = {publisher.name.strip().lower(), (publisher.email or publisher.name).strip().lower()}
    return not known_as.isdisjoint(people(subject.package.package_json))


def _runs_nothing(subject: Subject) -> bool:
    return RUNS_CODE.isdisjoint(signal.code for signal in subject.results["signals"])


POINTS: Final = (
    Point(
        "integrity",
        20,
        "The digests of the tarball were taken when it arrived, and its bytes cannot change; always given.",
        lambda _: True,
    ),
    Point("publisher", 10, "The publisher is named.", lambda subject: _name(subject) not in {"", ANONYMOUS}),
    Point(
        "publisher_email",
        10,
        "The publisher gave an address.",
        lambda subject: bool(subject.claim.publisher.email),
    ),
    Point(
        "source",
        10,
        "A client published it, rather than an object that appeared in the bucket.",
        lambda subject: subject.claim.source != "s3",
    ),
    Point(
        "repository",
        15,
        "The package.json declares a repository that can be found.",
        lambda subject: repository_place(subject.package.package_json.get("repository")) is not None,
    ),
    Point(
        "repository_linked",
        5,
        "Its home page or issue tracker lies in that repository.",
        lambda subject: links_to_repository(subject.package.package_json),
    ),
    Point(
        "author",
        5,
        "The package.json names an author, maintainers or contributors.",
        lambda subject: any(people(subject.package.package_json)),
    ),
    Point(
        "publisher_is_author",
        10,
        "The publisher's name or address is one of theirs.",
        _publisher_is_author,
    ),
    Point(
        "licence",
        5,
        "The declared licence is an SPDX expression.",
        lambda subject: subject.results["licence"].spdx,
    ),
    Point(
        "licence_file",
        5,
        "The licence's text is in the package.",
        lambda subject: bool(subject.results["licence"].files),
    ),
    Point("no_install_scripts", 5, "Nothing runs when the package is installed.", _runs_nothing),
)
"""The facts that count; their worth adds up to 100."""
