"""The page that says how far Prism agrees with the programs it follows."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.conformance.comparing import LOADED, Declared, Tallies, Tally

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "conformance.md"


def page(tallies: Tallies, declared: Iterable[Declared], *, seed: int, versions: Iterable[str]) -> str:
    """Answer the page in Markdown."""
    rows = "\n".join(
        f"| {area} | {asked} | {mode} | {found.cases:,} | {found.agreeing:,} | {found.percentage} | "
        f"{found.declared.total()} |"
        for (area, asked, mode), found in tallies.items()
    )
    totals = "\n".join(
        f"| {asked} | {mode} | {found.cases:,} | {found.agreeing:,} | {found.percentage} | {found.declared.total()} |"
        for (asked, mode), found in _totals(tallies).items()
    )
    return f"""# Conformance

What Prism says of a package, beside what the real programs say. `make conformance` installs them, asks,
and writes this page; it fails on any difference that is not declared below. These are the numbers of seed
{seed}, with {", ".join(versions)}.

| area | asked | mode | cases | agreeing | share | declared |
|---|---|---|---|---|---|---|
{rows}

- **Generated packages** are made from the seed: every form of `exports`, and `main`, `module` and `index` without it.
  The file has to be the same, and so has the fact that there is none.
- **Own name and imports** is what those packages ask for themselves: their own name, and names with `#`.
- **Popular packages** are a fixed list with everything it depends on; each is asked for its root and for every
  subpath that its `exports` state without a pattern.
- **Formats** are what Node's loader answers for each of those entries. TypeScript and files that Node has no loader
  for count as none on both sides.
- **How files are run** has a package for each `type`, extension and way of writing a file, and runs it.
- **Declarations** are what `ts.resolveModuleName` finds with NodeNext, from a module and from CommonJS.
- **Picking** is the version that npm chooses from generated packuments.
- **Generated graphs** are registries made from seeds, with packages that conflict, want peers and go by other names.
  Each package has to lie in the folder where npm's tree builder puts it, in the version and with the flags.
- **Application** is a real one, resolved once over npm's packuments and once by a registry into which they were
  published, beside what `npm install` locks in an empty folder.
- **Import map** is that of the popular packages, served by Prism's local server: each import of another package, or of
  a name with `#`, that Deno meets on its way leads to the file that Deno finds in an installation of the same graph.
  **Loaded** are all packages that are ES modules throughout, and those that were asked for and are not.

Over all areas:

| asked | mode | cases | agreeing | share | declared |
|---|---|---|---|---|---|
{totals}

A path counts only if it is a regular file, a built-in module counts as none, and errors are equal whatever their code.

## Declared differences

| difference | cases | reason |
|---|---|---|
{_differences(tallies, declared)}
"""


def _totals(tallies: Tallies) -> dict[tuple[str, str], Tally]:
    totals: dict[tuple[str, str], Tally] = {}
    for (area, asked, mode), found in tallies.items():
        total = totals.setdefault((asked, "import" if area == LOADED else mode), Tally())
        total.cases += found.cases
        total.agreeing += found.agreeing
        total.declared += found.declared
    return totals


def _differences(tallies: Tallies, declared: Iterable[Declared]) -> str:
    counts = {item.name: sum(found.declared[item.name] for found in tallies.values()) for item in declared}
    return "\n".join(f"| {item.name} | {counts[item.name]} | {item.reason} |" for item in declared)
