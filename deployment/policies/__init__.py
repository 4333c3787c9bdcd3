"""What each function may do: one hand-written policy a function, filled in for a stage and a way of deploying.

`${bucket}`, `${prefix}`, `${log_group}` and `${dead_letters}` stand for what differs between stages. What is filled in
differs between the ways: `chalice deploy` reads plain files that cannot know the account, CloudFormation and Terraform
know account, region and partition, and may be given another bucket.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, Final

from deployment.stage import ROOT, Function, Stage

TEMPLATES: Final = Path(__file__).parent
TRACES: Final = {
    "Sid": "Trace",
    "Effect": "Allow",
    "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
    # X-Ray has no resources that could be named.
    "Resource": "*",
}

Policy = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """How a way of deploying writes the place that ARNs lie in, and the bucket's name."""

    bucket: str
    partition: str = "aws"
    region: str = "*"
    account: str = "*"


def policy(stage: Stage, function: Function, place: Place | None = None) -> Policy:
    """Answer the policy of a function; without a place, as `chalice deploy` reads it."""
    place = place or Place(stage.bucket)
    text = (TEMPLATES / f"{function.name}.json").read_text()
    filled: Policy = json.loads(Template(text).substitute(_values(stage, function, place)))
    if stage.traced:
        filled["Statement"].append(TRACES)
    return filled


def _values(stage: Stage, function: Function, place: Place) -> dict[str, str]:
    here = f"{place.region}:{place.account}"
    return {
        "bucket": f"arn:{place.partition}:s3:::{place.bucket}",
        "prefix": stage.prefix,
        "log_group": f"arn:{place.partition}:logs:{here}:log-group:{function.log_group}",
        "dead_letters": f"arn:{place.partition}:sqs:{here}:{function.dead_letters}",
    }


def policy_texts(stage: Stage) -> dict[str, str]:
    """Answer the policy files of a stage by name, as they stand in `.chalice`."""
    return {
        file: json.dumps(policy(stage, stage.functions[name]), indent=2) + "\n"
        for name, file in stage.policy_files.items()
    }


def write_policies(stage: Stage, folder: Path = ROOT / ".chalice") -> list[Path]:
    """Write the policy files of a stage that are not what the templates say; answers which those were."""
    stale = [
        (folder / file, text)
        for file, text in policy_texts(stage).items()
        if not (folder / file).exists() or (folder / file).read_text() != text
    ]
    for path, text in stale:
        path.write_text(text)
    return [path for path, _ in stale]
