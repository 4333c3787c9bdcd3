"""The guide's commands work as they stand, as far as an emulated account goes."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from deployment.alarms import alarms
from deployment.costs import table
from deployment.package import TEMPLATE
from deployment.stage import ROOT, read_stage
from deployment.terraform import PROVIDER, TERRAFORM
from tests.deployment import aws

GUIDE: Final = (ROOT / "docs" / "guides" / "deploy.md").read_text()
BLOCKS: Final = [re.sub(r"(?m)^ +", "", block) for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)]
OURS: Final = [
    block
    for block in BLOCKS
    if all(line.startswith(("make ", ".venv/bin/python -m deployment")) for line in block.splitlines())
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a copy of the sources, in which commands may write."""
    kept = (
        "app.py",
        "requirements.txt",
        "Makefile",
        "pyproject.toml",
        ".chalice",
        "chalicelib",
        "deployment",
    )
    for name in kept:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "deployed", "deployments")
            shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
        else:
            shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / ".cache").symlink_to(ROOT / ".cache")
    _borrow_environment(tmp_path / ".venv")
    return tmp_path


def _borrow_environment(place: Path) -> None:
    """Give the copy what is installed here, marked as installed there, so that make has nothing to install."""
    place.mkdir()
    for path in (ROOT / ".venv").iterdir():
        if path.name not in {"run", "dev"}:
            (place / path.name).symlink_to(path)
    (place / "run").touch()


def run(script: str, project: Path, endpoint: str) -> str:
    """Run commands of the guide, which must succeed; answers what they printed."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=project,
        env=aws.variables(endpoint),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_our_own_commands_take_a_stage_there_and_back(project: Path, account: str) -> None:
    assert [block.split()[:2] for block in OURS] == [
        ["make", "deploy"],
        ["make", "package"],
        [".venv/bin/python", "-m"],
        ["make", "undeploy"],
        [".venv/bin/python", "-m"],
    ]

    deployed, packaged, letters, taken_back, deleted = [run(block, project, account) for block in OURS]

    assert "ready: https://" in deployed
    assert letters == "0 dead letters\n0 handed in again\n"
    assert "left, with everything in it" in taken_back
    assert "prism-registry-dev: gone" in deleted
    for name in (f"cloudformation/{TEMPLATE}", "cloudformation/deployment.zip", "terraform/prism.tf.json"):
        assert f"build/prod/{name}" in packaged
        assert (project / "build" / "prod" / name).exists()


def test_a_bucket_of_ones_own_is_chosen_as_the_guide_says(project: Path, account: str) -> None:
    (block,) = [block for block in BLOCKS if block.startswith("sed ")]

    run(block, project, account)

    texts = [path.read_text() for path in (project / ".chalice").glob("*.json")]
    assert len(texts) == 11
    assert all("acme-packages-" in text and "prism-registry-" not in text for text in texts)


def test_a_token_is_made_as_the_guide_says(project: Path, account: str) -> None:
    (block,) = [block for block in BLOCKS if block.startswith("ADMIN_TOKEN")]

    assert re.fullmatch(r"sha256:[0-9a-f]{64}\n", run(block, project, account))


def test_the_costs_in_the_guide_are_those_that_were_worked_out() -> None:
    told = re.search(r"<!-- costs -->\n(.*)\n<!-- /costs -->", GUIDE, re.DOTALL)

    assert told is not None
    assert told[1] == table(), "run `python -m deployment costs`"


def test_what_the_guide_says_in_numbers_is_so() -> None:
    stage = read_stage("prod")
    assert len(alarms(stage)) == 24
    assert "Twenty-four alarms" in GUIDE
    assert f"twenty-four alarms, which come to ${24 * 0.10:.2f} a month" in " ".join(GUIDE.split())
    for function in stage.functions.values():
        name = function.full_name.replace("prism-prod-", "…-").replace("prism-prod", "prism-<stage>")
        row = f"| `{name}` | {function.memory:,} MiB | {function.timeout} s | {function.storage:,} MiB |"
        assert row in GUIDE
    assert (TERRAFORM.split(",")[0], PROVIDER.split(",")[0]) == (">= 1.5", ">= 6.0")
    assert "for Terraform 1.5 and the AWS provider 6" in " ".join(GUIDE.split())
