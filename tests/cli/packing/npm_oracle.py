"""The npm that is installed, as the judge of what a tarball holds."""

import base64
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SCRIPT = Path(__file__).with_name("npm_pack.cjs")


@dataclass(frozen=True)
class NpmAnswer:
    """What npm packs: the files in their order, and the tar archive when it was asked for."""

    files: list[str]
    tar: bytes


@cache
def npm_folder() -> Path:
    """Answer where npm itself lies."""
    found = subprocess.run(["npm", "root", "-g"], check=True, capture_output=True, text=True)
    folder = Path(found.stdout.strip()) / "npm"
    assert (folder / "node_modules" / "npm-packlist").is_dir(), f"no npm with its own modules at {folder}"
    return folder


def npm_packs(
    folders: Sequence[Path], *, tarballs: bool = False, workspace_root: Path | None = None
) -> list[NpmAnswer]:
    """Answer what npm packs for each folder; a folder npm cannot pack fails the test."""
    above = {"prefix": str(workspace_root)} if workspace_root else {}
    jobs = [
        {"path": str(folder), **above, **({"workspaces": [str(folder)]} if workspace_root else {})}
        for folder in folders
    ]
    request = {"root": str(npm_folder()), "folders": jobs, "tarballs": tarballs}
    run = subprocess.run(
        ["node", str(SCRIPT)], input=json.dumps(request), check=True, capture_output=True, text=True
    )
    answers = json.loads(run.stdout)
    errors = [
        (job["path"], answer["error"]) for job, answer in zip(jobs, answers, strict=True) if "error" in answer
    ]
    assert not errors, errors
    return [
        NpmAnswer(
            [file.removeprefix("./") for file in answer["files"]], base64.b64decode(answer.get("tar", ""))
        )
        for answer in answers
    ]
