"""Stages of a job as people read them: how long, how long ago, and what came of each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from chalicelib.cli.output import count, printable, size, table

OPEN: Final = frozenset({"queued", "running"})
"""The states of a job to which more will happen."""

_NAME_WIDTH: Final = 8
_TIME_WIDTH: Final = 10

Facts = Mapping[str, Any]


def took(milliseconds: float) -> str:
    """Answer a duration for people: `12 ms`, `1.2 s`, `2 min 3 s`, `1 h 5 min`."""
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 59_950:
        return f"{milliseconds / 1000:.1f} s"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def age(moment: str, now: float) -> str:
    """Answer how long ago a moment of the registry's was: `12 s ago`, `5 min ago`, `3 h ago`, `9 d ago`."""
    seconds = max(int(now - seconds_of(moment)), 0)
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"


def seconds_of(moment: str) -> float:
    """Answer a moment as the registry writes it in seconds since 1970."""
    return datetime.fromisoformat(moment).timestamp()


def time_of(job: Facts, now: float) -> float | None:
    """Answer how many milliseconds a job took, or has taken until now; None for one that waits."""
    if "durationMs" in job:
        return float(job["durationMs"])
    return 1000 * max(now - seconds_of(job["startedAt"]), 0) if job["state"] == "running" else None


def package_of(job: Facts) -> str:
    """Answer what a job publishes, as far as it is known: `widget@1.0.0`, `widget` or nothing."""
    return "@".join(job[part] for part in ("name", "version") if job.get(part))


def stage_line(stage: str, milliseconds: float, facts: Facts) -> str:
    """Answer the line of a finished stage: its name, how long it took, and what came of it."""
    name, time = printable(stage).ljust(_NAME_WIDTH), took(milliseconds).ljust(_TIME_WIDTH)
    return f"{name}  {time}  {_facts(stage, facts)}".rstrip()


def analyzer_lines(analyzers: Iterable[Facts]) -> list[str]:
    """Answer a line an analyzer: how long it took, how it ended, what it found and how many bytes that is."""
    return [f"  {line}" for line in table([_analyzer(one) for one in analyzers], right=frozenset({1, 3}))]


def share_of(progress: Facts) -> tuple[float, str]:
    """Answer how much of a stage is done, from 0 to 1, and in words: `24.0 MB of 96.0 MB`, `3 of 10 analyzers`."""
    done, total, unit = progress["done"], progress["total"], str(progress.get("unit") or "")
    words = (
        f"{size(done)} of {size(total)}"
        if unit == "bytes"
        else f"{done:,} of {total:,} {printable(unit)}".rstrip()
    )
    return min(done / total, 1.0) if total else 1.0, words


def has_share(progress: Facts) -> bool:
    """Tell whether a registry says how much of a stage is done."""
    return isinstance(progress.get("done"), int) and isinstance(progress.get("total"), int)


def finished_stages(job: Facts, checkpoints: Sequence[Facts]) -> list[Facts]:
    """Answer the checkpoints that count, in order: the newest of each stage, if it was made since that was replayed."""
    replayed = [kept["stepNumber"] for kept in checkpoints if kept.get("stage") == job.get("replayFrom")]
    first = min(replayed, default=float("inf"))
    counting = [
        kept
        for kept in checkpoints
        if kept["stepNumber"] < first or kept.get("replays", 0) == job.get("replays", 0)
    ]
    return list({kept.get("stage"): kept for kept in counting if kept.get("stage")}.values())


def _analyzer(found: Facts) -> tuple[str, ...]:
    heavy = found.get("bytes")
    return (
        printable(str(found.get("name", "?"))),
        took(found.get("durationMs", 0)),
        printable(str(found.get("status", ""))),
        size(heavy) if heavy else "",
        printable(str(found.get("verdict", ""))),
    )


def _facts(stage: str, facts: Facts) -> str:
    try:
        return printable(_TOLD[stage](facts)) if stage in _TOLD else ""
    except (KeyError, TypeError, ValueError):
        # A registry of another version may keep other facts, and the stage was finished all the same.
        return ""


def _staged(facts: Facts) -> str:
    return size(facts["size"])


def _read(facts: Facts) -> str:
    return f"{facts['files']:,} {'file' if facts['files'] == 1 else 'files'}, {size(facts['unpackedSize'])} unpacked"


def _analyzed(facts: Facts) -> str:
    failed = sum(1 for one in facts["analyzers"] if one.get("status") == "failed")
    return count(len(facts["analyzers"]), "analyzer") + (f", {failed} failed" if failed else "")


def _claimed(facts: Facts) -> str:
    return f"{facts['name']}@{facts['version']}"


def _settled(facts: Facts) -> str:
    return f"{count(facts['objects'], 'object')}, {size(facts['size'])}"


def _committed(facts: Facts) -> str:
    return "visible" if facts["created"] else "was visible before"


_TOLD: Final[dict[str, Callable[[Facts], str]]] = {
    "stage": _staged,
    "read": _read,
    "analyze": _analyzed,
    "claim": _claimed,
    "settle": _settled,
    "commit": _committed,
}
"""What is told of a stage's facts; of other stages, that they were finished."""
