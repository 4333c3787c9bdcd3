"""What publishes and reads cost, worked out from the storage calls that they make and from list prices.

The calls are those that the tests of budgets count; a test holds this table to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PRICES_OF: Final = "us-east-1, November 2026, without any free tier"

WRITE: Final = 0.005 / 1_000
"""Dollars for one PUT, COPY, POST or LIST of S3."""
READ: Final = 0.0004 / 1_000
"""Dollars for one GET or HEAD of S3; a DELETE costs nothing."""
GATEWAY: Final = 3.50 / 1_000_000
"""Dollars for one request to a REST API."""
INVOCATION: Final = 0.20 / 1_000_000
"""Dollars for one invocation of a function."""
GIB_SECOND: Final = 0.0000166667
"""Dollars for a function of one GiB to run for a second (x86_64)."""

SECONDS_A_CALL: Final = 0.025
"""How long a function is taken to wait for S3, a call."""

CALL_PRICES: Final = {
    "get": READ,
    "head": READ,
    "stream": READ,
    "put": WRITE,
    "put_stream": WRITE,
    "copy": WRITE,
    "list": WRITE,
    "delete": 0.0,
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that is done: the storage calls it makes, and how long a function works beside waiting for them.

    `invocations` is how many functions run for it: a change of a package also calls the one that derives.
    """

    name: str
    times: int
    calls: Sequence[str]
    work_seconds: float
    memory_gib: float = 1.0
    invocations: int = 1
    through_gateway: bool = True


TOKEN: Final = ("get",)
"""Every request brings a token, whose record is read; an unchanged one brings no bytes."""
FOLDING: Final = ("put", "put")
"""Folding the index adds two calls to a publish on average; taken to be writes."""
PACKUMENTS: Final = ("get", "put", "get", "put")
"""What npm's clients read in either form follows the head."""
DERIVING: Final = ("get", "get", "put", "list", "get", "get")
"""What the function makes that hears of the new head; its entry and the packuments are there already."""

STAGE_FINISHED: Final = ("put", "put")
"""What is written of each stage that is finished: an event and a checkpoint."""
JOB: Final = (
    *("get", "put", "put", "put", "put", "put", "put", "put"),
    *(6 * STAGE_FINISHED),
    *("put", "put", "put", "delete", "put"),
)
"""What the record of a publish costs: the job, its lease, its places, the stages, and its end."""
EFFECTS: Final = (
    *("get", "put_stream", "get", "get", "put", "copy", "put_stream"),
    *("put", "get", "put", "put", "put", "list", *PACKUMENTS, "delete", "delete"),
)
"""What a publish makes of staged bytes."""
PUBLISHING: Final = ("put", *JOB, *EFFECTS)
UPLOADING: Final = (
    *("head", "get", "stream", "head", "stream", "put_stream", "stream"),
    *JOB,
    *EFFECTS,
    *("put", "head", "delete"),
)

MEASURED: Final[dict[str, Sequence[str]]] = {
    "publish over HTTP": PUBLISHING,
    "publish by upload": UPLOADING,
    "resolve, cold": ("get", "get"),
    "resolve, warm": ("get",),
    "package page": ("get",),
    "version page, cold": ("get", "get", "get"),
    "file, warm": ("get",),
    "packument": ("get",),
    "npm version, cold": ("get", "get"),
}
"""What each operation asks of the storage, as the tests count it."""

_PUBLISH: Final = [
    Operation("publish over HTTP", 1_000, (*TOKEN, *PUBLISHING, *FOLDING, *DERIVING), 0.3, invocations=2),
    Operation(
        # What the client sends is one write more.
        "publish by upload",
        1_000,
        ("put", *UPLOADING, *FOLDING, *DERIVING),
        work_seconds=0.3,
        memory_gib=2.0,
        invocations=2,
        through_gateway=False,
    ),
]
_READ: Final = [
    Operation(name, 1_000_000, (*TOKEN, *MEASURED[name]), work_seconds=0.005)
    for name in MEASURED
    if not name.startswith("publish")
]
OPERATIONS: Final = (*_PUBLISH, *_READ)


def dollars(operation: Operation) -> tuple[float, float, float]:
    """Answer what all of an operation's repetitions cost: at S3, for the function, at the gateway."""
    storage = sum(CALL_PRICES[call] for call in operation.calls)
    seconds = len(operation.calls) * SECONDS_A_CALL + operation.work_seconds
    function = INVOCATION * operation.invocations + seconds * operation.memory_gib * GIB_SECOND
    gateway = GATEWAY if operation.through_gateway else 0.0
    return storage * operation.times, function * operation.times, gateway * operation.times


def table() -> str:
    """Answer the costs of every operation as a table in Markdown."""
    lines = [
        "| what | how often | S3 calls each | S3 | Lambda | API Gateway | together |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for operation in OPERATIONS:
        storage, function, gateway = dollars(operation)
        money = " | ".join(
            f"${amount:.4f}" if amount < 0.1 else f"${amount:.2f}"
            for amount in (storage, function, gateway, storage + function + gateway)
        )
        lines.append(f"| {operation.name} | {operation.times:,} | {len(operation.calls)} | {money} |")
    return "\n".join(lines)
