"""How long the function works for each read, and how that grows with the number of versions.

    python benchmarks/reads.py [--json]

Microseconds of processor time per request, through the gateway's event and back, over the memory driver: cold caches
are warmed first. The baseline of the same run is `/v1/health`, which touches no storage. Start-up is the processor time
of fresh interpreters; its baseline is an interpreter that imports nothing.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chalicelib.api import RESOURCES  # noqa: E402 - the path comes first
from chalicelib.api.gateway import PrismApp  # noqa: E402 - the same
from chalicelib.container import installed  # noqa: E402 - the same
from tests.api.callers import proxy_event  # noqa: E402 - the same
from tests.services.test_budgets import registry_with  # noqa: E402 - the same

BASELINE: Final = "/v1/health"
ROUTES: Final = (
    BASELINE,
    "/v1/packages?limit=20",
    "/v1/packages/demo",
    "/v1/packages/demo/versions",
    "/v1/packages/demo/2.0.0",
    "/v1/packages/demo/2.0.0/files",
    "/v1/packages/demo/2.0.0/diff/2.0.0",
    "/v1/packages/demo/2.0.0.tgz",
    "/v1/resolve?spec=demo@%5E2&runtime=node",
    "/v1/search?q=demo",
    "/packages/demo/2.0.0/index.js",
    "/v1/openapi.json",
    "/v1/problems",
)
VERSIONS: Final = (1, 1000, 5000)
SECONDS: Final = 0.3
IMPORTS: Final = {
    "nothing": "pass",
    "chalice and pydantic": "import chalice, pydantic",
    "app": "import app",
    "app, with boto3 and a client": (
        "import app, boto3; boto3.client('s3', region_name='us-east-1', aws_access_key_id='a', "
        "aws_secret_access_key='b')"
    ),
}
STARTS: Final = 7


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    reads = {route: [_measure(route, count) for count in VERSIONS] for route in ROUTES}
    starts = {name: _start(code) for name, code in IMPORTS.items()}
    if parser.parse_args().json:
        print(json.dumps({"versions": VERSIONS, "readMicroseconds": reads, "startMilliseconds": starts}))
    else:
        _print(reads, starts)
    return 0


def _measure(route: str, count: int) -> float:
    world = _registry(count)
    app = PrismApp("prism")
    app.mount(RESOURCES)
    event = proxy_event(app, "GET", route, headers={"Accept": "*/*"})
    with installed(world.container):
        answer = app(event, None)
        assert answer["statusCode"] == 200, answer
        return _microseconds(lambda: app(event, None))


_registry = cache(registry_with)


def _microseconds(work: Callable[[], object]) -> float:
    times: list[int] = []
    deadline = time.perf_counter() + SECONDS
    while time.perf_counter() < deadline or len(times) < 5:
        started = time.process_time_ns()
        work()
        times.append(time.process_time_ns() - started)
    return median(times) / 1000


def _start(code: str) -> float:
    probe = f"{code}\nimport time; print(time.process_time() * 1000)"
    runs = [
        float(subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, check=True).stdout)
        for _ in range(STARTS)
    ]
    return min(runs)


def _print(reads: dict[str, list[float]], starts: dict[str, float]) -> None:
    head = "".join(f"{f'{count} versions':>18}" for count in VERSIONS)
    print(f"{'µs of processor time':44}{head}")
    base = reads[BASELINE]
    for route, row in reads.items():
        cells = "".join(f"{micros:9.0f} ({micros / base[i]:5.1f}x)" for i, micros in enumerate(row))
        print(f"{route:44}{cells}")
    print(f"\n{'start-up, ms of processor time':44}")
    for name, millis in starts.items():
        print(f"{name:44}{millis:9.0f} ({millis / starts['nothing']:5.1f}x)")


if __name__ == "__main__":
    sys.exit(main())
