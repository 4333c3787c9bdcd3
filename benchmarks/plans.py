"""What uploads and archives of a hundred GiB would take, planned from what their parts take in the deployed functions.

    python benchmarks/plans.py [--json] [--write]

A file goes up by tus in chunks of 4 MiB, becomes one object, and is archived, each by the function that does it in a
stage: the deployment package under AWS's own runtime client, with an S3 emulator on the same machine. What is measured
is what an emulator does not change: how much processor time a MiB takes, the memory, and the calls to the storage. How
long S3 takes is not measured here. A call is taken to last as long as `deployment/costs.py` says, and a connection to
carry 80 MB/s. `--write` writes the plan into docs/reference/limits.md.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.limits import PAGE  # noqa: E402 - the path comes first
from benchmarks.planning.measuring import CHUNK, CHUNKS, Measured, measure  # noqa: E402 - the same
from chalicelib.domain.direct import USUAL_PART  # noqa: E402 - the same
from chalicelib.domain.uploads.limits import GIB, MIB, UploadLimits  # noqa: E402 - the same
from chalicelib.storage.bucket.multipart import growing_sizes  # noqa: E402 - the same
from chalicelib.storage.s3 import PART_BYTES  # noqa: E402 - the same
from deployment.costs import SECONDS_A_CALL, TOKEN, WRITE, Operation, dollars  # noqa: E402 - the same
from deployment.stage import API, read_stage  # noqa: E402 - the same

PLANNED: Final = 100 * GIB
STAGE: Final = read_stage("prod")
BYTES_A_SECOND: Final = 80e6
"""What a connection between a function and S3 is taken to carry."""
PARTS_LISTED: Final = 100
"""How many parts of a direct upload a client is told of at once."""
BEGIN: Final = "<!-- planned -->"
END: Final = "<!-- end of what was planned -->"
"""What is between them in the page is written by `--write`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One way for a hundred GiB: requests to the API, calls to the storage, hours one after the other, and dollars.

    `verdict` says whether it fits.
    """

    name: str
    requests: int
    calls: int
    hours: float
    dollars: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Pass:
    """What a job does with bytes: how often it reads them, in how many reads, and whether the next attempt goes on."""

    name: str
    step: str
    times: int
    reads: int
    goes_on: bool = False


PASSES: Final = (
    Pass("one object of 25,600 chunks", "one object", 1, PLANNED // CHUNK, goes_on=True),
    Pass("zip of a file that is one object", "zip", 2, 1),
    Pass("tar.gz of a file that is one object", "tar.gz", 1, 1),
)
"""What jobs do. A zip tells a member's checksum before its bytes, so they are read twice."""


def plans(found: Iterable[Measured]) -> list[Plan]:
    """Plan a hundred GiB each way."""
    steps = {step.name: step for step in found}
    return [_by_tus(steps["chunk"]), _direct(), *(_by_job(made, steps[made.step]) for made in PASSES)]


def _by_tus(measured: Measured) -> Plan:
    limits, count = UploadLimits(), PLANNED // CHUNK
    each = [verb for verb, calls in measured.calls.items() for _ in range(round(calls / (CHUNKS - 2)))]
    calls = (*TOKEN, *each)
    work = measured.seconds_a_mib * CHUNK / MIB + CHUNK / BYTES_A_SECOND
    operation = Operation("", count, calls, work, memory_gib=STAGE.functions[API].memory / 1024)
    hours = count * (len(calls) * SECONDS_A_CALL + work) / 3600
    partial = -(-PLANNED // limits.whole)
    verdict = f"fits as {partial} partial uploads, as one has at most {limits.chunks:,} chunks: {_size(limits.whole)}"
    return Plan("tus, chunks of 4 MiB", count, count * len(calls), hours, sum(dollars(operation)), verdict)


def _direct() -> Plan:
    """Plan parts that a client sends to the bucket: what passes through a function are the signed addresses alone."""
    parts = -(-PLANNED // USUAL_PART)
    pages = -(-parts // PARTS_LISTED)
    asking = Operation("", pages + 2, (*TOKEN, "get", "list"), work_seconds=0.05)
    hours = (parts * SECONDS_A_CALL + PLANNED / BYTES_A_SECOND) / 3600
    cost = sum(dollars(asking)) + (parts + 2) * WRITE
    verdict = "the bucket takes it; the registry takes packages this way, up to `PRISM_MAX_UNPACKED_SIZE`"
    return Plan("direct, parts of 16 MiB", pages + 2, parts + 2 + 3 * (pages + 2), hours, cost, verdict)


def _by_job(made: Pass, measured: Measured) -> Plan:
    seconds, calls = _job(made, measured, PLANNED)
    function = STAGE.functions["run_jobs"]
    operation = Operation(
        "",
        1,
        calls,
        seconds - len(calls) * SECONDS_A_CALL,
        memory_gib=function.memory / 1024,
        through_gateway=False,
    )
    most = _largest(made, measured, function.timeout)
    verdict = f"{'fits' if most >= PLANNED else 'does not fit'}: in {function.timeout} s it is {_size(most)}"
    if made.goes_on:
        attempts = f"takes {math.ceil(seconds / function.timeout)} attempts of {function.timeout} s"
        verdict = f"{attempts}, each of which goes on after the last: {_size(most)}"
    return Plan(made.name, 0, len(calls), seconds / 3600, sum(dollars(operation)), verdict)


def _job(made: Pass, measured: Measured, size: int) -> tuple[float, Sequence[str]]:
    """Answer how long a job takes for so many bytes, and its calls."""
    reads = max(1, made.reads * size // PLANNED) * made.times
    calls = ("stream",) * reads + ("put",) * _parts(size)
    moved = (made.times + 1) * size / BYTES_A_SECOND
    return measured.seconds_a_mib * size / MIB + len(calls) * SECONDS_A_CALL + moved, calls


def _parts(size: int) -> int:
    """Answer in how many parts an object is written."""
    return next(number for number, end in enumerate(accumulate(growing_sizes(PART_BYTES)), 1) if end >= size)


def _largest(made: Pass, measured: Measured, seconds: float) -> int:
    """Answer how many GiB a job gets done in that time, as bytes."""
    done = 0
    while _job(made, measured, (done + 1) * GIB)[0] <= seconds:
        done += 1
    return done * GIB


def _size(size: int) -> str:
    return f"{size / GIB:.0f} GiB"


def steps_table(found: Iterable[Measured]) -> str:
    """Answer what was measured as a table in Markdown."""
    lines = [
        "| step | MiB | processor, ms a MiB | peak, MB | calls to the storage |",
        "|---|--:|--:|--:|---|",
    ]
    for step in found:
        calls = ", ".join(f"{count} {verb}" for verb, count in sorted(step.calls.items()))
        lines.append(
            f"| {step.name} | {step.size // MIB} | {1000 * step.seconds_a_mib:.1f} | {step.peak / 1e6:.0f} | {calls} |"
        )
    return "\n".join(lines)


def plans_table(planned: Iterable[Plan]) -> str:
    """Answer the plans as a table in Markdown."""
    lines = [
        "| 100 GiB by | requests | calls to S3 | hours, one after the other | dollars | |",
        "|---|--:|--:|--:|--:|---|",
    ]
    lines += [
        f"| {plan.name} | {plan.requests:,} | {plan.calls:,} | {plan.hours:.1f} | {plan.dollars:.2f} | {plan.verdict} |"
        for plan in planned
    ]
    return "\n".join(lines)


def write_page(found: Sequence[Measured]) -> None:
    """Replace the page's plan."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    told = f"{plans_table(plans(found))}\n\nMeasured of a file of {CHUNKS * CHUNK // MIB} MiB:\n\n{steps_table(found)}"
    PAGE.write_text(f"{before}{BEGIN}\n\n{told}\n\n{END}{after}")


def main() -> int:
    """Measure, plan and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    parser.add_argument("--write", action="store_true", help="replace the plan in docs/reference/limits.md")
    arguments = parser.parse_args()
    found = measure()
    if arguments.write:
        write_page(found)
    if arguments.json:
        told = {
            "measured": [asdict(step) for step in found],
            "planned": [asdict(plan) for plan in plans(found)],
        }
        print(json.dumps(told, indent=2))
    else:
        print(f"{steps_table(found)}\n\n{plans_table(plans(found))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
