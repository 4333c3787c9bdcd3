"""Tags: each word by a package that has it and by one that has not."""

from typing import Any

import pytest

from chalicelib.analyzers import dependencies, tags
from chalicelib.analyzers.tags import TAGS, TINY
from chalicelib.domain.manifest import Runtimes
from chalicelib.domain.metadata import RuntimeAnalysis
from tests.analyzers.pictures import Picture, subject


def runtime_analysis(**fields: Any) -> RuntimeAnalysis:
    """Answer the analysis of a package that runs everywhere, except for what is said otherwise."""
    compatibility = {runtime: fields.pop(runtime, True) for runtime in ("node", "deno", "bun", "workers")}
    known = {"module_format": "esm", "types": "none", "evidence": [], "notes": []}
    return RuntimeAnalysis.model_validate({"compatibility": Runtimes(**compatibility), **known, **fields})


def found(
    package_json: dict[str, Any] | None = None, *, version: str = "1.0.0", size: int = 0, **runtime: Any
) -> list[str]:
    picture: Picture = {"package.json": {"name": "demo", **(package_json or {})}, "index.js": "x" * size}
    bare = subject(picture, version=version)
    results = {"dependencies": dependencies.analyze(bare).value, "runtimes": runtime_analysis(**runtime)}
    value = tags.analyze(subject(picture, version=version, results=results)).value
    assert isinstance(value, list)
    return value


@pytest.mark.parametrize(
    ("tag", "facts", "has"),
    [
        pytest.param("zero-deps", {}, True, id="nothing needed"),
        pytest.param(
            "zero-deps", {"package_json": {"devDependencies": {"a": "1"}}}, True, id="needed by developers"
        ),
        pytest.param(
            "zero-deps", {"package_json": {"dependencies": {"a": "1"}}}, False, id="something needed"
        ),
        pytest.param(
            "zero-deps",
            {"package_json": {"optionalDependencies": {"a": "1"}}},
            False,
            id="needed if possible",
        ),
        pytest.param("typed", {"types": "bundled"}, True, id="types beside the code"),
        pytest.param("typed", {"types": "types-field"}, True, id="types named"),
        pytest.param("typed", {"types": "none"}, False, id="no types"),
        pytest.param("esm-only", {"module_format": "esm"}, True, id="ES modules"),
        pytest.param("esm-only", {"module_format": "hybrid"}, False, id="both formats"),
        pytest.param("esm-only", {"module_format": "cjs"}, False, id="CommonJS"),
        pytest.param("tiny", {"size": 10}, True, id="small"),
        pytest.param("tiny", {"size": TINY}, False, id="too large with its package.json"),
        pytest.param("runtime-safe", {}, True, id="runs everywhere"),
        *(
            pytest.param("runtime-safe", {runtime: False}, False, id=f"not on {runtime}")
            for runtime in ("node", "deno", "bun", "workers")
        ),
        pytest.param("runtime-node", {"deno": False, "bun": False}, True, id="runs on node"),
        pytest.param("runtime-node", {"node": False}, False, id="runs elsewhere than node"),
        pytest.param("runtime-deno", {"node": False}, True, id="runs on deno"),
        pytest.param("runtime-deno", {"deno": False}, False, id="runs elsewhere than deno"),
        pytest.param("runtime-bun", {"node": False}, True, id="runs on bun"),
        pytest.param("runtime-bun", {"bun": False}, False, id="runs elsewhere than bun"),
        pytest.param("stable", {"version": "1.0.0"}, True, id="a release"),
        pytest.param("stable", {"version": "0.9.0"}, False, id="0.x is not stable"),
        pytest.param("stable", {"version": "2.0.0-rc.1"}, False, id="a prerelease is not stable"),
        pytest.param("experimental", {"version": "0.9.0"}, True, id="0.x"),
        pytest.param("experimental", {"version": "2.0.0-rc.1"}, True, id="a prerelease"),
        pytest.param("experimental", {"version": "1.0.0"}, False, id="a release is no experiment"),
    ],
)
def test_a_tag_is_given_to_whom_it_fits(tag: str, facts: dict[str, Any], *, has: bool) -> None:
    assert (tag in found(**facts)) is has


def test_exactly_five_kibibytes_are_tiny() -> None:
    base = subject({"package.json": {"name": "demo"}, "index.js": ""}).package.unpacked_size
    assert ["tiny" in found(size=TINY - base + more) for more in (0, 1)] == [True, False]


def test_tags_come_in_a_fixed_order() -> None:
    assert found(types="bundled", size=1) == [tag for tag in TAGS if tag != "experimental"]
