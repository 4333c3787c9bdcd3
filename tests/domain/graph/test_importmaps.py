"""Import maps: what a package can be imported by, as addresses."""

import pytest

from chalicelib.domain.graph import importmaps
from chalicelib.domain.graph.importmaps import Importable, specifiers
from chalicelib.domain.manifest import EntryFields
from chalicelib.domain.resolution.profiles import PROFILES

FILES = [f"{letter}.js" for letter in "abcde"]


def imported(exports: dict[str, str | None]) -> set[str]:
    fields = EntryFields(exports=exports)
    return set(specifiers("demo", Importable(fields, FILES, "/packages/demo/1.0.0"), PROFILES["browser"]))


def test_a_pattern_covers_what_its_files_are() -> None:
    assert imported({"./*.js": "./*.js"}) == {f"demo/{file}" for file in FILES}


@pytest.mark.parametrize("closed", ["", "abc"])
def test_of_a_pattern_so_many_files_are_tried_whether_they_lead_anywhere_or_not(
    monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    monkeypatch.setattr(importmaps, "MAX_SUBPATHS", 4)
    exports: dict[str, str | None] = {"./*.js": "./*.js"}

    found = imported(exports | {f"./{letter}.js": None for letter in closed})

    assert found == {f"demo/{letter}.js" for letter in "abcd" if letter not in closed}
