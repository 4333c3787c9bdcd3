"""How long a resolution takes once the manifest is in memory, beside Node's own `import.meta.resolve`.

    python benchmarks/resolve.py [--json]

Microseconds of processor time for one entry, median of rounds over the same specifiers in one run: the answer that the
API gives (with head and manifest in memory), the resolver alone, and the `node` on the PATH over the same packages
installed on the disk, asked by another importer each time, since Node remembers what an importer was told. A ratio
below 1 is faster than Node. The aim for the resolver is below 100.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chalicelib.domain.resolution.entry import resolve_entry  # noqa: E402 - the path comes first
from chalicelib.domain.resolution.profiles import NODE  # noqa: E402 - the same
from chalicelib.domain.specs import PackageSpec  # noqa: E402 - the same
from chalicelib.services.resolutions import Asked, resolved  # noqa: E402 - the same
from tests.worlds import memory_world, publish  # noqa: E402 - the same

AIM: Final = 100
ROUNDS: Final = 200
BOTH: Final = {"types": "./index.d.ts", "import": "./index.js", "require": "./index.cjs"}
FILES: Final = {"index.js": "export {}", "index.cjs": "", "index.d.ts": "", "lib/a.js": "export {}"}
PACKAGES: Final[dict[str, dict[str, Any]]] = {
    "legacy": {"main": "index"},
    "conditions": {"exports": {".": {"deno": "./none.js", "node": BOTH, "default": "./index.js"}}},
    "patterns": {"exports": {".": "./index.js", "./*": "./lib/*.js", "./lib/*": "./lib/*"}},
    "large": {"exports": {".": "./index.js", **{f"./{number}": BOTH for number in range(2000)}}},
}
SPECIFIERS: Final = (
    "legacy",
    "legacy/lib/a.js",
    "conditions",
    "patterns/a",
    "patterns/lib/a.js",
    "large/1999",
)
PROBE: Final = """
const specifiers = %s, rounds = %d, times = {};
for (const specifier of specifiers) {
  const taken = [];
  for (let round = 0; round < rounds; round++) {
    const begun = process.cpuUsage();
    for (let again = 0; again < 20; again++) import.meta.resolve(specifier, `${import.meta.url}?${round}.${again}`);
    const { user, system } = process.cpuUsage(begun);
    taken.push((user + system) / 20);
  }
  times[specifier] = taken.sort((a, b) => a - b)[rounds >> 1];
}
console.log(JSON.stringify(times));
"""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    as_json = parser.parse_args().json
    node = _node()
    rows = [{"specifier": specifier, **_ours(specifier), "node": node[specifier]} for specifier in SPECIFIERS]
    if as_json:
        print(json.dumps({"aimMicroseconds": AIM, "entries": rows}))
    else:
        _print(rows)
    return 0


def _ours(specifier: str) -> dict[str, float]:
    world = memory_world()
    name, _, path = specifier.partition("/")
    publish(world.container, name=name, files=dict(FILES), **{"main": None, **PACKAGES[name]})
    head, stored = world.container.heads.get(name), world.container.manifests.get(name, "1.0.0")
    assert head is not None
    assert stored is not None
    state = head.view.versions["1.0.0"]
    subpath = f"./{path}" if path else "."
    asked = Asked(PackageSpec.parse(specifier), NODE, "import", "https://cdn.example.com")
    return {
        "resolver": _micros(lambda: resolve_entry(stored.manifest, stored.files, subpath, profile=NODE)),
        "answer": _micros(lambda: resolved(asked, state, stored)),
    }


def _micros(work: Callable[[], object]) -> float:
    taken: list[float] = []
    for _ in range(ROUNDS):
        begun = time.process_time_ns()
        for _ in range(20):
            work()
        taken.append((time.process_time_ns() - begun) / 20_000)
    return median(taken)


def _node() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        for name, fields in PACKAGES.items():
            stated = {"name": name, "version": "1.0.0", "type": "module", **fields}
            for path, text in {"package.json": json.dumps(stated), **FILES}.items():
                file = Path(folder, "node_modules", name, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
        probe = Path(folder, "probe.mjs")
        probe.write_text(PROBE % (json.dumps(SPECIFIERS), ROUNDS))
        done = subprocess.run(
            ["node", "--experimental-import-meta-resolve", str(probe)], capture_output=True, check=True
        )
        times: dict[str, float] = json.loads(done.stdout)
        return times


def _print(rows: list[dict[str, Any]]) -> None:
    print(f"{'µs of processor time':24}{'node':>8}{'resolver':>18}{'whole answer':>18}")
    for row in rows:
        cells = "".join(
            f"{row[kind]:9.1f} ({row[kind] / row['node']:5.2f}x)" for kind in ("resolver", "answer")
        )
        print(f"{row['specifier']:24}{row['node']:8.1f}{cells}")
    slowest = max(row["resolver"] for row in rows)
    print(f"\nslowest resolver {slowest:.1f} µs, aim below {AIM}")


if __name__ == "__main__":
    sys.exit(main())
