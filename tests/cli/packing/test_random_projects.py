"""On random projects too, npm and Prism pack the same files in the same order."""

from pathlib import Path

from chalicelib.cli.packing.packlist import packlist
from tests.cli.packing.npm_oracle import npm_packs
from tests.cli.packing.random_bundles import random_bundle
from tests.cli.packing.random_projects import random_project
from tests.cli.packing.trees import build

SEEDS = range(250)


def test_the_lists_of_random_projects_are_npms(tmp_path: Path) -> None:
    folders = [build(tmp_path / str(seed), random_project(seed)) for seed in SEEDS]

    npm = npm_packs(folders)

    differing = [
        folder.name for folder, answer in zip(folders, npm, strict=True) if packlist(folder) != answer.files
    ]
    assert differing == []
    assert sum(len(answer.files) for answer in npm) > 5 * len(SEEDS)


def test_the_lists_of_random_bundles_are_npms(tmp_path: Path) -> None:
    folders = [build(tmp_path / str(seed), random_bundle(seed)) for seed in SEEDS]

    npm = npm_packs(folders)

    differing = [
        folder.name for folder, answer in zip(folders, npm, strict=True) if packlist(folder) != answer.files
    ]
    assert differing == []
    assert any("node_modules/" in file for answer in npm for file in answer.files)
