"""`prism verdict`: what became of an upload that was dropped into the bucket."""

import math
from argparse import ArgumentTypeError, Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_json, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.client import Answer, Registry
    from chalicelib.cli.errors import RegistryRefused
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Show what became of an object that was dropped into the registry's bucket, by its key
below incoming/ or its s3:// address. With --wait, ask until it was published or refused.

Ends with 0 if it was published, with 6 while that is open, and with the code that
`prism publish` would end with if it was refused.
"""

EXAMPLES = """
prism verdict 7d1c.tgz
prism verdict 7d1c.tgz --wait
prism verdict s3://my-bucket/prism/incoming/7d1c.tgz --wait --timeout 60
prism verdict 7d1c.tgz --json
"""

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 20.0
OPEN: Final = frozenset({"pending", "failing"})


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "verdict",
        run=run,
        summary="show what became of an upload to the bucket",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.add_argument("key", metavar="KEY", help="the upload's key below incoming/, or its s3:// address")
    parser.add_argument("--wait", action="store_true", help="ask until it was published or refused")
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=300.0,
        metavar="SECONDS",
        help="how long to wait at most (default: 300)",
    )
    add_registry(parser)
    add_json(parser)


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Show the verdict, when it is there if that is wanted."""
    from chalicelib.cli.output import show_json

    registry, path = open_registry(args, env), _path(args.key)
    answer = _final(registry, path, args.timeout, env) if args.wait else registry.get(path)
    if args.json:
        show_json(env, answer)
        return _status_of(answer.value)
    return _report(answer.value, args, env)


def _seconds(text: str) -> float:
    """Answer how long to wait; raises ArgumentTypeError."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if seconds >= 0:
        return seconds
    raise ArgumentTypeError(f"`{text}` is not a number of seconds")


def _path(key: str) -> str:
    """Answer the path that tells of an upload."""
    from urllib.parse import quote

    from chalicelib.cli.errors import UsageError

    room = "/incoming/"
    if key.startswith("s3://"):
        if room not in key:
            raise UsageError(
                f"`{key}` does not lie below incoming/", hint="write it as `aws s3 cp` was given it"
            )
        key = key.partition(room)[2]
    if {"", ".", ".."} & set(key.split("/")):
        raise UsageError(
            f"`{key}` is no upload's key", hint="write what stands below incoming/, such as 7d1c.tgz"
        )
    return f"incoming/{quote(key, safe='/')}"


def _final(registry: "Registry", path: str, timeout: float, env: Environment) -> "Answer":
    """Ask until the verdict is final or the time is up; answers what was answered last."""
    deadline, pause = env.clock.now() + timeout, FIRST_PAUSE
    while True:
        answer = registry.get(path)
        if answer.value["status"] not in OPEN:
            return answer
        pause = max(pause, float(answer.value.get("retryAfter") or 0))
        left = deadline - env.clock.now()
        if left <= 0:
            return answer
        env.clock.wait(min(pause, left))
        pause = min(2 * pause, LONGEST_PAUSE)


def _status_of(verdict: Mapping[str, Any]) -> ExitStatus:
    if verdict["status"] in OPEN:
        return ExitStatus.UNREACHABLE
    return _refusal(verdict).status if verdict["status"] == "refused" else ExitStatus.OK


def _report(verdict: Mapping[str, Any], args: Namespace, env: Environment) -> ExitStatus:
    from chalicelib.cli.output import printable, show

    if verdict["status"] == "refused":
        raise _refusal(verdict)
    if verdict["status"] in OPEN:
        env.say(f"{verdict['status']}: {printable(_why_open(verdict))}")
        env.say("ask again later" if args.wait else "add --wait to wait for the verdict")
    else:
        show(env, [f"Published {verdict['name']}@{verdict['version']}"])
    return _status_of(verdict)


def _why_open(verdict: Mapping[str, Any]) -> str:
    if verdict["status"] == "pending":
        return "the registry has not got to the upload yet"
    return f"{verdict.get('detail')} (attempt {verdict.get('attempts', 1)})"


def _refusal(verdict: Mapping[str, Any]) -> "RegistryRefused":
    from chalicelib.cli.errors import RegistryRefused
    from chalicelib.cli.failures import PUBLISHING_ANSWERS, REFUSED
    from chalicelib.cli.output import printable
    from chalicelib.cli.problems import HINTS

    code = str(verdict.get("code"))
    return RegistryRefused(
        printable(str(verdict.get("detail") or code)),
        http_status=PUBLISHING_ANSWERS.get(code, REFUSED),
        facts=verdict,
        hint=HINTS.get(code),
    )
