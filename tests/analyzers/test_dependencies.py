"""Dependencies: what real packages write is kept, and each entry is told apart."""

from typing import Any

import pytest

from chalicelib.analyzers import dependencies
from chalicelib.domain.metadata import Dependencies, DependencySpec
from tests.analyzers.pictures import subject


def found(**declared: Any) -> Dependencies:
    value = dependencies.analyze(
        subject({"package.json": {"name": "demo", "version": "1.0.0", **declared}})
    ).value
    assert isinstance(value, Dependencies)
    return value


def only_spec(**declared: Any) -> DependencySpec:
    (spec,) = found(**declared).dependency_specs
    return spec


def test_the_four_groups_are_kept_as_declared() -> None:
    value = found(
        dependencies={"b": "^1.0.0", "a": "~2"},
        devDependencies={"c": "*"},
        peerDependencies={"d": ">=1 <3"},
        optionalDependencies={"e": "1.x"},
    )
    assert value.dependencies == {"b": "^1.0.0", "a": "~2"}
    assert value.dev_dependencies == {"c": "*"}
    assert value.peer_dependencies == {"d": ">=1 <3"}
    assert value.optional_dependencies == {"e": "1.x"}


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        pytest.param("^1.2.3", "range", id="caret"),
        pytest.param("1.x || >=2.5.0 || 5.0.0 - 7.2.3", "range", id="alternatives"),
        pytest.param("", "range", id="empty means any"),
        pytest.param("latest", "tag", id="tag"),
        pytest.param("npm:other@^2.0.0", "alias", id="alias"),
        pytest.param("git+ssh://git@example.com/a/b.git#v1.0.0", "git", id="git address"),
        pytest.param("owner/project#semver:^1.0.0", "git", id="hosted shorthand"),
        pytest.param("https://example.com/package.tgz", "url", id="tarball address"),
        pytest.param("file:../sibling", "file", id="path"),
        pytest.param("workspace:^", "workspace", id="workspace"),
    ],
)
def test_every_spec_of_real_packages_is_taken(spec: str, kind: str) -> None:
    read = only_spec(dependencies={"a": spec})
    assert (read.name, read.spec, read.kind, read.group) == ("a", spec, kind, "dependencies")


def test_specs_follow_the_groups_and_their_order() -> None:
    value = found(devDependencies={"z": "1"}, dependencies={"c": "1", "b": "1"}, peerDependencies={"a": "1"})
    assert [spec.name for spec in value.dependency_specs] == ["c", "b", "z", "a"]


@pytest.mark.parametrize(
    ("declared", "optional"),
    [
        pytest.param({"dependencies": {"a": "1"}}, False, id="a plain one is needed"),
        pytest.param({"optionalDependencies": {"a": "1"}}, True, id="an optional one is not"),
        pytest.param({"peerDependencies": {"a": "1"}}, False, id="a peer is needed"),
        pytest.param(
            {"peerDependencies": {"a": "1"}, "peerDependenciesMeta": {"a": {"optional": True}}},
            True,
            id="unless its meta says optional",
        ),
        pytest.param(
            {"dependencies": {"a": "1"}, "peerDependenciesMeta": {"a": {"optional": True}}},
            False,
            id="the meta of peers speaks of peers alone",
        ),
        pytest.param(
            {"peerDependencies": {"a": "1"}, "peerDependenciesMeta": "broken"},
            False,
            id="a broken meta says nothing",
        ),
    ],
)
def test_optional_dependencies_are_marked(declared: dict[str, Any], *, optional: bool) -> None:
    assert only_spec(**declared).optional is optional


@pytest.mark.parametrize("broken", [None, [], "a", 7, ["a@1"]])
def test_a_group_that_is_no_object_counts_as_empty(broken: Any) -> None:
    assert found(dependencies=broken) == found()


def test_values_that_are_no_strings_are_left_out() -> None:
    assert found(dependencies={"a": "1", "b": None, "c": {"version": "1"}}).dependencies == {"a": "1"}


def test_engines_are_kept() -> None:
    assert found(engines={"node": ">=18"}).engines == {"node": ">=18"}


def test_old_engines_in_a_list_are_left_out() -> None:
    assert found(engines=["node >= 0.8"]).engines == {}


def test_the_verdict_counts_the_groups() -> None:
    picture = {
        "package.json": {"name": "demo", "dependencies": {"a": "1"}, "devDependencies": {"b": "1", "c": "1"}}
    }
    assert dependencies.analyze(subject(picture)).verdict == "1 dependencies, 2 devDependencies"
    assert dependencies.analyze(subject({})).verdict == "no dependencies"
