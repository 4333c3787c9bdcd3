"""What it costs the processor to append a version to a packument, and to read one.

    python benchmarks/packuments.py [--json]

Milliseconds of processor time for packages of so many versions that were there before, both forms together. Appending
is compared with parsing, rendering and compressing the whole document, and reading through the gateway's event and back
with parsing and rendering it. Also told: how many bytes a packument has, compared with one that is compressed whole.
"""

import argparse
import gzip
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chalicelib.api import RESOURCES  # noqa: E402 - the path comes first
from chalicelib.api.gateway import PrismApp  # noqa: E402 - the same
from chalicelib.container import installed  # noqa: E402 - the same
from chalicelib.npm.gzipping import unpacked  # noqa: E402 - the same
from chalicelib.npm.packuments import FORMS, Packument  # noqa: E402 - the same
from chalicelib.npm.versions import Form  # noqa: E402 - the same
from chalicelib.settings import Settings  # noqa: E402 - the same
from tests.api.callers import proxy_event  # noqa: E402 - the same
from tests.npm.histories import History  # noqa: E402 - the same
from tests.worlds import world  # noqa: E402 - the same

VERSIONS: Final = (1, 1000, 5000)
SECONDS: Final = 1.0
REGISTRY: Final = "http://registry.example"
ACCEPT: Final = {"full": "application/json", "abbreviated": "application/vnd.npm.install-v1+json"}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    as_json = parser.parse_args().json
    rows = {count: _measured(count) for count in VERSIONS}
    if as_json:
        print(json.dumps(rows))
    else:
        _print(rows)
    return 0


def _measured(count: int) -> dict[str, float]:
    history = _history(count)
    stored = {form: history.rendered(form, f"{REGISTRY}/npm/") for form in FORMS}
    texts = {form: json.loads(unpacked(data)) for form, data in stored.items()}
    whole = sum(len(gzip.compress(json.dumps(text).encode(), 6)) for text in texts.values())
    reading = _reading(history, stored)
    history.publish(f"2.0.{count}", _fields(count))
    return {
        "append": _milliseconds(lambda: [_appended(history, data) for data in stored.values()]),
        "append to the whole": _milliseconds(
            lambda: [_appended_whole(history, form, data) for form, data in stored.items()]
        ),
        "read": reading,
        "parse and render": _milliseconds(
            lambda: [json.dumps(json.loads(unpacked(data))) for data in stored.values()]
        ),
        "bytes": sum(map(len, stored.values())),
        "bytes compressed whole": whole,
    }


def _history(count: int) -> History:
    history = History()
    for number in range(count):
        history.publish(f"1.0.{number}", _fields(number))
    return history


def _fields(number: int) -> dict[str, Any]:
    """Answer what a package of middling size declares, no version exactly like the next."""
    return {
        "description": "What a package of middling size says of itself.",
        "keywords": ["one", "two", "three"],
        "repository": {"type": "git", "url": "git+https://git.example/acme/demo.git"},
        "license": "MIT",
        "main": "./dist/index.cjs",
        "module": "./dist/index.mjs",
        "exports": {".": {"import": "./dist/index.mjs", "require": "./dist/index.cjs"}},
        "scripts": {"build": "tsup", "test": "vitest run", "lint": "eslint ."},
        "engines": {"node": ">=18"},
        "dependencies": {f"dependency-{n}": f"^{n}.{number % 17}.{number % 5}" for n in range(8)},
        "devDependencies": {f"tool-{n}": f"^{n}.{number % 13}.0" for n in range(12)},
    }


def _appended(history: History, data: bytes) -> bytes:
    return history.follow(Packument.from_bytes(data))


def _appended_whole(history: History, form: Form, data: bytes) -> bytes:
    document = json.loads(unpacked(data))
    event = history.head.events[-1]
    version = event.version or ""
    document["versions"][version] = json.loads(history.texts[version].form(form).replace(b"\0", b""))
    document["time"] |= {version: event.at, "modified": event.at}
    return gzip.compress(json.dumps(document).encode(), 6)


def _reading(history: History, stored: dict[Form, bytes]) -> float:
    registry = world(Settings(storage_driver="memory", registry_url=REGISTRY))
    keys = registry.container.keys
    registry.medium.put(keys.head(history.name), history.head.to_bytes())
    for form, data in stored.items():
        registry.medium.put(keys.packument(history.name, form), data)
    app = PrismApp("prism")
    app.mount(RESOURCES)
    events = [
        proxy_event(
            app,
            "GET",
            f"/npm/{history.name}",
            headers={"Accept": accept, "Accept-Encoding": "gzip", "X-Forwarded-Proto": "http"},
        )
        for accept in ACCEPT.values()
    ]
    with installed(registry.container):
        for event in events:
            answer = app(event, None)
            assert answer["statusCode"] == 200, answer
        return _milliseconds(lambda: [app(event, None) for event in events])


def _milliseconds(work: Callable[[], object]) -> float:
    times: list[int] = []
    deadline = time.perf_counter() + SECONDS
    while time.perf_counter() < deadline or len(times) < 3:
        started = time.process_time_ns()
        work()
        times.append(time.process_time_ns() - started)
    return median(times) / 1_000_000


def _print(rows: dict[int, dict[str, float]]) -> None:
    print(f"{'ms of processor time, both forms':36}" + "".join(f"{f'{n} versions':>22}" for n in rows))
    for name, against in (("append", "append to the whole"), ("read", "parse and render")):
        for shown in (name, against):
            cells = "".join(f"{row[shown]:12.2f} ({row[shown] / row[name]:6.1f}x)" for row in rows.values())
            print(f"{shown:36}{cells}")
    cells = "".join(f"{row['bytes'] / row['bytes compressed whole']:21.2f}x" for row in rows.values())
    print(f"{'bytes, against compressed whole':36}{cells}")


if __name__ == "__main__":
    sys.exit(main())
