"""Prism agrees with Node, Deno, Bun and TypeScript on a small corpus; `make conformance` asks about a large one."""

from pathlib import Path

import pytest

from tests.conformance.comparing import Compared, Declared, failures, tally
from tests.conformance.declarations import compare_declarations
from tests.conformance.declared import DECLARED
from tests.conformance.fixtures import INSIDE, SUBPATHS, fixtures
from tests.conformance.formats import compare_executions, compare_formats
from tests.conformance.report import page
from tests.conformance.resolving import compare, compare_generated
from tests.conformance.runtimes import RUNTIMES, Runtime, write_packages
from tests.conformance.subjects import Subject, pictured, subject

SEEDS = {"node": 20_260_301, "deno": 20_260_302, "bun": 20_260_303}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Subject]]:
    """The packages built by hand, in a folder and as Prism knows them."""
    folder = tmp_path_factory.mktemp("conformance")
    packages = fixtures()
    write_packages(folder, packages)
    return folder, [subject(name, pictured(files), SUBPATHS, INSIDE) for name, files in packages.items()]


@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: runtime.profile.name)
def test_every_generated_shape_leads_where_the_runtime_says(runtime: Runtime) -> None:
    tallies = tally(compare_generated(SEEDS[runtime.profile.name], 150, [runtime]), DECLARED)

    assert list(failures(tallies)) == []
    assert len(tallies) == 4
    assert all(found.cases > 150 for found in tallies.values())


def test_every_usual_shape_leads_where_the_runtimes_say(built: tuple[Path, list[Subject]]) -> None:
    tallies = tally(compare("usual shapes", *built), DECLARED)

    assert list(failures(tallies)) == []
    assert len(tallies) == 12


def test_every_usual_shape_has_the_format_and_declarations_it_is_said_to_have(
    built: tuple[Path, list[Subject]],
) -> None:
    folder, subjects = built
    outside = [
        Subject(shown.name, shown.fields, shown.files, shown.package_json, shown.subpaths)
        for shown in subjects
    ]

    compared = [
        *compare_formats("formats", folder, outside),
        *compare_declarations("declarations", folder, outside),
    ]

    assert list(failures(tally(compared, DECLARED))) == []
    assert sum(case.theirs is not None for case in compared) > 60


def test_every_way_to_declare_and_write_a_file_runs_as_it_is_said_to_run() -> None:
    assert list(failures(tally(compare_executions(), DECLARED))) == []


def test_a_missing_runtime_is_an_error() -> None:
    missing = Runtime(RUNTIMES[0].profile, "no-such-runtime/bin/node")

    with pytest.raises(FileNotFoundError, match="make oracles"):
        list(compare_generated(1, 1, [missing]))


def test_an_undeclared_difference_fails_and_too_many_declared_ones_do() -> None:
    case = Compared("area", "node", "import", "widget", "widget/a.js", None, {})
    declared = Declared("odd", "because", lambda case: case.specifier == "widget")

    undeclared = list(failures(tally([case], ())))
    rare = list(failures(tally([case, *[case._replace(theirs=case.ours)] * 999], [declared])))
    common = list(failures(tally([case], [declared])))

    assert undeclared == ["area, node, import: `widget` leads to None, and Prism says widget/a.js"]
    assert rare == []
    assert common == ["area, node, import: 1 declared differences of 1 are too many"]


def test_the_page_adds_up_what_each_program_was_asked() -> None:
    case = Compared("shapes", "node", "import", "widget", "widget/a.js", "widget/a.js", {})
    declared = Declared("odd", "because", lambda case: case.specifier == "gadget")
    other = case._replace(area="others", specifier="gadget", theirs=None)

    told = page(tally([*[case] * 3, other], [declared]), [declared], seed=7, versions=["Node 1"])

    assert "| shapes | node | import | 3 | 3 | 100.00 % | 0 |" in told
    assert "| node | import | 4 | 3 | 75.00 % | 1 |" in told
    assert "| odd | 1 | because |" in told
