import dataclasses
from typing import Any

import pytest

from chalicelib.analyzers import exports, types
from chalicelib.analyzers.base import Found
from tests.analyzers.pictures import Picture, subject


def found(files: Picture) -> Found:
    asked = subject(files)
    return types.analyze(dataclasses.replace(asked, results={"exports": exports.analyze(asked).value}))


def package_json(**fields: Any) -> dict[str, Any]:
    return {"name": "demo", "version": "1.0.0", **fields}


@pytest.mark.parametrize(
    ("fields", "files", "verdict"),
    [
        ({"types": "t.d.ts"}, {"t.d.ts": ""}, "types-field"),
        ({"main": "a.js"}, {"a.js": "", "a.d.ts": ""}, "bundled"),
        ({"main": "a.js"}, {"a.js": ""}, "no types"),
        ({"types": "missing.d.ts"}, {}, "no types"),
        (
            {"exports": {"import": "./b.mjs", "require": "./c.cjs"}},
            {"b.d.mts": ""},
            "bundled, for import only",
        ),
        (
            {"exports": {"import": "./b.mjs", "require": "./c.cjs"}},
            {"c.d.cts": ""},
            "bundled, for require only",
        ),
    ],
)
def test_the_verdict_says_whence_types_come(fields: dict[str, Any], files: Picture, verdict: str) -> None:
    assert found({"package.json": package_json(**fields), **files}).verdict == verdict


def test_import_and_require_are_answered_apart() -> None:
    stated = package_json(exports={"import": "./b.mjs", "require": "./c.cjs"})

    value = found({"package.json": stated, "b.d.mts": "", "c.d.cts": ""}).value

    assert value.to_json_value() == {"kind": "bundled", "forImport": "b.d.mts", "forRequire": "c.d.cts"}
