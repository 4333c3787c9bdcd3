"""OSV records on their way into the documents of their packages."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import Field, ValidationError

from chalicelib.domain.advisories.records import (
    MAX_ID,
    Advisory,
    InvalidAdvisory,
    PackageAdvisories,
    StoredAdvisory,
)
from chalicelib.domain.document import Document
from chalicelib.domain.names import PackageName
from chalicelib.stores.advisories import Advisories, Decide

Outcome = Literal["new", "changed", "withdrawn", "older", "unchanged"]
"""What may become of a record."""

Additions = Mapping[PackageName, Mapping[int, Advisory]]
"""The records for each package, by their places among all that are taken in."""


class RefusedAdvisory(Document):
    """A record that was not taken: its place in the request, its id where it has one, and what is wrong with it."""

    index: int
    id: str | None = None
    code: str
    detail: str


class ImportReport(Document):
    """What became of the records of a request; the numbers and those refused add up to `received`.

    `withdrawn` were taken back by their authors and apply no more, `older` than what is stored were left alone, and
    `skipped` are about no package that npm could have.
    """

    dry_run: bool
    received: int
    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    older: int = 0
    unchanged: int = 0
    skipped: int = 0
    refused: list[RefusedAdvisory] = Field(default_factory=list)


class Readable(NamedTuple):
    """Records as far as they can be read."""

    advisories: list[Advisory]
    skipped: int
    refused: list[RefusedAdvisory]


def readable(records: Iterable[Any]) -> Readable:
    """Read records, each by itself."""
    read, skipped = Readable([], 0, []), 0
    for index, value in enumerate(records):
        try:
            record = Advisory.model_validate(value)
            for name in record.packages:
                record.spans(name)
        except (InvalidAdvisory, ValidationError) as error:
            read.refused.append(_refused(index, value, error))
            continue
        if record.packages:
            read.advisories.append(record)
        else:
            skipped += 1
    return read._replace(skipped=skipped)


def report(read: Readable, outcomes: Mapping[int, Outcome], *, dry_run: bool) -> ImportReport:
    """Sum up what became of records."""
    counts = Counter(outcomes.values())
    return ImportReport(
        dry_run=dry_run,
        received=len(read.advisories) + read.skipped + len(read.refused),
        new=counts["new"],
        changed=counts["changed"],
        withdrawn=counts["withdrawn"],
        older=counts["older"],
        unchanged=counts["unchanged"],
        skipped=read.skipped,
        refused=read.refused,
    )


class Intake:
    """Some records, to be taken in at once."""

    def __init__(self, advisories: Advisories, records: Sequence[Advisory]) -> None:
        self._advisories = advisories
        self._outcomes: dict[tuple[int, str], Outcome] = {}
        self._wanted: dict[PackageName, dict[int, Advisory]] = defaultdict(dict)
        for number, record in enumerate(records):
            for name in record.packages:
                self._wanted[name][number] = record

    def foretold(self) -> dict[int, Outcome]:
        """Answer what would become of each record, by its place."""
        for name, present in self._advisories.read(self._wanted).items():
            self._merged(name, self._wanted[name], present)
        return self._told()

    def done(self) -> dict[int, Outcome]:
        """Take the records in, and answer what became of each, by its place; raises Busy."""
        # First where a record holds no more: what tells of it is the old state, which goes when the new one is written.
        self._advisories.change(self._decisions(_dropped(self._wanted, self._advisories.read(self._wanted))))
        self._advisories.change(self._decisions(self._wanted))
        return self._told()

    def _decisions(self, additions: Additions) -> dict[PackageName, Decide]:
        def decision(name: PackageName) -> Decide:
            return lambda present: self._merged(name, additions[name], present)

        return {name: decision(name) for name in additions}

    def _merged(
        self, name: PackageName, additions: Mapping[int, Advisory], present: PackageAdvisories
    ) -> PackageAdvisories | None:
        """Answer a package's document with records added, or None where that changes nothing."""
        document = present
        for number, record in additions.items():
            stored = StoredAdvisory(record=record.about(name), packages=list(record.packages))
            outcome = _outcome(document.get(record.id), stored)
            if name in record.packages:
                self._outcomes[number, name] = outcome
            if outcome not in {"older", "unchanged"}:
                document = document.with_all([stored])
        return None if document is present else document

    def _told(self) -> dict[int, Outcome]:
        """Answer one outcome for each record, whatever became of it for its packages."""
        told: dict[int, set[Outcome]] = defaultdict(set)
        for (number, _), outcome in self._outcomes.items():
            told[number].add(outcome)
        return {number: _one_of(outcomes) for number, outcomes in told.items()}


def _dropped(wanted: Additions, present: Mapping[PackageName, PackageAdvisories]) -> Additions:
    """Answer the packages that stored states of records were about and the new ones are not."""
    dropped: dict[PackageName, dict[int, Advisory]] = defaultdict(dict)
    for name, additions in wanted.items():
        for number, record in additions.items():
            stored = present[name].get(record.id)
            if stored is None or record.is_older_than(stored.record):
                continue
            for other in set(stored.packages) - set(record.packages):
                dropped[PackageName(other)][number] = record
    return dropped


def _outcome(present: StoredAdvisory | None, wanted: StoredAdvisory) -> Outcome:
    """Tell what a record becomes beside the one that is stored."""
    if present is not None and wanted.record.is_older_than(present.record):
        return "older"
    if present is not None and present.to_json_value() == wanted.to_json_value():
        return "unchanged"
    if wanted.record.withdrawn is not None:
        return "withdrawn"
    return "changed" if present is not None else "new"


def _one_of(outcomes: set[Outcome]) -> Outcome:
    """Answer what is told of a record: a change, if any of its packages' documents changed."""
    if len(outcomes) == 1:
        return next(iter(outcomes))
    if "withdrawn" in outcomes:
        return "withdrawn"
    return "changed" if outcomes & {"new", "changed"} else "older"


def _refused(index: int, value: Any, error: InvalidAdvisory | ValidationError) -> RefusedAdvisory:
    named = value.get("id") if isinstance(value, dict) else None
    return RefusedAdvisory(
        index=index,
        id=named[:MAX_ID] if isinstance(named, str) else None,
        code=InvalidAdvisory.code,
        detail=error.detail if isinstance(error, InvalidAdvisory) else _first_finding(error),
    )


def _first_finding(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"`{where}`: {first['msg']}" if where else str(first["msg"])
