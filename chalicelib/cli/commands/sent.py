"""`prism sent`: what this user has sent, and how to take it back or keep it longer."""

from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cli.commands.send import lifetime
from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_registry, command

if TYPE_CHECKING:
    from chalicelib.cli.client import Registry
    from chalicelib.cli.options import Subparsers
    from chalicelib.cli.sending.sent import Sent

DESCRIPTION = """
List what you have sent with `prism send`, or show one of it: its files, and how often
they may still be downloaded.

`prism sent delete SID` takes it back at once. `prism sent extend SID 7d` keeps it for so
long from now on. In place of SID the link does as well.
"""

EXAMPLES = """
prism sent
prism sent 3f9c0a17be52
prism sent delete 3f9c0a17be52
prism sent extend 3f9c0a17be52 14d
"""

USAGE: Final = """prism sent [SID] [--password [PASSWORD]] [--registry URL] [--json]
       prism sent delete SID [--registry URL]
       prism sent extend SID TIME [--registry URL] [--json]"""

_GONE: Final = frozenset({404, 410})

Json = Mapping[str, Any]


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "sent",
        run=run,
        summary="list what you have sent, take it back or keep it longer",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.usage = USAGE
    parser.add_argument(
        "words", nargs="*", metavar="SID", help="what was sent; before it perhaps `delete` or `extend`"
    )
    parser.add_argument(
        "--password",
        metavar="PASSWORD",
        nargs="?",
        const="",
        help="what it was sent with, to show its files; without a value it is asked for",
    )
    add_registry(parser)
    parser.add_argument(
        "--json", action="store_true", help="print the registry's JSON answer as it came, or the list as JSON"
    )


def run(args: Namespace, env: Environment) -> ExitStatus:
    """List, show, delete or extend."""
    from chalicelib.cli.errors import UsageError

    match args.words:
        case []:
            return _list(args, env)
        case ["delete", sid]:
            return _delete(sid, args, env)
        case ["extend", sid, time]:
            return _extend(sid, time, args, env)
        case [sid] if sid not in {"delete", "extend"}:
            return _show(sid, args, env)
    raise UsageError("the arguments do not go together", hint="`prism sent --help` has examples")


def _list(args: Namespace, env: Environment) -> ExitStatus:
    import json
    from dataclasses import asdict

    from chalicelib.cli.output import show, table
    from chalicelib.cli.sending.sent import Sent

    known = [each for each in Sent.every(env) if args.registry in {None, each.registry}]
    if args.json:
        # The keys are for programs too, but not for a screen that somebody looks at.
        told = [
            {name: value for name, value in asdict(each).items() if name != "owner_key"} for each in known
        ]
        show(env, [json.dumps({"sent": told}, indent=2, ensure_ascii=False)])
    elif known:
        show(env, table([("SID", "FILES", "SIZE", "EXPIRES", "LINK"), *_rows(known, env)]))
    else:
        env.say("nothing was sent from here; `prism send FILE` does")
    return ExitStatus.OK


def _rows(known: "list[Sent]", env: Environment) -> Iterator[tuple[str, ...]]:
    from chalicelib.cli.output import printable, size

    for each in known:
        ends = _ends(each.expires, env.clock.unix())
        yield each.sid, str(each.files or "unfinished"), size(each.size), ends, printable(each.url)


def _ends(expires: str, now: float) -> str:
    """Answer when something expires: `in 6 d`, `in 3 h`, `expired`."""
    from chalicelib.cli.stages import seconds_of

    left = seconds_of(expires) - now
    if left <= 0:
        return "expired"
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if left >= length:
            return f"in {int(left // length)} {unit}"
    return "in less than a minute"


def _show(sid: str, args: Namespace, env: Environment) -> ExitStatus:
    from chalicelib.cli.output import fields, printable, show, show_json, size, table
    from chalicelib.cli.sending.passwords import password_headers, read_password

    sent, registry = _known(sid, args, env)
    password = read_password(args.password, env, new=False)
    headers = {**sent.headers(), **(password_headers(password) if password else {})}
    answer = registry.send("GET", f"buckets/{sent.sid}", headers)
    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    bucket = answer.value
    rows = [
        ("Link", sent.url),
        ("Expires", f"{bucket['expires']} ({_ends(bucket['expires'], env.clock.unix())})"),
        ("Comment", bucket.get("comment")),
        ("Password", "yes" if bucket.get("protected") else None),
    ]
    show(env, fields(env, rows))
    files = [(size(file["size"]), printable(file["name"]), _left(file)) for file in bucket["files"]]
    show(env, ["", *table(files, right=frozenset({0}))] if files else [])
    return ExitStatus.OK


def _left(file: Json) -> str:
    left = file.get("left")
    return "" if left is None else "downloaded" if left == 0 else f"{left} downloads left"


def _delete(sid: str, args: Namespace, env: Environment) -> ExitStatus:
    from chalicelib.cli.errors import RegistryRefused
    from chalicelib.cli.output import show

    sent, registry = _known(sid, args, env)
    try:
        registry.delete(f"buckets/{sent.sid}", sent.headers())
        told = f"Deleted {sent.sid}; the link leads nowhere now"
    except RegistryRefused as error:
        if error.http_status not in _GONE:
            raise
        told = f"{sent.sid} was gone already"
    sent.forget(env)
    show(env, [told])
    return ExitStatus.OK


def _extend(sid: str, time: str, args: Namespace, env: Environment) -> ExitStatus:
    from dataclasses import replace

    from chalicelib.cli.errors import UsageError
    from chalicelib.cli.output import show, show_json

    try:
        retention = lifetime(time)
    except ArgumentTypeError as error:
        raise UsageError(str(error)) from None
    sent, registry = _known(sid, args, env)
    answer = registry.change(f"buckets/{sent.sid}", {"retention": retention}, sent.headers())
    sent = replace(sent, expires=answer.value["expires"])
    sent.keep(env)
    if args.json:
        show_json(env, answer)
    else:
        show(env, [f"{sent.sid} is there until {sent.expires}"])
    return ExitStatus.OK


def _known(text: str, args: Namespace, env: Environment) -> "tuple[Sent, Registry]":
    """Answer what was sent and its registry; raises RegistryRefused for what was not sent from here."""
    from chalicelib.cli.client import Registry
    from chalicelib.cli.errors import RegistryRefused
    from chalicelib.cli.sending.links import sid_in
    from chalicelib.cli.sending.sent import Sent
    from chalicelib.cli.settings import registry_url, token

    sid = sid_in(text)
    sent = Sent.recall(env, registry_url(args, env), sid) or (None if args.registry else Sent.find(env, sid))
    if sent is None:
        raise RegistryRefused(
            f"`{sid}` was not sent from here, so its key is not known",
            http_status=404,
            facts={"code": "bucket_not_found"},
            hint="`prism sent` lists what was",
        )
    # A token is for the registry it was made for, and the key is enough for what was sent.
    own = token(env) if sent.registry == registry_url(args, env) else None
    return sent, Registry(sent.registry, env, token=own)
