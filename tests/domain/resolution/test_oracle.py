"""The resolver against the real Node on the PATH."""

from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.errors import EntryNotFound
from chalicelib.domain.resolution.entry import resolve_entry
from chalicelib.domain.resolution.fields import entry_fields
from chalicelib.domain.resolution.profiles import Mode, Profile
from tests.analyzers.pictures import package
from tests.domain.resolution.grammar import Case, cases
from tests.domain.resolution.oracle import ask, node_profile


def _named(seed: int, count: int) -> dict[str, Case]:
    return {f"case-{seed}-{index}": case for index, case in enumerate(cases(seed, count))}


def _picture(name: str, case: Case) -> dict[str, Any]:
    return {"package.json": {"name": name, "version": "1.0.0", **case.package_json}, **case.files}


def _ours(name: str, case: Case, subpath: str, profile: Profile, mode: Mode) -> str | None:
    shown = package(_picture(name, case))
    try:
        path = resolve_entry(
            entry_fields(shown), shown.files.keys(), subpath, profile=profile, mode=mode
        ).path
    except EntryNotFound:
        return None
    return f"{name}/{path}"


@pytest.mark.parametrize("seed", [20260301, 20260302, 20260303])
def test_every_shape_leads_where_node_says(seed: int, tmp_path: Path) -> None:
    named = _named(seed, 400)
    specifiers = [name + subpath[1:] for name, case in named.items() for subpath in case.subpaths]
    packages = {name: _picture(name, case) for name, case in named.items()}

    answers = ask(["node"], tmp_path, packages, specifiers)

    profile = node_profile()
    different = [
        (case.package_json, subpath, mode, theirs, ours)
        for name, case in named.items()
        for subpath in case.subpaths
        for mode in ("import", "require")
        if (theirs := answers[name + subpath[1:]][mode])
        != (ours := _ours(name, case, subpath, profile, mode))
    ]
    assert different == []
    assert sum(1 for answer in answers.values() for path in answer.values() if path) > len(specifiers) // 3
