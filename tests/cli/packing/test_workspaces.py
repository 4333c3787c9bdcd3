"""A member of a workspace is packed with the ignore files that lie above it, as npm does."""

from pathlib import Path

import pytest

from chalicelib.cli.packing.packlist import packlist
from tests.cli.packing.npm_oracle import npm_packs
from tests.cli.packing.trees import Picture, build

MEMBER: Picture = {
    "package.json": {"name": "member", "version": "1.0.0"},
    "a.js": "",
    "a.log": "",
    "a.tmp": "",
    "lib/b.log": "",
}


@pytest.mark.parametrize(
    ("workspaces", "above"),
    [
        pytest.param(
            ["packages/*"], {".gitignore": "*.log\n", "packages/.npmignore": "*.tmp\n"}, id="every-level"
        ),
        pytest.param(
            ["packages/*"], {".gitignore": "*.log\n", ".npmignore": "*.tmp\n"}, id="npmignore-first"
        ),
        pytest.param({"packages": ["packages/**"]}, {".gitignore": "*.log\n"}, id="any-depth"),
    ],
)
def test_a_member_obeys_the_ignore_files_above_it(tmp_path: Path, workspaces: object, above: Picture) -> None:
    root = build(tmp_path, {"package.json": {"name": "root", "workspaces": workspaces}, **above})
    member = build(root / "packages" / "member", MEMBER)

    [npm] = npm_packs([member], workspace_root=root)

    assert packlist(member) == npm.files
    assert "a.js" in npm.files
    assert len(npm.files) < len(MEMBER)


@pytest.mark.parametrize(
    "workspaces",
    [
        pytest.param(["other/*"], id="elsewhere"),
        pytest.param(["packages/*", "!packages/member"], id="negated"),
    ],
)
def test_a_folder_that_is_no_member_does_not(tmp_path: Path, workspaces: list[str]) -> None:
    root = build(
        tmp_path, {"package.json": {"name": "root", "workspaces": workspaces}, ".gitignore": "*.log\n"}
    )
    member = build(root / "packages" / "member", MEMBER)

    [npm] = npm_packs([member])

    assert packlist(member) == npm.files
    assert "a.log" in npm.files
