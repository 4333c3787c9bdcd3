"""The licence: as declared, whether it is an SPDX expression, and its files."""

from typing import Any

import pytest

from chalicelib.analyzers import licence
from chalicelib.domain.metadata import Licence
from tests.analyzers.pictures import subject


@pytest.mark.parametrize(
    ("declared", "expected", "verdict"),
    [
        pytest.param("MIT", Licence(declared="MIT", spdx=True, files=[]), "MIT", id="an identifier"),
        pytest.param(
            "(MIT OR Apache-2.0)",
            Licence(declared="(MIT OR Apache-2.0)", spdx=True, files=[]),
            "(MIT OR Apache-2.0)",
            id="an expression",
        ),
        pytest.param(
            "Apache 2",
            Licence(declared="Apache 2", spdx=False, files=[]),
            "Apache 2 (not an SPDX expression)",
            id="free text",
        ),
        pytest.param(
            "UNLICENSED",
            Licence(declared="UNLICENSED", spdx=False, files=[]),
            "UNLICENSED (not an SPDX expression)",
            id="no rights given",
        ),
        pytest.param(None, Licence(spdx=False, files=[]), "no licence declared", id="nothing"),
    ],
)
def test_the_declared_licence_is_judged(declared: Any, expected: Licence, verdict: str) -> None:
    found = licence.analyze(subject({"package.json": {"name": "demo", "license": declared}}))
    assert (found.value, found.verdict) == (expected, verdict)


def test_licence_files_are_listed_by_path() -> None:
    found = licence.analyze(subject({"LICENSE-MIT": "", "LICENSE-APACHE": "", "lib/LICENSE": ""}))
    assert found.value.files == ["LICENSE-APACHE", "LICENSE-MIT"]
