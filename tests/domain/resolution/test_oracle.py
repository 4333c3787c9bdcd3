"""The resolver against the real Node on the PATH."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.errors import EntryNotFound
from chalicelib.domain.manifest import EntryFields
from chalicelib.domain.resolution.entry import resolve_entry
from chalicelib.domain.resolution.fields import entry_fields
from chalicelib.domain.resolution.profiles import Mode, Profile
from tests.analyzers.pictures import package
from tests.domain.resolution.grammar import cases
from tests.domain.resolution.oracle import Answers, ask, node_profile

MODES: tuple[Mode, ...] = ("import", "require")


def _path(
    fields: EntryFields, files: Collection[str], subpath: str, profile: Profile, mode: Mode
) -> str | None:
    try:
        return resolve_entry(fields, files, subpath, profile=profile, mode=mode).path
    except EntryNotFound:
        return None


def _ours(
    packages: dict[str, dict[str, Any]], asked: dict[str, tuple[str, ...]], profile: Profile
) -> Answers:
    answers: Answers = {}
    for name, picture in packages.items():
        shown = package(picture)
        fields, files = entry_fields(shown), shown.files.keys()
        for subpath in asked[name]:
            found = {mode: _path(fields, files, subpath, profile, mode) for mode in MODES}
            answers[name + subpath[1:]] = {mode: path and f"{name}/{path}" for mode, path in found.items()}
    return answers


@pytest.mark.parametrize("seed", [20260301, 20260302, 20260303])
def test_every_shape_leads_where_node_says(seed: int, tmp_path: Path) -> None:
    named = {f"case-{index}": case for index, case in enumerate(cases(seed, 300))}
    packages = {
        name: {"package.json": {"name": name, "version": "1.0.0", **case.package_json}, **case.files}
        for name, case in named.items()
    }
    asked = {name: case.subpaths for name, case in named.items()}

    ours = _ours(packages, asked, node_profile())
    theirs = ask(["node"], tmp_path, packages, list(ours))

    different = {
        specifier: (packages[specifier.partition("/")[0]]["package.json"], theirs[specifier], found)
        for specifier, found in ours.items()
        if theirs[specifier] != found
    }
    assert different == {}
    assert sum(1 for found in theirs.values() if found["import"]) > len(theirs) // 10
