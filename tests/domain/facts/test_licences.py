"""SPDX expressions against npm's own parser, and the ways a package.json declares a licence."""

from typing import Any

import pytest

from chalicelib.domain.facts.licences import declared_licence, is_spdx_expression, licence_files
from chalicelib.domain.facts.spdx import EXCEPTIONS, LICENCES
from tests.oracles.driver import ask, seeded

WORDS = (
    "MIT",
    "ISC",
    "GPL-2.0",
    "GPL-2.0-or-later",
    "MIT+",
    "mit",
    "Apache 2.0",
    "LicenseRef-Own",
    "DocumentRef-a:LicenseRef-b",
    "LicenseRef-",
    "Classpath-exception-2.0",
    "UNLICENSED",
    "NONE",
)
OPERATORS = ("AND", "OR", "WITH", "and", "or", "with")


def expressions(count: int) -> list[str]:
    chance = seeded("licences")

    def expression(depth: int) -> str:
        shape = chance.random()
        if depth == 0 or shape < 0.4:
            return chance.choice(WORDS)
        if shape < 0.55:
            return f"({expression(depth - 1)})"
        if shape < 0.7:
            exception = chance.choice(("Classpath-exception-2.0", "LLVM-exception", "MIT"))
            return f"{chance.choice(WORDS[:4])} WITH {exception}"
        return f"{expression(depth - 1)} {chance.choice(OPERATORS)} {expression(depth - 1)}"

    def broken(text: str) -> str:
        words = text.split(" ")
        del words[chance.randrange(len(words))]
        return " ".join(words) + chance.choice(("", "", ")", "(", " AND"))

    made = [expression(3) for _ in range(count)]
    return made + [broken(text) for text in made]


def test_expressions_are_told_as_npm_tells_them() -> None:
    cases = expressions(2_000)
    answers = ask("licences", cases)
    ours = [is_spdx_expression(case) for case in cases]
    assert [case for case, theirs, mine in zip(cases, answers, ours, strict=True) if theirs is not mine] == []
    assert min(sum(ours), len(ours) - sum(ours)) > 500, "both answers occur often"


def test_the_identifiers_are_those_npm_knows() -> None:
    licences, exceptions = ask("licences", [{"list": "licences"}, {"list": "exceptions"}])
    assert set(licences) == LICENCES
    assert set(exceptions) == EXCEPTIONS


@pytest.mark.parametrize("text", ["", "()", "MIT AND", "(MIT", "MIT)", ")MIT(", "SEE LICENSE IN LICENCE.txt"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    assert not is_spdx_expression(text)


def test_depth_is_no_danger() -> None:
    assert is_spdx_expression("(" * 50_000 + "MIT" + ")" * 50_000)


@pytest.mark.parametrize(
    ("package_json", "declared"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"license": "MIT"}, "MIT", id="a string"),
        pytest.param({"license": " MIT "}, "MIT", id="white space"),
        pytest.param({"license": ""}, None, id="an empty string"),
        pytest.param({"license": "SEE LICENSE IN EULA"}, "SEE LICENSE IN EULA", id="npm's own words"),
        pytest.param({"license": {"type": "MIT", "url": "https://example.com"}}, "MIT", id="the old object"),
        pytest.param({"license": {"name": "MIT"}}, "MIT", id="an object with a name"),
        pytest.param({"licenses": [{"type": "MIT"}]}, "MIT", id="the old list of one"),
        pytest.param(
            {"licenses": [{"type": "MIT"}, {"type": "ISC"}]}, "(MIT OR ISC)", id="the old list of two"
        ),
        pytest.param({"license": ["MIT", "ISC"]}, "(MIT OR ISC)", id="a list of strings"),
        pytest.param({"licence": "MIT"}, "MIT", id="the British spelling"),
        pytest.param({"license": None, "licenses": "MIT"}, "MIT", id="the first that says something"),
        pytest.param({"license": 7}, None, id="a number"),
        pytest.param({"license": {"type": None}}, None, id="an object that says nothing"),
        pytest.param({"license": [None, {}]}, None, id="a list that says nothing"),
    ],
)
def test_a_licence_is_read_in_every_form(package_json: dict[str, Any], declared: str | None) -> None:
    assert declared_licence(package_json) == declared


@pytest.mark.parametrize(
    ("path", "is_licence"),
    [
        *(
            pytest.param(path, True, id=path)
            for path in (
                "LICENSE",
                "LICENCE",
                "license.md",
                "LICENSE.txt",
                "LICENSE-MIT",
                "MIT-LICENSE.txt",
                "LICENSES/MIT.txt",
                "COPYING",
                "COPYING.LESSER",
                "UNLICENSE",
            )
        ),
        *(
            pytest.param(path, False, id=path)
            for path in (
                "license.js",
                "licenses.json",
                "lib/LICENSE",
                "licensed.txt",
                "README.md",
                "node_modules/a/LICENSE",
                "copyingmachine",
            )
        ),
    ],
)
def test_licence_files_are_found_at_the_root(path: str, *, is_licence: bool) -> None:
    assert licence_files([path]) == ([path] if is_licence else [])
