"""Resolving one spec and many: what is read of the medium, and what is told beside the file."""

from collections import Counter

import pytest

from chalicelib.domain.errors import EntryNotFound, FileMissing, InvalidQuery, PrismError
from chalicelib.domain.specs import PackageSpec
from chalicelib.services.resolving import Question, Resolution
from tests.worlds import World, memory_world, publish

IMPORTS = {
    "#a": "./lib/a.js",
    "#dep": "dep/x.js",
    "#git": "from-git",
    "#undeclared": "other",
    "#path": {"node": "path"},
}
FILES = {"index.js": "export {}", "lib/a.js": "export {}", "index.d.ts": ""}


@pytest.fixture
def world() -> World:
    made = memory_world()
    publish(
        made.container,
        name="widget",
        files=dict(FILES),
        imports=IMPORTS,
        module="index.js",
        dependencies={"dep": "^1.2.0", "from-git": "git+https://example.com/x.git"},
    )
    return made


def resolve(world: World, spec: str, runtime: str = "node", **asked: object) -> Resolution:
    """Resolve a spec."""
    parsed = PackageSpec.parse(spec)
    return world.container.resolving.resolve(parsed, runtime=runtime, mode="import", base="", **asked)  # type: ignore[arg-type]  # as the test says


def test_a_name_of_imports_leads_to_a_file_of_the_package(world: World) -> None:
    found = resolve(world, "widget/#a", importer="index.js")

    assert (found.subpath, found.entry_path, found.importer) == ("#a", "lib/a.js", "index.js")
    assert found.to_json_value()["from"] == "index.js"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(
            "#dep",
            {
                "kind": "package",
                "specifier": "dep/x.js",
                "name": "dep",
                "subpath": "./x.js",
                "range": "^1.2.0",
                "spec": "dep@^1.2.0/x.js",
            },
            id="dependency",
        ),
        pytest.param(
            "#undeclared",
            {"kind": "package", "specifier": "other", "name": "other", "subpath": ".", "spec": "other"},
            id="undeclared",
        ),
        pytest.param(
            "#git",
            {
                "kind": "package",
                "specifier": "from-git",
                "name": "from-git",
                "subpath": ".",
                "range": "git+https://example.com/x.git",
            },
            id="not-from-a-registry",
        ),
        pytest.param(
            "#path",
            {"kind": "builtin", "specifier": "node:path", "name": "path", "subpath": "."},
            id="builtin",
        ),
    ],
)
def test_a_name_of_imports_may_lead_elsewhere(world: World, name: str, expected: dict[str, str]) -> None:
    answer = resolve(world, f"widget/{name}").to_json_value()

    assert answer["dependency"] == expected
    assert not {"url", "entryPath", "format", "typesUrl"} & set(answer)


def test_an_importer_is_a_file_of_the_package(world: World) -> None:
    with pytest.raises(FileMissing):
        resolve(world, "widget/#a", importer="none.js")


@pytest.mark.parametrize(
    ("spec", "runtime", "builtin"),
    [
        ("ws", "bun", "`ws`"),
        ("events", "node", "`node:events`"),
        ("alias@npm:ws", "bun", None),
        ("ws@npm:events", "bun", "`ws`"),
        ("ws", "node", None),
    ],
)
def test_a_package_that_a_runtime_replaces_is_served_and_flagged(
    world: World, spec: str, runtime: str, builtin: str | None
) -> None:
    for name in ("ws", "events"):
        publish(world.container, name=name)

    found = resolve(world, spec, runtime)

    assert found.entry_path == "index.js"
    if builtin is None:
        assert found.notes is None
    else:
        (note,) = found.notes or []
        assert (note.code, note.runtime) == ("shadowed_by_builtin", runtime)
        assert builtin in note.detail


def test_the_way_is_told_when_asked_for(world: World) -> None:
    told = resolve(world, "widget", explain=True).to_json_value()["trace"]

    assert told == [
        {"key": "main", "condition": "index.js", "outcome": "found"},
        {"key": "module", "condition": "index.js", "outcome": "not_read"},
    ]
    assert resolve(world, "widget").trace is None


def test_many_are_answered_in_order_each_with_its_own_failure(world: World) -> None:
    publish(world.container, name="other")
    specs = ["other", "widget/none", "absent", "widget@9", "_", "widget", "other"]

    found = world.container.resolving.resolve_all(
        [Question(spec, "node", "import") for spec in specs], base=""
    )

    assert [each.code if isinstance(each, PrismError) else each.name for each in found] == [
        "other",
        "entry_not_found",
        "package_not_found",
        "version_not_found",
        "invalid_name",
        "widget",
        "other",
    ]


def test_many_cost_one_head_a_package_and_one_manifest_a_version() -> None:
    world = memory_world()
    for number in range(20):
        for version in ("1.0.0", "2.0.0"):
            publish(world.container, version, name=f"package-{number}")
    process = world.fresh()
    world.store.reset()
    questions = [
        Question(f"package-{number}{wanted}{path}", runtime, mode)
        for number in range(20)
        for wanted in ("@1", "@2", "@^1.0.0", "")
        for path in ("", "/index.js", "/none")
        for runtime in ("node", "bun")
        for mode in ("import", "require")
    ]

    found = process.resolving.resolve_all(questions, base="")

    reads = Counter(call.key for call in world.store.calls)
    assert len(found) == 960
    assert sum(isinstance(each, EntryNotFound) for each in found) == 320
    assert set(reads.values()) == {1}
    assert Counter(key.split("/")[1] for key in reads) == {"heads": 20, "manifests": 40}


def test_an_unknown_runtime_is_refused_before_anything_is_read(world: World) -> None:
    world.store.reset()

    with pytest.raises(InvalidQuery):
        world.container.resolving.resolve_all([Question("widget", "rhino", "import")], base="")

    assert not world.store.calls
