"""`prism job`: one job, live if that is wanted; `prism job replay` does one again."""

from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from chalicelib.cli.environment import Environment
from chalicelib.cli.exits import ExitStatus
from chalicelib.cli.options import add_publisher, add_registry, command, open_registry

if TYPE_CHECKING:
    from chalicelib.cli.client import Answer, Registry
    from chalicelib.cli.options import Subparsers

DESCRIPTION = """
Show a job, the newest one unless an id is given: what it publishes, its state, why it
failed if it did, and each finished stage with its time. With --follow, show what happens
as it happens, until the job has ended; without an id, of the newest job if it is open,
or else of the next one.

`prism job replay ID` does a job again that has ended, from the stage of --from on.

Ends with 0 if the job is completed, with 6 while it is open, and with the code that
`prism publish` would end with if it failed.
"""

EXAMPLES = """
prism job
prism job publish-0c5ea0b9a4a5e2f1c3d7b6a8f9e01234-1a2b3c4d
prism job --follow
prism job replay publish-0c5ea0b9a4a5e2f1c3d7b6a8f9e01234-1a2b3c4d --from analyze --follow
"""

USAGE: Final = """prism job [ID] [--follow] [--registry URL] [--json]
       prism job replay ID [--from STAGE] [--follow] [--registry URL] [--json]"""

REPLAY: Final = "replay"
SECONDS_BETWEEN_LOOKS: Final = 0.5

Json = Mapping[str, Any]


def register(subparsers: "Subparsers") -> None:
    """Declare the arguments."""
    parser = command(
        subparsers,
        "job",
        run=run,
        summary="show a job, follow it, or do it again",
        description=DESCRIPTION,
        examples=EXAMPLES,
    )
    parser.usage = USAGE
    parser.add_argument(
        "words",
        nargs="*",
        metavar="ID",
        help="the job's id, as `prism jobs` shows it (default: the newest job); after `replay`, "
        "the job to do again",
    )
    parser.add_argument("--follow", action="store_true", help="show what happens until the job has ended")
    parser.add_argument(
        "--from",
        dest="first",
        metavar="STAGE",
        help="with `replay`: the first stage that is done again (default: read)",
    )
    add_publisher(parser)
    add_registry(parser)
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the registry's JSON answer as it came; with --follow, an event a line as it comes",
    )


def run(args: Namespace, env: Environment) -> ExitStatus:
    """Show the job, or do it again."""
    replay, job_id = _wanted(args)
    registry = open_registry(args, env)
    if replay:
        return _replay(registry, job_id, args, env)
    if args.follow:
        job = registry.get(_path(job_id)).value if job_id else _next(registry, env)
        return _follow(registry, job, job.get("runId") if job["state"] == "queued" else None, args, env)
    return _show(registry, registry.get(_path(job_id or _newest(registry)["id"])), args, env)


def _wanted(args: Namespace) -> tuple[bool, str]:
    """Answer whether a job is to be done again, and its id, empty for the newest; raises UsageError."""
    from chalicelib.cli.errors import UsageError

    words = list(args.words)
    replay = words[:1] == [REPLAY]
    words = words[1:] if replay else words
    if len(words) > 1:
        raise UsageError("more than one job is named", hint="name one, by the id that `prism jobs` shows")
    if replay and not words:
        raise UsageError("the job is missing", hint="write `prism job replay ID`; `prism jobs` shows the ids")
    if args.first is not None and not replay:
        raise UsageError(
            "--from is for a job that is done again", hint="write `prism job replay ID --from STAGE`"
        )
    return replay, words[0] if words else ""


def _path(job_id: str) -> str:
    from chalicelib.cli.granting import segment

    return f"jobs/{segment(job_id, 'id')}"


def _newest(registry: "Registry") -> Json:
    """Answer the job that was started last; raises RegistryRefused if there is none."""
    from chalicelib.cli.errors import RegistryRefused

    found = _last(registry)
    if found is None:
        raise RegistryRefused(
            "there are no jobs yet",
            http_status=404,
            facts={"code": "job_not_found"},
            hint="`prism publish` makes one",
        )
    return found


def _next(registry: "Registry", env: Environment) -> Json:
    """Answer the newest job if it is open, or else the next one, once it has begun."""
    from chalicelib.cli.stages import OPEN

    first = found = _last(registry)
    if found is None or found["state"] not in OPEN:
        env.say("waiting for the next job to begin; Ctrl-C stops")
    while found is None or (found["state"] not in OPEN and _is_same(found, first)):
        env.clock.wait(SECONDS_BETWEEN_LOOKS)
        found = _last(registry)
    return found


def _is_same(found: Json, first: Json | None) -> bool:
    """Tell whether a job is the one that was there before, and has not been taken up since."""
    return first is not None and all(found[name] == first[name] for name in ("id", "startedAt"))


def _last(registry: "Registry") -> Json | None:
    page = registry.get("jobs", limit=1).value
    while not page["jobs"] and page.get("next"):
        page = registry.get("jobs", limit=1, cursor=page["next"]).value
    return page["jobs"][0] if page["jobs"] else None


def _replay(registry: "Registry", job_id: str, args: Namespace, env: Environment) -> ExitStatus:
    from urllib.parse import urlencode

    from chalicelib.cli.identity import publisher
    from chalicelib.cli.output import show, show_json

    query = f"?{urlencode({'from': args.first})}" if args.first else ""
    headers = publisher(args, env).headers()
    answer = registry.create(f"{_path(job_id)}/{REPLAY}{query}", {}, headers)
    job = answer.value
    if args.follow:
        return _follow(registry, job, job.get("runId"), args, env)
    if args.json:
        show_json(env, answer)
        return ExitStatus.OK
    show(env, [f"Queued {job['id']} again, from {job['replayFrom']}"])
    env.say(f"`prism job {job['id']} --follow` shows what happens")
    return ExitStatus.OK


def _follow(
    registry: "Registry", job: Json, skip: str | None, args: Namespace, env: Environment
) -> ExitStatus:
    """Show what happens to a job, but for the run `skip`, until it has ended."""
    from chalicelib.cli.following import Follower
    from chalicelib.cli.watching import Watching

    if args.json:
        return _status_of(Follower(registry, env, lambda event: _print(env, event)).follow(job, skip=skip))
    watching = Watching(env)
    _introduce(job, env)
    try:
        job = Follower(registry, env, watching.show).follow(job, skip=skip)
    finally:
        watching.close()
    return _conclude(job, env)


def _print(env: Environment, event: Json) -> None:
    import json

    env.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    env.stdout.flush()


def _introduce(job: Json, env: Environment) -> None:
    from chalicelib.cli.output import printable
    from chalicelib.cli.stages import package_of

    package = f" ({package_of(job)})" if package_of(job) else ""
    env.say(printable(f"{job['id']}{package} is {job['state']}"))


def _conclude(job: Json, env: Environment) -> ExitStatus:
    from chalicelib.cli.failures import failure_of
    from chalicelib.cli.output import printable, show
    from chalicelib.cli.stages import package_of, took

    if job["state"] == "failed":
        raise failure_of(job)
    told = "Published" if job["state"] == "completed" else "Stopped"
    time = f" in {took(job['durationMs'])}" if "durationMs" in job else ""
    show(env, [printable(f"{told} {package_of(job) or job['id']}{time}")])
    return _status_of(job)


def _show(registry: "Registry", answer: "Answer", args: Namespace, env: Environment) -> ExitStatus:
    from chalicelib.cli.output import printable, show, show_json

    job = answer.value
    if args.json:
        show_json(env, answer)
        return _status_of(job)
    kept = registry.get(f"{_path(job['id'])}/checkpoints").value
    show(env, _lines(job, kept["checkpoints"], env))
    for record in (*job.get("unreadable", ()), *kept.get("unreadable", ())):
        env.say(f"note: `{printable(record['key'])}` cannot be read: {printable(record['reason'])}")
    for advice in _advice(job):
        env.say(advice)
    return _status_of(job)


def _lines(job: Json, checkpoints: list[Json], env: Environment) -> Iterator[str]:
    from chalicelib.cli.output import fields
    from chalicelib.cli.stages import analyzer_lines, finished_stages, stage_line

    yield from fields(env, _rows(job, env.clock.unix()))
    stages = finished_stages(job, checkpoints)
    if stages:
        yield ""
    for kept in stages:
        facts = kept.get("outputs") or {}
        yield stage_line(kept["stage"], kept.get("durationMs", 0), facts)
        yield from analyzer_lines(facts.get("analyzers", ()))


def _rows(job: Json, now: float) -> Iterator[tuple[str, object]]:
    from chalicelib.cli.stages import OPEN, age, has_share, package_of, share_of, time_of, took

    publisher, progress, lease = (job.get(name) or {} for name in ("publisher", "progress", "lease"))
    elapsed, replays = time_of(job, now), job.get("replays")
    yield "Job", job["id"]
    yield "Package", package_of(job)
    yield "State", job["state"]
    yield "Stage", job.get("stage") if job["state"] in OPEN else None
    yield "Progress", share_of(progress)[1] if has_share(progress) else None
    yield "Worker", f"{lease['worker']}, until {lease['until']}" if lease else None
    yield "Attempts", job.get("attempts")
    yield "Replays", f"{replays}, the last one from {job.get('replayFrom')}" if replays else None
    yield "Publisher", publisher.get("name")
    yield "Source", job.get("source")
    yield "Tag", job.get("tag")
    yield "Started", f"{job['startedAt']} ({age(job['startedAt'], now)})"
    yield "Took", None if elapsed is None else took(elapsed)
    yield "Error", _told(job["error"]) if job.get("error") else None


def _told(error: Json) -> str:
    """Answer in which stage what went wrong, and whether it may go right another time."""
    stage = f"in {error['stage']}: " if error.get("stage") else ""
    again = "may succeed" if error["isRetryable"] else "would fail too"
    return f"{stage}{error['message']} ({error.get('code') or error['name']}); another attempt {again}"


def _advice(job: Json) -> Iterator[str]:
    from chalicelib.cli.failures import failure_of
    from chalicelib.cli.stages import OPEN

    if job["state"] in OPEN:
        yield "add --follow to see what happens until its end"
    elif job["state"] == "failed" and (hint := failure_of(job).hint):
        yield f"hint: {hint}"


def _status_of(job: Json) -> ExitStatus:
    from chalicelib.cli.failures import failure_of
    from chalicelib.cli.stages import OPEN

    if job["state"] in OPEN:
        return ExitStatus.UNREACHABLE
    if job["state"] == "failed":
        return failure_of(job).status
    return ExitStatus.OK if job["state"] == "completed" else ExitStatus.FAILURE
