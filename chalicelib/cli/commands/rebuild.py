"""`prism rebuild`: make everything derived again, and say whether it is what is stored."""

from argparse import Namespace
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.client import Registry
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Let the registry make everything again that is derived from tarballs, manifests, heads and
jobs: packs, metadata, files, what npm reads, the index, the listings of jobs. What is
missing or damaged is written; with --check nothing is. It needs a token with the scope
admin in PRISM_TOKEN.

Exits with 1 if something is lost that nothing can bring back, and with --check also if
something is missing or damaged.
"""

EXAMPLES = """
prism rebuild --check
prism rebuild
prism rebuild --check --json
"""

KINDS: Final = (
    "head",
    "manifest",
    "tarball",
    "pack",
    "metadata",
    "text",
    "file",
    "entry",
    "packument",
    "index",
    "job",
)
OUTCOMES: Final = ("equal", "kept", "missing", "corrupt", "outdated", "lost")
NUMBERS: Final = ("examined", "packages", "versions", "jobs")


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "rebuild",
        run=run,
        summary="make everything derived again, and compare it with what is stored",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument("--check", action="store_true", help="only compare, and write nothing")
    add_registry(parser)
    parser.add_argument("--json", action="store_true", help="print the totals and all findings as JSON")


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Rebuild to the end, and show what was found."""
    import json

    from chalicelib.cli.output import show

    total = _Total(check=args.check)
    for portion in _portions(open_registry(args, env), check=args.check):
        total.add(portion)
        for finding in portion.get("findings", []):
            env.say(_told(finding))
        if portion.get("more"):
            env.say(f"and {portion['more']} more")
        env.say(total.progress())
    show(env, [json.dumps(total.document(), indent=2, ensure_ascii=False)] if args.json else _lines(total))
    return total.status


def _portions(registry: "Registry", *, check: bool) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        wanted = {"check": check} | ({"cursor": cursor} if cursor else {})
        portion: dict[str, Any] = registry.create("rebuild", wanted).value
        yield portion
        cursor = portion.get("next")
        if cursor is None:
            return


class _Total:
    """What all portions come to."""

    def __init__(self, *, check: bool) -> None:
        self.check = check
        self.numbers: Counter[str] = Counter()
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.findings: list[dict[str, Any]] = []
        self.more = 0

    def add(self, portion: dict[str, Any]) -> None:
        self.numbers.update({name: portion[name] for name in NUMBERS})
        for kind, counts in portion.get("counts", {}).items():
            self.counts[kind].update(counts)
        self.findings.extend(portion.get("findings", []))
        self.more += portion.get("more", 0)

    def progress(self) -> str:
        """Say how much is done."""
        from chalicelib.cli.output import count

        packages, versions = self.numbers["packages"], self.numbers["versions"]
        return f"{count(packages, 'package')} and {count(versions, 'version')} are done"

    @property
    def status(self) -> ExitStatus:
        """Whether anything is left that is not as it should be."""
        wrong = ("missing", "corrupt", "lost") if self.check else ("lost",)
        found = any(counts[outcome] for counts in self.counts.values() for outcome in wrong)
        return ExitStatus.FAILURE if found else ExitStatus.OK

    def document(self) -> dict[str, Any]:
        """Answer the totals and the findings as JSON values."""
        return {
            "check": self.check,
            **{name: self.numbers[name] for name in NUMBERS},
            "counts": {kind: dict(counts) for kind, counts in self.counts.items()},
            "findings": self.findings,
            **({"more": self.more} if self.more else {}),
        }


def _told(finding: dict[str, Any]) -> str:
    from chalicelib.cli.output import printable

    detail = f": {finding['detail']}" if finding.get("detail") else ""
    return printable(f"{finding['outcome']} {finding['kind']} {finding['key']}{detail}")


def _lines(total: _Total) -> Iterator[str]:
    from chalicelib.cli.output import table

    kinds = [kind for kind in KINDS if kind in total.counts] + sorted(total.counts.keys() - set(KINDS))
    rows = [[kind, *(str(total.counts[kind][outcome]) for outcome in OUTCOMES)] for kind in kinds]
    yield from table([["", *OUTCOMES], *rows], right=frozenset(range(1, len(OUTCOMES) + 1)))
    yield ""
    yield _verdict(total)


def _verdict(total: _Total) -> str:
    found: Counter[str] = sum(total.counts.values(), Counter())
    told = [f"{found[outcome]} {outcome}" for outcome in OUTCOMES[2:] if found[outcome]]
    if not told:
        return "everything is as it is made anew"
    if not found["missing"] + found["corrupt"]:
        return ", ".join(told)
    done = (
        "`prism rebuild` writes what is missing or corrupt"
        if total.check
        else "what was missing or corrupt is written"
    )
    return f"{', '.join(told)}; {done}"
