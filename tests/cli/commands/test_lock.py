"""`prism lock`: what is asked, what is written, and what a check tells."""

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.cli.exits import ExitStatus
from tests.cli.conftest import Prism
from tests.cli.fake_registry import FakeRegistry

ROUTE = "POST /v1/resolve/graph"
LOCK: dict[str, Any] = {
    "schema": 1,
    "asOf": "2026-01-01T00:00:00.000Z",
    "request": {},
    "packages": {},
    "problems": [],
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def graph(**facts: Any) -> dict[str, Any]:
    return {
        "asOf": LOCK["asOf"],
        "nodes": [{}],
        "problems": [],
        "warnings": [],
        "lock": LOCK,
        "changes": [],
        **facts,
    }


def test_a_lock_is_written(prism: Prism, registry: FakeRegistry, folder: Path) -> None:
    registry.answer(ROUTE, graph())

    result = prism("lock", "react", "vue@3")

    assert result.status == ExitStatus.OK
    assert json.loads(registry.asked[0].body) == {"specs": ["react", "vue@3"], "omit": []}
    assert json.loads((folder / "prism.lock.json").read_bytes()) == LOCK
    assert "wrote prism.lock.json" in result.err


def test_the_dependencies_of_a_package_json_are_locked(
    prism: Prism, registry: FakeRegistry, folder: Path
) -> None:
    registry.answer(ROUTE, graph())
    fields = {"dependencies": {"a": "^1"}, "devDependencies": {"b": "npm:c@2"}}
    (folder / "package.json").write_text(json.dumps(fields))

    prism("lock", "package.json", "-o", "x.json", "--omit", "dev")

    assert json.loads(registry.asked[0].body) == {
        "specs": ["a@^1"],
        "devSpecs": ["b@npm:c@2"],
        "optionalSpecs": [],
        "omit": ["dev"],
    }
    assert (folder / "x.json").exists()


def test_nothing_is_written_of_a_graph_that_lacks_a_package(
    prism: Prism, registry: FakeRegistry, folder: Path
) -> None:
    problem = {"code": "x", "name": "b", "wanted": "^1", "path": ["root", "a@1.0.0"], "detail": "it is gone"}
    registry.answer(ROUTE, graph(problems=[problem]))

    result = prism("lock", "a")

    assert result.status == ExitStatus.NOT_FOUND
    assert "error: root > a@1.0.0 wants b@^1: it is gone" in result.err
    assert not (folder / "prism.lock.json").exists()


def test_a_check_without_changes_succeeds(prism: Prism, registry: FakeRegistry, folder: Path) -> None:
    (folder / "prism.lock.json").write_text(json.dumps(LOCK))
    registry.answer(ROUTE, graph())

    result = prism("lock", "--check")

    assert (result.status, result.out) == (ExitStatus.OK, "")
    assert json.loads(registry.asked[0].body) == {"lock": LOCK, "check": True}


def test_a_check_tells_changes_and_fails(prism: Prism, registry: FakeRegistry, folder: Path) -> None:
    (folder / "prism.lock.json").write_text(json.dumps(LOCK))
    change = {
        "kind": "moved",
        "path": "node_modules/a",
        "before": "1.0.0",
        "after": "1.1.0",
        "reason": "newer",
    }
    registry.answer(ROUTE, graph(changes=[change]))

    result = prism("lock", "--check")

    assert result.status == ExitStatus.FAILURE
    assert result.out == "moved  node_modules/a  1.0.0 -> 1.1.0  newer\n"


@pytest.mark.parametrize("arguments", [["--check"], ["--check", "a"], []], ids=" ".join)
def test_what_cannot_be_read_is_a_wrong_use(prism: Prism, arguments: list[str]) -> None:
    assert prism("lock", *arguments).status == ExitStatus.USAGE
