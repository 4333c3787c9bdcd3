"""The packaged stages, each built once."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from deployment import cloudformation, terraform
from deployment.build import build
from deployment.stage import read_stage


@dataclass(frozen=True)
class Built:
    """What Chalice made of a stage: its template as a value, and the package."""

    template: dict[str, Any]
    zip: Path


@cache
def chalices(stage: str, package_format: Any) -> Built:
    """Answer what Chalice makes of a stage, nothing added."""
    built = build(stage, Path(mkdtemp()), package_format)
    return Built(json.loads(built.template.read_text()), built.zip)


@cache
def template(stage: str) -> dict[str, Any]:
    """Answer the CloudFormation template of a stage, with everything added."""
    return cloudformation.complete(read_stage(stage), chalices(stage, "cloudformation").template)


@cache
def configuration(stage: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Answer the two Terraform files of a stage."""
    read = read_stage(stage)
    return terraform.mended(read, chalices(stage, "terraform").template), terraform.extras(read)
