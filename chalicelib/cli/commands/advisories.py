"""`prism advisories`: take in security advisories, and look at those there are."""

from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.errors import RegistryRefused
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.granting import action, add_actions
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.client import Registry
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Take in security advisories as OSV records, and look at those there are. `npm audit`,
`pnpm audit`, `bun audit` and `yarn npm audit` are answered from them.

Taking in needs a token with the scope admin in PRISM_TOKEN. It may be repeated: what is
there already stays, and an older state of a record never replaces a newer one. A record
that was withdrawn applies no more.
"""

IMPORT = """
prism advisories import GHSA-35jh-r3h4-6jhm.json
prism advisories import all.zip
prism advisories import advisory-database/advisories --dry-run
prism advisories import - --json < records.jsonl
"""
LIST = """
prism advisories list lodash
prism advisories list @acme/widget --json
"""

MOST_RECORDS: Final = 500
MOST_BYTES: Final = 2 << 20
"""What is sent at once; a deployed registry takes 6 MB."""

TOO_LARGE: Final = 413
SECONDS_BETWEEN_LINES: Final = 5.0
NUMBERS: Final = ("received", "new", "changed", "withdrawn", "older", "unchanged", "skipped")


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "advisories",
        summary="take in security advisories, and list them",
        description=DESCRIPTION,
        examples=f"{IMPORT.strip()}\n{LIST.strip()}",
    )
    actions = add_actions(parser)
    taking = action(actions, "import", run=_import, summary="take in OSV records", examples=IMPORT)
    taking.add_argument(
        "source",
        metavar="FILE",
        help="a JSON file, JSON lines, a zip archive or a folder of these; `-` reads stdin",
    )
    taking.add_argument("--dry-run", action="store_true", help="only tell what would become of each record")
    taking.add_argument("--json", action="store_true", help="print the totals and what was refused as JSON")
    listing = action(actions, "list", run=_list, summary="list the advisories for a package", examples=LIST)
    listing.add_argument("name", metavar="NAME", help="the package")
    add_json(listing)
    for each in (taking, listing):
        add_registry(each)


def _import(args: Namespace, env: Environment) -> ExitStatus:
    import json

    from chalicelib.cli.osv import batches, is_about_npm, records_in
    from chalicelib.cli.output import show

    registry = open_registry(args, env)
    total = _Total(env)
    wanted = total.skipping(records_in(args.source, env.stdin), is_about_npm)
    for batch in batches(wanted, count=MOST_RECORDS, size=MOST_BYTES):
        total.add(_sent(registry, batch, dry_run=args.dry_run))
    document = total.document(dry_run=args.dry_run)
    show(env, [json.dumps(document, indent=2, ensure_ascii=False)] if args.json else _lines(document))
    return ExitStatus.FAILURE if total.refused else ExitStatus.OK


def _sent(registry: "Registry", batch: list[Any], *, dry_run: bool) -> Mapping[str, Any]:
    """Send records and answer the report on them; one that is too large for the registry keeps no others back."""
    try:
        answer: Mapping[str, Any] = registry.create(
            "advisories", {"advisories": batch, "dryRun": dry_run}
        ).value
    except RegistryRefused as error:
        if error.http_status != TOO_LARGE or len(batch) > 1:
            raise
        named = batch[0].get("id") if isinstance(batch[0], dict) else None
        refused = {"index": 0, "id": named, "code": "payload_too_large", "detail": error.message}
        return {**dict.fromkeys(NUMBERS, 0), "received": 1, "refused": [refused]}
    return answer


class _Total:
    """What all batches come to, told from time to time."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._told = env.clock.now()
        self._skipped = 0
        self._numbers: Counter[str] = Counter()
        self.refused: list[dict[str, Any]] = []

    def skipping(self, records: Iterator[Any], wanted: Any) -> Iterator[Any]:
        """Answer those of some records that are wanted, and count the others."""
        for record in records:
            if wanted(record):
                yield record
            else:
                self._skipped += 1

    def add(self, report: Mapping[str, Any]) -> None:
        """Count what became of a batch."""
        from chalicelib.cli.output import printable

        for refused in report.get("refused", []):
            told = {**refused, "index": self._numbers["received"] + refused["index"]}
            self.refused.append(told)
            named = told.get("id") or f"record {told['index']}"
            self._env.say(printable(f"refused {named}: {told['detail']}"))
        self._numbers.update({name: report[name] for name in NUMBERS})
        if self._env.clock.now() - self._told >= SECONDS_BETWEEN_LINES:
            self._told = self._env.clock.now()
            self._env.say(f"{self._numbers['received']} advisories are sent")

    def document(self, *, dry_run: bool) -> dict[str, Any]:
        """Answer the totals as JSON values."""
        numbers = {name: self._numbers[name] for name in NUMBERS}
        numbers["received"] += self._skipped
        numbers["skipped"] += self._skipped
        return {"dryRun": dry_run, **numbers, "refused": self.refused}


def _lines(document: Mapping[str, Any]) -> list[str]:
    told = [f"{document[name]} {name}" for name in NUMBERS[1:-1] if document[name]]
    if document["skipped"]:
        told.append(f"{document['skipped']} not about npm")
    if document["refused"]:
        told.append(f"{len(document['refused'])} refused")
    noun = "advisory" if document["received"] == 1 else "advisories"
    ending = "; nothing was written" if document["dryRun"] else ""
    return [f"{document['received']} {noun}: {', '.join(told) or 'none'}{ending}"]


def _list(args: Namespace, env: Environment) -> ExitStatus:
    from chalicelib.cli.output import printable, show, show_json, table

    answer = open_registry(args, env).get("advisories", name=args.name)
    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    found = answer.value["advisories"]
    show(env, table([[printable(cell) for cell in _row(record)] for record in found]))
    if not found:
        env.say(f"there are no advisories for {answer.value['name']}")
    return ExitStatus.OK


def _row(record: Mapping[str, Any]) -> tuple[str, ...]:
    state = (
        f"withdrawn {record['withdrawn']}" if record.get("withdrawn") else f"modified {record['modified']}"
    )
    return record["id"], state, record.get("summary") or ""
