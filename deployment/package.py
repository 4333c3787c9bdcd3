"""Packages a stage for CloudFormation or Terraform, with everything that belongs to it."""

import json
from pathlib import Path

from deployment import cloudformation, terraform
from deployment.build import Format, build
from deployment.stage import Stage

TEMPLATE = "template.json"


def package(stage: Stage, out: Path, package_format: Format) -> list[Path]:
    """Write a stage's package and what deploys it to a folder; answers the files."""
    built = build(stage.name, out, package_format)
    chalices = json.loads(built.template.read_text())
    if package_format == "cloudformation":
        built.template.unlink()
        template = out / TEMPLATE
        template.write_text(cloudformation.to_json(cloudformation.complete(stage, chalices)))
        return [built.zip, template]
    extras = out / "prism.tf.json"
    built.template.write_text(terraform.to_json(terraform.mended(stage, chalices)))
    extras.write_text(terraform.to_json(terraform.extras(stage)))
    return [built.zip, built.template, extras]
