"""`chalice deploy` and `chalice delete`, run on a copy of the sources and with a package that was trimmed."""

import tempfile
from pathlib import Path

from deployment.build import chalice, trim_cached, workspace
from deployment.stage import Stage


def deploy(stage: Stage, deployed: Path, region: str) -> None:
    """Deploy a stage's functions and API; Chalice notes what it made in the folder `deployed`."""
    with workspace(deployed) as folder, tempfile.TemporaryDirectory() as scratch:
        # Chalice deploys the package it has made before, if the sources are the same.
        chalice(folder, "package", "--stage", stage.name, scratch, region=region)
        trim_cached(folder)
        chalice(folder, "deploy", "--stage", stage.name, quiet=False, region=region)


def delete(stage: Stage, deployed: Path, region: str) -> None:
    """Remove a stage's functions, their roles and the API."""
    with workspace(deployed) as folder:
        chalice(folder, "delete", "--stage", stage.name, quiet=False, region=region)
