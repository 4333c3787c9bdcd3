"""The operators' tool: `python -m deployment …`, run at the root of the sources."""

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from deployment import costs, dead_letters, remove
from deployment.account import (
    DEPLOYED,
    Account,
    NoRegion,
    NotDeployed,
    WrongRegion,
    check_region,
    read_deployed,
)
from deployment.bucket import UnusableBucket, create_bucket
from deployment.build import TEMPLATES, BuildFailed
from deployment.cloudformation import UnexpectedTemplate
from deployment.deploy import delete, deploy
from deployment.finish import finish
from deployment.package import package
from deployment.policies import write_policies
from deployment.stage import UnknownStage, read_stage, stage_names

Command = Callable[[Namespace], None]


class OtherBucket(Exception):
    """What is to be deleted is not what the stage keeps."""


REFUSALS: Final = (
    UnknownStage,
    NotDeployed,
    NoRegion,
    WrongRegion,
    UnusableBucket,
    OtherBucket,
    UnexpectedTemplate,
    BuildFailed,
)

EXAMPLES: Final = """examples:
  python -m deployment bucket --stage dev            make the stage's bucket
  python -m deployment deploy --stage dev            deploy functions and API with Chalice
  python -m deployment finish --stage dev            everything Chalice has no setting for
  python -m deployment dead-letters --stage dev      events that were given up; --redrive hands them in again
  python -m deployment remove --stage dev            take all of it back, and leave the data
  python -m deployment package cloudformation --stage prod build/cloudformation
  python -m deployment package terraform --stage prod build/terraform
  python -m deployment policies                      write .chalice/policy-*.json from deployment/policies
  python -m deployment costs                         what publishes and reads cost
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers 0, or 1 after one sentence on what went wrong."""
    given = _parser().parse_args(arguments)
    try:
        given.run(given)
    except (*REFUSALS, BotoCoreError, ClientError) as error:
        return _fail(error)
    return 0


def _fail(error: Exception) -> int:
    sys.stderr.write(f"error: {error}\n")
    return 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m deployment",
        description="Deploy Prism, look after it, and take it back.",
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _command(commands, "bucket", "make the stage's bucket, private and encrypted", _bucket)
    deploying = _command(commands, "deploy", "deploy functions and API with Chalice", _deploy)
    finishing = _command(commands, "finish", "put in place what Chalice has no setting for", _finish)
    finishing.add_argument("--alarm-topic", help="the ARN of the SNS topic that alarms are sent to")
    removing = _command(commands, "remove", "take everything back but the data", _remove)
    removing.add_argument(
        "--delete-data",
        metavar="BUCKET",
        help="also delete the bucket of this name, which must be the stage's, and all that was published",
    )
    for parser_of_deployed in (deploying, finishing, removing):
        parser_of_deployed.add_argument(
            "--deployed", type=Path, default=DEPLOYED, help="where Chalice notes what it deployed"
        )
    letters = _command(commands, "dead-letters", "show the events that were given up", _dead_letters)
    letters.add_argument("--redrive", action="store_true", help="hand them to their functions again")
    packaging = _command(
        commands, "package", "package a stage for CloudFormation or Terraform", _package, region=False
    )
    packaging.add_argument("format", choices=sorted(TEMPLATES), help="what the package is for")
    packaging.add_argument("out", type=Path, help="the folder to write to")
    commands.add_parser(
        "policies", help="write the policy files of every stage", description="Write .chalice/policy-*.json."
    ).set_defaults(run=_policies)
    commands.add_parser(
        "costs", help="what publishes and reads cost", description="Print the cost of reads and publishes."
    ).set_defaults(run=_costs)
    return parser


def _command(commands: Any, name: str, purpose: str, run: Command, *, region: bool = True) -> ArgumentParser:
    parser: ArgumentParser = commands.add_parser(
        name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}."
    )
    parser.add_argument("--stage", required=True, help=f"one of {', '.join(stage_names())}")
    if region:
        parser.add_argument("--region", help="the AWS region; default: AWS_DEFAULT_REGION, or the profile's")
    parser.set_defaults(run=run)
    return parser


def _bucket(given: Namespace) -> None:
    stage = read_stage(given.stage)
    with Account(given.region) as account:
        created = create_bucket(account.s3, stage.bucket, account.region)
    _say(f"{stage.bucket}: {'created' if created else 'was there'}, private, encrypted, TLS only")


def _deploy(given: Namespace) -> None:
    stage = read_stage(given.stage)
    with Account(given.region) as account:
        check_region(account, stage, given.deployed)
        deploy(stage, given.deployed, account.region)


def _finish(given: Namespace) -> None:
    stage = read_stage(given.stage)
    deployed = read_deployed(stage, given.deployed)
    with Account(given.region) as account:
        check_region(account, stage, given.deployed)
        for line in finish(account, stage, deployed, given.alarm_topic):
            _say(line)
    _say(f"ready: {deployed.url}")


def _remove(given: Namespace) -> None:
    stage = read_stage(given.stage)
    if given.delete_data not in {None, stage.bucket}:
        raise OtherBucket(f"the bucket of stage {stage.name} is `{stage.bucket}`, not `{given.delete_data}`")
    with Account(given.region) as account:
        check_region(account, stage, given.deployed)
        for line in remove.unfinish(account, stage):
            _say(line)
        delete(stage, given.deployed, account.region)
        for line in remove.leave(account, stage, delete_data=given.delete_data is not None):
            _say(line)


def _dead_letters(given: Namespace) -> None:
    read = dead_letters.redrive if given.redrive else dead_letters.dead_letters
    count = 0
    with Account(given.region) as account:
        for letter in read(account, read_stage(given.stage)):
            count += 1
            keys = ", ".join(letter.keys) or "no object"
            _say(f"{letter.at} {letter.function} after {letter.attempts} attempts: {letter.reason}: {keys}")
    _say(f"{count} {'handed in again' if given.redrive else 'dead letters'}")


def _package(given: Namespace) -> None:
    for path in package(read_stage(given.stage), given.out, given.format):
        _say(f"{path}: {path.stat().st_size:,} bytes")


def _policies(given: Namespace) -> None:
    written = [path for name in stage_names() for path in write_policies(read_stage(name))]
    for path in written:
        _say(str(path))
    _say(f"{len(written)} policies were out of date")


def _costs(given: Namespace) -> None:
    _say(f"{costs.table()}\n\nAt list prices: {costs.PRICES_OF}.")


if __name__ == "__main__":
    sys.exit(main())
