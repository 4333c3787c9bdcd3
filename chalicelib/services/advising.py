"""Advising: which advisories affect what somebody has installed, and taking in advisories in the first place."""

from collections.abc import Sequence
from typing import Any

from chalicelib.domain.advisories.records import Advisory
from chalicelib.domain.document import Document
from chalicelib.domain.errors import InvalidName
from chalicelib.domain.names import PackageName
from chalicelib.npm.advisories import Asked, NpmAdvisory, bulk_answer
from chalicelib.npm.audit_reports import Node, asked_of, full_report
from chalicelib.services.intake import ImportReport, Intake, readable, report
from chalicelib.stores.advisories import Advisories


class AdvisoryList(Document):
    """The advisories for a package as OSV records, ascending by id, those that were withdrawn too."""

    name: str
    advisories: list[Advisory]


class Advising:
    """Knows advisories by the packages that they are about."""

    def __init__(self, advisories: Advisories) -> None:
        self._advisories = advisories

    def bulk(self, asked: Asked) -> dict[str, list[NpmAdvisory]]:
        """Answer of each name the advisories that affect one of its versions, in npm's shape; only names with any.

        A name that no package can have has none. Costs one read, and one for each package that has advisories.
        """
        return bulk_answer(asked, self._records(asked))

    def full(self, nodes: Sequence[Node]) -> dict[str, Any]:
        """Answer npm's report on a whole tree; costs what `bulk` does."""
        return full_report(nodes, self._records(asked_of(nodes)))

    def about(self, name: PackageName) -> AdvisoryList:
        """Answer every advisory for a package."""
        stored = self._advisories.get(name).advisories
        return AdvisoryList(name=name, advisories=[each.record for each in stored if each.record.affected])

    def take_in(self, records: Sequence[Any], *, dry_run: bool = False) -> ImportReport:
        """Take in OSV records, each whole for itself; what is stored already or is older changes nothing.

        With `dry_run` it is only told what would be. Raises Busy when too many writers contend; what was written by
        then stays, and a repeat does the rest.
        """
        read = readable(records)
        intake = Intake(self._advisories, read.advisories)
        outcomes = intake.foretold() if dry_run else intake.done()
        return report(read, outcomes, dry_run=dry_run)

    def _records(self, asked: Asked) -> dict[str, list[Advisory]]:
        """Answer the records for those of some names that have any, by the names as they are written."""
        names = {text: name for text in asked if (name := _name(text)) is not None}
        found = self._advisories.of(sorted(set(names.values())))
        return {
            text: [stored.record for stored in found[name].advisories]
            for text, name in names.items()
            if name in found
        }


def _name(text: str) -> PackageName | None:
    try:
        return PackageName.parse(text)
    except InvalidName:
        return None
